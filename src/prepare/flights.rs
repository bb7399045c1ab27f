//! One preparation per operation, however many requests wait for it.
//!
//! The flight belongs to all its waiters: the first one's leaving does not cancel it, and one whose
//! waiters have all left before it starts is not flown. Whoever flies holds a [`Landing`], which tells
//! the waiters the outcome also when the work panics.

use super::cache::{Key, Outcome};
use super::refusal::Refusal;
use crate::graph::LabelSet;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The preparations under way.
#[derive(Debug, Default)]
pub(super) struct Flights {
    under_way: Mutex<UnderWay>,
}

type UnderWay = HashMap<Wanted, watch::Sender<Option<Outcome>>, ahash::RandomState>;

/// What is prepared: an operation, under labels of `@override`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Wanted {
    /// The operation.
    pub key: Arc<Key>,
    /// The labels that are on.
    pub labels: LabelSet,
}

/// A place among those who wait for an outcome.
pub(super) struct Seat {
    /// Gives the outcome.
    outcome: watch::Receiver<Option<Outcome>>,
    /// For the first to board: the duty to fly.
    pub landing: Option<Landing>,
}

/// The duty to end a flight. Dropped before it began, it tells the waiters that the gateway is
/// overloaded, for the pool did not take it; dropped without an outcome, that the gateway failed.
pub(super) struct Landing {
    flights: Arc<Flights>,
    /// What is prepared.
    pub wanted: Wanted,
    if_dropped: Option<fn() -> Refusal>,
}

impl Flights {
    /// Joins the flight for what is wanted, or starts one.
    pub fn board(self: &Arc<Self>, wanted: Wanted) -> Seat {
        let mut under_way = self.lock();
        if let Some(flight) = under_way.get(&wanted) {
            return Seat { outcome: flight.subscribe(), landing: None };
        }
        let (sender, outcome) = watch::channel(None);
        under_way.insert(wanted.clone(), sender);
        Seat {
            outcome,
            landing: Some(Landing { flights: Arc::clone(self), wanted, if_dropped: Some(Refusal::overloaded) }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, UnderWay> {
        self.under_way.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seat {
    /// Waits for the outcome.
    pub async fn outcome(mut self) -> Outcome {
        match self.outcome.wait_for(Option::is_some).await {
            Ok(outcome) => outcome.clone().unwrap_or_else(|| Err(Arc::new(Refusal::internal()))),
            Err(_) => Err(Arc::new(Refusal::internal())),
        }
    }
}

impl Landing {
    /// Begins the work, unless nobody waits any more; then the flight is over.
    pub fn begin(&mut self) -> bool {
        let mut under_way = self.flights.lock();
        let awaited = under_way.get(&self.wanted).is_some_and(|flight| flight.receiver_count() > 0);
        self.if_dropped = awaited.then_some(Refusal::internal);
        if !awaited {
            under_way.remove(&self.wanted);
        }
        awaited
    }

    /// Tells everyone who waits.
    pub fn land(mut self, outcome: Outcome) {
        self.if_dropped = None;
        self.tell(outcome);
    }

    fn tell(&self, outcome: Outcome) {
        let flight = self.flights.lock().remove(&self.wanted);
        if let Some(flight) = flight {
            flight.send_replace(Some(outcome));
        }
    }
}

impl Drop for Landing {
    fn drop(&mut self) {
        if let Some(refusal) = self.if_dropped {
            self.tell(Err(Arc::new(refusal())));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted() -> Wanted {
        Wanted { key: Arc::new(Key::new("{ a }", None)), labels: LabelSet::new() }
    }

    #[tokio::test]
    async fn waiters_share_one_flight() {
        let flights = Arc::new(Flights::default());
        let mut first = flights.board(wanted());
        let second = flights.board(wanted());
        assert!(second.landing.is_none());
        let mut landing = first.landing.take().unwrap();
        drop(first);
        assert!(landing.begin());
        landing.land(Err(Arc::new(Refusal::timed_out())));
        assert_eq!(second.outcome().await.unwrap_err().errors, Refusal::timed_out().errors);
        assert!(flights.board(wanted()).landing.is_some());
    }

    #[tokio::test]
    async fn a_flight_without_waiters_does_not_begin() {
        let flights = Arc::new(Flights::default());
        let mut landing = flights.board(wanted()).landing.unwrap();
        assert!(!landing.begin());
    }

    #[tokio::test]
    async fn a_crash_and_a_full_pool_are_told() {
        let flights = Arc::new(Flights::default());
        let mut seat = flights.board(wanted());
        drop(seat.landing.take());
        assert_eq!(seat.outcome().await.unwrap_err().errors, Refusal::overloaded().errors);
        let mut seat = flights.board(wanted());
        let mut landing = seat.landing.take().unwrap();
        landing.begin();
        drop(landing);
        assert_eq!(seat.outcome().await.unwrap_err().errors, Refusal::internal().errors);
    }
}
