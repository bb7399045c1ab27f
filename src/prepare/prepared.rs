//! A prepared operation: all that a request needs to know about its document.

use super::introspection::{self, Introspection};
use super::refusal::Refusal;
use super::variables;
use crate::operation::{Operation, Variables};
use crate::plan::Plan;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is kept of a document that can be executed.
#[derive(Debug)]
pub struct Prepared {
    /// Normalized.
    pub operation: Operation,
    /// How it is answered.
    pub plan: Arc<Plan>,
    /// The valid document, kept only where requests still need it: for variables.
    document: Option<Valid<ExecutableDocument>>,
    introspection: Introspection,
    api: Arc<Valid<Schema>>,
    max_list_items: usize,
    uses: AtomicU64,
    weight: usize,
}

/// What one request adds to a prepared operation.
#[derive(Debug, Clone, Default)]
pub struct Inputs {
    /// The values of the variables.
    pub variables: Variables,
    /// The answers of the introspection fields, JSON, by their position in [`Operation::introspection`].
    pub introspection: Vec<Bytes>,
}

impl Prepared {
    pub(super) fn new(
        operation: Operation,
        plan: Plan,
        document: Valid<ExecutableDocument>,
        api: Arc<Valid<Schema>>,
        max_list_items: usize,
    ) -> Result<Self, Refusal> {
        let introspection = Introspection::prepare(&api, &document, &operation)?;
        let weight = weight(&document, &plan, &introspection);
        let document = (!operation.variables.is_empty()).then_some(document);
        let uses = AtomicU64::new(0);
        Ok(Self { operation, plan: Arc::new(plan), document, introspection, api, max_list_items, uses, weight })
    }

    /// Coerces the variables of one request (the text of a JSON object) and answers its introspection fields.
    ///
    /// # Errors
    /// When a value does not fit its variable's type.
    pub fn inputs(&self, variables: Option<&str>) -> Result<Inputs, Refusal> {
        let Some(document) = &self.document else {
            return Ok(Inputs { variables: Variables::default(), introspection: self.introspection.constant() });
        };
        let name = self.operation.name.as_deref();
        let Ok(operation) = document.operations.get(name) else {
            return Err(Refusal::internal());
        };
        let coerced =
            variables::coerce(&self.api, operation, &self.operation.variables, variables, self.max_list_items)?;
        let introspection = match &self.introspection {
            Introspection::PerRequest => {
                introspection::answer(&self.api, document, operation, &self.operation, &coerced.map)?
            }
            ready => ready.constant(),
        };
        Ok(Inputs { variables: coerced.variables, introspection })
    }

    /// How often requests have used it.
    pub fn uses(&self) -> u64 {
        self.uses.load(Ordering::Relaxed)
    }

    pub(super) fn count_use(&self) {
        self.uses.fetch_add(1, Ordering::Relaxed);
    }

    /// Bytes it takes, roughly.
    pub(super) fn weight(&self) -> usize {
        self.weight
    }
}

/// Roughly what the parts take: tables are counted by their rows, texts by their length. The syntax
/// tree and the normalized operation grow with the document, the plan with what it asks.
fn weight(document: &ExecutableDocument, plan: &Plan, introspection: &Introspection) -> usize {
    const ROW: usize = 160;
    /// Bytes of tree per byte of text, measured on ordinary queries.
    const TREE: usize = 40;
    let text: usize = document.sources.values().map(|source| source.source_text().len()).sum();
    let fields: usize = plan.shapes.iter().map(|shape| shape.fields.len()).sum::<usize>()
        + plan.projections.iter().map(|projection| projection.fields.len()).sum::<usize>();
    let documents: usize = plan.fetches.iter().map(|fetch| fetch.document.full.len() * 4).sum();
    let rows = plan.fetches.len() * 4 + plan.units.len() + plan.live_sets.len() + fields;
    text * TREE + documents + rows * ROW + introspection.weight() + 4 * ROW
}
