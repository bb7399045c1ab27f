//! Impact: changes of a schema x recorded usage of it -> whose operations each change concerns, and whether that lets
//! the changes pass.

use super::composing::Purpose;
use super::usage::{Usage, Use};
use super::{GraphRef, OperationUse, Refusal, Registry};
use crate::change::{self, Criticality};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Clients that are named per change; the others are counted.
const MOST_CLIENTS: usize = 25;
/// Operations that are named per client.
const MOST_OPERATIONS: usize = 10;

/// What changes of a variant mean for its clients.
pub(super) struct Impact {
    /// The changes: breaking ones first.
    pub(super) changes: Vec<ChangedPart>,
    /// Whether any usage of the variant is known.
    pub(super) has_usage: bool,
    /// Whether some is not, though, so that nothing can be said to be unused.
    pub(super) usage_is_partial: bool,
    /// Whether somebody would be hurt, as far as is known.
    pub(super) breaks: bool,
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

impl Registry {
    /// What these changes mean for a variant's clients. Breaking ones that nobody's operations touch hurt nobody where
    /// `allow_unused` says so, and all usage is known.
    pub(super) async fn impact(
        &self,
        graph: &GraphRef,
        changes: Vec<change::Change>,
        allow_unused: bool,
    ) -> Result<Impact, Refusal> {
        let wanted: BTreeSet<&str> = changes.iter().flat_map(|change| &change.used_as).map(String::as_str).collect();
        let usage = self.usage(graph, &wanted).await?;
        self.composer.run(Purpose::Looking, move || Impact::of(&changes, &usage, allow_unused)).await
    }
}

impl Impact {
    fn of(changes: &[change::Change], usage: &Usage, allow_unused: bool) -> Self {
        let changes: Vec<ChangedPart> = changes.iter().map(|change| ChangedPart::used(change, usage)).collect();
        let is_unused = |change: &ChangedPart| usage.is_known && usage.is_whole && change.client_count == 0;
        let hurts = |change: &ChangedPart| change.is_breaking() && !(allow_unused && is_unused(change));
        let breaks = changes.iter().any(hurts);
        Self { changes, has_usage: usage.is_known, usage_is_partial: !usage.is_whole, breaks }
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
    /// Whether it is a breaking one.
    pub fn is_breaking(&self) -> bool {
        self.criticality == "breaking"
    }

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
        let more = |known: &mut OperationUse| known.count = known.count.saturating_add(operation.count);
        known.and_modify(more).or_insert_with(|| operation.clone());
    }
    let client = |((name, version), operations): ((&str, &str), BTreeMap<&str, OperationUse>)| {
        let mut operations: Vec<OperationUse> = operations.into_values().collect();
        operations.sort_by_key(|operation| std::cmp::Reverse(operation.count));
        let count = operations.iter().fold(0_i64, |sum, operation| sum.saturating_add(operation.count));
        operations.truncate(MOST_OPERATIONS);
        ClientUse { name: name.to_owned(), version: version.to_owned(), count, operations }
    };
    let mut clients: Vec<ClientUse> = clients.into_iter().map(client).collect();
    clients.sort_by_key(|client| std::cmp::Reverse(client.count));
    clients
}
