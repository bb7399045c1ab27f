//! Introspection: `__schema` and `__type` selections -> ready bytes.
//!
//! An [`Introspector`] is made once per snapshot from the API schema. For an operation it first turns
//! the selections under the introspection fields into a plain tree (`selection`), with fragments,
//! merging and conditions out of the way, and then writes JSON straight from the schema along that
//! tree (`answer`).
//!
//! **Bounded.** The meta-schema is a graph with cycles, so a short query may ask for a huge answer.
//! The nesting of its lists is limited beforehand, as in other servers (apollo-compiler's check), and
//! the size of the tree and of the answer while they are made: the answer may be about twice the
//! whole schema. apollo-compiler's own `partial_execute` has no such bound on width, builds a tree
//! of values, and does not know `isOneOf`; hence this one.
//!
//! `__typename` at the root is not answered here, and whether introspection is allowed at all is for
//! the caller to decide: [`uses_introspection`], [`INTROSPECTION_DISABLED`].

mod answer;
mod json;
mod selection;
mod size;

use answer::Answerer;
use apollo_compiler::collections::HashMap;
use apollo_compiler::executable::{Field, Operation, SelectionSet};
use apollo_compiler::introspection::check_max_depth;
use apollo_compiler::parser::LineColumn;
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Node, Schema};
use selection::Reader;
use std::sync::Arc;

/// The code of the error for a client that introspects where that is switched off.
pub const INTROSPECTION_DISABLED: &str = "INTROSPECTION_DISABLED";

/// What every schema may answer, however small it is.
const SMALLEST_ALLOWANCE: usize = 1 << 20;

/// Whether the operation asks for `__schema` or `__type`, be it under a condition.
pub fn uses_introspection(document: &ExecutableDocument, operation: &Operation) -> bool {
    operation.root_fields(document).any(|field| is_introspection(field))
}

/// Answers introspection from one schema.
pub struct Introspector {
    schema: Arc<Valid<Schema>>,
    /// The object types that implement each interface, in the order of the schema.
    implementers: HashMap<Name, Vec<Name>>,
    /// The most bytes of an answer.
    allowance: usize,
}

/// The answer to one root field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Its key in the response.
    pub key: Name,
    /// Its value, as JSON.
    pub json: Vec<u8>,
}

/// Why there is no answer. The request as a whole is at fault, and nothing of it should be executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntrospectionError {
    /// Lists within lists within lists.
    #[error(
        "maximum introspection depth exceeded: `fields`, `interfaces`, `possibleTypes` and `inputFields` are nested too deep"
    )]
    TooDeep {
        /// The field that is too deep.
        at: Option<LineColumn>,
    },
    /// More than any tool asks for.
    #[error("the introspection query asks for more than {limit} bytes")]
    TooLarge {
        /// What is allowed.
        limit: usize,
    },
}

impl IntrospectionError {
    /// The code for the GraphQL error's `extensions`.
    pub fn code(&self) -> &'static str {
        match self {
            Self::TooDeep { .. } => "MAX_INTROSPECTION_DEPTH_EXCEEDED",
            Self::TooLarge { .. } => "MAX_INTROSPECTION_SIZE_EXCEEDED",
        }
    }
}

impl Introspector {
    /// Prepares for answering from `schema`.
    pub fn new(schema: Arc<Valid<Schema>>) -> Self {
        let mut implementers: HashMap<Name, Vec<Name>> = HashMap::default();
        for ty in schema.types.values() {
            if let ExtendedType::Object(object) = ty {
                for interface in &object.implements_interfaces {
                    implementers.entry(interface.name.clone()).or_default().push(object.name.clone());
                }
            }
        }
        let allowance = SMALLEST_ALLOWANCE + 2 * size::estimated_size(&schema);
        Self { schema, implementers, allowance }
    }

    /// The answers to the operation's introspection fields that no condition leaves out, in the order of
    /// the operation. `document` must be valid against the schema; `variables` are the coerced ones.
    ///
    /// # Errors
    /// When the operation asks for too much.
    pub fn answer(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &serde_json::Map<String, serde_json::Value>,
    ) -> Result<Vec<Answer>, IntrospectionError> {
        let mut reader = Reader::new(document, variables, self.allowance);
        let mut answerer = Answerer::new(&self.schema, &self.implementers, self.allowance);
        let mut answers = Vec::new();
        for (key, fields) in reader.fields([&operation.selection_set]) {
            if !is_introspection(fields[0]) {
                continue;
            }
            for field in &fields {
                check_depth(document, operation, field)?;
            }
            let selection = reader.read(&fields)?;
            if fields[0].name == "__schema" {
                answerer.schema(&selection)?;
            } else {
                answerer.named_type(reader.string(fields[0], "name"), &selection)?;
            }
            answers.push(Answer { key: key.clone(), json: answerer.take() });
        }
        Ok(answers)
    }
}

fn is_introspection(field: &Field) -> bool {
    field.name == "__schema" || field.name == "__type"
}

/// Checks one root field by itself: in the rest of the operation a field called `fields` is anyone's.
fn check_depth(
    document: &Valid<ExecutableDocument>,
    operation: &Operation,
    field: &Node<Field>,
) -> Result<(), IntrospectionError> {
    let selections = field.selection_set.selections.clone();
    let alone = Operation {
        operation_type: operation.operation_type,
        name: None,
        variables: Vec::new(),
        directives: Default::default(),
        selection_set: SelectionSet { ty: field.selection_set.ty.clone(), selections },
    };
    check_max_depth(document, &alone).map_err(|error| IntrospectionError::TooDeep {
        at: error.location().and_then(|location| location.line_column(&document.sources)),
    })
}
