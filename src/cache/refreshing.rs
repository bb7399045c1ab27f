//! What is being fetched anew, so that it is done once.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Objects that may be refreshed at once; others wait until they are asked for again.
const MOST: usize = 4_096;

/// The objects that are being refreshed, by key.
#[derive(Debug, Clone, Default)]
pub(super) struct UnderWay(Arc<Mutex<HashSet<Vec<u8>>>>);

/// Some of them; they end when it is dropped.
#[derive(Debug)]
pub struct Refreshing {
    all: UnderWay,
    own: Vec<Vec<u8>>,
}

impl UnderWay {
    /// None of its own yet.
    pub(super) fn refreshing(&self) -> Refreshing {
        Refreshing { all: self.clone(), own: Vec::new() }
    }

    fn keys(&self) -> MutexGuard<'_, HashSet<Vec<u8>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Refreshing {
    /// Begins to refresh an object, unless somebody does so already or there are too many.
    pub fn begin(&mut self, key: Vec<u8>) -> bool {
        let mut keys = self.all.keys();
        let begins = keys.len() < MOST && keys.insert(key.clone());
        if begins {
            self.own.push(key);
        }
        begins
    }
}

impl Drop for Refreshing {
    fn drop(&mut self) {
        let mut keys = self.all.keys();
        for key in &self.own {
            keys.remove(key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_refreshed_once_at_a_time() {
        let all = UnderWay::default();
        let (mut one, mut other) = (all.refreshing(), all.refreshing());
        assert!(one.begin(b"a".to_vec()) && !other.begin(b"a".to_vec()) && other.begin(b"b".to_vec()));
        drop(one);
        assert!(other.begin(b"a".to_vec()));
        assert!((0..MOST as u32 * 2).filter(|n| other.begin(n.to_le_bytes().to_vec())).count() < MOST);
        drop(other);
        assert!(all.keys().is_empty());
    }
}
