//! `extensions.queryPlan`: the plan of the operation, for clients that ask for it where that is allowed.

use crate::plan::{Plan, explain};
use crate::supergraph::Supergraph;
use bytes::Bytes;
use http::HeaderMap;

/// The names under which clients ask: ours, Apollo's and Hive's.
const HEADERS: [&str; 3] = ["weft-expose-query-plan", "apollo-expose-query-plan", "hive-expose-query-plan"];

/// What a client wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Asked {
    /// Only the answer.
    Nothing,
    /// The plan beside the answer: `true`.
    Beside,
    /// The plan instead of the answer, nothing is fetched: `dry-run`.
    DryRun,
}

impl Asked {
    /// Reads the first of the headers that is there.
    pub fn of(headers: &HeaderMap, allowed: bool) -> Self {
        if !allowed {
            return Self::Nothing;
        }
        match HEADERS.iter().find_map(|name| headers.get(*name)).map(|value| value.as_bytes()) {
            Some(b"true") => Self::Beside,
            Some(b"dry-run") => Self::DryRun,
            _ => Self::Nothing,
        }
    }
}

/// The value of `extensions.queryPlan`: Apollo's node kinds, and the text for people beside them.
pub(super) fn render(plan: &Plan, supergraph: &Supergraph) -> Vec<u8> {
    let mut json = explain::json(plan, supergraph);
    if let serde_json::Value::Object(members) = &mut json {
        members.insert("text".to_owned(), explain::text(plan, supergraph).into());
    }
    json.to_string().into_bytes()
}

/// The answer to a dry run.
pub(super) fn dry_run(query_plan: &[u8]) -> Bytes {
    [b"{\"data\":null,\"extensions\":{\"queryPlan\":", query_plan, b"}}"].concat().into()
}
