//! How many requests to a subgraph may be retries.
//!
//! When a subgraph fails every request, retries would multiply what it has to bear just then. So they are paid for:
//! every request puts a part of a retry into the budget, and a retry takes a whole one out; a few are free, since where
//! there is little traffic shares mean nothing. What is put in is good for some seconds. This is Finagle's `RetryBudget`
//! (<https://twitter.github.io/finagle/guide/Clients.html#retries>), counted in a rolling window.

use super::window::{Counts, Window};
use crate::config::RetryBudget;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The budget of one subgraph.
#[derive(Debug)]
pub(super) struct Budget {
    settings: RetryBudget,
    /// Requests, and the retries among them.
    window: Mutex<Window>,
}

impl Budget {
    pub(super) fn new(settings: &RetryBudget) -> Self {
        Self { settings: settings.clone(), window: Mutex::new(Window::new(settings.ttl, Instant::now())) }
    }

    /// A request is made, for the first time.
    pub(super) fn deposit(&self, now: Instant) {
        self.window().add(Counts { all: 1, marked: 0 }, now);
    }

    /// Takes a retry out, if there is one.
    pub(super) fn withdraw(&self, now: Instant) -> bool {
        let mut window = self.window();
        let Counts { all, marked } = window.sum(now);
        #[allow(clippy::cast_precision_loss)]
        let (requests, retries, free) = (all as f64, marked as f64, self.settings.min_per_second as f64);
        let allowed = free * self.settings.ttl.as_secs_f64() + requests * self.settings.percent / 100.0;
        let pays = retries + 1.0 <= allowed;
        if pays {
            window.add(Counts { all: 0, marked: 1 }, now);
        }
        pays
    }

    fn window(&self) -> MutexGuard<'_, Window> {
        self.window.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn withdrawn(budget: &Budget, now: Instant) -> usize {
        std::iter::repeat_with(|| budget.withdraw(now)).take_while(|&pays| pays).take(10_000).count()
    }

    #[test]
    fn retries_are_a_share_of_requests_and_a_few_are_free() {
        let settings = RetryBudget { min_per_second: 2, percent: 20.0, ttl: Duration::from_secs(10) };
        let budget = Budget::new(&settings);
        let start = Instant::now();
        assert_eq!(withdrawn(&budget, start), 20);
        (0..1_000).for_each(|_| budget.deposit(start));
        assert_eq!(withdrawn(&budget, start), 200);
        assert_eq!(withdrawn(&budget, start + Duration::from_secs(8)), 0);
        assert_eq!(withdrawn(&budget, start + Duration::from_secs(11)), 20, "both are forgotten, the free ones return");
    }

    #[test]
    fn a_budget_of_nothing_pays_for_nothing() {
        let settings = RetryBudget { min_per_second: 0, percent: 0.0, ..RetryBudget::default() };
        let budget = Budget::new(&settings);
        (0..1_000).for_each(|_| budget.deposit(Instant::now()));
        assert_eq!(withdrawn(&budget, Instant::now()), 0);
    }
}
