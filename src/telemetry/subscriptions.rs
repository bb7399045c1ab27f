//! The series of subscriptions.

use super::family::Shared;
use prometheus_client::metrics::{MetricType, counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;

/// How many there are, what came of them, and how they ended.
#[derive(Debug, Clone)]
pub struct SubscriptionMetrics {
    /// Those that are open.
    pub open: Gauge,
    /// Events that were answered.
    pub events: Counter,
    ended: Shared<Counter, 1>,
}

impl SubscriptionMetrics {
    pub(super) fn new() -> Self {
        Self { open: Gauge::default(), events: Counter::default(), ended: Shared::new(["reason"], MetricType::Counter) }
    }

    /// One has ended, or was not opened, for this reason.
    pub fn ended(&self, reason: &'static str) {
        self.ended.series([reason]).inc();
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("weft_subscriptions_open", "Subscriptions of clients", self.open.clone());
        registry.register("weft_subscription_events", "Events of subscriptions answered", self.events.clone());
        registry.register("weft_subscriptions_ended", "Subscriptions that ended", self.ended.clone());
    }
}
