//! Whole answers: what was put together from values that are all kept is kept as it went out, so that asking the same
//! again costs one look-up.
//!
//! An answer is good for as long as the first of its values, and until anything at all is invalidated: what it
//! was made of is not noted, the values themselves are still there to make it anew.

use super::fields::ServedWhole;
use super::tags::AnswerTags;
use bytes::Bytes;
use moka::sync::Cache;
use std::any::Any;
use std::sync::Arc;

/// What the table spends on an answer beside its key and its text.
const ENTRY: usize = 320;

/// Answers by what was asked.
#[derive(Debug, Clone)]
pub(super) struct Answers {
    table: Cache<Box<[u8]>, WholeAnswer>,
}

/// An answer as it went out.
#[derive(Clone)]
pub struct WholeAnswer {
    /// The text.
    pub body: Bytes,
    /// When the oldest of it was fetched: milliseconds since 1970.
    pub born: u64,
    /// Until then it is good.
    pub until: u64,
    /// The last invalidation that was known when it was begun.
    pub since: u64,
    /// Whether it is for the client alone.
    pub private: bool,
    /// How many values are in it.
    pub values: u64,
    /// The tags of all of them.
    pub tags: AnswerTags,
    /// The fields of all of them.
    pub fields: Arc<ServedWhole>,
    /// Whatever its key names by its address, so that nothing else can have that address.
    pub holds: Arc<dyn Any + Send + Sync>,
}

impl Answers {
    /// Takes `bytes` at most.
    pub(super) fn new(bytes: u64) -> Self {
        let table = Cache::<Box<[u8]>, WholeAnswer>::builder()
            .max_capacity(bytes)
            .weigher(|key, answer| u32::try_from(key.len() + answer.weight() + ENTRY).unwrap_or(u32::MAX));
        Self { table: table.build() }
    }

    /// The answer that is kept under a key, when it is still good.
    pub(super) fn get(&self, key: &[u8], now: u64, latest: u64) -> Option<WholeAnswer> {
        self.table.get(key).filter(|answer| now < answer.until && latest <= answer.since)
    }

    pub(super) fn put(&self, key: &[u8], answer: WholeAnswer) {
        self.table.insert(key.into(), answer);
    }

    pub(super) fn settle_counts(&self) {
        self.table.iter().for_each(|(_, answer)| answer.fields.settle());
    }

    pub(super) fn bytes(&self) -> u64 {
        self.table.run_pending_tasks();
        self.table.weighted_size()
    }
}

impl WholeAnswer {
    fn weight(&self) -> usize {
        let tags = match &self.tags {
            AnswerTags::Told(names) => names.len(),
            AnswerTags::None | AnswerTags::Untold => 0,
        };
        self.body.len() + tags + self.fields.weight()
    }
}

impl std::fmt::Debug for WholeAnswer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WholeAnswer").field("until", &self.until).field("since", &self.since).finish_non_exhaustive()
    }
}
