//! The counters, by operation and client.
//!
//! Each serving thread has a shard of its own, so that its lock is never waited for but when the counts are taken.
//! An operation is known by the address of its footprint, which the table keeps alive; two versions of the graph have
//! two of the same operation, and those are one again in the report.

use super::Client;
use crate::operation::Footprint;
use ahash::RandomState;
use indexmap::{Equivalent, IndexMap};
use std::cell::Cell;
use std::hash::{Hash, Hasher};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// More threads than this share.
const SHARDS: usize = 16;
/// Bytes that all entries may keep alive: an operation with a variable of a large type touches much of the schema.
const MOST_BYTES: usize = 64 * 1024 * 1024;

/// How often a client asked an operation, since the counts were taken last.
#[derive(Debug, Default)]
pub struct Tally {
    count: AtomicU64,
    errors: AtomicU64,
}

impl Tally {
    pub(super) fn add(&self) {
        self.count.fetch_add(1, Ordering::Relaxed);
    }

    /// The answer had errors.
    pub fn failed(&self) {
        self.errors.fetch_add(1, Ordering::Relaxed);
    }
}

#[derive(Debug)]
struct Key {
    footprint: Arc<Footprint>,
    name: Box<str>,
    version: Box<str>,
}

struct KeyRef<'a> {
    footprint: &'a Arc<Footprint>,
    client: Client<'a>,
}

impl Key {
    /// Bytes that it keeps alive.
    fn weight(&self) -> usize {
        self.footprint.weight() + self.name.len() + self.version.len()
    }

    fn client(&self) -> Client<'_> {
        Client { name: &self.name, version: &self.version }
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        KeyRef { footprint: &self.footprint, client: self.client() }.hash(state);
    }
}

impl PartialEq for Key {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.footprint, &other.footprint) && self.client() == other.client()
    }
}

impl Eq for Key {}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        Arc::as_ptr(self.footprint).hash(state);
        self.client.hash(state);
    }
}

impl Equivalent<Key> for KeyRef<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        Arc::ptr_eq(self.footprint, &key.footprint) && self.client == key.client()
    }
}

type Shard = IndexMap<Key, Arc<Tally>, RandomState>;

/// All counters.
#[derive(Debug)]
pub(super) struct Table {
    shards: [Mutex<Shard>; SHARDS],
    /// In all shards.
    entries: AtomicUsize,
    max_entries: usize,
    /// Of what the entries keep alive; a footprint that several have counts for each.
    bytes: AtomicUsize,
    /// Requests that were not counted, since they were told of last.
    uncounted: AtomicU64,
}

/// What was counted of one operation and client.
#[derive(Debug)]
pub(super) struct Counted {
    pub footprint: Arc<Footprint>,
    pub client: Box<str>,
    pub version: Box<str>,
    pub count: u64,
    pub errors: u64,
}

impl Table {
    pub fn new(max_entries: usize) -> Self {
        Self {
            shards: Default::default(),
            entries: AtomicUsize::new(0),
            max_entries,
            bytes: AtomicUsize::new(0),
            uncounted: AtomicU64::new(0),
        }
    }

    /// The tally of a pair. When all entries are taken, that of the operation without its client, for which there is as
    /// much room again; else none, and there is a request more that was not counted.
    pub fn tally(&self, footprint: &Arc<Footprint>, client: Client<'_>) -> Option<Arc<Tally>> {
        let mut shard = self.shard(own_shard());
        self.find_or_add(&mut shard, KeyRef { footprint, client }, self.max_entries).or_else(|| {
            let nobody = KeyRef { footprint, client: Client::default() };
            let tally = self.find_or_add(&mut shard, nobody, self.max_entries.saturating_mul(2));
            if tally.is_none() {
                self.uncounted.fetch_add(1, Ordering::Relaxed);
            }
            tally
        })
    }

    fn find_or_add(&self, shard: &mut Shard, key: KeyRef<'_>, room: usize) -> Option<Arc<Tally>> {
        if let Some(tally) = shard.get(&key) {
            return Some(Arc::clone(tally));
        }
        let Client { name, version } = key.client;
        let key = Key { footprint: Arc::clone(key.footprint), name: name.into(), version: version.into() };
        let entries = self.entries.fetch_add(1, Ordering::Relaxed);
        let bytes = self.bytes.fetch_add(key.weight(), Ordering::Relaxed);
        if entries >= room || bytes.saturating_add(key.weight()) > MOST_BYTES {
            self.forget(&key);
            return None;
        }
        let tally = Arc::<Tally>::default();
        shard.insert(key, Arc::clone(&tally));
        Some(tally)
    }

    /// Takes what was counted. Entries that nobody used since the last time make room.
    pub fn take(&self) -> Vec<Counted> {
        let mut taken = Vec::new();
        for index in 0..SHARDS {
            self.shard(index).retain(|key, tally| {
                let (count, errors) = (tally.count.swap(0, Ordering::Relaxed), tally.errors.swap(0, Ordering::Relaxed));
                if count > 0 || errors > 0 {
                    let (footprint, client, version) =
                        (Arc::clone(&key.footprint), key.name.clone(), key.version.clone());
                    taken.push(Counted { footprint, client, version, count, errors });
                    return true;
                }
                // A request under way may still tell of an error.
                let is_used = Arc::strong_count(tally) > 1;
                if !is_used {
                    self.forget(key);
                }
                is_used
            });
        }
        taken
    }

    /// There is room again for what an entry took.
    fn forget(&self, key: &Key) {
        self.entries.fetch_sub(1, Ordering::Relaxed);
        self.bytes.fetch_sub(key.weight(), Ordering::Relaxed);
    }

    /// Takes the number of requests that were not counted.
    pub fn take_uncounted(&self) -> u64 {
        self.uncounted.swap(0, Ordering::Relaxed)
    }

    fn shard(&self, index: usize) -> MutexGuard<'_, Shard> {
        self.shards[index].lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shard of this thread.
fn own_shard() -> usize {
    static NEXT: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<usize> = Cell::new(NEXT.fetch_add(1, Ordering::Relaxed) % SHARDS);
    }
    OWN.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn footprint(hash: &str) -> Arc<Footprint> {
        Arc::new(Footprint { hash: hash.into(), name: None, coordinates: Box::new([]) })
    }

    fn count(table: &Table, footprint: &Arc<Footprint>, name: &str) -> bool {
        table.tally(footprint, Client { name, version: "" }).inspect(|tally| tally.add()).is_some()
    }

    fn taken(table: &Table) -> Vec<(String, String, u64)> {
        let rows = table.take();
        let mut rows: Vec<_> =
            rows.iter().map(|row| (row.footprint.hash.to_string(), row.client.to_string(), row.count)).collect();
        rows.sort();
        rows
    }

    fn row(hash: &str, client: &str, count: u64) -> (String, String, u64) {
        (hash.to_owned(), client.to_owned(), count)
    }

    #[test]
    fn counts_are_taken_once() {
        let (table, one) = (Table::new(10), footprint("1"));
        for client in ["web", "web", "ios"] {
            assert!(count(&table, &one, client));
        }
        assert_eq!(taken(&table), [row("1", "ios", 1), row("1", "web", 2)]);
        assert_eq!(taken(&table), []);
    }

    #[test]
    fn an_error_told_late_is_in_the_next_report() {
        let (table, one) = (Table::new(10), footprint("1"));
        let tally = table.tally(&one, Client::default()).unwrap();
        tally.add();
        assert_eq!(taken(&table), [row("1", "", 1)]);
        assert_eq!(taken(&table), []);
        tally.failed();
        let late = table.take();
        assert_eq!((late[0].count, late[0].errors), (0, 1));
        drop(tally);
        table.take();
        assert_eq!(table.entries.load(Ordering::Relaxed), 0, "and then there is room again");
    }

    #[test]
    fn large_operations_are_counted_as_far_as_there_is_room() {
        let table = Table::new(1_000_000);
        let large = |hash: &str| {
            let coordinates = vec![Box::from("x".repeat(MOST_BYTES / 10))].into();
            Arc::new(Footprint { hash: hash.into(), name: None, coordinates })
        };
        let counted = (0..20).filter(|n| count(&table, &large(&n.to_string()), "")).count();
        assert_eq!((counted, table.take_uncounted()), (9, 11), "nine, for each takes a little more than a tenth");
        table.take();
        table.take();
        assert_eq!((table.entries.load(Ordering::Relaxed), table.bytes.load(Ordering::Relaxed)), (0, 0));
    }

    #[test]
    fn clients_without_end_are_counted_as_nobody_and_operations_without_end_not_at_all() {
        let (table, one) = (Table::new(2), footprint("1"));
        for client in ["a", "b", "c", "d"] {
            assert!(count(&table, &one, client));
        }
        assert!(count(&table, &footprint("2"), "a"));
        assert!(!count(&table, &footprint("3"), "a"), "four entries are twice two");
        assert_eq!((table.take_uncounted(), table.take_uncounted()), (1, 0));
        assert_eq!(taken(&table), [row("1", "", 2), row("1", "a", 1), row("1", "b", 1), row("2", "", 1)]);
    }
}
