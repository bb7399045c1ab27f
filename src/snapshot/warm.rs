//! Warming: what clients asked most of the old version is prepared for the new one before it serves.
//!
//! Under the labels of `@override` that all requests have; others cost their first request a plan.
//! Bounded in number and time; an operation that the new version refuses is left to its clients.

use super::Snapshot;
use futures::stream::{self, StreamExt};
use std::time::Duration;

/// Operations prepared.
const OPERATIONS: usize = 200;
/// How long the new version may be kept waiting.
const LONGEST: Duration = Duration::from_secs(5);
/// Operations under way at once; planning has its own threads, which clients of the old version use too.
const CONCURRENT: usize = 2;

/// Prepares the hottest operations of `old` for `new`; how many there were.
pub(super) async fn warm(new: &Snapshot, old: &Snapshot) -> usize {
    let hottest = old.preparer.hottest(OPERATIONS);
    let count = hottest.len();
    let labels = &new.preparer.labels_always_on();
    let all = stream::iter(hottest).for_each_concurrent(CONCURRENT, |(query, name)| async move {
        // A refusal is not the business of whoever swaps snapshots.
        let _ = new.preparer.prepare(&query, name.as_deref(), labels).await;
    });
    if tokio::time::timeout(LONGEST, all).await.is_err() {
        tracing::debug!("warming took too long; the rest is prepared when asked for");
    }
    count
}
