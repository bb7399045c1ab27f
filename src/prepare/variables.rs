//! The variables of one request: raw JSON -> coerced values, ready to be copied into subgraph requests.
//!
//! What the specification calls `CoerceVariableValues` is the compiler's; here is what stands around
//! it: the limit on lists, the error code, and the values in the order of
//! [`Operation::variables`](crate::operation::Operation).

use super::document::shortened;
use super::limits::too_many_list_items;
use super::refusal::{ClientError, Refusal};
use crate::operation::Variables;
use apollo_compiler::ast::VariableDefinition;
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::response::{JsonMap, JsonValue};
use apollo_compiler::validation::Valid;
use apollo_compiler::{Node, Schema};
use bytes::Bytes;

/// Values in both forms that a request needs.
pub(super) struct Coerced {
    /// For subgraph requests and conditions.
    pub variables: Variables,
    /// For introspection.
    pub map: Valid<JsonMap>,
}

/// Coerces the `variables` member of a request, an object's text, to what `operation` declares.
/// `order` says which variable has which id.
pub(super) fn coerce(
    api: &Valid<Schema>,
    operation: &Operation,
    order: &[Node<VariableDefinition>],
    given: Option<&str>,
    max_list_items: usize,
) -> Result<Coerced, Refusal> {
    let given: JsonMap = match given {
        None => JsonMap::new(),
        Some(text) => serde_json::from_str(text).map_err(|error| {
            let message = shortened(&format!("the variables cannot be read: {error}"));
            Refusal::request(ClientError::new("VALIDATION_INVALID_TYPE_VARIABLE", message))
        })?,
    };
    let declared = operation.variables.iter().filter_map(|variable| given.get(variable.name.as_str()));
    if declared.map(list_items).sum::<usize>() > max_list_items {
        return Err(Refusal::request(too_many_list_items(max_list_items)));
    }
    let map = coerce_variable_values(api, operation, &given).map_err(|error| {
        let message = shortened(&error.message().to_string());
        Refusal::request(ClientError::new("VALIDATION_INVALID_TYPE_VARIABLE", message))
    })?;
    let json = |value: &JsonValue| serde_json::to_vec(value).map(Bytes::from).map_err(|_| Refusal::internal());
    let values = order.iter().map(|variable| map.get(variable.name.as_str()).map(json).transpose());
    Ok(Coerced { variables: Variables::new(values.collect::<Result<_, _>>()?), map })
}

/// Elements of all lists in a value; the JSON parser has bounded its depth.
fn list_items(value: &JsonValue) -> usize {
    match value {
        JsonValue::Array(items) => items.len() + items.iter().map(list_items).sum::<usize>(),
        JsonValue::Object(fields) => fields.values().map(list_items).sum(),
        _ => 0,
    }
}
