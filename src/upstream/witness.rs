//! What becomes of one fetch on its way, for whoever wants to know.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::Relaxed};

/// Is told while the fetch goes on; looked at when it is over.
#[derive(Debug, Default)]
pub struct Witness {
    attempts: AtomicU32,
    connected: AtomicBool,
    joined: AtomicBool,
}

impl Witness {
    /// How often the request was put on a connection: more than once when a connection that was kept took nothing.
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

    pub(super) fn attempt(&self, kept: bool) {
        self.attempts.fetch_add(1, Relaxed);
        self.connected.store(!kept, Relaxed);
    }

    pub(super) fn join(&self) {
        self.joined.store(true, Relaxed);
    }
}
