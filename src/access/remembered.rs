//! What was found out about a credential, for the next request that brings it: bounded in number and in bytes.
//!
//! The table is found by a hash, and the whole credential is compared.

use ahash::RandomState;
use moka::sync::Cache;
use std::sync::Arc;

/// Bytes that an entry takes beside the credential itself.
const OVERHEAD: usize = 256;

/// Outcomes by credential.
#[derive(Debug)]
pub(super) struct Remembered<T: Clone + Send + Sync + 'static> {
    entries: Cache<Arc<str>, T, RandomState>,
}

impl<T: Clone + Send + Sync + 'static> Remembered<T> {
    /// At most `entries`, and at most `bytes`; `factor` says how many times the credential's length one takes.
    pub fn new(entries: u64, bytes: u64, factor: usize) -> Self {
        // One bound for both: an entry weighs its bytes, and at least its share of the entries.
        let share = bytes / entries.max(1);
        let weigh = move |key: &Arc<str>, _: &T| {
            let bytes = (key.len() * factor + OVERHEAD) as u64;
            u32::try_from(bytes.max(share)).unwrap_or(u32::MAX)
        };
        Self { entries: Cache::builder().max_capacity(bytes).weigher(weigh).build_with_hasher(RandomState::new()) }
    }

    pub fn get(&self, credential: &str) -> Option<T> {
        self.entries.get(credential)
    }

    pub fn keep(&self, credential: &str, outcome: T) {
        self.entries.insert(credential.into(), outcome);
    }

    pub fn forget(&self, credential: &str) {
        self.entries.invalidate(credential);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_bounds_hold() {
        let remembered = Remembered::new(10, 10_000, 1);
        for n in 0..100 {
            remembered.keep(&format!("short {n}"), n);
        }
        remembered.entries.run_pending_tasks();
        assert!((1..=10).contains(&remembered.entries.entry_count()), "{}", remembered.entries.entry_count());
        // Into an empty table: a full one takes in only what is asked for more often than what it has.
        let remembered = Remembered::new(10, 10_000, 1);
        for n in 0..100 {
            remembered.keep(&format!("{n:4000}"), n);
        }
        remembered.entries.run_pending_tasks();
        assert!((1..=2).contains(&remembered.entries.entry_count()), "{}", remembered.entries.entry_count());
    }
}
