//! The time of buckets in memory: microseconds that never go back, or whatever a test says.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

/// Where the time comes from.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    set: Option<Arc<AtomicU64>>,
}

/// Any moment will do that is not after the first question.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Clock {
    /// A clock that stands still until it is moved.
    pub fn standing() -> Self {
        Self { set: Some(Arc::default()) }
    }

    /// Moves a standing clock, and all its clones.
    pub fn advance(&self, by: Duration) {
        if let Some(set) = &self.set {
            set.fetch_add(micros(by), Ordering::Relaxed);
        }
    }

    /// Now, in microseconds.
    pub fn now(&self) -> u64 {
        match &self.set {
            None => micros(START.elapsed()),
            Some(set) => set.load(Ordering::Relaxed),
        }
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
