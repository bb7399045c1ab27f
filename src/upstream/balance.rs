//! Which of a subgraph's addresses is asked: the less loaded of two that are drawn.
//!
//! Two drawn at random suffice to keep loads even, and do not send everybody to the one that looks best just now
//! (M. Mitzenmacher, *The Power of Two Choices in Randomized Load Balancing*, 2001). Passed over are addresses whose
//! breaker lets nobody through, and as long as there are others those that this fetch has tried already. An address that
//! has to be tried for its breaker to close comes first: by its load it would wait long for that.

use super::breaker::{Admission, Breaker, Pass};
use super::load::Load;
use crate::telemetry::{BreakerGauge, BreakerState};
use smallvec::SmallVec;
use tokio::time::Instant;

/// The addresses, by their position in the configuration. `A` is who is asked there.
pub(super) struct Replicas<A>(pub(super) Box<[Replica<A>]>);

/// One address.
pub(super) struct Replica<A> {
    pub(super) asked: A,
    pub(super) breaker: Option<Breaker>,
    /// What metrics are told of it.
    pub(super) gauge: Option<BreakerGauge>,
    /// Where there are several.
    pub(super) load: Option<Load>,
}

/// Those that a fetch has tried, in that order.
pub(super) type Tried = SmallVec<[usize; 4]>;

impl<A> Replicas<A> {
    /// Chooses one for the next attempt; none when no breaker lets a request through. `draw` gives a number below the
    /// one that it is given.
    pub(super) fn choose(
        &self,
        tried: &[usize],
        now: Instant,
        mut draw: impl FnMut(usize) -> usize,
    ) -> Option<(usize, Option<Pass>)> {
        loop {
            let candidates = self.candidates(tried, now);
            let at = match candidates.iter().find(|(_, admission)| *admission == Admission::AsTrial) {
                Some(&(trial, _)) => trial,
                None => self.less_loaded(&candidates, now, &mut draw)?,
            };
            match &self.0[at].breaker {
                None => return Some((at, None)),
                // Another thread may have taken the last place meanwhile.
                Some(breaker) => match breaker.pass(now) {
                    Some(pass) => return Some((at, Some(pass))),
                    None => continue,
                },
            }
        }
    }

    /// Whether no breaker lets a request through.
    pub(super) fn are_cut_off(&self, now: Instant) -> bool {
        self.0.iter().all(|replica| replica.admission(now).is_none())
    }

    /// Whether there is one to go to that was not tried.
    pub(super) fn have_another(&self, tried: &[usize], now: Instant) -> bool {
        let mut others = self.0.iter().enumerate().filter(|(at, _)| !tried.contains(at));
        others.any(|(_, replica)| replica.admission(now).is_some())
    }

    /// Those that may be asked: of the ones that were not tried, else of all but the last that was.
    fn candidates(&self, tried: &[usize], now: Instant) -> SmallVec<[(usize, Admission); 8]> {
        let among = |allowed: &dyn Fn(usize) -> bool| {
            let all = self.0.iter().enumerate().filter(|(at, _)| allowed(*at));
            all.filter_map(|(at, replica)| Some((at, replica.admission(now)?))).collect::<SmallVec<_>>()
        };
        let fresh = among(&|at| !tried.contains(&at));
        if !fresh.is_empty() {
            return fresh;
        }
        let others = among(&|at| tried.last() != Some(&at));
        if others.is_empty() { among(&|_| true) } else { others }
    }

    fn less_loaded(
        &self,
        candidates: &[(usize, Admission)],
        now: Instant,
        draw: &mut impl FnMut(usize) -> usize,
    ) -> Option<usize> {
        let [.., _] = candidates else { return None };
        let one = draw(candidates.len());
        let others = candidates.len() - 1;
        let other = if others == 0 { one } else { (one + 1 + draw(others)) % candidates.len() };
        let load = |at: usize| self.0[candidates[at].0].load.as_ref().map_or(0.0, |load| load.with_one_more(now));
        Some(candidates[if load(other) < load(one) { other } else { one }].0)
    }
}

impl<A> Replica<A> {
    fn admission(&self, now: Instant) -> Option<Admission> {
        self.breaker.as_ref().map_or(Some(Admission::Freely), |breaker| breaker.admits(now))
    }

    /// The state of its breaker, if it has one.
    pub(super) fn breaker_state(&self) -> Option<BreakerState> {
        self.breaker.as_ref().map(Breaker::shown)
    }
}

#[cfg(test)]
mod tests {
    use super::super::breaker::Verdict;
    use super::*;
    use crate::config::CircuitBreaker;
    use std::collections::BTreeSet;
    use std::time::Duration;

    fn replicas(count: usize, now: Instant) -> Replicas<()> {
        let settings = CircuitBreaker { volume_threshold: 1, half_open_attempts: 1, ..CircuitBreaker::default() };
        let one = |_| Replica {
            asked: (),
            breaker: Some(Breaker::new(&settings, now)),
            gauge: None,
            load: Some(Load::new(now)),
        };
        Replicas((0..count).map(one).collect())
    }

    fn open(replicas: &Replicas<()>, at: usize, now: Instant) {
        let breaker = replicas.0[at].breaker.as_ref().unwrap();
        breaker.end(&breaker.pass(now).unwrap(), Verdict::Failing, now);
    }

    fn chosen(replicas: &Replicas<()>, tried: &[usize], now: Instant) -> BTreeSet<usize> {
        (0..100)
            .filter_map(|_| replicas.choose(tried, now, |below| fastrand::usize(..below)))
            .map(|(at, _)| at)
            .collect()
    }

    #[test]
    fn of_two_that_are_drawn_the_less_loaded_is_asked() {
        let now = Instant::now();
        let replicas = replicas(3, now);
        replicas.0[0].load.as_ref().unwrap().begin();
        // Drawn are the first and the second, the second and the third, the third and the first.
        for (draws, expected) in [([0, 0], 1), ([1, 0], 1), ([2, 0], 2), ([0, 1], 2)] {
            let mut draws = draws.into_iter();
            let (at, _) = replicas.choose(&[], now, |_| draws.next().unwrap()).unwrap();
            assert_eq!(at, expected);
        }
    }

    #[test]
    fn a_retry_goes_where_the_fetch_has_not_been() {
        let now = Instant::now();
        let replicas = replicas(3, now);
        assert_eq!(chosen(&replicas, &[], now), BTreeSet::from([0, 1, 2]));
        assert_eq!(chosen(&replicas, &[1], now), BTreeSet::from([0, 2]));
        assert_eq!(chosen(&replicas, &[1, 0], now), BTreeSet::from([2]));
        assert_eq!(chosen(&replicas, &[1, 0, 2], now), BTreeSet::from([0, 1]), "to any but the last");
        assert!(replicas.have_another(&[1, 0], now) && !replicas.have_another(&[1, 0, 2], now));
    }

    #[test]
    fn an_open_breaker_is_passed_over_while_another_is_closed() {
        let now = Instant::now();
        let replicas = replicas(2, now);
        open(&replicas, 0, now);
        assert_eq!(chosen(&replicas, &[], now), BTreeSet::from([1]));
        assert_eq!(chosen(&replicas, &[1], now), BTreeSet::from([1]), "better the one that failed than none");
        open(&replicas, 1, now);
        assert!(replicas.are_cut_off(now) && chosen(&replicas, &[], now).is_empty());
    }

    #[test]
    fn an_address_that_has_rested_is_tried_first_and_by_one_request_only() {
        let now = Instant::now();
        let replicas = replicas(2, now);
        replicas.0[0].load.as_ref().unwrap().begin();
        open(&replicas, 0, now);
        let later = now + Duration::from_secs(60);
        let (at, pass) = replicas.choose(&[], later, |_| 0).unwrap();
        assert_eq!(at, 0);
        assert_eq!(chosen(&replicas, &[], later), BTreeSet::from([1]));
        replicas.0[0].breaker.as_ref().unwrap().end(&pass.unwrap(), Verdict::Healthy, later);
        assert!(chosen(&replicas, &[1], later).contains(&0));
    }
}
