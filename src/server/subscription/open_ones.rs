//! The subscriptions that are open: how many there may be, and what ends all of them.

use crate::server::rejection::Rejection;
use crate::snapshot::{Replaced, Snapshot, Snapshots};
use crate::telemetry::Metrics;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio_util::sync::CancellationToken;

/// Of the whole process.
pub(in crate::server) struct OpenSubscriptions {
    snapshots: Arc<Snapshots>,
    pub(super) metrics: Arc<Metrics>,
    open: AtomicUsize,
    shutdown: CancellationToken,
}

/// A place among them; it is taken until it is dropped.
pub(in crate::server) struct Seat {
    pub(super) all: Arc<OpenSubscriptions>,
}

impl OpenSubscriptions {
    pub fn new(snapshots: Arc<Snapshots>, metrics: Arc<Metrics>) -> Self {
        Self { snapshots, metrics, open: AtomicUsize::new(0), shutdown: CancellationToken::new() }
    }

    /// A place for one more, while there are fewer than `most`.
    pub fn seat(self: &Arc<Self>, most: usize) -> Result<Seat, Rejection> {
        let others = self.open.fetch_add(1, Ordering::Relaxed);
        self.metrics.subscriptions().open.inc();
        let seat = Seat { all: Arc::clone(self) };
        if others < most {
            return Ok(seat);
        }
        self.metrics.subscriptions().ended("max_opened_subscriptions_limit_reached");
        Err(Rejection::too_many_subscriptions())
    }

    /// Ends all of them, and those that are still to be opened.
    pub fn shut_down(&self) {
        self.shutdown.cancel();
    }

    /// When the process ends.
    pub async fn shutdown(&self) {
        self.shutdown.cancelled().await;
    }

    /// When another snapshot serves.
    pub(super) async fn replaced(&self, snapshot: &Arc<Snapshot>) -> Replaced {
        self.snapshots.replaced(snapshot).await
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.all.open.fetch_sub(1, Ordering::Relaxed);
        self.all.metrics.subscriptions().open.dec();
    }
}
