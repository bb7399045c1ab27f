//! Publishing: some subgraphs of a variant are changed, and what composes is served from then on.

use super::access::Deed;
use super::composing::{Ingredient, Product};
use super::names::{is_name, remark};
use super::version::{keep, kept};
use super::{Access, Finding, GraphRef, Member, Refusal, RefusalKind, Registry, TURNS, Version, checksum, now};
use crate::store::registry::{NewAttempt, NewVersion, VariantRow, VersionRow};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::time::Duration;
use url::Url;

/// Variants of one registry.
pub(super) const MOST_VARIANTS: i64 = 10_000;
/// Subgraphs of one variant.
const MOST_SUBGRAPHS: usize = 2_000;
/// How often a publish is made again when another registry was faster.
const TRIES: u32 = 30;
/// Bytes of a message.
const LONGEST_MESSAGE: usize = 2_000;
/// Bytes of a URL.
const LONGEST_URL: usize = 2_000;

/// What is to be done to one subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new, or has another schema or address.
    Put {
        /// Its name.
        name: String,
        /// Its SDL.
        sdl: Arc<str>,
        /// Where it is reached; the same as before when it is not said.
        url: Option<String>,
    },
    /// It is no part of the graph any more.
    Delete {
        /// Its name.
        name: String,
    },
}

impl Change {
    /// The subgraph.
    pub fn name(&self) -> &str {
        match self {
            Self::Put { name, .. } | Self::Delete { name } => name,
        }
    }
}

/// What is to be published together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The changes, each of another subgraph.
    pub changes: Vec<Change>,
    /// What its author says of it.
    pub message: Option<String>,
}

impl Submission {
    /// Subgraphs that are put, each with its SDL and address, and subgraphs that are deleted.
    pub(super) fn of(
        puts: impl IntoIterator<Item = (String, String, Option<String>)>,
        deletes: Vec<String>,
        message: Option<String>,
    ) -> Self {
        let puts = puts.into_iter().map(|(name, sdl, url)| Change::Put { name, sdl: sdl.into(), url });
        Self { changes: puts.chain(deletes.into_iter().map(|name| Change::Delete { name })).collect(), message }
    }
}

/// What was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Published {
    /// `graph@variant`.
    pub graph: String,
    /// Whether there is a new version; there is none when all was as it is.
    pub changed: bool,
    /// The version that is served now.
    pub version: Version,
}

/// A variant with the texts of its subgraphs, as it was when it was read.
pub(super) struct State {
    pub(super) variant: VariantRow,
    pub(super) members: BTreeMap<String, Member>,
}

impl Registry {
    /// Publishes subgraphs, or deletes them.
    ///
    /// # Errors
    /// When it is not permitted, does not compose, or can not be written. Then nothing that is served has changed.
    pub async fn publish(
        &self,
        access: &Access,
        graph: &GraphRef,
        submission: Submission,
    ) -> Result<Published, Refusal> {
        let names: Vec<&str> = submission.changes.iter().map(Change::name).collect();
        access.admit(graph, Deed::Publish(&names))?;
        submission.validate()?;
        self.no_contract(graph).await?;
        self.tables.add_variant(graph.as_str(), now(), MOST_VARIANTS).await?;
        let _turn = self.turn(graph).await?;
        for attempt in 0..TRIES {
            let state = self.state(graph).await?;
            let members = submission.apply(graph, &state.members)?;
            if members == state.members {
                let version = self.version_of(graph, None).await?;
                return Ok(Published { graph: graph.to_string(), changed: false, version });
            }
            let product = match self.composed(&members, &submission.changes).await? {
                Ok(product) => product,
                Err(errors) => return Err(self.failed(access, graph, &submission, errors).await?),
            };
            let action = submission.action();
            let new = New { access, action: &action, message: submission.message.as_deref(), members: &members };
            if let Some(version) = self.write(&state.variant, new, &submission.changes, &product).await? {
                self.follow_sources().await;
                return Ok(Published { graph: graph.to_string(), changed: true, version });
            }
            // Another registry over the same store was faster; who waits longer each time gets there.
            tokio::time::sleep(Duration::from_millis(u64::from(attempt) * fastrand::u64(1..10))).await;
        }
        Err(Refusal::busy(format!("others publish to {graph} all the time")))
    }

    /// Waits until no other publish of this variant is under way here.
    pub(super) async fn turn(&self, graph: &GraphRef) -> Result<tokio::sync::SemaphorePermit<'_>, Refusal> {
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one(graph);
        let turn = &self.turns[usize::try_from(hash % TURNS as u64).unwrap_or_default()];
        match tokio::time::timeout(Duration::from_secs(60), turn.acquire()).await {
            Ok(Ok(turn)) => Ok(turn),
            _ => Err(Refusal::busy(format!("others are publishing to {graph}"))),
        }
    }

    /// The variant as it is now.
    pub(super) async fn state(&self, graph: &GraphRef) -> Result<State, Refusal> {
        let variant = self.tables.variant(graph.as_str()).await?.ok_or_else(|| {
            Refusal::busy(format!("{graph} can not be made: this registry has {MOST_VARIANTS} variants"))
                .help("delete some that are not used any more")
        })?;
        let members = match variant.current {
            0 => Vec::new(),
            current => match self.tables.version(graph.as_str(), current).await? {
                Some(row) => kept::<Vec<Member>>(&row.members)?,
                None => return Err(Refusal::internal("the version that is served is gone")),
            },
        };
        Ok(State { variant, members: by_name(members) })
    }

    /// Composes these members; the texts are the submitted ones, or are in the store.
    pub(super) async fn composed(
        &self,
        members: &BTreeMap<String, Member>,
        changes: &[Change],
    ) -> Result<Result<Product, Vec<Finding>>, Refusal> {
        let submitted: BTreeMap<&str, &Arc<str>> = changes.iter().filter_map(Change::text).collect();
        let mut ingredients = Vec::with_capacity(members.len());
        for Member { name, url, hash } in members.values() {
            let sdl = match submitted.get(name.as_str()) {
                Some(sdl) => Arc::clone(sdl),
                None => self.text(hash).await?.into(),
            };
            ingredients.push(Ingredient { name: name.clone(), url: url.clone(), sdl });
        }
        self.composer.compose(ingredients).await
    }

    /// Makes the next version; none when the variant has changed meanwhile.
    async fn write(
        &self,
        variant: &VariantRow,
        new: New<'_>,
        changes: &[Change],
        product: &Product,
    ) -> Result<Option<Version>, Refusal> {
        let supergraph = checksum(&product.sdl);
        let row = VersionRow {
            number: variant.current + 1,
            created: now(),
            author: new.access.owner.clone(),
            action: new.action.to_owned(),
            message: new.message.map(ToOwned::to_owned),
            supergraph: supergraph.clone(),
            members: keep(&new.members.values().collect::<Vec<_>>()),
            hints: keep(&product.hints),
        };
        let mut texts = BTreeMap::from([(supergraph.as_str(), product.sdl.as_str())]);
        for (name, sdl) in changes.iter().filter_map(Change::text) {
            if let Some(member) = new.members.get(name) {
                texts.insert(&member.hash, sdl);
            }
        }
        let texts = texts.into_iter().collect();
        let commit = NewVersion { variant: &variant.variant, revision: variant.revision, version: row, texts };
        if !self.tables.commit(&commit).await? {
            return Ok(None);
        }
        self.heads.look();
        tracing::info!(graph = variant.variant, version = commit.version.number, action = new.action, "published");
        Version::of(commit.version).map(Some)
    }

    /// Keeps what did not compose, and says so.
    async fn failed(
        &self,
        access: &Access,
        graph: &GraphRef,
        submission: &Submission,
        errors: Vec<Finding>,
    ) -> Result<Refusal, Refusal> {
        let submitted = |change: &Change| match change {
            Change::Put { name, sdl, url } => serde_json::json!({ "name": name, "url": url, "sdl": &**sdl }),
            Change::Delete { name } => serde_json::json!({ "name": name, "delete": true }),
        };
        let attempt = NewAttempt {
            variant: graph.as_str(),
            created: now(),
            author: &access.owner,
            action: &submission.action(),
            message: submission.message.as_deref(),
            submitted: &keep(&submission.changes.iter().map(submitted).collect::<Vec<_>>()),
            errors: &keep(&errors),
        };
        let number = self.tables.add_attempt(&attempt).await?;
        tracing::info!(graph = graph.as_str(), attempt = number, action = attempt.action, "did not compose");
        let message = format!("{graph} does not compose with this; what was served is served");
        let mut refusal = Refusal::new(RefusalKind::DoesNotCompose, "COMPOSITION_FAILED", message);
        (refusal.attempt, refusal.findings) = (Some(number), errors);
        Ok(refusal.help("mend the schema; `weft subgraph check` says beforehand what would happen"))
    }
}

/// A version that is about to be made.
struct New<'a> {
    access: &'a Access,
    action: &'a str,
    message: Option<&'a str>,
    members: &'a BTreeMap<String, Member>,
}

impl Change {
    fn text(&self) -> Option<(&str, &Arc<str>)> {
        match self {
            Self::Put { name, sdl, .. } => Some((name, sdl)),
            Self::Delete { .. } => None,
        }
    }
}

impl Submission {
    /// What can be said against it before any schema is read.
    pub(super) fn validate(&self) -> Result<(), Refusal> {
        if self.changes.is_empty() {
            return Err(Refusal::bad_request("NOTHING_SUBMITTED", "no subgraph is named"));
        }
        let mut seen = BTreeSet::new();
        for change in &self.changes {
            let name = change.name();
            if !is_name(name) {
                let refusal = Refusal::bad_request("INVALID_NAME", format!("{name:?} is no name for a subgraph"));
                return Err(refusal.help("use letters, digits, - and _, at most 64 of them"));
            }
            if !seen.insert(name) {
                return Err(Refusal::bad_request("INVALID_NAME", format!("the subgraph {name:?} comes twice")));
            }
            if let Change::Put { url: Some(url), .. } = change {
                routing_url(name, url)?;
            }
        }
        self.message.as_deref().map_or(Ok(()), |message| remark("message", message, LONGEST_MESSAGE))
    }

    /// The members of the variant after it.
    pub(super) fn apply(
        &self,
        graph: &GraphRef,
        members: &BTreeMap<String, Member>,
    ) -> Result<BTreeMap<String, Member>, Refusal> {
        let mut after = members.clone();
        for change in &self.changes {
            match change {
                Change::Put { name, sdl, url } => {
                    let known = members.get(name).map(|member| member.url.clone());
                    let url = url.clone().or(known).ok_or_else(|| {
                        let message = format!("the subgraph {name:?} is new to {graph}, and has no URL");
                        Refusal::bad_request("ROUTING_URL_MISSING", message)
                            .help("say where it is reached: --routing-url URL")
                    })?;
                    after.insert(name.clone(), Member { name: name.clone(), url, hash: checksum(sdl) });
                }
                Change::Delete { name } => {
                    after.remove(name).ok_or_else(|| unknown_subgraph(graph, name, members))?;
                }
            }
        }
        if after.is_empty() {
            let message = format!("{graph} would have no subgraph left");
            return Err(
                Refusal::bad_request("LAST_SUBGRAPH", message).help("delete the graph instead: `weft graph delete`")
            );
        }
        if after.len() > MOST_SUBGRAPHS {
            return Err(Refusal::bad_request(
                "TOO_MANY_SUBGRAPHS",
                format!("{graph} would have more than {MOST_SUBGRAPHS}"),
            ));
        }
        Ok(after)
    }

    /// What is done, in words.
    fn action(&self) -> String {
        let named = |verb: &str, put: bool| {
            let wanted = self.changes.iter().filter(|change| matches!(change, Change::Put { .. }) == put);
            let names: Vec<&str> = wanted.map(Change::name).collect();
            match names.len() {
                0 => None,
                1..=5 => Some(format!("{verb} {}", names.join(", "))),
                count => Some(format!("{verb} {} and {} more", names[..4].join(", "), count - 4)),
            }
        };
        [named("publish", true), named("delete", false)].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

pub(super) fn unknown_subgraph(graph: &GraphRef, name: &str, members: &BTreeMap<String, Member>) -> Refusal {
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    let missing = Refusal::not_found("SUBGRAPH_NOT_FOUND", format!("{graph} has no subgraph {name:?}"));
    if names.is_empty() { missing } else { missing.help(format!("it has {}", names.join(", "))) }
}

pub(super) fn by_name(members: Vec<Member>) -> BTreeMap<String, Member> {
    members.into_iter().map(|member| (member.name.clone(), member)).collect()
}

fn routing_url(name: &str, url: &str) -> Result<(), Refusal> {
    let is_http = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_http && url.len() <= LONGEST_URL && !url.contains(char::is_control) {
        return Ok(());
    }
    let refusal = Refusal::bad_request("ROUTING_URL_INVALID", format!("{url:?} is no URL to reach {name:?} at"));
    Err(refusal.help("give one as in http://products.internal:4001/graphql"))
}
