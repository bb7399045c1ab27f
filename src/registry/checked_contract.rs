//! The contracts of a variant that is checked: what their clients would see differently, by their own usage.

use super::check::{compare, unreadable};
use super::composing::Purpose;
use super::{Access, ChangedPart, Finding, GraphRef, Refusal, Registry};
use crate::change::{self, Criticality};
use crate::contract::{self, Filter};
use crate::diagnostic::Diagnostic;
use crate::supergraph::Supergraph;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What would become of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct CheckedContract {
    /// `graph@variant`; none when whoever asks may not know of it.
    pub graph: Option<String>,
    /// Why nothing would be left of it.
    pub errors: Vec<Finding>,
    /// What its clients would see differently; no safe changes, of which its source has enough.
    #[serde(default)]
    pub changes: Vec<ChangedPart>,
    /// Whether gateways have reported usage of it in the last 30 days.
    #[serde(default)]
    pub has_usage: bool,
    /// Whether some usage of that time is not known, so that nothing passes for unused.
    #[serde(default)]
    pub usage_is_partial: bool,
    /// Whether it fails the check.
    #[serde(default = "yes")]
    pub breaks: bool,
}

/// Releases that kept checks without this word kept only what failed them.
fn yes() -> bool {
    true
}

impl Registry {
    /// What would become of the contracts of a variant of which this would be served; those whose clients would notice.
    pub(super) async fn check_contracts(
        &self,
        source: &GraphRef,
        supergraph: &Arc<Supergraph>,
        allow_unused: bool,
    ) -> Result<Vec<CheckedContract>, Refusal> {
        let mut checked = Vec::new();
        // One after the other: their supergraphs may be large.
        for (graph, filter) in self.contracts_of(source).await? {
            checked.extend(self.check_contract(&graph, filter, Arc::clone(supergraph), allow_unused).await?);
        }
        Ok(checked)
    }

    async fn check_contract(
        &self,
        graph: &GraphRef,
        filter: Filter,
        whole: Arc<Supergraph>,
        allow_unused: bool,
    ) -> Result<Option<CheckedContract>, Refusal> {
        let served = match self.tables.variant(graph.as_str()).await? {
            Some(variant) if variant.current > 0 => Some(self.text(&variant.supergraph).await?),
            _ => None,
        };
        let comparing = move || compare_part(served.as_deref(), &whole, &filter);
        let compared = self.composer.run(Purpose::Looking, comparing).await?.map_err(|_| unreadable())?;
        let changes = match compared {
            Ok(changes) if changes.is_empty() => return Ok(None),
            Ok(changes) => changes,
            Err(errors) => return Ok(Some(CheckedContract::broken(graph, errors))),
        };
        let impact = self.impact(graph, changes, allow_unused).await?;
        Ok(Some(CheckedContract {
            graph: Some(graph.to_string()),
            errors: Vec::new(),
            changes: impact.changes,
            has_usage: impact.has_usage,
            usage_is_partial: impact.usage_is_partial,
            breaks: impact.breaks,
        }))
    }
}

/// What the clients of a part would see differently, safe changes aside; or why nothing would be left of it. Fails when
/// what is served of it can not be read.
fn compare_part(
    served: Option<&str>,
    whole: &Supergraph,
    filter: &Filter,
) -> Result<Result<Vec<change::Change>, Vec<Finding>>, Vec<Diagnostic>> {
    let part = match contract::apply(whole, filter) {
        Ok(part) => part.supergraph,
        Err(errors) => return Ok(Err(Finding::all(&errors))),
    };
    let Some(served) = served else { return Ok(Ok(Vec::new())) };
    let mut changes = compare(served, &part)?;
    changes.retain(|change| change.criticality() != Criticality::Safe);
    Ok(Ok(changes))
}

impl CheckedContract {
    fn broken(graph: &GraphRef, errors: Vec<Finding>) -> Self {
        Self {
            graph: Some(graph.to_string()),
            errors,
            changes: Vec::new(),
            has_usage: false,
            usage_is_partial: false,
            breaks: true,
        }
    }

    /// Leaves out its name, and who its clients are, unless whoever asks may know of it. That it breaks is about the
    /// schema that they submit.
    pub(super) fn hide_from(&mut self, access: &Access) {
        let name = self.graph.as_deref().and_then(|name| name.parse().ok());
        if name.is_none_or(|name: GraphRef| !access.knows(&name)) {
            self.graph = None;
            self.changes.iter_mut().for_each(|change| change.clients.clear());
        }
    }
}
