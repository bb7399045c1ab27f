//! Invalidation without a list of what is kept: a number for each thing that can be invalidated, raised when it is.
//!
//! Every invalidation has a number, higher than all before. A value remembers the last one that was known when
//! its fetch began, and is good as long as nothing it was made of was invalidated later. So an invalidation
//! costs the same however much it concerns, and an answer that was under way when it came is not
//! served afterwards, whenever it is stored.
//!
//! Numbers are kept by hash, in a table of fixed size. Two things that share a place invalidate each other,
//! which costs a fetch and is never wrong.

use super::name::stable_hash;
use std::sync::atomic::{AtomicU64, Ordering};

/// Places, a power of two. A million invalidations of different things within a time to live fill it so
/// that most of what is kept is looked at as invalid; ten thousand reach one value in 26.
const SLOTS: usize = 1 << 18;

/// The last invalidation of everything, by hash.
#[derive(Debug)]
pub struct Generations {
    slots: Box<[AtomicU64]>,
    latest: AtomicU64,
}

impl Default for Generations {
    fn default() -> Self {
        Self { slots: std::iter::repeat_with(AtomicU64::default).take(SLOTS).collect(), latest: AtomicU64::new(0) }
    }
}

/// The place of a thing: what kind of thing it is, and what tells it from others.
pub fn slot(parts: &[&[u8]]) -> u32 {
    // The upper bits are the best mixed ones; there are fewer places than 32 bits can count.
    (stable_hash(parts) >> (64 - SLOTS.trailing_zeros())) as u32
}

impl Generations {
    /// The last invalidation that is known.
    pub fn latest(&self) -> u64 {
        self.latest.load(Ordering::Acquire)
    }

    /// Whether none of these was invalidated after `since`.
    #[inline]
    pub fn hold(&self, since: u64, slots: impl IntoIterator<Item = u32>) -> bool {
        // Nothing at all was invalidated since: nearly always so.
        since >= self.latest() || slots.into_iter().all(|slot| self.of(slot) <= since)
    }

    fn of(&self, slot: u32) -> u64 {
        self.slots.get(slot as usize).map_or(u64::MAX, |number| number.load(Ordering::Acquire))
    }

    /// Invalidates; gives the number of that.
    pub fn raise(&self, slots: &[u32]) -> u64 {
        let number = self.latest.fetch_add(1, Ordering::AcqRel) + 1;
        self.learn(slots.iter().map(|&slot| (slot, number)));
        number
    }

    /// Takes in what others have invalidated.
    pub fn learn(&self, raised: impl IntoIterator<Item = (u32, u64)>) {
        for (slot, number) in raised {
            if let Some(place) = self.slots.get(slot as usize) {
                place.fetch_max(number, Ordering::AcqRel);
                self.latest.fetch_max(number, Ordering::AcqRel);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_fetched_before_an_invalidation_is_not_good_after_it() {
        let generations = Generations::default();
        let (product, user) = (slot(&[b"Product"]), slot(&[b"User"]));
        let before = generations.latest();
        assert!(generations.hold(before, [product]));
        generations.raise(&[product]);
        assert!(!generations.hold(before, [product]) && generations.hold(before, [user]));
        assert!(!generations.hold(before, [user, product]));
        assert!(generations.hold(generations.latest(), [product]));
    }

    #[test]
    fn what_others_invalidate_counts_too() {
        let generations = Generations::default();
        generations.learn([(1, 1_500), (2, 3_000), (1, 10)]);
        assert!(generations.hold(2_000, [1]) && !generations.hold(1_000, [1]) && !generations.hold(2_000, [2]));
        assert_eq!(generations.raise(&[1]), 3_001);
    }
}
