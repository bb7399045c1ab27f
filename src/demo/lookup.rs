//! Many look-ups of one request made into one SQL query.
//!
//! A [`Lookup`] finds the values of many keys at once; a [`Batch`] gathers the keys that resolvers
//! ask for one by one, by the `dataloader` crate. One `Batch` per request: what it keeps is as old
//! as the request and goes with it.

use std::collections::HashMap;
use std::fmt::Debug;
use std::hash::Hash;

use dataloader::BatchFn;
use dataloader::cached::Loader;

/// More keys than this are asked for in several queries. The crate's 200 would cut the batches of
/// a gateway, and the length of a request bounds their size anyway.
const BATCH: usize = 20_000;

/// How often a look-up yields before its batch is made. Once is enough: `quiet` sees to it that a
/// yield ends when all look-ups of the same level are in.
const YIELDS: usize = 1;

/// Finds the values of many keys with one query.
pub trait Lookup: Send + Sync + 'static {
    /// What is asked for.
    type Key: Eq + Hash + Clone + Debug + Send + Sync;
    /// What is found.
    type Value: Clone + Send + Sync;

    /// The values of those keys that have one.
    fn find(&self, keys: &[Self::Key]) -> impl Future<Output = sqlx::Result<HashMap<Self::Key, Self::Value>>> + Send;
}

/// The database failed; the reason is in the log, not in the answer.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("the service's database failed")]
pub struct LookupFailed;

impl LookupFailed {
    /// Logs what SQLite said.
    pub fn log(error: &sqlx::Error) -> Self {
        tracing::error!(%error, "demo database failed");
        Self
    }
}

/// Keys gathered into batches.
pub struct Batch<L: Lookup> {
    loader: Loader<L::Key, Found<L>, Finder<L>>,
}

type Found<L> = Result<Option<<L as Lookup>::Value>, LookupFailed>;

struct Finder<L>(L);

impl<L: Lookup> BatchFn<L::Key, Found<L>> for Finder<L> {
    async fn load(&mut self, keys: &[L::Key]) -> HashMap<L::Key, Found<L>> {
        match self.0.find(keys).await {
            Ok(mut found) => keys.iter().map(|key| (key.clone(), Ok(found.remove(key)))).collect(),
            Err(error) => {
                let failed = LookupFailed::log(&error);
                keys.iter().map(|key| (key.clone(), Err(failed))).collect()
            }
        }
    }
}

impl<L: Lookup> Batch<L> {
    /// An empty batch.
    pub fn new(lookup: L) -> Self {
        Self { loader: Loader::new(Finder(lookup)).with_max_batch_size(BATCH).with_yield_count(YIELDS) }
    }

    /// The value of `key`, or `None` if it has none.
    pub async fn load(&self, key: L::Key) -> Result<Option<L::Value>, LookupFailed> {
        loop {
            // Every key of a finished batch has an answer, so an error has one cause: whoever ran
            // the batch was dropped in the middle (an error elsewhere in its list gave it up), and
            // took all its keys along. Those who still wait ask again.
            if let Ok(found) = self.loader.try_load(key.clone()).await {
                return found;
            }
        }
    }

    /// Forgets what was found: a mutation calls this, so that what follows it sees its work.
    pub async fn forget(&self) {
        self.loader.clear_all().await;
    }
}

/// Keys sorted by the arguments that one query can have only once: for each value of them, the
/// parents that asked with it. Nearly always there is one group.
pub fn grouped<K, A: Eq + Hash, P>(keys: &[K], split: impl Fn(&K) -> (A, P)) -> HashMap<A, Vec<P>> {
    let mut groups: HashMap<A, Vec<P>> = HashMap::new();
    for (arguments, parent) in keys.iter().map(split) {
        groups.entry(arguments).or_default().push(parent);
    }
    groups
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, OnceLock};

    use super::*;

    /// Finds every key but the odd ones. The first query never ends; it notes which task runs it.
    struct Stuck(Arc<OnceLock<tokio::task::Id>>);

    impl Lookup for Stuck {
        type Key = i64;
        type Value = i64;

        async fn find(&self, keys: &[i64]) -> sqlx::Result<HashMap<i64, i64>> {
            if self.0.set(tokio::task::id()).is_ok() {
                std::future::pending::<()>().await;
            }
            Ok(keys.iter().filter(|key| *key % 2 == 0).map(|key| (*key, key * 10)).collect())
        }
    }

    #[tokio::test]
    async fn those_who_wait_ask_again_when_a_batch_is_dropped() {
        let stuck = Arc::new(OnceLock::new());
        let batch = Arc::new(Batch::new(Stuck(Arc::clone(&stuck))));
        let load = |key: i64| {
            let batch = Arc::clone(&batch);
            (key, tokio::spawn(async move { batch.load(key).await }))
        };
        let loads: Vec<_> = (1..=4).map(load).collect();
        while stuck.get().is_none() {
            tokio::task::yield_now().await;
        }
        let (leader, waiting): (Vec<_>, Vec<_>) =
            loads.into_iter().partition(|(_, load)| stuck.get() == Some(&load.id()));
        leader[0].1.abort();
        assert_eq!(waiting.len(), 3);
        for (key, load) in waiting {
            assert_eq!(load.await.unwrap().unwrap(), (key % 2 == 0).then_some(key * 10));
        }
    }
}
