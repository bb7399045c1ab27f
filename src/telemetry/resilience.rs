//! The series of what is done about subgraphs that fail.

use super::family::Shared;
use prometheus_client::metrics::{MetricType, counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Of all subgraphs.
#[derive(Debug)]
pub(super) struct Resilience {
    retries: Shared<Counter, 2>,
    withheld: Shared<Counter, 1>,
    rejections: Shared<Counter, 1>,
    breakers: Shared<Gauge, 2>,
}

/// Of one subgraph.
#[derive(Debug, Clone)]
pub struct ResilienceMetrics {
    subgraph: Box<str>,
    retries: Shared<Counter, 2>,
    withheld: Arc<Counter>,
    rejections: Arc<Counter>,
    breakers: Shared<Gauge, 2>,
}

/// Whether an address of a subgraph is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BreakerState {
    /// It is.
    Closed,
    /// A few requests find out whether it answers again.
    HalfOpen,
    /// It is left alone.
    Open,
}

impl BreakerState {
    /// As people read it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::HalfOpen => "half open",
            Self::Open => "open",
        }
    }
}

impl Resilience {
    pub(super) fn new() -> Self {
        let counter = MetricType::Counter;
        Self {
            retries: Shared::new(["subgraph_name", "reason"], counter),
            withheld: Shared::new(["subgraph_name"], counter),
            rejections: Shared::new(["subgraph_name"], counter),
            breakers: Shared::new(["subgraph_name", "address"], MetricType::Gauge),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("weft_subgraph_retries", "Subgraph requests sent again", self.retries.clone());
        let help = "Retries that the budget did not allow";
        registry.register("weft_subgraph_retries_withheld", help, self.withheld.clone());
        let help = "Subgraph requests that circuit breakers did not let through";
        registry.register("weft_circuit_breaker_rejections", help, self.rejections.clone());
        let help = "Circuit breakers: 0 closed, 1 half open, 2 open";
        registry.register("weft_circuit_breaker_state", help, self.breakers.clone());
    }

    pub(super) fn of(&self, subgraph: &str) -> ResilienceMetrics {
        ResilienceMetrics {
            subgraph: subgraph.into(),
            retries: self.retries.clone(),
            withheld: self.withheld.series([subgraph]),
            rejections: self.rejections.series([subgraph]),
            breakers: self.breakers.clone(),
        }
    }

    /// Retries, by reason.
    pub(super) fn retries_of(&self, subgraph: &str) -> Vec<(Arc<str>, u64)> {
        let found = self.retries.with_first(subgraph).into_iter();
        found.map(|([_, reason], retries)| (reason, retries.get())).collect()
    }
}

impl ResilienceMetrics {
    /// A request is sent again, for this reason.
    pub fn retry(&self, reason: &str) {
        self.retries.series([&*self.subgraph, reason]).inc();
    }

    /// A request is not sent again, since there have been too many retries.
    pub fn withheld(&self) {
        self.withheld.inc();
    }

    /// A request is not sent at all.
    pub fn rejected(&self) {
        self.rejections.inc();
    }

    /// The state of the breaker of an address, which is closed.
    pub fn breaker(&self, address: &str) -> BreakerGauge {
        BreakerGauge { series: self.breakers.series([&*self.subgraph, address]), told: AtomicI64::new(0) }
    }
}

/// What is told of one breaker. A reload may put another one in its place, and for a moment there are both: each adds
/// its own, and takes it away with itself.
#[derive(Debug)]
pub struct BreakerGauge {
    series: Arc<Gauge>,
    told: AtomicI64,
}

impl BreakerGauge {
    /// It is in this state now.
    pub fn set(&self, state: BreakerState) {
        let now = match state {
            BreakerState::Closed => 0,
            BreakerState::HalfOpen => 1,
            BreakerState::Open => 2,
        };
        let before = self.told.swap(now, Ordering::Relaxed);
        self.series.inc_by(now - before);
    }
}

impl Drop for BreakerGauge {
    fn drop(&mut self) {
        self.set(BreakerState::Closed);
    }
}
