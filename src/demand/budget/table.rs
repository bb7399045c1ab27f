//! The buckets that are not full, in memory: sharded, and bounded in number.
//!
//! A bucket that has refilled is forgotten: it is the same as one that was never there. When a shard is full of others,
//! those go first that have the least to refill. So whoever floods the table with new names, each of which takes a
//! little, pushes out only such as these; to push out a drained bucket the table has to be filled with names that have
//! each taken more, and whoever has so many has as many full buckets anyway.

use super::client::Client;
use super::quota::{Level, Quota};
use ahash::RandomState;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Requests of different clients rarely wait for each other.
const SHARDS: usize = 64;

/// When a shard is full, so many of its buckets go at once: looking through it costs as much as it is long.
const EVICTED_SHARE: usize = 16;

/// Buckets by client.
#[derive(Debug)]
pub struct Table {
    shards: Box<[Mutex<Shard>]>,
    hasher: RandomState,
    /// Buckets of a shard.
    capacity: usize,
}

type Shard = HashMap<Client, u64, RandomState>;

impl Table {
    /// Room for about `clients` buckets.
    pub fn new(clients: usize) -> Self {
        let hasher = RandomState::new();
        let shards = (0..SHARDS).map(|_| Mutex::new(HashMap::with_hasher(hasher.clone()))).collect();
        Self { shards, hasher, capacity: clients.div_ceil(SHARDS).max(1) }
    }

    /// Takes from a client's bucket; see [`Quota::take`].
    pub fn take(&self, client: &Client, quota: Quota, now: u64, micros: u64) -> Result<Level, u64> {
        let mut shard = self.shard(client);
        if let Some(full_at) = shard.get_mut(client) {
            let level = quota.take(*full_at, now, micros)?;
            *full_at = level.full_at;
            return Ok(level);
        }
        let level = quota.take(0, now, micros)?;
        if level.until_full > 0 {
            make_room(&mut shard, self.capacity, now);
            shard.insert(client.clone(), level.full_at);
        }
        Ok(level)
    }

    /// Gives back, or takes more without asking whether it is there: `more` is how much longer the bucket takes to fill.
    pub fn correct(&self, client: &Client, more: i64, now: u64) -> u64 {
        let mut shard = self.shard(client);
        let Some(full_at) = shard.get_mut(client) else { return 0 };
        *full_at = full_at.saturating_add_signed(more);
        let until_full = full_at.saturating_sub(now);
        if until_full == 0 {
            shard.remove(client);
        }
        until_full
    }

    /// How long a client's bucket takes until it is full.
    pub fn until_full(&self, client: &Client, now: u64) -> u64 {
        self.shard(client).get(client).map_or(0, |full_at| full_at.saturating_sub(now))
    }

    /// Buckets that are remembered.
    pub fn len(&self) -> usize {
        self.shards.iter().map(|shard| lock(shard).len()).sum()
    }

    /// Whether all buckets are full.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn shard(&self, client: &Client) -> MutexGuard<'_, Shard> {
        // The shards use the low bits of the same hash.
        #[allow(clippy::cast_possible_truncation)]
        let at = (self.hasher.hash_one(client) >> 48) as usize % SHARDS;
        lock(&self.shards[at])
    }
}

fn lock(shard: &Mutex<Shard>) -> MutexGuard<'_, Shard> {
    shard.lock().unwrap_or_else(PoisonError::into_inner)
}

fn make_room(shard: &mut Shard, capacity: usize, now: u64) {
    if shard.len() < capacity {
        return;
    }
    shard.retain(|_, full_at| *full_at > now);
    if shard.len() < capacity {
        return;
    }
    let mut all: Vec<u64> = shard.values().copied().collect();
    let last = (all.len() / EVICTED_SHARE).min(all.len() - 1);
    let (_, &mut until, _) = all.select_nth_unstable(last);
    // Of equals no more go than have to.
    let mut evicted = 0;
    shard.retain(|_, full_at| {
        let goes = *full_at < until || (*full_at == until && evicted <= last);
        evicted += usize::from(goes);
        !goes
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(number: u32) -> Client {
        Client::Key(format!("client {number}").into())
    }

    #[test]
    fn buckets_that_refilled_are_forgotten_first() {
        let (table, quota) = (Table::new(640), Quota::refilling(100, 10));
        for number in 0..600 {
            table.take(&client(number), quota, 0, quota.micros(1)).unwrap();
        }
        // After a second all of them are full again, and make room for others.
        for number in 10_000..10_600 {
            table.take(&client(number), quota, 2_000_000, quota.micros(50)).unwrap();
        }
        assert!(table.len() <= 640, "{}", table.len());
        for number in 10_000..10_600 {
            let kept = table.until_full(&client(number), 2_000_000);
            assert!(kept == quota.micros(50) || kept == 0);
        }
    }

    #[test]
    fn a_flood_of_names_does_not_refill_a_drained_bucket() {
        let (table, quota) = (Table::new(1_000), Quota::refilling(100, 1));
        let drained = client(0);
        table.take(&drained, quota, 0, quota.micros(100)).unwrap();
        for number in 1..100_000 {
            table.take(&client(number), quota, 0, quota.micros(1)).unwrap();
        }
        assert!(table.len() <= 1_024, "{}", table.len());
        assert_eq!(table.take(&drained, quota, 0, quota.micros(1)), Err(quota.micros(1)));
    }

    #[test]
    fn what_is_not_used_comes_back() {
        let (table, quota) = (Table::new(10), Quota::refilling(100, 1));
        table.take(&client(1), quota, 0, quota.micros(80)).unwrap();
        let back = i64::try_from(quota.micros(60)).unwrap();
        assert_eq!(quota.remaining(table.correct(&client(1), -back, 0)), 80);
        assert_eq!(table.correct(&client(1), -back, 0), 0);
        assert!(table.is_empty(), "a full bucket is none");
        // An answer that cost more than was thought leaves a debt.
        table.take(&client(2), quota, 0, quota.micros(100)).unwrap();
        table.correct(&client(2), back, 0);
        assert_eq!(table.take(&client(2), quota, 0, 0), Err(quota.micros(60)));
    }
}
