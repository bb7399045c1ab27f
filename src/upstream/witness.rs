//! What becomes of one fetch on its way, for whoever wants to know.

use super::RetryReason;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Is told while the fetch goes on; looked at when it is over.
#[derive(Debug, Default)]
pub struct Witness {
    attempts: AtomicU32,
    connected: AtomicBool,
    joined: AtomicBool,
    /// The position of the address among several, from 1; 0 where there is but one.
    address: AtomicUsize,
    retries: Mutex<Vec<WitnessedRetry>>,
}

/// That a fetch was sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WitnessedRetry {
    /// Why.
    pub reason: RetryReason,
    /// When the attempt before had failed, since the fetch began.
    pub after: Duration,
    /// How long it then waited.
    pub wait: Duration,
}

impl Witness {
    /// How often the request was put on a connection: more than once when a connection that was kept took nothing, or
    /// when it was sent again.
    pub fn attempts(&self) -> u32 {
        self.attempts.load(Relaxed)
    }

    /// Whether a connection was opened for it.
    pub fn is_connected_for(&self) -> bool {
        self.connected.load(Relaxed)
    }

    /// Whether the request of another client was under way that asked the same, and its reply served both.
    pub fn has_joined(&self) -> bool {
        self.joined.load(Relaxed)
    }

    /// Which of the subgraph's addresses was asked last, from 1, where it has several.
    pub fn address(&self) -> Option<usize> {
        Some(self.address.load(Relaxed)).filter(|&address| address > 0)
    }

    /// How often it was sent again after a failure, and why.
    pub fn retries(&self) -> Vec<WitnessedRetry> {
        self.told_retries().clone()
    }

    pub(super) fn attempt(&self, kept: bool) {
        self.attempts.fetch_add(1, Relaxed);
        self.connected.store(!kept, Relaxed);
    }

    pub(super) fn join(&self) {
        self.joined.store(true, Relaxed);
    }

    pub(super) fn replica(&self, at: usize) {
        self.address.store(at + 1, Relaxed);
    }

    pub(super) fn retry(&self, reason: RetryReason, after: Duration, wait: Duration) {
        self.told_retries().push(WitnessedRetry { reason, after, wait });
    }

    fn told_retries(&self) -> MutexGuard<'_, Vec<WitnessedRetry>> {
        self.retries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
