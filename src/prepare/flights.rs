//! One preparation per operation, however many requests wait for it.
//!
//! The flight belongs to all its waiters: the first one's leaving does not cancel it, and one whose
//! waiters have all left before it starts is not flown. Whoever flies holds a [`Landing`], which tells
//! the waiters the outcome also when the work panics.

use super::cache::{Key, Outcome};
use super::refusal::Refusal;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::watch;

/// The preparations under way.
#[derive(Debug, Default)]
pub(super) struct Flights {
    under_way: Mutex<HashMap<Arc<Key>, watch::Sender<Option<Outcome>>, ahash::RandomState>>,
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
    pub key: Arc<Key>,
    if_dropped: Option<fn() -> Refusal>,
}

impl Flights {
    /// Joins the flight for `key`, or starts one.
    pub fn board(self: &Arc<Self>, key: Key) -> Seat {
        let mut under_way = self.lock();
        if let Some(flight) = under_way.get(&key) {
            return Seat { outcome: flight.subscribe(), landing: None };
        }
        let key = Arc::new(key);
        let (sender, outcome) = watch::channel(None);
        under_way.insert(Arc::clone(&key), sender);
        Seat {
            outcome,
            landing: Some(Landing { flights: Arc::clone(self), key, if_dropped: Some(Refusal::overloaded) }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Arc<Key>, watch::Sender<Option<Outcome>>, ahash::RandomState>> {
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
        let awaited = under_way.get(&self.key).is_some_and(|flight| flight.receiver_count() > 0);
        self.if_dropped = awaited.then_some(Refusal::internal);
        if !awaited {
            under_way.remove(&self.key);
        }
        awaited
    }

    /// Tells everyone who waits.
    pub fn land(mut self, outcome: Outcome) {
        self.if_dropped = None;
        self.tell(outcome);
    }

    fn tell(&self, outcome: Outcome) {
        let flight = self.flights.lock().remove(&self.key);
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

    fn key() -> Key {
        Key::new("{ a }", None)
    }

    #[tokio::test]
    async fn waiters_share_one_flight() {
        let flights = Arc::new(Flights::default());
        let mut first = flights.board(key());
        let second = flights.board(key());
        assert!(second.landing.is_none());
        let mut landing = first.landing.take().unwrap();
        drop(first);
        assert!(landing.begin());
        landing.land(Err(Arc::new(Refusal::timed_out())));
        assert_eq!(second.outcome().await.unwrap_err().errors, Refusal::timed_out().errors);
        assert!(flights.board(key()).landing.is_some());
    }

    #[tokio::test]
    async fn a_flight_without_waiters_does_not_begin() {
        let flights = Arc::new(Flights::default());
        let mut landing = flights.board(key()).landing.unwrap();
        assert!(!landing.begin());
    }

    #[tokio::test]
    async fn a_crash_and_a_full_pool_are_told() {
        let flights = Arc::new(Flights::default());
        let mut seat = flights.board(key());
        drop(seat.landing.take());
        assert_eq!(seat.outcome().await.unwrap_err().errors, Refusal::overloaded().errors);
        let mut seat = flights.board(key());
        let mut landing = seat.landing.take().unwrap();
        landing.begin();
        drop(landing);
        assert_eq!(seat.outcome().await.unwrap_err().errors, Refusal::internal().errors);
    }
}
