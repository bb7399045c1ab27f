//! Checking: what would come of a publish, without publishing it.
//!
//! 1. the submitted subgraphs are put in place of those that are published, and composed;
//! 2. what comes of that is compared with what is served, and each difference with who asks for it ([`Impact`]);
//! 3. the same is done for every contract of the variant ([`CheckedContract`]): it has clients and usage of its own, and
//!    a tag that goes changes nothing but what they see;
//! 4. what was found is kept in outline (`past_check`), and answered with what whoever asks may know.

use super::access::Deed;
use super::checked_contract::CheckedContract;
use super::composing::{Product, Purpose};
use super::impact::Impact;
use super::{Access, Change, ChangedPart, Finding, GraphRef, Member, Refusal, Registry, Submission};
use crate::change;
use crate::diagnostic::{Diagnostic, Source};
use crate::store::registry::VariantRow;
use crate::subgraph::{self, Subgraph};
use crate::supergraph::{self, Supergraph};
use async_graphql::{Enum, SimpleObject};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is to be checked.
#[derive(Debug, Clone)]
pub struct CheckRequest {
    /// What would be published.
    pub submission: Submission,
    /// Whether breaking changes pass that nobody's operations touch, where all usage is recorded.
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
    /// Contracts of the variant whose clients would notice.
    pub contracts: Vec<CheckedContract>,
    /// What clients would see differently: breaking changes first.
    pub changes: Vec<ChangedPart>,
    /// Whether gateways have reported usage of the variant in the last 30 days.
    pub has_usage: bool,
    /// Whether some usage of that time is not known, so that nothing passes for unused.
    #[serde(default)]
    pub usage_is_partial: bool,
}

/// What composing gave.
struct Outcome {
    errors: Vec<Finding>,
    hints: Vec<Finding>,
    lint: Vec<Finding>,
    changes: Vec<change::Change>,
    /// What would be served.
    supergraph: Option<Arc<Supergraph>>,
}

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
        let submission = Arc::new(submission);
        let outcome = self.outcome(&submission, current.as_ref(), &members).await?;
        let impact = self.impact(graph, outcome.changes, allow_unused).await?;
        let contracts = match &outcome.supergraph {
            Some(supergraph) => self.check_contracts(graph, supergraph, allow_unused).await?,
            None => Vec::new(),
        };
        let is_good = outcome.errors.is_empty() && !impact.breaks && !contracts.iter().any(|contract| contract.breaks);
        let Impact { changes, has_usage, usage_is_partial, .. } = impact;
        let mut checked = Checked {
            graph: graph.to_string(),
            number: None,
            version: current.map(|variant| variant.current),
            verdict: if is_good { Verdict::Passed } else { Verdict::Failed },
            errors: outcome.errors,
            hints: outcome.hints,
            lint: outcome.lint,
            contracts,
            changes,
            has_usage,
            usage_is_partial,
        };
        checked.number = self.keep_check(access, graph, &submission, &checked).await;
        checked.contracts.iter_mut().for_each(|contract| contract.hide_from(access));
        Ok(checked)
    }

    /// The variant and its subgraphs, as they are at one moment; none when there is no such variant yet.
    async fn published(&self, graph: &GraphRef) -> Result<(Option<VariantRow>, BTreeMap<String, Member>), Refusal> {
        let Some(variant) = self.tables.variant(graph.as_str()).await? else { return Ok((None, BTreeMap::new())) };
        let members = self.members(&variant).await?;
        Ok((Some(variant), members))
    }

    /// Composes these subgraphs, and compares with what is served of the variant.
    async fn outcome(
        &self,
        submission: &Arc<Submission>,
        served: Option<&VariantRow>,
        members: &BTreeMap<String, Member>,
    ) -> Result<Outcome, Refusal> {
        let old = match served {
            Some(variant) => Some(self.text(&variant.supergraph).await?),
            None => None,
        };
        let composed = self.composed(Purpose::Looking, members, &submission.changes).await?;
        let submitted = Arc::clone(submission);
        let outcome = self.composer.run(Purpose::Looking, move || judge(&submitted, old.as_deref(), composed)).await?;
        outcome.map_err(|_| unreadable())
    }
}

/// Compares with what is served, and looks at the submitted schemas' habits. Fails when what is served can not be read.
fn judge(
    submission: &Submission,
    old: Option<&str>,
    composed: Result<Product, Vec<Finding>>,
) -> Result<Outcome, Vec<Diagnostic>> {
    let lint = submission.changes.iter().flat_map(lint).collect();
    match composed {
        Ok(Product { supergraph, hints, .. }) => {
            let changes = match old {
                Some(old) => compare(old, &supergraph)?,
                None => Vec::new(),
            };
            Ok(Outcome { errors: Vec::new(), hints, lint, changes, supergraph: Some(Arc::new(supergraph)) })
        }
        Err(errors) => Ok(Outcome { errors, hints: Vec::new(), lint, changes: Vec::new(), supergraph: None }),
    }
}

/// What clients would see differently from what is served.
pub(super) fn compare(served: &str, new: &Supergraph) -> Result<Vec<change::Change>, Vec<Diagnostic>> {
    change::compare(&supergraph::parse(&Source::new("served", served))?, new)
}

/// That what is served is none: a fault of whoever keeps it.
pub(super) fn unreadable() -> Refusal {
    Refusal::internal("the supergraph that is served can not be read")
}

fn lint(change: &Change) -> Vec<Finding> {
    let Change::Put { name, sdl, .. } = change else { return Vec::new() };
    match Subgraph::parse(name, "", Source::of_subgraph(name, name, &**sdl)) {
        Ok(subgraph) => Finding::all(&subgraph::lint(&subgraph)),
        // What is wrong with it is among the errors.
        Err(_) => Vec::new(),
    }
}
