//! What an operation costs, beside its plan.

use super::report::Failure;
use crate::demand::cost::CostModel;
use crate::operation::{Operation, Variables};
use crate::prepare;
use crate::supergraph::{PossibleTypes, Supergraph};
use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use std::fs;

/// Elements of a list of which nothing is known, as without configuration.
const LIST_SIZE: u32 = 10;

/// As for requests.
const MAX_LIST_ITEMS: usize = 20_000;

/// The values of the variables: JSON, or `@FILE` with JSON in it. Nothing, when none are given and some are needed.
pub(super) fn variables(
    api: &Valid<Schema>,
    operation: &Operation,
    given: Option<&str>,
) -> Result<Option<Variables>, Failure> {
    let text = match given.and_then(|given| given.strip_prefix('@')) {
        Some(path) => Some(fs::read_to_string(path).map_err(|error| Failure::file("read", path.as_ref(), &error))?),
        None => given.map(ToOwned::to_owned),
    };
    match prepare::coerce(api, &operation.variables, text.as_deref(), MAX_LIST_ITEMS) {
        Ok(variables) => Ok(Some(variables)),
        Err(_) if given.is_none() => Ok(None),
        Err(refusal) => {
            let messages: Vec<&str> = refusal.errors.iter().map(|error| error.message.as_str()).collect();
            Err(Failure::because(format!("the variables do not fit: {}", messages.join("; "))))
        }
    }
}

/// The estimate, field by field if wanted.
pub(super) fn text(
    supergraph: &Supergraph,
    possible: &PossibleTypes,
    operation: &Operation,
    variables: Option<&Variables>,
    by_field: bool,
) -> String {
    let Some(variables) = variables else {
        return "cost: depends on variables; give them with `--variables`\n".to_owned();
    };
    let text = CostModel::new(supergraph, LIST_SIZE).explain(supergraph, possible, operation, variables).text();
    match text.split_once('\n') {
        Some((total, _)) if !by_field => format!("{total}\n"),
        _ => text,
    }
}
