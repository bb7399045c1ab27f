//! Past checks: what was asked about, and what was found, kept in outline with the variant's history.

use super::access::Deed;
use super::read::PAGE;
use super::version::{keep, kept};
use super::{
    Access, ChangedPart, Checked, CheckedContract, Finding, GraphRef, Refusal, Registry, Submission, Verdict, now, time,
};
use crate::change::Criticality;
use crate::store::registry::{CheckRow, NewCheck};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};

/// Findings and changes that are kept of one check, of each kind.
const MOST_KEPT: usize = 50;
/// Bytes that are kept of one check.
const LARGEST: usize = 64 * 1024;

/// A check that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct PastCheck {
    /// Counted from 1 in each variant.
    pub number: i64,
    /// When it was made.
    pub created: String,
    /// Whose token it was made with.
    pub author: String,
    /// What would have been done: `publish products`.
    pub action: String,
    /// What its author said of it.
    pub message: Option<String>,
    /// What came of it.
    #[serde(flatten)]
    #[graphql(flatten)]
    pub outcome: CheckOutcome,
}

/// What came of a check, in outline: whose operations a change concerns is counted, not told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
#[serde(rename_all = "camelCase")]
pub struct CheckOutcome {
    /// Whether it could be published.
    pub verdict: Verdict,
    /// The version that it was compared with.
    pub version: Option<i64>,
    /// How much there was of everything; below are the first of each.
    pub counts: CheckCounts,
    /// Why it did not compose.
    pub errors: Vec<Finding>,
    /// Contracts whose clients would have noticed.
    pub contracts: Vec<CheckedContract>,
    /// What clients would have seen differently: breaking changes first, safe ones only counted.
    pub changes: Vec<ChangedPart>,
}

/// How much a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct CheckCounts {
    /// Errors of composition.
    pub errors: usize,
    /// Changes that break clients.
    pub breaking: usize,
    /// Changes that may break some.
    pub dangerous: usize,
    /// Changes that break nobody.
    pub safe: usize,
}

impl Registry {
    /// Past checks of a variant that are still known, the newest first; at most `limit`, and only those before `before`.
    ///
    /// # Errors
    /// When it is not permitted.
    pub async fn checks(
        &self,
        access: &Access,
        graph: &GraphRef,
        before: Option<i64>,
        limit: Option<i64>,
    ) -> Result<Vec<PastCheck>, Refusal> {
        access.admit(graph, Deed::Read)?;
        // Earlier releases checked contracts, and told what they leave out.
        self.admit_to_source(access, graph).await?;
        let limit = limit.unwrap_or(PAGE).clamp(1, PAGE);
        let rows = self.tables.checks(graph.as_str(), before.unwrap_or(i64::MAX), limit).await?;
        let mut checks = rows.into_iter().map(PastCheck::of).collect::<Result<Vec<_>, _>>()?;
        // Whoever asked may have known contracts that whoever reads may not.
        let contracts = checks.iter_mut().flat_map(|check| &mut check.outcome.contracts);
        contracts.for_each(|contract| contract.hide_from(access));
        Ok(checks)
    }

    /// Keeps what was found, where the variant is known; its number. What can not be kept is answered all the same:
    /// whoever asks wants to know about their schema, not about the registry's disk.
    pub(super) async fn keep_check(
        &self,
        access: &Access,
        graph: &GraphRef,
        submission: &Submission,
        checked: &Checked,
    ) -> Option<i64> {
        let check = NewCheck {
            variant: graph.as_str(),
            created: now(),
            author: &access.owner,
            action: &submission.action(),
            message: submission.message.as_deref(),
            outcome: &outline(checked),
        };
        let kept = self.tables.add_check(&check).await;
        kept.unwrap_or_else(|error| {
            tracing::warn!(%error, graph = graph.as_str(), "a check could not be kept");
            None
        })
    }
}

impl PastCheck {
    fn of(row: CheckRow) -> Result<Self, Refusal> {
        let CheckRow { number, created, author, action, message, outcome } = row;
        Ok(Self { number, created: time(created), author, action, message, outcome: kept(&outcome)? })
    }
}

/// The outcome as it is kept. Names and messages may be as long as the schemas that they come from, so what is kept of
/// them is bounded in number and in bytes.
fn outline(checked: &Checked) -> String {
    let [breaking, dangerous, safe] =
        [Criticality::Breaking, Criticality::Dangerous, Criticality::Safe].map(|criticality| criticality.to_string());
    let of = |criticality: &String| checked.changes.iter().filter(|change| &change.criticality == criticality).count();
    let counts = CheckCounts {
        errors: checked.errors.len(),
        breaking: of(&breaking),
        dangerous: of(&dangerous),
        safe: of(&safe),
    };
    let mut most = MOST_KEPT;
    loop {
        let telling = |changes: &[ChangedPart]| -> Vec<ChangedPart> {
            let telling = changes.iter().filter(|change| change.criticality != safe).take(most);
            telling.map(|change| ChangedPart { clients: Vec::new(), ..change.clone() }).collect()
        };
        let contract = |contract: &CheckedContract| CheckedContract {
            graph: contract.graph.clone(),
            errors: contract.errors.iter().take(most).cloned().collect(),
            changes: telling(&contract.changes),
            ..*contract
        };
        let outcome = keep(&CheckOutcome {
            verdict: checked.verdict,
            version: checked.version,
            counts,
            errors: checked.errors.iter().take(most).cloned().collect(),
            contracts: checked.contracts.iter().take(most).map(contract).collect(),
            changes: telling(&checked.changes),
        });
        if outcome.len() <= LARGEST || most == 0 {
            return outcome;
        }
        most /= 2;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(criticality: &str, message: &str) -> ChangedPart {
        ChangedPart {
            criticality: criticality.to_owned(),
            rule: "FIELD_REMOVED".to_owned(),
            coordinate: "Query.a".to_owned(),
            message: message.to_owned(),
            client_count: 2,
            clients: Vec::new(),
        }
    }

    fn kept_of(changes: Vec<ChangedPart>) -> CheckOutcome {
        let checked = Checked {
            graph: "shop@prod".to_owned(),
            number: None,
            version: Some(1),
            verdict: Verdict::Failed,
            errors: Vec::new(),
            hints: Vec::new(),
            lint: Vec::new(),
            contracts: Vec::new(),
            changes,
            has_usage: true,
            usage_is_partial: false,
        };
        let outcome = outline(&checked);
        assert!(outcome.len() <= LARGEST);
        kept(&outcome).unwrap()
    }

    #[test]
    fn safe_changes_are_only_counted() {
        let outcome = kept_of(vec![change("breaking", "a"), change("dangerous", "b"), change("safe", "c")]);
        assert_eq!(outcome.counts, CheckCounts { errors: 0, breaking: 1, dangerous: 1, safe: 1 });
        assert_eq!(outcome.changes, [change("breaking", "a"), change("dangerous", "b")]);
    }

    /// What an earlier release kept of a contract that breaks: its name and the errors.
    #[test]
    fn a_check_that_an_earlier_release_kept_is_read() {
        let contract: CheckedContract = kept("{\"graph\":\"shop@public\",\"errors\":[]}").unwrap();
        assert_eq!((contract.graph.as_deref(), contract.breaks), (Some("shop@public"), true));
    }

    #[test]
    fn what_is_kept_is_bounded_in_number_and_in_bytes() {
        let many = kept_of(vec![change("breaking", "a"); 1_000]);
        assert_eq!((many.counts.breaking, many.changes.len()), (1_000, MOST_KEPT));
        let long = kept_of(vec![change("breaking", &"a".repeat(10_000)); 20]);
        assert_eq!((long.counts.breaking, long.changes.len()), (20, 6));
        let longest = kept_of(vec![change("breaking", &"a".repeat(LARGEST))]);
        assert_eq!((longest.counts.breaking, longest.changes.len()), (1, 0));
    }
}
