//! For how long an answer is good, and for whom: the least of all that it is made of. Beside that, what its values are
//! tagged with, and how the cache served its fields.

use super::lookup::{Found, Hit, Quality};
use crate::cache::{AnswerTags, FieldCounts, GatheredTags, Tags, Terms};
use crate::plan::model::Cacheable;
use std::sync::Arc;

/// What is known of the answer so far.
#[derive(Debug, Clone)]
pub(in crate::execute) struct Freshness {
    now: u64,
    until: u64,
    born: u64,
    private: bool,
    varies: bool,
    /// Something in it may not be kept at all.
    none: bool,
    /// Something was in it.
    any: bool,
    pub(in crate::execute) counts: Counts,
    /// The same, a row for each field that is looked up or fetched at one place of the answer.
    pub(in crate::execute) fields: Vec<FieldCounts>,
    /// The tags of what is in it, where they are told.
    tags: Option<GatheredTags>,
}

/// How the cache served a request: values by what became of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Served fresh.
    pub hits: u64,
    /// Served although they had expired.
    pub stale: u64,
    /// Fetched.
    pub misses: u64,
}

/// For how long an answer is good, from now on, and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lifetime {
    /// Seconds.
    pub max_age: u64,
    /// How many seconds ago the oldest of it was fetched.
    pub age: u64,
    /// Whether it is for the client alone.
    pub private: bool,
    /// Whether it depends on headers of the request.
    pub varies: bool,
}

impl Freshness {
    /// Of an answer with nothing in it.
    pub(in crate::execute) fn new(now: u64, tells_tags: bool) -> Self {
        Self {
            now,
            until: u64::MAX,
            born: now,
            private: false,
            varies: false,
            none: false,
            any: false,
            counts: Counts::default(),
            fields: Vec::new(),
            tags: tells_tags.then(GatheredTags::default),
        }
    }

    /// Begins rows for the fields of what a fetch asks about; gives the first of each group.
    pub(super) fn count(&mut self, subgraph: usize, cacheable: &Cacheable) -> Vec<usize> {
        let mut firsts = Vec::with_capacity(cacheable.objects.len());
        for object in &cacheable.objects {
            firsts.push(self.fields.len());
            self.fields.extend(object.fields.iter().map(|field| FieldCounts {
                field: u32::try_from(field.field.index()).unwrap_or(u32::MAX),
                subgraph: u32::try_from(subgraph).unwrap_or(u32::MAX),
                max_age: field.policy.max_age,
                ..FieldCounts::default()
            }));
        }
        firsts
    }

    /// A value was fetched, of a field with a row.
    pub(super) fn miss(&mut self, row: usize, bytes: usize) {
        if let Some(counts) = self.fields.get_mut(row) {
            counts.misses += 1;
            counts.fetched += bytes as u64;
        }
    }

    /// Something may not be kept.
    pub(in crate::execute) fn spoil(&mut self) {
        self.none = true;
    }

    /// It depends on more than caches between here and the client can know.
    pub(super) fn narrow(&mut self) {
        self.private = true;
        self.varies = true;
    }

    /// A value is served from the cache, of a field with a row.
    pub(super) fn serve_field(&mut self, found: &Found, hit: Hit, row: usize, bytes: usize) {
        if let Some(counts) = self.fields.get_mut(row) {
            match hit.quality {
                Quality::Fresh => counts.hits += 1,
                Quality::Stale | Quality::Fallback => counts.stale += 1,
            }
            counts.served += bytes as u64;
        }
        self.serve(found, hit);
    }

    /// Something is served from the cache.
    pub(super) fn serve(&mut self, found: &Found, hit: Hit) {
        match hit.quality {
            Quality::Fresh => self.counts.hits += 1,
            Quality::Stale | Quality::Fallback => self.counts.stale += 1,
        }
        if let Some((_, kept)) = found.value(hit) {
            self.add(&kept.terms, hit.is_private(), kept.tags.as_ref());
        }
    }

    /// A value is in it under these terms.
    pub(super) fn add(&mut self, terms: &Terms, private: bool, tags: Option<&Arc<Tags>>) {
        self.any = true;
        self.until = self.until.min(terms.fresh);
        self.born = self.born.min(terms.born);
        self.private |= private;
        if let (Some(gathered), Some(tags)) = (&mut self.tags, tags) {
            gathered.add(tags);
        }
    }

    /// The tags of all that is in it.
    pub(in crate::execute) fn tags(&self) -> AnswerTags {
        self.tags.as_ref().map(GatheredTags::told).unwrap_or_default()
    }

    /// What may be said of the whole; nothing when it may not be kept.
    pub(in crate::execute) fn lifetime(&self) -> Option<Lifetime> {
        let left = self.until.saturating_sub(self.now) / 1_000;
        (self.any && !self.none && left > 0).then(|| Lifetime {
            max_age: left,
            age: self.now.saturating_sub(self.born) / 1_000,
            private: self.private,
            varies: self.varies,
        })
    }
}
