//! What a value is known by within an object: its field with arguments, and what is selected below it.

use std::sync::{Arc, LazyLock};

/// A field with its arguments, and its hash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Name {
    hash: u64,
    text: Box<[u8]>,
}

impl Name {
    /// Of a text in which the values of variables are filled in.
    pub fn new(text: &[u8]) -> Arc<Self> {
        Arc::new(Self { hash: stable_hash(&[text]), text: text.into() })
    }

    /// The text.
    pub fn text(&self) -> &[u8] {
        &self.text
    }

    /// Whether it is the name under which it is kept that there is no such object: the empty one.
    pub fn is_nothing(&self) -> bool {
        self.text.is_empty()
    }

    /// Whether both are the same: one allocation, or one text.
    #[inline]
    pub(super) fn is(self: &Arc<Self>, other: &Arc<Self>) -> bool {
        Arc::ptr_eq(self, other) || (self.hash == other.hash && self.text == other.text)
    }
}

/// What is selected below a field: the ways to all fields there, sorted.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    paths: Box<[Box<[u8]>]>,
}

static LEAF: LazyLock<Arc<Selection>> = LazyLock::new(Arc::default);

impl Selection {
    /// Of ways in any order.
    pub fn new(mut paths: Vec<Box<[u8]>>) -> Arc<Self> {
        if paths.is_empty() {
            return Self::leaf();
        }
        paths.sort_unstable();
        paths.dedup();
        Arc::new(Self { paths: paths.into() })
    }

    /// Nothing, as below a leaf.
    pub fn leaf() -> Arc<Self> {
        Arc::clone(&LEAF)
    }

    /// The ways.
    pub fn paths(&self) -> &[Box<[u8]>] {
        &self.paths
    }

    /// Whether all of `wanted` is in it.
    pub(super) fn covers(self: &Arc<Self>, wanted: &Arc<Self>) -> bool {
        if Arc::ptr_eq(self, wanted) {
            return true;
        }
        let mut own = self.paths.iter();
        wanted.paths.iter().all(|path| own.any(|other| other == path))
    }

    /// Bytes it takes.
    pub(super) fn weight(&self) -> usize {
        self.paths.iter().map(|path| path.len() + size_of::<Box<[u8]>>()).sum()
    }
}

/// A hash that is the same on every machine and in every version: FNV-1a, finished by a multiplication so
/// that all bits count.
pub(super) fn stable_hash(parts: &[&[u8]]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for part in parts {
        // A byte that UTF-8 does not have keeps the parts apart.
        for &byte in part.iter().chain(&[0xff]) {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    (hash ^ (hash >> 32)).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selection(paths: &[&str]) -> Arc<Selection> {
        Selection::new(paths.iter().map(|path| path.as_bytes().into()).collect())
    }

    #[test]
    fn a_selection_covers_its_parts_only() {
        let all = selection(&["/a", "/b", "/c"]);
        for part in [&["/a"][..], &["/c", "/a"], &["/a", "/b", "/c"], &[]] {
            assert!(all.covers(&selection(part)), "{part:?}");
        }
        assert!(!all.covers(&selection(&["/a", "/d"])) && !Selection::leaf().covers(&all));
    }

    #[test]
    fn the_hash_stays_what_it_is() {
        // Gateways share what depends on it.
        assert_eq!(stable_hash(&[b"products", b"Product"]), 0x5854_85a9_4991_5f16);
        assert_ne!(stable_hash(&[b"ab", b"c"]), stable_hash(&[b"a", b"bc"]));
    }
}
