//! `extensions.queryPlan`: the plan of the operation, for clients that may see how requests are answered.

use crate::plan::{Plan, explain, reasons};
use crate::supergraph::Supergraph;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

/// The names under which clients ask: ours, Apollo's and Hive's.
const HEADERS: [&str; 3] = ["weft-expose-query-plan", "apollo-expose-query-plan", "hive-expose-query-plan"];

/// What a client wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Asked {
    /// Only the answer.
    #[default]
    Nothing,
    /// The plan beside the answer: `true`.
    Beside,
    /// The plan instead of the answer, nothing is fetched: `dry-run`.
    DryRun,
}

impl Asked {
    /// Reads the first of the headers that is there.
    pub fn of(headers: &HeaderMap) -> Self {
        match HEADERS.iter().find_map(|name| headers.get(*name)).map(|value| value.as_bytes()) {
            Some(b"true") => Self::Beside,
            Some(b"dry-run") => Self::DryRun,
            _ => Self::Nothing,
        }
    }
}

/// The value of `extensions.queryPlan`: Apollo's node kinds, and beside them the text for people and why the plan is as
/// it is: what each request is for, and what the planner chose between.
pub(super) fn render(plan: &Plan, supergraph: &Supergraph, choices: Option<Value>) -> Vec<u8> {
    let mut json = explain::json(plan, supergraph);
    if let Value::Object(members) = &mut json {
        members.insert("text".to_owned(), explain::text(plan, supergraph).into());
        members.insert("reasons".to_owned(), reasons::json(plan, supergraph));
        members.extend(choices.map(|choices| ("choices".to_owned(), choices)));
    }
    json.to_string().into_bytes()
}

/// The answer to a dry run, with what the operation would cost where the client is told that.
pub(super) fn dry_run(query_plan: &[u8], cost: Option<&[u8]>) -> Bytes {
    let cost = cost.map(|cost| [b",\"cost\":", cost].concat()).unwrap_or_default();
    [b"{\"data\":null,\"extensions\":{\"queryPlan\":", query_plan, &*cost, b"}}"].concat().into()
}
