//! The time, which tests can set forward.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// A clock; its copies show the same time.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Where it stands; none where it goes.
    standing: Option<u64>,
    ahead: Arc<AtomicU64>,
}

impl Clock {
    /// One that stands until it is set forward.
    pub fn standing() -> Self {
        Self { standing: Some(Self::default().now()), ahead: Arc::default() }
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> u64 {
        let since = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis();
        let base = self.standing.unwrap_or_else(|| u64::try_from(since()).unwrap_or(u64::MAX));
        base.saturating_add(self.ahead.load(Ordering::Relaxed))
    }

    /// Sets it forward.
    pub fn advance(&self, by: Duration) {
        self.ahead.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::Relaxed);
    }
}
