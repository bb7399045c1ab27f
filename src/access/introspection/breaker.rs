//! A server that fails again and again is left alone for a while, then tried with one question.

use crate::access::clock::Millis;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Failures in a row that open it.
const FAILURES: u32 = 5;
/// How long the server is left alone.
const REST: Millis = 5_000;

/// Whether a server is asked.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    /// Until when nothing is asked.
    open_until: Option<Millis>,
    /// Whether the one question that tries it again is under way.
    trying: bool,
}

impl Breaker {
    /// Leave to ask now, if it is given.
    pub fn attempt(&self, now: Millis) -> Option<Attempt<'_>> {
        let mut state = self.state();
        let is_trial = match state.open_until {
            Some(until) if now < until || state.trying => return None,
            Some(_) => true,
            None => false,
        };
        state.trying |= is_trial;
        Some(Attempt { breaker: self, is_trial })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One question. Dropped without an outcome it counts for nothing.
pub(super) struct Attempt<'a> {
    breaker: &'a Breaker,
    is_trial: bool,
}

impl Attempt<'_> {
    pub fn succeeded(self) {
        let mut state = self.breaker.state();
        (state.failures, state.open_until) = (0, None);
    }

    /// Whether this failure opened it.
    pub fn failed(self, now: Millis) -> bool {
        let mut state = self.breaker.state();
        state.failures = state.failures.saturating_add(1);
        let opens = self.is_trial || (state.failures >= FAILURES && state.open_until.is_none());
        if opens {
            state.open_until = Some(now.saturating_add(REST));
        }
        opens
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        if self.is_trial {
            self.breaker.state().trying = false;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_opens_after_failures_in_a_row_and_closes_with_one_success() {
        let breaker = Breaker::default();
        for n in 1..FAILURES {
            assert!(!breaker.attempt(0).unwrap().failed(0), "{n}");
        }
        breaker.attempt(0).unwrap().succeeded();
        for _ in 1..FAILURES {
            assert!(!breaker.attempt(0).unwrap().failed(0));
        }
        assert!(breaker.attempt(0).unwrap().failed(0));
        assert!(breaker.attempt(REST - 1).is_none());
        let trial = breaker.attempt(REST).unwrap();
        assert!(breaker.attempt(REST).is_none(), "one question tries it");
        assert!(trial.failed(REST));
        assert!(breaker.attempt(2 * REST - 1).is_none());
        drop(breaker.attempt(2 * REST).unwrap());
        breaker.attempt(2 * REST).unwrap().succeeded();
        assert!(breaker.attempt(2 * REST).is_some() && breaker.attempt(2 * REST).is_some());
    }
}
