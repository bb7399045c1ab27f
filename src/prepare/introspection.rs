//! When the introspection fields of an operation are answered: once, or per request where they use variables.

use super::refusal::{ClientError, Refusal};
use crate::operation::Operation;
use apollo_compiler::executable;
use apollo_compiler::introspection::{check_max_depth, partial_execute};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;

/// The answers of an operation's introspection fields.
#[derive(Debug)]
pub(super) enum Introspection {
    /// By position; the same for every request.
    Constant(Vec<Bytes>),
    /// They look at variables.
    PerRequest,
}

impl Introspection {
    /// Answers the fields of an operation now if its requests can not differ.
    pub fn prepare(
        api: &Valid<Schema>,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
    ) -> Result<Self, Refusal> {
        if operation.introspection.is_empty() {
            return Ok(Self::Constant(Vec::new()));
        }
        let Ok(executable) = document.operations.get(operation.name.as_deref()) else {
            return Err(Refusal::internal());
        };
        check_max_depth(document, executable)
            .map_err(|error| Refusal::request(ClientError::new("MAX_DEPTH_LIMIT", error.message().to_string())))?;
        if !operation.variables.is_empty() {
            return Ok(Self::PerRequest);
        }
        let variables = Valid::assume_valid(JsonMap::new());
        answer(api, document, executable, operation, &variables).map(Self::Constant)
    }

    /// The answers that are the same for every request.
    pub fn constant(&self) -> Vec<Bytes> {
        match self {
            Self::Constant(answers) => answers.clone(),
            Self::PerRequest => Vec::new(),
        }
    }

    /// Bytes it takes.
    pub fn weight(&self) -> usize {
        match self {
            Self::Constant(answers) => answers.iter().map(Bytes::len).sum(),
            Self::PerRequest => 0,
        }
    }
}

/// Answers the introspection fields of one request.
pub(super) fn answer(
    api: &Valid<Schema>,
    document: &Valid<ExecutableDocument>,
    executable: &executable::Operation,
    operation: &Operation,
    variables: &Valid<JsonMap>,
) -> Result<Vec<Bytes>, Refusal> {
    let implementers = api.implementers_map();
    let response = partial_execute(api, &implementers, document, executable, variables).map_err(|error| {
        Refusal::request(ClientError::new("GRAPHQL_VALIDATION_FAILED", error.message().to_string()))
    })?;
    let data = response.data.unwrap_or_default();
    operation
        .introspection
        .iter()
        .map(|key| match data.get(key.as_str()) {
            Some(value) => serde_json::to_vec(value).map(Bytes::from).map_err(|_| Refusal::internal()),
            None => Ok(Bytes::from_static(b"null")),
        })
        .collect()
}
