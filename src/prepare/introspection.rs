//! When the introspection fields of an operation are answered: once, or per request where there are variables.

use super::refusal::{ClientError, Location, Refusal};
use crate::introspect::{IntrospectionError, Introspector};
use crate::operation::{Operation, VariableId, Variables};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name};
use bytes::Bytes;
use std::sync::Arc;

/// The introspection fields of an operation.
pub(super) enum Introspection {
    /// There are none.
    None,
    /// Their answers by position, the same for every request.
    Constant(Vec<Bytes>),
    /// They may look at variables.
    PerRequest(Box<Questions>),
}

/// What is kept to answer per request.
pub(super) struct Questions {
    introspector: Arc<Introspector>,
    document: Valid<ExecutableDocument>,
}

impl Introspection {
    /// Answers the fields of an operation now if its requests can not differ.
    pub fn prepare(
        introspector: &Arc<Introspector>,
        document: Valid<ExecutableDocument>,
        operation: &Operation,
    ) -> Result<Self, Refusal> {
        if operation.introspection.is_empty() {
            return Ok(Self::None);
        }
        let questions = Questions { introspector: Arc::clone(introspector), document };
        if operation.variables.is_empty() {
            return questions.answer(operation, &Variables::default()).map(Self::Constant);
        }
        Ok(Self::PerRequest(Box::new(questions)))
    }

    /// The answers in one request.
    pub fn answer(&self, operation: &Operation, variables: &Variables) -> Result<Vec<Bytes>, Refusal> {
        match self {
            Self::None => Ok(Vec::new()),
            Self::Constant(answers) => Ok(answers.clone()),
            Self::PerRequest(questions) => questions.answer(operation, variables),
        }
    }

    /// Bytes it takes beside the document.
    pub fn weight(&self) -> usize {
        match self {
            Self::Constant(answers) => answers.iter().map(Bytes::len).sum(),
            Self::None | Self::PerRequest(_) => 0,
        }
    }
}

impl Questions {
    fn answer(&self, operation: &Operation, variables: &Variables) -> Result<Vec<Bytes>, Refusal> {
        let Ok(executable) = self.document.operations.get(operation.name.as_deref()) else {
            return Err(Refusal::internal());
        };
        let values = values(operation, variables);
        let answers = self.introspector.answer(&self.document, executable, &values).map_err(refuse)?;
        let by_key = |key: &Name| answers.iter().find(|answer| answer.key == *key);
        // A field that a condition leaves out has no answer; nothing of the plan asks for it then.
        let json = |key| by_key(key).map_or(Bytes::from_static(b"null"), |answer| answer.json.clone().into());
        Ok(operation.introspection.iter().map(json).collect())
    }
}

/// The coerced values as a map, for the arguments of introspection fields.
fn values(operation: &Operation, variables: &Variables) -> serde_json::Map<String, serde_json::Value> {
    (0..)
        .zip(&operation.variables)
        .filter_map(|(id, variable)| {
            let value = serde_json::from_slice(variables.json(VariableId(id))?).ok()?;
            Some((variable.name.to_string(), value))
        })
        .collect()
}

fn refuse(error: IntrospectionError) -> Refusal {
    let mut told = ClientError::new(error.code(), error.to_string());
    if let IntrospectionError::TooDeep { at: Some(place) } = error {
        told.locations.push(Location::from(place));
    }
    Refusal::request(told)
}

impl std::fmt::Debug for Introspection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Constant(_) => "Constant",
            Self::PerRequest(_) => "PerRequest",
        })
    }
}
