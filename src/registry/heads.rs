//! What is served of every variant, and word of it to whoever waits for another.
//!
//! One task looks into the store: at once when this registry has written, and several times a second while somebody
//! waits, since another registry over the same store may have.

use crate::store::registry::{RegistryTables, VariantRow};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio_util::sync::CancellationToken;

/// How late what another registry has written is seen.
const PERIOD: Duration = Duration::from_millis(200);

/// What is served of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    /// The version.
    pub(super) version: i64,
    /// The hash of its supergraph.
    pub(super) supergraph: String,
}

/// All heads, by variant.
pub(super) type Seen = Arc<BTreeMap<String, Head>>;

/// The heads of all variants of a store.
pub(super) struct Heads {
    seen: watch::Sender<Seen>,
    wake: Arc<Notify>,
}

impl Heads {
    /// Follows a store until `stop`.
    pub(super) fn follow(tables: Arc<RegistryTables>, stop: CancellationToken) -> Self {
        let (seen, wake) = (watch::Sender::new(Seen::default()), Arc::new(Notify::new()));
        tokio::spawn(stop.run_until_cancelled_owned(follow(tables, seen.clone(), Arc::clone(&wake))));
        Self { seen, wake }
    }

    /// Has the store looked at now.
    pub(super) fn look(&self) {
        self.wake.notify_one();
    }

    /// Tells of every change from now on. What it holds at first may be old.
    pub(super) fn subscribe(&self) -> watch::Receiver<Seen> {
        self.seen.subscribe()
    }
}

async fn follow(tables: Arc<RegistryTables>, seen: watch::Sender<Seen>, wake: Arc<Notify>) {
    let mut answers = true;
    loop {
        tokio::select! {
            () = wake.notified() => {}
            () = tokio::time::sleep(PERIOD) => {
                if seen.receiver_count() == 0 {
                    continue;
                }
            }
        }
        let variants = tables.variants().await;
        if let Err(error) = &variants
            && answers
        {
            tracing::warn!(%error, "gateways are not told of new versions: the store does not answer");
        }
        answers = variants.is_ok();
        if let Ok(variants) = variants {
            let heads: BTreeMap<String, Head> = variants.into_iter().map(head).collect();
            seen.send_if_modified(|seen| {
                let changed = **seen != heads;
                if changed {
                    *seen = Arc::new(heads);
                }
                changed
            });
        }
    }
}

fn head(variant: VariantRow) -> (String, Head) {
    (variant.variant, Head { version: variant.current, supergraph: variant.supergraph })
}
