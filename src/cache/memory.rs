//! The tier in memory: records by object, weighed in bytes, each gone when the last of it has expired.

use super::record::Record;
use moka::Expiry;
use moka::sync::Cache;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What the table spends on an entry beside the key and the record: a node in each of its queues and maps.
const ENTRY: usize = 240;

/// Records in memory.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    records: Cache<Box<[u8]>, Entry>,
}

#[derive(Debug, Clone)]
struct Entry {
    record: Arc<Record>,
    /// For how long it is of use, counted from when it was put in.
    lasts: Duration,
}

impl Entry {
    fn weight(&self, key: &[u8]) -> u32 {
        u32::try_from(key.len() + self.record.weight() + ENTRY).unwrap_or(u32::MAX)
    }
}

struct Ends;

impl Expiry<Box<[u8]>, Entry> for Ends {
    fn expire_after_create(&self, _: &Box<[u8]>, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(entry.lasts)
    }

    fn expire_after_update(&self, _: &Box<[u8]>, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(entry.lasts)
    }
}

impl Memory {
    /// Takes `bytes` at most.
    pub(super) fn new(bytes: u64) -> Self {
        let records = Cache::<Box<[u8]>, Entry>::builder()
            .max_capacity(bytes)
            .weigher(|key, entry| entry.weight(key))
            .expire_after(Ends);
        Self { records: records.build() }
    }

    #[inline]
    pub(super) fn get(&self, key: &[u8]) -> Option<Arc<Record>> {
        self.records.get(key).map(|entry| entry.record)
    }

    pub(super) fn put(&self, key: &[u8], record: Arc<Record>, now: u64) {
        let lasts = Duration::from_millis(record.end().saturating_sub(now));
        if !lasts.is_zero() {
            self.records.insert(key.into(), Entry { record, lasts });
        }
    }

    /// Entries and bytes, once what waits to be done is done.
    pub(super) fn size(&self) -> (u64, u64) {
        self.records.run_pending_tasks();
        (self.records.entry_count(), self.records.weighted_size())
    }
}
