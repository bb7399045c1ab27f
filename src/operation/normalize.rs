//! Normalization: a valid document -> an [`Operation`].

use super::{Operation, OperationError};
use crate::supergraph::Supergraph;
use apollo_compiler::executable;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};

impl Operation {
    /// Normalizes one operation of a document that is valid against the API schema.
    pub fn normalize(
        supergraph: &Supergraph,
        api: &Valid<Schema>,
        document: &Valid<ExecutableDocument>,
        operation: &executable::Operation,
    ) -> Result<Self, OperationError> {
        let _ = (supergraph, api, document, operation);
        unimplemented!("being written")
    }
}
