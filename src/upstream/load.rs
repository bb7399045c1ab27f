//! How busy an address is: requests in flight, and how long they take of late.
//!
//! The load is the mean latency times the requests that would then be in flight. The mean decays while nothing is
//! measured, so that an address which was slow is tried again. A failure counts as a second at least: an address that
//! refuses connections would be the fastest of all. Each measurement has a weight of its own beside that of the time
//! since the last one, or hundreds of failures within a moment would hardly be noticed. After Finagle's Peak EWMA
//! (<https://twitter.github.io/finagle/guide/Clients.html#power-of-two-choices-p2c-least-loaded>).

use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// In this time what was measured comes to a third of its weight.
const MEMORY: Duration = Duration::from_secs(5);
/// What is left of the mean with a measurement, at most.
const KEPT: f64 = 0.95;
/// What a failure is counted as.
const FAILURE: Duration = Duration::from_secs(1);
/// Below this, latencies say more of the gateway than of an address. It also bounds what an address gets of which
/// nothing is known, and which may never answer.
const LEAST: Duration = Duration::from_millis(1);

/// See the module.
#[derive(Debug)]
pub(super) struct Load {
    in_flight: AtomicUsize,
    mean: Mutex<Mean>,
}

#[derive(Debug)]
struct Mean {
    /// Seconds; none before the first measurement.
    latency: Option<f64>,
    at: Instant,
}

impl Load {
    /// Nothing in flight, nothing known.
    pub(super) fn new(now: Instant) -> Self {
        Self { in_flight: AtomicUsize::new(0), mean: Mutex::new(Mean { latency: None, at: now }) }
    }

    /// A request is sent.
    pub(super) fn begin(&self) {
        self.in_flight.fetch_add(1, Relaxed);
    }

    /// It has ended, in this time. One that nobody waited for tells no time.
    pub(super) fn end(&self, took: Option<(Duration, bool)>, now: Instant) {
        self.in_flight.fetch_sub(1, Relaxed);
        let Some((took, failed)) = took else { return };
        let took = if failed { took.max(FAILURE) } else { took }.as_secs_f64();
        let mut mean = self.mean();
        let kept = mean.decay(now).min(KEPT);
        mean.latency = Some(mean.latency.map_or(took, |latency| latency * kept + took * (1.0 - kept)));
        mean.at = mean.at.max(now);
    }

    /// Requests in flight.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Relaxed)
    }

    /// The load, were one more request sent.
    pub(super) fn with_one_more(&self, now: Instant) -> f64 {
        let mean = self.mean();
        let latency = mean.latency.map_or(0.0, |latency| latency * mean.decay(now));
        drop(mean);
        #[allow(clippy::cast_precision_loss)]
        let in_flight = self.in_flight() as f64 + 1.0;
        latency.max(LEAST.as_secs_f64()) * in_flight
    }

    fn mean(&self) -> MutexGuard<'_, Mean> {
        self.mean.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Mean {
    /// The weight that is left of it.
    fn decay(&self, now: Instant) -> f64 {
        (-now.saturating_duration_since(self.at).as_secs_f64() / MEMORY.as_secs_f64()).exp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sends a request and has it answered after so many milliseconds.
    fn ask(load: &Load, millis: u64, failed: bool, now: Instant) {
        load.begin();
        load.end(Some((Duration::from_millis(millis), failed)), now);
    }

    #[test]
    fn the_slower_and_the_busier_has_the_more_load() {
        let now = Instant::now();
        let (fast, slow) = (Load::new(now), Load::new(now));
        ask(&fast, 2, false, now);
        ask(&slow, 10, false, now);
        assert!(fast.with_one_more(now) < slow.with_one_more(now));
        (0..5).for_each(|_| fast.begin());
        assert!(fast.with_one_more(now) > slow.with_one_more(now), "six times 2 ms");
        (0..5).for_each(|_| fast.end(None, now));
        assert_eq!(fast.in_flight(), 0);
    }

    #[test]
    fn what_fails_at_once_is_not_fast_and_is_tried_again_later() {
        let now = Instant::now();
        let (healthy, broken) = (Load::new(now), Load::new(now));
        ask(&healthy, 5, false, now);
        ask(&broken, 5, false, now);
        ask(&broken, 0, true, now);
        assert!(healthy.with_one_more(now) < broken.with_one_more(now));
        let later = now + Duration::from_secs(40);
        ask(&healthy, 5, false, later);
        assert!(healthy.with_one_more(later) > broken.with_one_more(later));
    }
}
