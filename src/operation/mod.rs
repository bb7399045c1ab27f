//! Operations: a valid document normalized into an `Operation`; its variables and conditions.

mod condition;
mod normalize;
mod variables;

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast;

pub use condition::{ConditionValues, Guard, Literal};
pub use variables::{VariableId, Variables};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, one root field after the other.
    Mutation,
    /// Listens.
    Subscription,
}

impl OperationKind {
    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// A normalized client operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Query, mutation or subscription.
    pub kind: OperationKind,
    /// Its name.
    pub name: Option<Name>,
    /// Its variables, by [`VariableId`].
    pub variables: Vec<Node<ast::VariableDefinition>>,
    /// The root fields `__schema` and `__type`, which the gateway answers: response keys in the order of
    /// [`ProjectedSource::Introspection`](crate::operation) positions.
    pub introspection: Vec<Name>,
}

/// Why an operation cannot be normalized.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// Expanding its fragments and conditions gives too much.
    #[error("the operation is too large once its fragments are expanded")]
    TooLarge,
}
