//! `subscription`.

use super::section;
use crate::config::raw::subscription::{RawPassthrough, RawSubgraphSubscription, RawSubscription};
use crate::config::{SubgraphSettings, Subscription};

/// What holds for clients, and what is said of subgraphs.
pub(super) fn resolve(raw: RawSubscription) -> (Subscription, RawPassthrough) {
    let mut subscription = Subscription::default();
    raw.enabled.store(&mut subscription.enabled);
    raw.queue_capacity.store(&mut subscription.queue_capacity);
    raw.max_opened_subscriptions.store(&mut subscription.max_opened);
    subscription.max_lifetime = raw.max_lifetime.take().map(|lifetime| lifetime.0);
    (subscription, section(section(raw.mode).passthrough))
}

/// What is said of one subgraph, or of all.
pub(super) fn of_subgraph(raw: RawSubgraphSubscription, settings: &mut SubgraphSettings) {
    let subscription = &mut settings.subscription;
    raw.protocol.store(&mut subscription.protocol);
    if let Some(path) = raw.path.take() {
        subscription.path = Some(path.0);
    }
    raw.heartbeat_interval.store(&mut subscription.heartbeat);
}
