//! The plans of one operation under other labels of `@override` than those it was planned under first.
//!
//! A bounded table, the least recently used plan goes. Looking up takes no lock: requests read the table while
//! a planning thread puts another one in its place.

use super::prepared::Prepared;
use crate::graph::LabelSet;
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Plans by the labels that are on.
#[derive(Debug)]
pub(super) struct Alternatives {
    /// The labels that matter to the operation.
    matter: LabelSet,
    kept: ArcSwap<Vec<Arc<Alternative>>>,
    clock: AtomicU64,
}

#[derive(Debug)]
struct Alternative {
    on: LabelSet,
    prepared: Arc<Prepared>,
    last_used: AtomicU64,
}

impl Alternatives {
    /// Plans kept for one operation, beside the first.
    pub const MOST: usize = 63;

    /// No plan yet.
    pub fn new(matter: LabelSet) -> Self {
        Self { matter, kept: ArcSwap::default(), clock: AtomicU64::new(0) }
    }

    /// Of the labels that are on for a request, those that matter here.
    pub fn of_interest(&self, labels: &LabelSet) -> LabelSet {
        self.matter.and(labels)
    }

    /// The plan for exactly these labels.
    pub fn get(&self, on: &LabelSet) -> Option<Arc<Prepared>> {
        let kept = self.kept.load();
        let found = kept.iter().find(|alternative| alternative.on == *on)?;
        found.last_used.store(self.clock.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed);
        Some(Arc::clone(&found.prepared))
    }

    /// Keeps a plan.
    pub fn insert(&self, on: LabelSet, prepared: Arc<Prepared>) {
        let last_used = AtomicU64::new(self.clock.fetch_add(1, Ordering::Relaxed));
        let new = Arc::new(Alternative { on, prepared, last_used });
        self.kept.rcu(|kept| {
            let mut next: Vec<_> = kept.iter().filter(|other| other.on != new.on).cloned().collect();
            while next.len() >= Self::MOST {
                let oldest = (0..next.len()).min_by_key(|&at| next[at].last_used.load(Ordering::Relaxed));
                next.swap_remove(oldest.unwrap_or_default());
            }
            next.push(Arc::clone(&new));
            next
        });
    }

    /// Bytes they take, roughly.
    pub fn weight(&self) -> usize {
        self.kept.load().iter().map(|alternative| alternative.prepared.weight()).sum()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.kept.load().len()
    }
}
