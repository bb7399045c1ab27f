//! Publishing: some subgraphs of a variant are changed, and what composes is served from then on.

use super::access::Deed;
use super::composing::{Ingredient, Product, Purpose};
use super::version::{keep, kept};
use super::{
    Access, Change, Finding, GraphRef, Member, Refusal, RefusalKind, Registry, Submission, TURNS, Version, checksum,
    now,
};
use crate::store::registry::{NewAttempt, NewVersion, VariantLimits, VariantRow, VersionRow};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
use std::sync::Arc;
use std::time::Duration;

/// Variants of one registry, and of one graph: no token takes the room of all others.
const MOST_VARIANTS: VariantLimits = VariantLimits { all: 10_000, of_graph: 1_000 };
/// How often a publish is made again when another registry was faster.
const TRIES: u32 = 30;

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
        let _turn = self.turn(graph).await?;
        for attempt in 0..TRIES {
            let variant = self.make_variant(graph).await?;
            let published = self.members(&variant).await?;
            self.no_contract(graph).await?;
            let members = submission.apply(graph, &published)?;
            if members == published {
                let version = self.version_of(graph, None).await?;
                return Ok(Published { graph: graph.to_string(), changed: false, version });
            }
            let product = match self.composed(Purpose::Serving, &members, &submission.changes).await? {
                Ok(product) => product,
                Err(errors) => return Err(self.failed(access, graph, &submission, errors).await?),
            };
            let action = submission.action();
            let new = New { access, action: &action, message: submission.message.as_deref(), members: &members };
            if let Some(version) = self.write(&variant, new, &submission.changes, &product).await? {
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

    /// The variant as it is now, made where it is not there and there is room.
    pub(super) async fn make_variant(&self, graph: &GraphRef) -> Result<VariantRow, Refusal> {
        if let Some(variant) = self.tables.variant(graph.as_str()).await? {
            return Ok(variant);
        }
        self.tables.add_variant(graph.as_str(), now(), MOST_VARIANTS).await?;
        self.tables.variant(graph.as_str()).await?.ok_or_else(|| {
            let VariantLimits { all, of_graph } = MOST_VARIANTS;
            let message = format!("{graph} can not be made: there are {all} variants, or {of_graph} of this graph");
            Refusal::new(RefusalKind::Full, "TOO_MANY_VARIANTS", message)
                .help("delete some that are not used any more: `weft graph delete`")
        })
    }

    /// The subgraphs of what is served of the variant; none when nothing is.
    pub(super) async fn members(&self, variant: &VariantRow) -> Result<BTreeMap<String, Member>, Refusal> {
        if variant.current == 0 {
            return Ok(BTreeMap::new());
        }
        match self.tables.version(&variant.variant, variant.current).await? {
            Some(row) => Ok(by_name(kept(&row.members)?)),
            None => Err(Refusal::internal("the version that is served is gone")),
        }
    }

    /// Composes these members; the texts are the submitted ones, or are in the store.
    pub(super) async fn composed(
        &self,
        purpose: Purpose,
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
        self.composer.compose(purpose, ingredients).await
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
        let attempt = NewAttempt {
            variant: graph.as_str(),
            created: now(),
            author: &access.owner,
            action: &submission.action(),
            message: submission.message.as_deref(),
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

pub(super) fn by_name(members: Vec<Member>) -> BTreeMap<String, Member> {
    members.into_iter().map(|member| (member.name.clone(), member)).collect()
}
