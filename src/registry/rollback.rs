//! Rolling back: a new version whose content is an old one's, byte for byte. Nothing is composed.

use super::access::Deed;
use super::names::remark;
use super::submission::LONGEST_MESSAGE;
use super::{Access, GraphRef, Published, Refusal, Registry, Version, now};
use crate::store::registry::{NewVersion, VersionRow};

/// How often it is tried when others publish at the same time.
const TRIES: usize = 30;

impl Registry {
    /// Serves again what version `number` of the variant was; the one before the newest when none is named.
    ///
    /// # Errors
    /// When it is not permitted, there is no such version, or the store can not write.
    pub async fn rollback(
        &self,
        access: &Access,
        graph: &GraphRef,
        number: Option<i64>,
        message: Option<String>,
    ) -> Result<Published, Refusal> {
        access.admit(graph, Deed::Rollback)?;
        message.as_deref().map_or(Ok(()), |message| remark("message", message, LONGEST_MESSAGE))?;
        let _turn = self.turn(graph).await?;
        for _ in 0..TRIES {
            let current = self.version_of(graph, None).await?;
            let Some(variant) = self.tables.variant(graph.as_str()).await? else { continue };
            if variant.current != current.number {
                continue;
            }
            self.no_contract(graph).await?;
            let wanted = number.unwrap_or(current.number - 1);
            let old = self.tables.version(graph.as_str(), wanted).await?.ok_or_else(|| {
                Refusal::not_found("VERSION_NOT_FOUND", format!("{graph} has no version {wanted}"))
                    .help(format!("the newest is {}; `weft graph history {graph}` shows them", current.number))
            })?;
            let same = Version::of(old.clone())?;
            if (&same.supergraph, &same.subgraphs) == (&current.supergraph, &current.subgraphs) {
                return Ok(Published { graph: graph.to_string(), changed: false, version: current });
            }
            let version = VersionRow {
                number: current.number + 1,
                created: now(),
                author: access.owner.clone(),
                action: format!("rollback to {wanted}"),
                message: message.clone(),
                ..old
            };
            let commit = NewVersion { variant: graph.as_str(), revision: variant.revision, version, texts: Vec::new() };
            if self.tables.commit(&commit).await? {
                self.heads.look();
                tracing::info!(graph = graph.as_str(), version = commit.version.number, to = wanted, "rolled back");
                self.follow_sources().await;
                return Ok(Published {
                    graph: graph.to_string(),
                    changed: true,
                    version: Version::of(commit.version)?,
                });
            }
        }
        Err(Refusal::busy(format!("others publish to {graph} all the time")))
    }
}
