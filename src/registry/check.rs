//! Checking: what would come of a publish, without publishing it.

use super::access::Deed;
use super::composing::{Product, Purpose};
use super::usage::{Usage, Use};
use super::{Access, Change, Finding, GraphRef, Member, OperationUse, Refusal, Registry, Submission};
use crate::change::{self, Criticality};
use crate::contract::{self, Filter};
use crate::diagnostic::{Diagnostic, Source};
use crate::store::registry::VariantRow;
use crate::subgraph::{self, Subgraph};
use crate::supergraph::{self, Supergraph};
use async_graphql::{Enum, SimpleObject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Clients that are named per change; the others are counted.
const MOST_CLIENTS: usize = 25;
/// Operations that are named per client.
const MOST_OPERATIONS: usize = 10;

/// What is to be checked.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// What would be published.
    pub submission: Submission,
    /// Whether breaking changes pass that nobody's operations touch, where usage is recorded at all.
    pub allow_unused: bool,
}

/// Whether it may be published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, Enum)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Nobody is hurt.
    Passed,
    /// It does not compose, or breaks clients.
    Failed,
}

/// What would come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct Checked {
    /// `graph@variant`.
    pub graph: String,
    /// Its number among the variant's checks; none where it was not kept: nothing was ever published to the variant, or
    /// the store can not write.
    pub number: Option<i64>,
    /// The version that it was compared with; none when nothing is published yet.
    pub version: Option<i64>,
    /// Whether it may be published.
    pub verdict: Verdict,
    /// Why it does not compose.
    pub errors: Vec<Finding>,
    /// What composition has to say all the same.
    pub hints: Vec<Finding>,
    /// Habits that the submitted schemas break.
    pub lint: Vec<Finding>,
    /// Contracts of the variant of which nothing would be left that clients could ask.
    pub contracts: Vec<BrokenContract>,
    /// What clients would see differently: breaking changes first.
    pub changes: Vec<ChangedPart>,
    /// Whether gateways have reported usage of the variant in the last 30 days.
    pub has_usage: bool,
}

/// A contract that could not be made of what would be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct BrokenContract {
    /// `graph@variant`.
    pub graph: String,
    /// Why not.
    pub errors: Vec<Finding>,
}

/// One change that clients would see.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct ChangedPart {
    /// `breaking`, `dangerous` or `safe`.
    pub criticality: String,
    /// The rule's code.
    pub rule: String,
    /// Where in the schema.
    pub coordinate: String,
    /// What is different.
    pub message: String,
    /// How many clients' operations touch it; nobody counts for a safe change.
    pub client_count: usize,
    /// Who they are, the busiest first.
    pub clients: Vec<ClientUse>,
}

/// A client whose operations are concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct ClientUse {
    /// Its name; empty when it has told none.
    pub name: String,
    /// Its version; empty when it has told none.
    pub version: String,
    /// How often it asked in the last 30 days.
    pub count: i64,
    /// What it asked, the most frequent first.
    pub operations: Vec<OperationUse>,
}

/// What composing gave.
struct Outcome {
    errors: Vec<Finding>,
    hints: Vec<Finding>,
    lint: Vec<Finding>,
    contracts: Vec<BrokenContract>,
    changes: Vec<change::Change>,
}

/// The word by which a criticality is told.
pub(super) const BREAKING: &str = "breaking";

impl Registry {
    /// What would come of publishing this. Nothing is published; what was found is kept in outline.
    ///
    /// # Errors
    /// When it is not permitted, makes no sense, or the store does not answer. That it does not compose is an answer.
    pub async fn check(&self, access: &Access, graph: &GraphRef, request: CheckRequest) -> Result<Checked, Refusal> {
        access.admit(graph, Deed::Read)?;
        let CheckRequest { mut submission, allow_unused } = request;
        submission.validate()?;
        // What can not be published is not checked either; and what is left out of a contract is no news to tell.
        self.no_contract(graph).await?;
        let (variant, published) = self.published(graph).await?;
        submission.need_no_url(&published);
        let members = submission.apply(graph, &published)?;
        let current = variant.filter(|variant| variant.current > 0);
        let old = match &current {
            Some(variant) => Some(self.text(&variant.supergraph).await?),
            None => None,
        };
        let composed = self.composed(Purpose::Looking, &members, &submission.changes).await?;
        let contracts = self.contracts_of(graph).await?;
        let submission = Arc::new(submission);
        let submitted = Arc::clone(&submission);
        let judging = move || judge(&submitted, old.as_deref(), composed, &contracts);
        let outcome = self.composer.run(Purpose::Looking, judging).await?;
        let outcome = outcome.map_err(|_| Refusal::internal("the supergraph that is served can not be read"))?;
        let wanted = outcome.changes.iter().flat_map(|change| &change.used_as).map(String::as_str).collect();
        let usage = self.usage(graph, &wanted).await?;
        let changes: Vec<ChangedPart> =
            outcome.changes.iter().map(|change| ChangedPart::used(change, &usage)).collect();
        let is_harmless = |change: &ChangedPart| allow_unused && usage.is_known && change.client_count == 0;
        let breaks = changes.iter().any(|change| change.criticality == BREAKING && !is_harmless(change));
        let is_good = !breaks && outcome.errors.is_empty() && outcome.contracts.is_empty();
        let mut checked = Checked {
            graph: graph.to_string(),
            number: None,
            version: current.map(|variant| variant.current),
            verdict: if is_good { Verdict::Passed } else { Verdict::Failed },
            errors: outcome.errors,
            hints: outcome.hints,
            lint: outcome.lint,
            contracts: outcome.contracts,
            changes,
            has_usage: usage.is_known,
        };
        checked.number = self.keep_check(access, graph, &submission, &checked).await;
        Ok(checked)
    }

    /// The variant and its subgraphs, as they are at one moment; none when there is no such variant yet.
    async fn published(&self, graph: &GraphRef) -> Result<(Option<VariantRow>, BTreeMap<String, Member>), Refusal> {
        let Some(variant) = self.tables.variant(graph.as_str()).await? else { return Ok((None, BTreeMap::new())) };
        let members = self.members(&variant).await?;
        Ok((Some(variant), members))
    }
}

/// Compares with what is served, tries the contracts, and looks at the submitted schemas' habits. Fails when what is
/// served can not be read.
fn judge(
    submission: &Submission,
    old: Option<&str>,
    composed: Result<Product, Vec<Finding>>,
    contracts: &[(String, Filter)],
) -> Result<Outcome, Vec<Diagnostic>> {
    let lint = submission.changes.iter().flat_map(lint).collect();
    let (product, errors) = match composed {
        Ok(product) => (Some(product), Vec::new()),
        Err(errors) => (None, errors),
    };
    let changes = match (old, &product) {
        (Some(old), Some(product)) => compare(old, &product.supergraph)?,
        _ => Vec::new(),
    };
    let broken = |(graph, filter): &(String, Filter)| {
        let errors = contract::apply(&product.as_ref()?.supergraph, filter).err()?;
        Some(BrokenContract { graph: graph.clone(), errors: Finding::all(&errors) })
    };
    let contracts = contracts.iter().filter_map(broken).collect();
    Ok(Outcome { contracts, errors, hints: product.map(|product| product.hints).unwrap_or_default(), lint, changes })
}

fn compare(old: &str, new: &Supergraph) -> Result<Vec<change::Change>, Vec<Diagnostic>> {
    change::compare(&supergraph::parse(&Source::new("served", old))?, new)
}

fn lint(change: &Change) -> Vec<Finding> {
    let Change::Put { name, sdl, .. } = change else { return Vec::new() };
    match Subgraph::parse(name, "", Source::of_subgraph(name, name, &**sdl)) {
        Ok(subgraph) => Finding::all(&subgraph::lint(&subgraph)),
        // What is wrong with it is among the errors.
        Err(_) => Vec::new(),
    }
}

impl From<&change::Change> for ChangedPart {
    fn from(change: &change::Change) -> Self {
        Self {
            criticality: change.criticality().to_string(),
            rule: change.rule.to_string(),
            coordinate: change.coordinate.clone(),
            message: change.message.clone(),
            client_count: 0,
            clients: Vec::new(),
        }
    }
}

impl ChangedPart {
    /// With whose operations it concerns.
    fn used(change: &change::Change, usage: &Usage) -> Self {
        let mut part = Self::from(change);
        if change.criticality() != Criticality::Safe {
            let mut clients = clients(usage.of(&change.used_as));
            part.client_count = clients.len();
            clients.truncate(MOST_CLIENTS);
            part.clients = clients;
        }
        part
    }
}

/// The clients of these operations, the busiest first.
fn clients(uses: Vec<&Use>) -> Vec<ClientUse> {
    let mut clients: BTreeMap<(&str, &str), BTreeMap<&str, OperationUse>> = BTreeMap::new();
    for Use { client, client_version, operation } in uses {
        let operations = clients.entry((client, client_version)).or_default();
        // One operation may have touched different parts on different days.
        let known = operations.entry(&operation.hash);
        known.and_modify(|known| known.count += operation.count).or_insert_with(|| operation.clone());
    }
    let client = |((name, version), operations): ((&str, &str), BTreeMap<&str, OperationUse>)| {
        let mut operations: Vec<OperationUse> = operations.into_values().collect();
        operations.sort_by_key(|operation| std::cmp::Reverse(operation.count));
        let count = operations.iter().map(|operation| operation.count).sum();
        operations.truncate(MOST_OPERATIONS);
        ClientUse { name: name.to_owned(), version: version.to_owned(), count, operations }
    };
    let mut clients: Vec<ClientUse> = clients.into_iter().map(client).collect();
    clients.sort_by_key(|client| std::cmp::Reverse(client.count));
    clients
}
