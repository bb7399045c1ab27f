//! Contracts: a variant that is a part of another one, chosen by `@tag`, made anew with every version of that.
//!
//! The part is made after the source is published, in a transaction of its own: a contract that can not be made of the
//! new version does not keep it from being served, it keeps its own last version and has an attempt more. What a
//! registry that died left behind is made by whoever looks next, at its start and every minute.

use super::access::Deed;
use super::composing::Purpose;
use super::version::{keep, kept};
use super::{Access, Finding, GraphRef, Published, Refusal, RefusalKind, Registry, Role, Version, checksum, now};
use crate::contract::{self, Contract, Filter};
use crate::diagnostic::{Diagnostic, Source};
use crate::store::registry::{ContractRow, NewAttempt, NewVersion, VariantRow, VersionRow};
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
        let version = self.version_of(&source, None).await?;
        if let Err(findings) = self.part(&terms, &version).await? {
            let message = format!("what is left of {source} is no graph");
            let mut refusal = Refusal::new(RefusalKind::DoesNotCompose, "CONTRACT_FAILED", message);
            refusal.findings = findings;
            return Err(refusal.help("look at the tags"));
        }
        let row = ContractRow {
            variant: graph.to_string(),
            source: source.to_string(),
            filter: keep(&ContractTerms { source: source.to_string(), ..terms }),
            built: 0,
        };
        self.claim(graph, &row).await?;
        // Its source, or its terms, may have changed within a blink; the last word on both is what is served.
        self.make(graph, Some(&access.owner))
            .await?
            .map_err(|_| Refusal::busy(format!("{source} changes all the time")))
    }

    /// Makes the variant a contract, unless it has subgraphs of its own. Its revision moves on with that, so that a
    /// publish that is under way there is not written, and neither is a contract over what was published meanwhile.
    async fn claim(&self, graph: &GraphRef, row: &ContractRow) -> Result<(), Refusal> {
        for _ in 0..TRIES {
            let variant = self.make_variant(graph).await?;
            if variant.current > 0 && self.tables.contract(graph.as_str()).await?.is_none() {
                let message = format!("{graph} has subgraphs of its own");
                return Err(
                    Refusal::bad_request("VARIANT_NOT_EMPTY", message).help("give the contract a variant of its own")
                );
            }
            if self.tables.set_contract(row, variant.revision).await? {
                return Ok(());
            }
        }
        Err(Refusal::busy(format!("others publish to {graph} all the time")))
    }

    /// What a contract is a part of; an error when the variant is none.
    ///
    /// # Errors
    /// When it is not permitted, or the variant is no contract.
    pub async fn contract(&self, access: &Access, graph: &GraphRef) -> Result<ContractTerms, Refusal> {
        access.admit(graph, Deed::Read)?;
        match self.tables.contract(graph.as_str()).await? {
            Some(row) => kept(&row.filter),
            None => Err(none(graph)),
        }
    }

    /// The contracts that are a part of a variant.
    pub(super) async fn contracts_of(&self, source: &GraphRef) -> Result<Vec<(GraphRef, Filter)>, Refusal> {
        let rows = self.tables.contracts_of(source.as_str()).await?;
        rows.iter().map(|row| Ok((name(&row.variant)?, kept::<ContractTerms>(&row.filter)?.filter()))).collect()
    }

    /// Refuses whoever may not read what the variant is a part of, where it is a contract: its supergraph and its
    /// subgraphs have all of that, hidden from clients only.
    pub(super) async fn admit_to_source(&self, access: &Access, graph: &GraphRef) -> Result<(), Refusal> {
        match self.tables.contract(graph.as_str()).await? {
            Some(row) => access.admit(&name(&row.source)?, Deed::Read),
            None => Ok(()),
        }
    }

    /// The same for the supergraph as it is served: a gateway has to have all of it, to plan with what clients do not
    /// see, and an admin tries one out.
    pub(super) async fn admit_to_supergraph(&self, access: &Access, graph: &GraphRef) -> Result<(), Refusal> {
        match access.role {
            Role::Gateway | Role::Admin => Ok(()),
            Role::Reader | Role::Publisher => self.admit_to_source(access, graph).await,
        }
    }

    /// Refuses what would make of a contract something else than the part that it is. To be asked once the variant's
    /// revision is read: what becomes a contract later has another one, and what was made from this is not written.
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
        // That it can not be made is kept as an attempt.
        self.make(&name(&row.variant)?, None).await.map(drop)
    }

    /// Makes a contract of what its source is and its terms are, and serves it, unless that is what is served already;
    /// or keeps an attempt, and says why there is none. Without an author it is the source's.
    ///
    /// Several may do so at once. The contract's revision is read first, then its terms, then its source, and nothing
    /// is written when the revision is another one by then: whoever began earlier can put back neither an older source
    /// nor older terms.
    async fn make(&self, graph: &GraphRef, author: Option<&str>) -> Result<Result<Published, Vec<Finding>>, Refusal> {
        for _ in 0..TRIES {
            let Some(variant) = self.tables.variant(graph.as_str()).await? else { return Err(none(graph)) };
            let Some(row) = self.tables.contract(graph.as_str()).await? else { return Err(none(graph)) };
            let (source, terms) = (name(&row.source)?, kept::<ContractTerms>(&row.filter)?);
            let version = self.version_of(&source, None).await?;
            let (author, action) = (author.unwrap_or(&version.author), action(&terms, &version));
            let part = match self.part(&terms, &version).await? {
                Ok(part) => part,
                Err(findings) => {
                    self.keep_failure(graph, (author, &action), &version, &findings).await?;
                    self.tables.built_contract(&row, version.number).await?;
                    return Ok(Err(findings));
                }
            };
            let served = self.serve_part(variant, (author, &action), &version, &part).await?;
            if let Some((changed, served)) = served {
                self.tables.built_contract(&row, version.number).await?;
                return Ok(Ok(Published { graph: graph.to_string(), changed, version: served }));
            }
        }
        Err(Refusal::busy(format!("others make {graph} at the same time")))
    }

    async fn keep_failure(
        &self,
        graph: &GraphRef,
        (author, action): (&str, &str),
        source: &Version,
        findings: &[Finding],
    ) -> Result<(), Refusal> {
        let attempt = NewAttempt {
            variant: graph.as_str(),
            created: now(),
            author,
            action,
            message: source.message.as_deref(),
            errors: &keep(&findings),
        };
        self.tables.add_attempt(&attempt).await?;
        Ok(())
    }

    /// The part of a version, or why it is none.
    async fn part(&self, terms: &ContractTerms, version: &Version) -> Result<Result<Part, Vec<Finding>>, Refusal> {
        let (sdl, filter) = (self.text(&version.supergraph).await?, terms.filter());
        let made = self.composer.run(Purpose::Serving, move || apply(&sdl, &filter)).await?;
        Ok(made.map_err(|errors| Finding::all(&errors)))
    }

    /// Serves a part from now on, unless it is what is served already: whether that is new, and the version. None when
    /// the variant has changed since it was read.
    async fn serve_part(
        &self,
        variant: VariantRow,
        (author, action): (&str, &str),
        source: &Version,
        part: &Part,
    ) -> Result<Option<(bool, Version)>, Refusal> {
        let supergraph = checksum(&part.sdl);
        if variant.supergraph == supergraph {
            let version = self.version_of(&name(&variant.variant)?, None).await?;
            return Ok(Some((false, version)));
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
        let commit = NewVersion { variant: &variant.variant, revision: variant.revision, version, texts };
        if !self.tables.commit(&commit).await? {
            return Ok(None);
        }
        self.heads.look();
        tracing::info!(graph = variant.variant, version = commit.version.number, "made a contract anew");
        Ok(Some((true, Version::of(commit.version)?)))
    }
}

/// A variant as the store has it.
fn name(text: &str) -> Result<GraphRef, Refusal> {
    text.parse().map_err(|_| Refusal::internal("a name in the store is none"))
}

fn none(graph: &GraphRef) -> Refusal {
    Refusal::not_found("CONTRACT_NOT_FOUND", format!("{graph} is no contract"))
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
