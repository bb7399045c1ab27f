//! The log of refused credentials: the only place that says why.
//!
//! Whoever operates the gateway has to find the reason without turning a level up, and whoever attacks it must not
//! fill a disk; so there are a few lines a second, and the rest is counted.

use super::Refusal;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

/// Lines a second.
const LINES: u64 = 10;

/// Writes refusals down, not too many.
pub(super) struct RefusalLog {
    start: Instant,
    /// The second, and the refusals in it.
    current: AtomicU64,
}

impl Default for RefusalLog {
    fn default() -> Self {
        Self { start: Instant::now(), current: AtomicU64::new(0) }
    }
}

impl RefusalLog {
    /// Bits of the count.
    const COUNT: u32 = 32;

    pub fn refused(&self, reason: &Refusal) {
        let (count, unwritten) = self.count(self.start.elapsed().as_secs());
        if unwritten > 0 {
            tracing::info!(unwritten, "more credentials were refused than the log has lines for");
        }
        if count <= LINES {
            tracing::info!(%reason, "a credential was refused");
        } else {
            tracing::debug!(%reason, "a credential was refused");
        }
    }

    /// The how manyth refusal of its second this is, and how many of an earlier second have no line.
    fn count(&self, second: u64) -> (u64, u64) {
        let next =
            |current: u64| if current >> Self::COUNT == second { current + 1 } else { (second << Self::COUNT) + 1 };
        let counted = |current: u64| current & u64::from(u32::MAX);
        let old = self.current.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |current| Some(next(current)));
        let old = old.unwrap_or_else(|old| old);
        let unwritten = if old >> Self::COUNT == second { 0 } else { counted(old).saturating_sub(LINES) };
        (counted(next(old)), unwritten)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_line_is_counted() {
        let log = RefusalLog::default();
        for n in 1..=LINES + 5 {
            assert_eq!(log.count(7), (n, 0));
        }
        assert_eq!(log.count(8), (1, 5));
        assert_eq!(log.count(9), (1, 0));
    }
}
