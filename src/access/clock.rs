//! The time of day that tokens and keys are held against; tests set it.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Milliseconds since 1970.
pub type Millis = i64;

/// Tells the time.
#[derive(Debug, Clone, Default)]
pub enum Clock {
    /// The system's.
    #[default]
    System,
    /// One that stands still until it is set.
    Set(Arc<AtomicI64>),
}

impl Clock {
    /// A clock that stands at this time.
    pub fn at(time: Millis) -> Self {
        Self::Set(Arc::new(AtomicI64::new(time)))
    }

    /// Puts a clock that stands still on by this much.
    pub fn advance(&self, by: Duration) {
        if let Self::Set(time) = self {
            time.fetch_add(millis(by), Ordering::SeqCst);
        }
    }

    /// The time.
    pub fn now(&self) -> Millis {
        match self {
            Self::System => SystemTime::now().duration_since(UNIX_EPOCH).map(millis).unwrap_or_default(),
            Self::Set(time) => time.load(Ordering::SeqCst),
        }
    }
}

/// A span of time, as the clock counts.
pub(super) fn millis(span: Duration) -> Millis {
    Millis::try_from(span.as_millis()).unwrap_or(Millis::MAX)
}
