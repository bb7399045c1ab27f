//! A circuit breaker: an address that fails is left alone for a while, then tried with a few requests.
//!
//! Closed, it counts how requests end within a rolling window, and opens when enough of them failed. Open, it lets none
//! through. After its rest it is half open: a few requests are let through, and when all of them go well it closes; one
//! that fails opens it anew. (M. Nygard, *Release It!*, 2007; the rolling window is Hystrix's.)
//!
//! What counts as a failure is a [`Verdict`]'s matter. A request that a client has hung up on tells nothing, and the
//! place that it had as a trial is free again. Requests that began before the breaker changed its state change nothing
//! any more: after it has closed, those that were under way during the outage must not open it again.

use super::window::{Counts, Window};
use crate::config::CircuitBreaker;
use crate::telemetry::BreakerState;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::time::Instant;

/// The breaker of one address.
#[derive(Debug)]
pub(super) struct Breaker {
    settings: CircuitBreaker,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    /// How often the phase has changed.
    era: u64,
    /// Requests, and the failures among them; while it is closed.
    window: Window,
}

#[derive(Debug, Clone, Copy)]
enum Phase {
    Closed,
    Open { until: Instant },
    HalfOpen { under_way: usize, succeeded: usize },
}

/// What the end of a request says of the address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It answers.
    Healthy,
    /// It does not, or says itself that it cannot.
    Failing,
    /// Nothing.
    Unclear,
}

/// Leave for one request, which has to be brought back to [`Breaker::end`].
#[derive(Debug)]
pub(super) struct Pass {
    era: u64,
    is_trial: bool,
}

/// Whether a request would be let through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Admission {
    Freely,
    /// To find out whether the address has recovered.
    AsTrial,
}

impl Pass {
    /// Whether the request finds out whether the address has recovered.
    pub(super) fn is_trial(&self) -> bool {
        self.is_trial
    }
}

impl Breaker {
    pub(super) fn new(settings: &CircuitBreaker, now: Instant) -> Self {
        let state = State { phase: Phase::Closed, era: 0, window: Window::new(settings.window, now) };
        Self { settings: settings.clone(), state: Mutex::new(state) }
    }

    /// Whether it would let a request through.
    pub(super) fn admits(&self, now: Instant) -> Option<Admission> {
        self.admission(self.state().phase, now)
    }

    /// Lets a request through, or not.
    pub(super) fn pass(&self, now: Instant) -> Option<Pass> {
        let mut state = self.state();
        let is_trial = self.admission(state.phase, now)? == Admission::AsTrial;
        if is_trial {
            match &mut state.phase {
                Phase::HalfOpen { under_way, .. } => *under_way += 1,
                _ => state.change(Phase::HalfOpen { under_way: 1, succeeded: 0 }),
            }
        }
        Some(Pass { era: state.era, is_trial })
    }

    /// A request has ended. Gives the state that this brought about, if it brought one about.
    pub(super) fn end(&self, pass: &Pass, verdict: Verdict, now: Instant) -> Option<BreakerState> {
        let state = &mut *self.state();
        if pass.era != state.era {
            return None;
        }
        let next = match &mut state.phase {
            Phase::Closed if self.counted(&mut state.window, verdict, now) => self.opened(now),
            Phase::Closed | Phase::Open { .. } => return None,
            Phase::HalfOpen { under_way, succeeded } => {
                *under_way = under_way.saturating_sub(usize::from(pass.is_trial));
                *succeeded += usize::from(verdict == Verdict::Healthy);
                match verdict {
                    Verdict::Failing => self.opened(now),
                    _ if *succeeded >= self.settings.half_open_attempts => Phase::Closed,
                    _ => return None,
                }
            }
        };
        state.change(next);
        state.window.clear();
        Some(next.shown())
    }

    /// As it is shown: it stays open until a request tries the address.
    pub(super) fn shown(&self) -> BreakerState {
        self.state().phase.shown()
    }

    fn admission(&self, phase: Phase, now: Instant) -> Option<Admission> {
        match phase {
            Phase::Closed => Some(Admission::Freely),
            Phase::Open { until } => (now >= until).then_some(Admission::AsTrial),
            Phase::HalfOpen { under_way, succeeded } => {
                (under_way + succeeded < self.settings.half_open_attempts).then_some(Admission::AsTrial)
            }
        }
    }

    fn opened(&self, now: Instant) -> Phase {
        Phase::Open { until: now + self.settings.reset_timeout }
    }

    /// Counts how a request ended, and whether that is reason to open.
    fn counted(&self, window: &mut Window, verdict: Verdict, now: Instant) -> bool {
        let failed = verdict == Verdict::Failing;
        if verdict != Verdict::Unclear {
            window.add(Counts { all: 1, marked: u64::from(failed) }, now);
        }
        let Counts { all, marked } = window.sum(now);
        #[allow(clippy::cast_precision_loss)]
        let share = marked as f64 * 100.0 / all.max(1) as f64;
        failed && all >= self.settings.volume_threshold as u64 && share >= self.settings.error_threshold
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn change(&mut self, next: Phase) {
        self.phase = next;
        self.era += 1;
    }
}

impl Phase {
    fn shown(self) -> BreakerState {
        match self {
            Self::Closed => BreakerState::Closed,
            Self::Open { .. } => BreakerState::Open,
            Self::HalfOpen { .. } => BreakerState::HalfOpen,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    /// Opens when half of four or more requests of the last 10 s failed, rests for 5 s, wants two trials.
    fn breaker() -> (Breaker, impl Fn(u64) -> Instant) {
        let settings = CircuitBreaker {
            error_threshold: 50.0,
            volume_threshold: 4,
            window: Duration::from_secs(10),
            reset_timeout: Duration::from_secs(5),
            half_open_attempts: 2,
        };
        let start = Instant::now();
        (Breaker::new(&settings, start), move |seconds| start + Duration::from_secs(seconds))
    }

    fn ask(breaker: &Breaker, verdict: Verdict, now: Instant) -> Option<BreakerState> {
        breaker.end(&breaker.pass(now).expect("it lets the request through"), verdict, now)
    }

    #[test]
    fn it_opens_when_enough_requests_failed_within_the_window() {
        let (breaker, at) = breaker();
        for (verdict, second) in [(Verdict::Failing, 0), (Verdict::Failing, 0), (Verdict::Healthy, 1)] {
            assert_eq!(ask(&breaker, verdict, at(second)), None, "three are too few");
        }
        assert_eq!(ask(&breaker, Verdict::Unclear, at(1)), None, "what says nothing is not counted");
        assert_eq!(ask(&breaker, Verdict::Failing, at(1)), Some(BreakerState::Open));
        assert!(breaker.pass(at(5)).is_none(), "it rests until 5 s after it opened");
    }

    #[test]
    fn failures_among_many_successes_and_old_ones_do_not_open_it() {
        let (breaker, at) = breaker();
        for _ in 0..4 {
            assert_eq!(ask(&breaker, Verdict::Healthy, at(0)), None);
        }
        for _ in 0..3 {
            assert_eq!(ask(&breaker, Verdict::Failing, at(0)), None, "three of seven");
        }
        for _ in 0..3 {
            assert_eq!(ask(&breaker, Verdict::Failing, at(20)), None, "of the last ten seconds there are three");
        }
        assert_eq!(ask(&breaker, Verdict::Failing, at(20)), Some(BreakerState::Open));
    }

    /// One that has opened at second 0.
    fn opened() -> (Breaker, impl Fn(u64) -> Instant) {
        let (breaker, at) = breaker();
        for _ in 0..4 {
            ask(&breaker, Verdict::Failing, at(0));
        }
        assert_eq!(breaker.shown(), BreakerState::Open);
        (breaker, at)
    }

    #[test]
    fn trials_that_all_go_well_close_it() {
        let (breaker, at) = opened();
        assert_eq!(breaker.admits(at(5)), Some(Admission::AsTrial));
        let (one, two) = (breaker.pass(at(5)).unwrap(), breaker.pass(at(5)).unwrap());
        assert!(breaker.pass(at(5)).is_none(), "two are enough");
        assert_eq!(breaker.shown(), BreakerState::HalfOpen);
        assert_eq!(breaker.end(&one, Verdict::Healthy, at(6)), None);
        assert!(breaker.pass(at(6)).is_none(), "one has gone well, one is under way");
        assert_eq!(breaker.end(&two, Verdict::Healthy, at(6)), Some(BreakerState::Closed));
        assert_eq!(ask(&breaker, Verdict::Failing, at(6)), None, "the failures before are forgotten");
    }

    #[test]
    fn a_trial_that_fails_opens_it_anew() {
        let (breaker, at) = opened();
        let (one, two) = (breaker.pass(at(5)).unwrap(), breaker.pass(at(5)).unwrap());
        assert_eq!(breaker.end(&one, Verdict::Failing, at(7)), Some(BreakerState::Open));
        assert_eq!(breaker.end(&two, Verdict::Healthy, at(8)), None, "it is of an earlier time");
        assert!(breaker.pass(at(11)).is_none());
        assert!(breaker.pass(at(12)).is_some());
    }

    #[test]
    fn a_trial_that_tells_nothing_leaves_its_place_to_another() {
        let (breaker, at) = opened();
        for _ in 0..10 {
            let (one, two) = (breaker.pass(at(5)).unwrap(), breaker.pass(at(5)).unwrap());
            assert!(breaker.admits(at(5)).is_none());
            assert_eq!(breaker.end(&one, Verdict::Unclear, at(5)), None);
            assert_eq!(breaker.end(&two, Verdict::Unclear, at(5)), None);
        }
        assert_eq!(ask(&breaker, Verdict::Healthy, at(5)), None);
        assert_eq!(ask(&breaker, Verdict::Healthy, at(5)), Some(BreakerState::Closed));
    }

    #[test]
    fn requests_from_before_it_opened_change_nothing() {
        let (breaker, at) = breaker();
        let early: Vec<Pass> = (0..20).map(|_| breaker.pass(at(0)).unwrap()).collect();
        for _ in 0..4 {
            ask(&breaker, Verdict::Failing, at(0));
        }
        let trial = breaker.pass(at(5)).unwrap();
        assert!(early[..10].iter().all(|pass| breaker.end(pass, Verdict::Healthy, at(6)).is_none()));
        assert!(breaker.admits(at(6)).is_some(), "they are no trials");
        assert_eq!(breaker.end(&trial, Verdict::Healthy, at(6)), None);
        assert_eq!(ask(&breaker, Verdict::Healthy, at(6)), Some(BreakerState::Closed));
        assert!(early[10..].iter().all(|pass| breaker.end(pass, Verdict::Failing, at(7)).is_none()));
    }
}
