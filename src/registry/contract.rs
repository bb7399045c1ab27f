//! Contracts: a variant that is a part of another one, chosen by `@tag`, made anew with every version of that.
//!
//! The part is made after the source is published, in a transaction of its own: a contract that can not be made of the
//! new version does not keep it from being served, it keeps its own last version and has an attempt more. What a
//! registry that died left behind is made by whoever looks next, at its start and every minute.

use super::access::Deed;
use super::version::{keep, kept};
use super::{Access, Finding, GraphRef, Published, Refusal, RefusalKind, Registry, Version, checksum, now};
use crate::contract::{self, Contract, Filter};
use crate::diagnostic::{Diagnostic, Source};
use crate::store::registry::{ContractRow, NewAttempt, NewVersion, VersionRow};
use crate::supergraph;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often contracts are looked for that were left behind.
const PERIOD: Duration = Duration::from_secs(60);
/// Tags of one filter.
const MOST_TAGS: usize = 100;
/// How often it is tried when others make the same contract at the same time.
const TRIES: usize = 10;

/// Which part of which variant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct ContractTerms {
    /// The variant that it is a part of: `graph@variant`.
    pub source: String,
    /// Only what has one of these tags; everything when there are none.
    #[serde(default)]
    pub include: Vec<String>,
    /// Nothing that has one of these tags.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether types that no root field leads to are left out.
    #[serde(default)]
    pub hide_unreachable: bool,
}

/// What a filter made of a supergraph.
struct Part {
    sdl: String,
    hints: Vec<Finding>,
}

impl Registry {
    /// Makes a variant a part of another one, from its version that is served now and from every later one.
    ///
    /// # Errors
    /// When it is not permitted, the variant has subgraphs of its own, or the part would be no schema.
    pub async fn set_contract(
        self: &Arc<Self>,
        access: &Access,
        graph: &GraphRef,
        terms: ContractTerms,
    ) -> Result<Published, Refusal> {
        access.admit(graph, Deed::Rollback)?;
        let source: GraphRef = terms.source.parse().map_err(|why: &str| Refusal::bad_request("INVALID_NAME", why))?;
        access.admit(&source, Deed::Read)?;
        terms.validate()?;
        if self.tables.contract(source.as_str()).await?.is_some() || source == *graph {
            let message = format!("{source} is a contract itself");
            return Err(
                Refusal::bad_request("CONTRACT_OF_CONTRACT", message).help("take a part of what it is a part of")
            );
        }
        let is_contract = self.tables.contract(graph.as_str()).await?.is_some();
        let variant = self.tables.variant(graph.as_str()).await?;
        if !is_contract && variant.is_some_and(|variant| variant.current > 0) {
            let message = format!("{graph} has subgraphs of its own");
            return Err(
                Refusal::bad_request("VARIANT_NOT_EMPTY", message).help("give the contract a variant of its own")
            );
        }
        let version = self.version_of(&source, None).await?;
        let part = match self.part(&terms, &version).await? {
            Ok(part) => part,
            Err(findings) => {
                let message = format!("what is left of {source} is no graph");
                let mut refusal = Refusal::new(RefusalKind::DoesNotCompose, "CONTRACT_FAILED", message);
                refusal.findings = findings;
                return Err(refusal.help("look at the tags"));
            }
        };
        self.tables.add_variant(graph.as_str(), now(), super::publish::MOST_VARIANTS).await?;
        let action = action(&terms, &version);
        let row = ContractRow {
            variant: graph.to_string(),
            source: source.to_string(),
            filter: keep(&ContractTerms { source: source.to_string(), ..terms }),
            built: version.number,
        };
        self.tables.set_contract(&row).await?;
        self.serve_part(graph, (&access.owner, &action), &version, &part).await
    }

    /// What a contract is a part of; an error when the variant is none.
    ///
    /// # Errors
    /// When it is not permitted, or the variant is no contract.
    pub async fn contract(&self, access: &Access, graph: &GraphRef) -> Result<ContractTerms, Refusal> {
        access.admit(graph, Deed::Read)?;
        match self.tables.contract(graph.as_str()).await? {
            Some(row) => kept(&row.filter),
            None => Err(Refusal::not_found("CONTRACT_NOT_FOUND", format!("{graph} is no contract"))),
        }
    }

    /// Refuses what would make of a contract something else than the part that it is.
    pub(super) async fn no_contract(&self, graph: &GraphRef) -> Result<(), Refusal> {
        match self.tables.contract(graph.as_str()).await? {
            None => Ok(()),
            Some(row) => {
                let message = format!("{graph} is a contract: it has what {} has", row.source);
                Err(Refusal::bad_request("VARIANT_IS_CONTRACT", message).help(format!("publish to {}", row.source)))
            }
        }
    }

    /// Makes all contracts anew whose source has changed. What can not be made is kept as an attempt.
    pub(super) async fn follow_sources(&self) {
        let behind = match self.tables.contracts_behind().await {
            Ok(behind) => behind,
            Err(error) => return tracing::warn!(%error, "contracts can not be looked for"),
        };
        for row in behind {
            if let Err(refusal) = self.follow_source(&row).await {
                tracing::warn!(contract = row.variant, %refusal, "a contract was not made anew");
            }
        }
    }

    async fn follow_source(&self, row: &ContractRow) -> Result<(), Refusal> {
        let name = |text: &str| text.parse::<GraphRef>().map_err(|_| Refusal::internal("a name in the store is none"));
        let (graph, source, terms) = (name(&row.variant)?, name(&row.source)?, kept::<ContractTerms>(&row.filter)?);
        let version = self.version_of(&source, None).await?;
        match self.part(&terms, &version).await? {
            Ok(part) => {
                drop(self.serve_part(&graph, (&version.author, &action(&terms, &version)), &version, &part).await?)
            }
            Err(findings) => {
                let attempt = NewAttempt {
                    variant: graph.as_str(),
                    created: now(),
                    author: &version.author,
                    action: &action(&terms, &version),
                    message: version.message.as_deref(),
                    submitted: "[]",
                    errors: &keep(&findings),
                };
                self.tables.add_attempt(&attempt).await?;
            }
        }
        Ok(self.tables.built_contract(graph.as_str(), version.number).await?)
    }

    /// The part of a version, or why it is none.
    async fn part(&self, terms: &ContractTerms, version: &Version) -> Result<Result<Part, Vec<Finding>>, Refusal> {
        let (sdl, filter) = (self.text(&version.supergraph).await?, terms.filter());
        let made = self.composer.run(move || apply(&sdl, &filter)).await?;
        Ok(made.map_err(|errors| Finding::all(&errors)))
    }

    /// Serves a part from now on, unless it is what is served already.
    async fn serve_part(
        &self,
        graph: &GraphRef,
        (author, action): (&str, &str),
        source: &Version,
        part: &Part,
    ) -> Result<Published, Refusal> {
        let supergraph = checksum(&part.sdl);
        for _ in 0..TRIES {
            let variant = self.state(graph).await?.variant;
            if variant.supergraph == supergraph {
                let version = self.version_of(graph, None).await?;
                return Ok(Published { graph: graph.to_string(), changed: false, version });
            }
            let version = VersionRow {
                number: variant.current + 1,
                created: now(),
                author: author.to_owned(),
                action: action.to_owned(),
                message: source.message.clone(),
                supergraph: supergraph.clone(),
                members: keep(&source.subgraphs),
                hints: keep(&part.hints),
            };
            let texts = vec![(supergraph.as_str(), part.sdl.as_str())];
            let commit = NewVersion { variant: graph.as_str(), revision: variant.revision, version, texts };
            if self.tables.commit(&commit).await? {
                self.heads.look();
                tracing::info!(graph = graph.as_str(), version = commit.version.number, "made a contract anew");
                return Ok(Published {
                    graph: graph.to_string(),
                    changed: true,
                    version: Version::of(commit.version)?,
                });
            }
        }
        Err(Refusal::busy(format!("others make {graph} at the same time")))
    }
}

/// Makes what was left behind, now and then, until `stop`.
pub(super) fn catch_up(registry: &Arc<Registry>, stop: CancellationToken) {
    let registry = Arc::downgrade(registry);
    let catching_up = async move {
        // Whoever holds the registry ends it; this task does not keep it.
        while let Some(registry) = registry.upgrade() {
            registry.follow_sources().await;
            drop(registry);
            tokio::time::sleep(PERIOD).await;
        }
    };
    tokio::spawn(stop.run_until_cancelled_owned(catching_up));
}

fn action(terms: &ContractTerms, version: &Version) -> String {
    format!("part of {} version {}", terms.source, version.number)
}

fn apply(sdl: &str, filter: &Filter) -> Result<Part, Vec<Diagnostic>> {
    let whole = supergraph::parse(&Source::new("supergraph", sdl))?;
    let Contract { supergraph, hints } = contract::apply(&whole, filter)?;
    Ok(Part { sdl: supergraph::render(&supergraph), hints: Finding::all(&hints) })
}

impl ContractTerms {
    fn filter(&self) -> Filter {
        let set = |tags: &[String]| tags.iter().cloned().collect::<BTreeSet<_>>();
        Filter { include: set(&self.include), exclude: set(&self.exclude), hide_unreachable: self.hide_unreachable }
    }

    fn validate(&self) -> Result<(), Refusal> {
        let tags = self.include.len() + self.exclude.len();
        let plain = |tag: &String| !tag.is_empty() && tag.len() <= 128 && !tag.contains(char::is_control);
        if tags > 0 && tags <= MOST_TAGS && self.include.iter().chain(&self.exclude).all(plain) {
            return Ok(());
        }
        let message = format!("a contract has between 1 and {MOST_TAGS} tags");
        Err(Refusal::bad_request("INVALID_CONTRACT", message)
            .help("as they stand in @tag(name:): include or exclude them"))
    }
}
