//! How long to wait before something that failed is tried again.

use std::time::Duration;

/// Waits that double from one failure to the next, up to a bound.
#[derive(Debug, Clone)]
pub struct Backoff {
    first: Duration,
    longest: Duration,
    next: Duration,
}

impl Backoff {
    /// Waits from `first` to `longest`.
    pub const fn new(first: Duration, longest: Duration) -> Self {
        Self { first, longest, next: first }
    }

    /// Between half and the whole of the next wait, so that gateways do not come in step.
    pub async fn wait(&mut self) {
        tokio::time::sleep(self.next.mul_f64(0.5 + fastrand::f64() / 2.0)).await;
        self.next = (self.next * 2).min(self.longest);
    }

    /// It worked: the next failure waits for the shortest time again.
    pub fn reset(&mut self) {
        self.next = self.first;
    }
}
