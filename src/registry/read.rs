//! Reading: what there is, what it is made of, and what became of it.

use super::access::Deed;
use super::composing::Purpose;
use super::publish::by_name;
use super::submission::unknown_subgraph;
use super::version::{kept, named_texts};
use super::{Access, Finding, GraphRef, Refusal, RefusalKind, Registry, Role, Version, now, time};
use crate::diagnostic::Source;
use crate::store::registry::{AttemptRow, VariantRow};
use crate::supergraph;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Versions of one page of a history, and checks of one page.
pub(super) const PAGE: i64 = 100;

/// A variant, in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Graph {
    /// `graph@variant`.
    pub graph: String,
    /// When it was first heard of.
    pub created: String,
    /// The version that is served; none when nothing has composed yet.
    pub version: Option<i64>,
    /// The SHA-256 of the supergraph that is served.
    pub supergraph: Option<String>,
}

/// A subgraph with its schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Subgraph {
    /// Its name.
    pub name: String,
    /// Where it is reached.
    pub url: String,
    /// The SHA-256 of its SDL.
    pub hash: String,
    /// The version of the graph that it was read from.
    pub version: i64,
    /// Its SDL.
    pub sdl: String,
}

/// Something that was to be published, and did not compose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Attempt {
    /// Counted from 1 in each variant.
    pub number: i64,
    /// When it was made.
    pub created: String,
    /// Whose token it was made with.
    pub author: String,
    /// What was to be done.
    pub action: String,
    /// What its author said of it.
    pub message: Option<String>,
    /// Why it did not compose.
    pub errors: Vec<Finding>,
}

impl Registry {
    /// The variants that whoever asks may read.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn graphs(&self, access: &Access) -> Result<Vec<Graph>, Refusal> {
        let readable = |name: &str| {
            let name: GraphRef = name.parse().ok()?;
            (access.role != Role::Gateway && access.knows(&name)).then_some(name)
        };
        let variants = self.tables.variants().await?;
        let visible = variants.into_iter().filter(|variant| readable(&variant.variant).is_some());
        let graph = |variant: VariantRow| Graph {
            graph: variant.variant,
            created: time(variant.created),
            version: (variant.current > 0).then_some(variant.current),
            supergraph: (variant.current > 0).then_some(variant.supergraph),
        };
        Ok(visible.map(graph).collect())
    }

    /// A version of a variant; the one that is served when no number is given.
    ///
    /// # Errors
    /// When it is not permitted, or there is none.
    pub async fn version(&self, access: &Access, graph: &GraphRef, number: Option<i64>) -> Result<Version, Refusal> {
        access.admit(graph, Deed::Read)?;
        let mut version = self.version_of(graph, number).await?;
        if self.hides_subgraphs(access, graph).await? {
            version.subgraphs.clear();
        }
        Ok(version)
    }

    /// Whether what the variant is made of is kept from whoever asks: of a contract it is told to whom its source is.
    pub(super) async fn hides_subgraphs(&self, access: &Access, graph: &GraphRef) -> Result<bool, Refusal> {
        match self.admit_to_source(access, graph).await {
            Ok(()) => Ok(false),
            Err(refusal) if refusal.kind == RefusalKind::Forbidden => Ok(true),
            Err(refusal) => Err(refusal),
        }
    }

    /// A subgraph with its SDL, as it is or was in a version.
    ///
    /// # Errors
    /// When it is not permitted, or there is none.
    pub async fn subgraph(
        &self,
        access: &Access,
        graph: &GraphRef,
        name: &str,
        number: Option<i64>,
    ) -> Result<Subgraph, Refusal> {
        access.admit(graph, Deed::Read)?;
        self.admit_to_source(access, graph).await?;
        let version = self.version_of(graph, number).await?;
        let mut members = by_name(version.subgraphs);
        let Some(member) = members.remove(name) else { return Err(unknown_subgraph(graph, name, &members)) };
        let sdl = self.text(&member.hash).await?;
        Ok(Subgraph { name: member.name, url: member.url, hash: member.hash, version: version.number, sdl })
    }

    /// The supergraph of a version, with the version.
    ///
    /// # Errors
    /// When it is not permitted, or there is none.
    pub async fn supergraph(
        &self,
        access: &Access,
        graph: &GraphRef,
        number: Option<i64>,
    ) -> Result<(Version, String), Refusal> {
        access.admit(graph, Deed::Read)?;
        self.admit_to_supergraph(access, graph).await?;
        let version = self.version_of(graph, number).await?;
        let sdl = self.text(&version.supergraph).await?;
        Ok((version, sdl))
    }

    /// What clients see of a version, as SDL.
    ///
    /// # Errors
    /// When it is not permitted, or there is none.
    pub async fn api_schema(&self, access: &Access, graph: &GraphRef, number: Option<i64>) -> Result<String, Refusal> {
        access.admit(graph, Deed::Read)?;
        let sdl = self.text(&self.version_of(graph, number).await?.supergraph).await?;
        let schema = move || supergraph::parse(&Source::new("supergraph", sdl)).and_then(|it| supergraph::api_sdl(&it));
        let schema = self.composer.run(Purpose::Looking, schema).await?;
        schema.map_err(|_| Refusal::internal("a supergraph of the store can not be read"))
    }

    /// Versions of a variant, the newest first; at most `limit`, and only those before `before`.
    ///
    /// # Errors
    /// When it is not permitted, or nothing was published yet.
    pub async fn history(
        &self,
        access: &Access,
        graph: &GraphRef,
        before: Option<i64>,
        limit: Option<i64>,
    ) -> Result<Vec<Version>, Refusal> {
        access.admit(graph, Deed::Read)?;
        self.version_of(graph, None).await?;
        let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
        let rows = self.tables.versions(graph.as_str(), before.unwrap_or(i64::MAX), limit).await?;
        let mut versions = rows.into_iter().map(Version::of).collect::<Result<Vec<_>, _>>()?;
        if self.hides_subgraphs(access, graph).await? {
            versions.iter_mut().for_each(|version| version.subgraphs.clear());
        }
        Ok(versions)
    }

    /// The last attempts that did not compose, the newest first.
    ///
    /// # Errors
    /// When it is not permitted.
    pub async fn attempts(&self, access: &Access, graph: &GraphRef) -> Result<Vec<Attempt>, Refusal> {
        access.admit(graph, Deed::Read)?;
        // Why a contract can not be made is told in terms of what it leaves out.
        self.admit_to_source(access, graph).await?;
        let rows = self.tables.attempts(graph.as_str()).await?;
        let attempt = |row: AttemptRow| {
            Ok(Attempt {
                number: row.number,
                created: time(row.created),
                author: row.author,
                action: row.action,
                message: row.message,
                errors: kept(&row.errors)?,
            })
        };
        rows.into_iter().map(attempt).collect()
    }

    /// Forgets a variant with everything that was published to it. Texts that no other has go with a later sweep.
    ///
    /// # Errors
    /// When it is not permitted, or there is none.
    pub async fn forget(&self, access: &Access, graph: &GraphRef) -> Result<(), Refusal> {
        access.admit(graph, Deed::Forget)?;
        let mut texts = BTreeSet::new();
        let note = |supergraph: &str, members: &str| texts.extend(named_texts(supergraph, members));
        self.tables.version_texts(Some(graph.as_str()), note).await?;
        if !self.tables.remove_variant(graph.as_str(), &texts, now()).await? {
            return Err(Refusal::not_found("GRAPH_NOT_FOUND", format!("there is no {graph}")));
        }
        self.heads.look();
        tracing::info!(graph = graph.as_str(), "deleted");
        Ok(())
    }
}
