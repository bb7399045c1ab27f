//! One request for all who ask the same at the same time.
//!
//! Two queries are the same when subgraph, body and every outbound header agree, but for headers that
//! only name the trace. So nobody gets what was fetched with another one's credentials. The hash finds a
//! flight, the whole key is compared. A flight belongs to all who wait for it: whoever leaves leaves
//! it to the others, and when the last one has left it is cancelled.

use crate::config::is_trace_header;
use ahash::RandomState;
use bytes::Bytes;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared, WeakShared};
use http::HeaderMap;
use std::collections::HashMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Tables, each with a lock of its own.
const SHARDS: usize = 16;

/// The flights under way whose outcome is a `T`.
pub struct Flights<T> {
    shared: Arc<Tables<T>>,
}

struct Tables<T> {
    shards: [Mutex<HashMap<u64, Vec<Flight<T>>>>; SHARDS],
    hasher: RandomState,
}

struct Flight<T> {
    key: Arc<FlightKey>,
    outcome: WeakShared<BoxFuture<'static, T>>,
}

/// What is asked, and with what.
#[derive(Debug)]
pub struct FlightKey {
    /// Whom.
    pub target: usize,
    /// What.
    pub body: Bytes,
    /// Headers; those of the trace are not compared.
    pub headers: HeaderMap,
    /// See [`FetchRequest::epoch`](super::FetchRequest::epoch).
    pub epoch: u64,
}

impl FlightKey {
    fn is(&self, other: &Self) -> bool {
        self.target == other.target
            && self.epoch == other.epoch
            && self.body == other.body
            && same_headers(&self.headers, &other.headers)
    }
}

impl<T: Clone + Send + Sync + 'static> Flights<T> {
    /// None under way.
    pub fn new() -> Self {
        let shards = std::array::from_fn(|_| Mutex::default());
        Self { shared: Arc::new(Tables { shards, hasher: RandomState::new() }) }
    }

    /// Joins the flight of this key, or starts it.
    pub fn join<F>(&self, key: FlightKey, start: impl FnOnce(&FlightKey) -> F) -> Shared<BoxFuture<'static, T>>
    where
        F: Future<Output = T> + Send + 'static,
    {
        let hash = self.shared.hasher.hash_one((key.target, &key.body));
        let mut shard = self.shared.shard(hash);
        let flights = shard.entry(hash).or_default();
        if let Some(flight) = flights.iter().find(|flight| flight.key.is(&key))
            && let Some(outcome) = flight.outcome.upgrade()
        {
            return outcome;
        }
        let work = start(&key);
        let key = Arc::new(key);
        let landing = Landing { tables: Arc::clone(&self.shared), hash, key: Arc::clone(&key) };
        let outcome = async move {
            let _landing = landing;
            work.await
        }
        .boxed()
        .shared();
        if let Some(weak) = outcome.downgrade() {
            flights.push(Flight { key, outcome: weak });
        }
        outcome
    }
}

impl<T: Clone + Send + Sync + 'static> Default for Flights<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Tables<T> {
    fn shard(&self, hash: u64) -> MutexGuard<'_, HashMap<u64, Vec<Flight<T>>>> {
        // The table inside uses the low bits of its own hash.
        self.shards[(hash >> 60) as usize % SHARDS].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Takes a flight off the table when it ends, however that comes about.
struct Landing<T> {
    tables: Arc<Tables<T>>,
    hash: u64,
    key: Arc<FlightKey>,
}

impl<T> Drop for Landing<T> {
    fn drop(&mut self) {
        let mut shard = self.tables.shard(self.hash);
        if let Some(flights) = shard.get_mut(&self.hash) {
            flights.retain(|flight| !Arc::ptr_eq(&flight.key, &self.key));
            if flights.is_empty() {
                shard.remove(&self.hash);
            }
        }
    }
}

fn same_headers(one: &HeaderMap, other: &HeaderMap) -> bool {
    let told = |headers: &HeaderMap| headers.keys().filter(|name| !is_trace_header(name)).count();
    let names = one.keys().filter(|name| !is_trace_header(name));
    told(one) == told(other) && names.into_iter().all(|name| one.get_all(name).iter().eq(other.get_all(name).iter()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};
    use tokio::sync::oneshot;

    fn key(body: &'static str, headers: &[(&'static str, &'static str)]) -> FlightKey {
        let headers =
            headers.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)));
        FlightKey { target: 0, body: Bytes::from_static(body.as_bytes()), headers: headers.collect(), epoch: 0 }
    }

    #[tokio::test]
    async fn the_first_ones_leaving_does_not_cancel_the_flight() {
        let flights = Flights::<u32>::new();
        let (land, landed) = oneshot::channel();
        let mut first = flights.join(key("a", &[("traceparent", "1")]), |_| async { landed.await.unwrap() });
        let second = flights.join(key("a", &[("traceparent", "2")]), |_| async { 0 });
        assert!((&mut first).now_or_never().is_none());
        drop(first);
        land.send(7).unwrap();
        assert_eq!(second.await, 7);
        assert_eq!(flights.join(key("a", &[]), |_| async { 8 }).await, 8);
    }

    #[tokio::test]
    async fn a_flight_that_all_have_left_is_cancelled() {
        let flights = Flights::<u32>::new();
        let (land, landed) = oneshot::channel::<u32>();
        let mut only = flights.join(key("a", &[]), |_| async { landed.await.unwrap() });
        assert!((&mut only).now_or_never().is_none());
        drop(only);
        assert!(land.is_closed());
        assert!(flights.shared.shards.iter().all(|shard| shard.lock().unwrap().is_empty()));
    }

    #[tokio::test]
    async fn what_differs_in_anything_flies_alone() {
        let flights = Flights::<u32>::new();
        let keys = [
            key("a", &[]),
            key("b", &[]),
            key("a", &[("authorization", "x")]),
            key("a", &[("authorization", "y")]),
            FlightKey { target: 1, ..key("a", &[]) },
            FlightKey { epoch: 1, ..key("a", &[]) },
        ];
        let all: Vec<_> = (0..).zip(keys).map(|(n, key)| flights.join(key, move |_| async move { n })).collect();
        for (n, flight) in (0..).zip(all) {
            assert_eq!(flight.await, n);
        }
    }
}
