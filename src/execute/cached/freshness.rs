//! For how long an answer is good, and for whom: the least of all that it is made of.

use super::lookup::{Found, Hit, Quality};
use crate::cache::Terms;

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
    pub(in crate::execute) fn new(now: u64) -> Self {
        Self {
            now,
            until: u64::MAX,
            born: now,
            private: false,
            varies: false,
            none: false,
            any: false,
            counts: Counts::default(),
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

    /// A value is served from the cache.
    pub(super) fn serve(&mut self, found: &Found, hit: Hit) {
        match hit.quality {
            Quality::Fresh => self.counts.hits += 1,
            Quality::Stale | Quality::Fallback => self.counts.stale += 1,
        }
        if let Some((_, kept)) = found.value(hit) {
            self.add(&kept.terms, hit.is_private());
        }
    }

    /// A value is in it under these terms.
    pub(super) fn add(&mut self, terms: &Terms, private: bool) {
        self.any = true;
        self.until = self.until.min(terms.fresh);
        self.born = self.born.min(terms.born);
        self.private |= private;
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
