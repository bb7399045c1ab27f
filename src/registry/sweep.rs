//! Sweeping: what is only kept for a time is forgotten once it is over.

use super::gateways::FORGOTTEN_AFTER;
use super::now;
use super::usage::{DAY, DAYS};
use super::version::named_texts;
use crate::store::StoreError;
use crate::store::registry::RegistryTables;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Milliseconds after which a variant that nothing was ever served of is forgotten, unless somebody still tries.
const UNSERVED: i64 = DAY;
/// Milliseconds for which a text stays that nothing may name any more: longer than anybody writes a version.
const UNNAMED: i64 = DAY / 24;
/// Texts that are looked at in one sweep.
const MOST_TEXTS: i64 = 10_000;
/// How often.
const PERIOD: Duration = Duration::from_secs(15 * 60);

/// Sweeps now and then, until `stop`.
pub(super) fn start(tables: Arc<RegistryTables>, stop: CancellationToken) {
    let sweeping = async move {
        loop {
            tokio::time::sleep(PERIOD).await;
            if let Err(error) = sweep(&tables, now()).await {
                tracing::warn!(%error, "what is old could not be forgotten");
            }
        }
    };
    tokio::spawn(stop.run_until_cancelled_owned(sweeping));
}

/// Forgets what is too old at `now`. Reports are remembered for as long as a gateway may send one again.
async fn sweep(tables: &RegistryTables, now: i64) -> Result<(), StoreError> {
    tables.forget_usage(now / DAY - DAYS, now - 2 * DAY).await?;
    tables.forget_unserved(now - UNSERVED).await?;
    forget_texts(tables, now - UNNAMED).await?;
    tables.forget_gateways(now - FORGOTTEN_AFTER).await
}

/// Forgets the texts of deleted variants, noted before `before`, that no version names any more.
async fn forget_texts(tables: &RegistryTables, before: i64) -> Result<(), StoreError> {
    let noted = tables.unnamed_texts(before, MOST_TEXTS).await?;
    if noted.is_empty() {
        return Ok(());
    }
    let mut texts: BTreeMap<String, bool> = noted.into_iter().map(|hash| (hash, false)).collect();
    let name = |supergraph: &str, members: &str| {
        for hash in named_texts(supergraph, members) {
            texts.entry(hash).and_modify(|is_named| *is_named = true);
        }
    };
    tables.version_texts(None, name).await?;
    for (hash, is_named) in texts {
        tables.settle_text(&hash, is_named).await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::StoreLocation;
    use crate::store::registry::{NewVersion, VariantLimits, VersionRow};
    use std::collections::BTreeSet;

    /// Serves a supergraph made of one subgraph, both of this text.
    async fn serve(tables: &RegistryTables, variant: &str, text: &str) {
        tables.add_variant(variant, 0, VariantLimits { all: 10, of_graph: 10 }).await.unwrap();
        let row = tables.variant(variant).await.unwrap().unwrap();
        let member = format!(r#"[{{"name":"x","url":"http://x/","hash":"sdl {text}"}}]"#);
        let version = VersionRow {
            number: row.current + 1,
            created: 0,
            author: "me".into(),
            action: "publish".into(),
            message: None,
            supergraph: format!("supergraph {text}"),
            members: member,
            hints: "[]".into(),
        };
        let hashes = [format!("sdl {text}"), format!("supergraph {text}")];
        let texts = hashes.iter().map(|hash| (hash.as_str(), text)).collect();
        assert!(tables.commit(&NewVersion { variant, revision: row.revision, version, texts }).await.unwrap());
    }

    async fn forget(tables: &RegistryTables, variant: &str, texts: &[&str], now: i64) {
        let texts: BTreeSet<String> = texts.iter().map(ToString::to_string).collect();
        assert!(tables.remove_variant(variant, &texts, now).await.unwrap());
    }

    #[tokio::test]
    async fn texts_of_deleted_variants_go_unless_another_has_them() {
        let folder = std::env::temp_dir().join(format!("weft forgotten texts {}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let tables = RegistryTables::new(&StoreLocation::Sqlite(folder.join("registry.db"))).unwrap();
        let known = async |hash: &str| tables.text(hash).await.unwrap().is_some();
        let all = ["sdl own", "supergraph own", "sdl shared", "supergraph shared", "sdl again", "supergraph again"];
        for (variant, text) in [("a@x", "own"), ("a@x", "shared"), ("a@x", "again"), ("b@x", "shared")] {
            serve(&tables, variant, text).await;
        }
        forget(&tables, "a@x", &all, 1_000).await;
        forget_texts(&tables, 1_000).await.unwrap();
        assert!(known("sdl own").await, "a version may be on its way that names it");
        // Who names it again while it waits keeps it, also where whoever looks does not see that yet.
        serve(&tables, "c@x", "again").await;
        forget_texts(&tables, 1_001).await.unwrap();
        let mut left = Vec::new();
        for hash in all {
            if known(hash).await {
                left.push(hash);
            }
        }
        assert_eq!(left, all[2..]);
        assert!(tables.unnamed_texts(i64::MAX, 10).await.unwrap().is_empty());
        forget(&tables, "b@x", &all[2..4], 2_000).await;
        forget_texts(&tables, 3_000).await.unwrap();
        assert!(!known("sdl shared").await && known("sdl again").await);
        tables.close().await;
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
