//! Where prepared operations are kept: by query text and operation name, bounded in bytes and in number.
//!
//! A hit compares the whole text, never only its hash. Refused documents have a small cache of their own: bad
//! queries must not be worked on again and again, nor push good ones out.

use super::prepared::Prepared;
use super::refusal::{Refusal, RefusalKind};
use ahash::RandomState;
use indexmap::Equivalent;
use moka::sync::Cache;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A prepared operation, or why there is none.
pub type Outcome = Result<Arc<Prepared>, Arc<Refusal>>;

/// What a prepared operation is found by.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Key {
    query: Box<str>,
    operation_name: Option<Box<str>>,
}

/// A [`Key`] that is only looked up: the parts of a request, borrowed.
#[derive(Debug, Clone, Copy)]
pub(super) struct KeyRef<'a> {
    pub query: &'a str,
    pub operation_name: Option<&'a str>,
}

impl Key {
    /// The key of a request.
    pub fn new(query: &str, operation_name: Option<&str>) -> Self {
        Self { query: query.into(), operation_name: operation_name.map(Into::into) }
    }

    /// The same, borrowed.
    pub fn borrowed(&self) -> KeyRef<'_> {
        KeyRef { query: &self.query, operation_name: self.operation_name.as_deref() }
    }

    fn weight(&self) -> usize {
        self.query.len() + self.operation_name.as_ref().map_or(0, |name| name.len())
    }
}

impl Hash for Key {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.borrowed().hash(state);
    }
}

impl Hash for KeyRef<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.query.hash(state);
        self.operation_name.hash(state);
    }
}

impl Equivalent<Arc<Key>> for KeyRef<'_> {
    fn equivalent(&self, key: &Arc<Key>) -> bool {
        *self.query == *key.query && self.operation_name == key.operation_name.as_deref()
    }
}

/// Prepared operations and refused documents.
#[derive(Debug)]
pub(super) struct Kept {
    prepared: Cache<Arc<Key>, Arc<Prepared>, RandomState>,
    refused: Cache<Arc<Key>, Arc<Refusal>, RandomState>,
}

impl Kept {
    /// The part of the bytes that refused documents may take beside the prepared ones.
    const REFUSED_SHARE: u64 = 16;

    /// Keeps at most `entries` operations in `bytes` bytes.
    pub fn new(entries: u64, bytes: u64) -> Self {
        // One bound for both: an entry weighs its bytes, and at least its share of the entries.
        let share = bytes / entries.max(1);
        let refused_bytes = bytes / Self::REFUSED_SHARE;
        Self {
            prepared: Cache::builder()
                .max_capacity(bytes)
                .weigher(move |key: &Arc<Key>, value: &Arc<Prepared>| weigh(key.weight() + value.weight(), share))
                .build_with_hasher(RandomState::new()),
            refused: Cache::builder()
                .max_capacity(refused_bytes)
                .weigher(|key: &Arc<Key>, value: &Arc<Refusal>| weigh(key.weight() + value.weight(), 0))
                .build_with_hasher(RandomState::new()),
        }
    }

    /// What is known about a request; the common case costs one look-up and no allocation.
    pub fn get(&self, key: &KeyRef<'_>) -> Option<Outcome> {
        self.prepared.get(key).map(Ok).or_else(|| self.refused.get(key).map(Err))
    }

    /// Keeps an outcome that would be the same again.
    pub fn insert(&self, key: Arc<Key>, outcome: &Outcome) {
        match outcome {
            Ok(prepared) => self.prepared.insert(key, Arc::clone(prepared)),
            Err(refusal) if matches!(refusal.kind, RefusalKind::Request | RefusalKind::Unlisted) => {
                self.refused.insert(key, Arc::clone(refusal));
            }
            Err(_) => {}
        }
    }

    /// The operations used most, at most `count`.
    pub fn hottest(&self, count: usize) -> Vec<(String, Option<String>)> {
        let mut all: Vec<(u64, Arc<Arc<Key>>)> =
            self.prepared.iter().map(|(key, prepared)| (prepared.uses(), key)).collect();
        all.sort_unstable_by(|(a, x), (b, y)| b.cmp(a).then_with(|| x.query.cmp(&y.query)));
        all.truncate(count);
        let texts = |key: &Key| (key.query.to_string(), key.operation_name.as_deref().map(ToOwned::to_owned));
        all.iter().map(|(_, key)| texts(key)).collect()
    }

    /// How many operations are kept.
    pub fn entries(&self) -> u64 {
        self.prepared.entry_count()
    }

    /// Bytes they take, as weighed.
    pub fn bytes(&self) -> u64 {
        self.prepared.weighted_size()
    }
}

fn weigh(bytes: usize, least: u64) -> u32 {
    u32::try_from((bytes as u64).max(least)).unwrap_or(u32::MAX)
}
