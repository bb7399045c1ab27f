//! What subgraphs have answered, kept field by field.
//!
//! A [`Record`] is what is kept of one object: an entity as one subgraph knows it, by the bytes that name it, or the
//! root of its queries. In it stand values of fields, each known by the field with its arguments ([`Name`]) and by
//! what is selected below it ([`Selection`]), with the [`Terms`] under which it may be served. Whoever asks
//! for less than a value holds is served from it; so queries that ask for other fields of the same objects share
//! what they have in common.
//!
//! - [`answers`][]: whole answers, before all else;
//! - [`memory`][]: the tier in memory, weighed in bytes; [`shared`][]: the one that gateways share, over [`wire`][];
//! - [`control`][], [`vary`][]: what a reply's headers say of keeping it;
//! - [`invalidation`][]: what is to be forgotten, [`generations`][]: how it is;
//! - [`tags`][]: what a value is tagged with, and what is told of that;
//! - [`fields`][]: how each field is served, for the metrics;
//! - [`refreshing`][]: what is fetched anew while it is served;
//! - [`clock`][]: the time.
//!
//! This room knows no plans: what is looked up and kept is `execute/cached`'s matter.

mod answers;
mod clock;
mod control;
mod fields;
mod generations;
mod invalidation;
mod memory;
mod name;
mod record;
mod refreshing;
mod shared;
mod tags;
mod vary;
mod wire;

pub use answers::WholeAnswer;
pub use clock::Clock;
pub use control::Control;
pub use fields::{FieldCounters, FieldCounts, ServedWhole};
pub use generations::Generations;
pub use invalidation::{Invalidation, Whose, of_object, of_subgraph, of_tag, of_type};
pub use name::{Name, Selection};
pub use record::{Fresh, Kept, Record, Terms};
pub use refreshing::Refreshing;
pub use tags::{AnswerTags, GatheredTags, Tags};
pub use vary::Vary;

use crate::store::redis::Redis;
use answers::Answers;
use memory::Memory;
use refreshing::UnderWay;
use shared::Shared;
use std::sync::Arc;

/// The cache; shared by all snapshots of a gateway.
#[derive(Debug)]
pub struct Cache {
    answers: Answers,
    memory: Memory,
    shared: Option<Shared>,
    clock: Clock,
    generations: Arc<Generations>,
    vary: Vary,
    refreshing: UnderWay,
}

impl Cache {
    /// With at most `bytes` in memory, a quarter of them for whole answers.
    pub fn new(bytes: u64, clock: Clock) -> Self {
        Self {
            answers: Answers::new(bytes / 4),
            memory: Memory::new(bytes - bytes / 4),
            shared: None,
            clock,
            generations: Arc::default(),
            vary: Vary::default(),
            refreshing: UnderWay::default(),
        }
    }

    /// Shares what is kept with other gateways. Begins tasks of the runtime that it is called on.
    #[must_use]
    pub fn sharing(mut self, redis: Arc<Redis>) -> Self {
        self.shared = Some(Shared::start(redis, Arc::clone(&self.generations)));
        self
    }

    /// The whole answer that is kept under a key, when it is still good.
    pub fn answer(&self, key: &[u8]) -> Option<WholeAnswer> {
        self.answers.get(key, self.now(), self.generations.latest())
    }

    /// Keeps a whole answer.
    pub fn keep_answer(&self, key: &[u8], answer: WholeAnswer) {
        self.answers.put(key, answer);
    }

    /// What is kept in memory under a key.
    #[inline]
    pub fn get(&self, key: &[u8]) -> Option<Arc<Record>> {
        self.memory.get(key)
    }

    /// Whether it is worth while to look further than in memory.
    pub fn is_shared(&self) -> bool {
        self.shared.as_ref().is_some_and(Shared::is_up)
    }

    /// What gateways share under the keys; nothing when there is no answer in time.
    pub async fn get_shared(&self, keys: &[Vec<u8>]) -> Vec<Option<Record>> {
        match &self.shared {
            Some(shared) => shared.get(keys, self.now()).await,
            None => Vec::new(),
        }
    }

    /// Puts what others have kept beside what is kept in memory.
    pub fn adopt(&self, key: &[u8], record: Record) -> Arc<Record> {
        let now = self.now();
        let record = match self.get(key) {
            Some(own) => own.with(&record.values().collect::<Vec<_>>(), now),
            None => record,
        };
        let record = Arc::new(record);
        self.memory.put(key, Arc::clone(&record), now);
        record
    }

    /// Adds values to what is kept under a key. Of two who do so at once one may undo the other's, which costs a
    /// fetch.
    pub fn add(&self, key: &[u8], fresh: &[Fresh<'_>]) {
        let now = self.now();
        let record = Arc::new(self.get(key).unwrap_or_default().with(fresh, now));
        self.memory.put(key, Arc::clone(&record), now);
        if let Some(shared) = &self.shared {
            shared.put(key, &record);
        }
    }

    /// Forgets all that was made of these, here at once and elsewhere as soon as it can be told.
    pub fn invalidate(&self, slots: &[u32]) {
        self.generations.raise(slots);
        if let Some(shared) = &self.shared {
            shared.tell(slots);
        }
    }

    /// Whether all invalidations have been told to those who share the cache.
    pub fn has_told(&self) -> bool {
        self.shared.as_ref().is_none_or(Shared::has_told)
    }

    /// Milliseconds since 1970.
    pub fn now(&self) -> u64 {
        self.clock.now()
    }

    /// What was invalidated.
    pub fn generations(&self) -> &Generations {
        &self.generations
    }

    /// What answers depend on beside the question.
    pub fn vary(&self) -> &Vary {
        &self.vary
    }

    /// For what is to be fetched anew.
    pub fn refreshing(&self) -> Refreshing {
        self.refreshing.refreshing()
    }

    /// Adds up what was not yet counted of fields.
    pub fn settle_counts(&self) {
        self.answers.settle_counts();
    }

    /// Records in memory, and the bytes of them and of whole answers.
    pub fn size(&self) -> (u64, u64) {
        let (records, bytes) = self.memory.size();
        (records, bytes + self.answers.bytes())
    }
}
