//! Two counts over the time just past, in buckets of a tenth of it.
//!
//! The oldest bucket is given up as a whole, so what is counted is of the last nine to ten tenths of the span.

use std::time::Duration;
use tokio::time::Instant;

const BUCKETS: usize = 10;

/// See the module.
#[derive(Debug)]
pub(super) struct Window {
    start: Instant,
    /// How long a bucket is filled.
    width: Duration,
    /// Buckets since the start.
    latest: u64,
    buckets: [Counts; BUCKETS],
    sum: Counts,
}

/// What is counted; what each of the two is, is said by whoever counts.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub(super) all: u64,
    pub(super) marked: u64,
}

impl Window {
    /// Of this span, which is not nothing.
    pub(super) fn new(span: Duration, now: Instant) -> Self {
        let width = (span / 10).max(Duration::from_millis(1));
        Self { start: now, width, latest: 0, buckets: [Counts::default(); BUCKETS], sum: Counts::default() }
    }

    /// Counts more, now.
    pub(super) fn add(&mut self, more: Counts, now: Instant) {
        self.go_on(now);
        for counts in [&mut self.buckets[self.latest as usize % BUCKETS], &mut self.sum] {
            counts.all += more.all;
            counts.marked += more.marked;
        }
    }

    /// What was counted within the span.
    pub(super) fn sum(&mut self, now: Instant) -> Counts {
        self.go_on(now);
        self.sum
    }

    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        self.buckets = [Counts::default(); BUCKETS];
        self.sum = Counts::default();
    }

    /// Gives up the buckets that have grown too old.
    fn go_on(&mut self, now: Instant) {
        let since = now.saturating_duration_since(self.start).as_nanos() / self.width.as_nanos();
        let since = u64::try_from(since).unwrap_or(u64::MAX);
        for bucket in (self.latest + 1..=since).take(BUCKETS) {
            let old = std::mem::take(&mut self.buckets[bucket as usize % BUCKETS]);
            self.sum.all -= old.all;
            self.sum.marked -= old.marked;
        }
        self.latest = self.latest.max(since);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_older_than_the_span_is_forgotten_bucket_by_bucket() {
        let start = Instant::now();
        let at = |seconds: u64| start + Duration::from_secs(seconds);
        let mut window = Window::new(Duration::from_secs(10), start);
        for second in 0..10 {
            window.add(Counts { all: 2, marked: u64::from(second % 2 == 0) }, at(second));
        }
        assert_eq!(window.sum(at(9)), Counts { all: 20, marked: 5 });
        assert_eq!(window.sum(at(12)), Counts { all: 14, marked: 3 });
        assert_eq!(window.sum(at(3)), Counts { all: 14, marked: 3 }, "a clock that goes back changes nothing");
        assert_eq!(window.sum(at(1_000)), Counts::default());
        window.add(Counts { all: 1, marked: 1 }, at(1_001));
        assert_eq!(window.sum(at(1_010)), Counts { all: 1, marked: 1 });
        window.clear();
        assert_eq!(window.sum(at(1_010)), Counts::default());
    }
}
