//! A prepared operation: all that a request needs to know about its document.

use super::introspection::Introspection;
use super::refusal::Refusal;
use super::variables;
use crate::introspect::Introspector;
use crate::operation::{Operation, Variables};
use crate::plan::Plan;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// What is kept of a document that can be executed. The document itself is gone, but for introspection
/// that depends on variables.
#[derive(Debug)]
pub struct Prepared {
    /// Normalized.
    pub operation: Operation,
    /// How it is answered.
    pub plan: Arc<Plan>,
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
        introspector: &Arc<Introspector>,
        api: Arc<Valid<Schema>>,
        max_list_items: usize,
    ) -> Result<Self, Refusal> {
        let text = document.sources.values().map(|source| source.source_text().len()).sum();
        let introspection = Introspection::prepare(introspector, document, &operation)?;
        let weight = weight(text, &operation, &plan) + introspection.weight();
        let uses = AtomicU64::new(0);
        Ok(Self { operation, plan: Arc::new(plan), introspection, api, max_list_items, uses, weight })
    }

    /// Coerces the variables of one request (the text of a JSON object) and answers its introspection fields.
    ///
    /// # Errors
    /// When a value does not fit its variable's type.
    pub fn inputs(&self, variables: Option<&str>) -> Result<Inputs, Refusal> {
        let declared = &self.operation.variables;
        let variables = match declared.is_empty() {
            true => Variables::default(),
            false => variables::coerce(&self.api, declared, variables, self.max_list_items)?,
        };
        let introspection = self.introspection.answer(&self.operation, &variables)?;
        Ok(Inputs { variables, introspection })
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

/// Roughly what the parts take: tables are counted by their rows, texts by their length. Arguments and
/// variables are kept as syntax trees, which grow with the document's text.
fn weight(text: usize, operation: &Operation, plan: &Plan) -> usize {
    const ROW: usize = 160;
    /// Bytes of tree per byte of text.
    const TREE: usize = 20;
    let fields: usize = plan.shapes.iter().map(|shape| shape.fields.len()).sum::<usize>()
        + plan.projections.iter().map(|projection| projection.fields.len()).sum::<usize>();
    let documents: usize = plan.fetches.iter().map(|fetch| fetch.document.full.len() * 4).sum();
    let selections: usize = operation.sets.iter().map(|set| set.selections.len()).sum();
    let rows = plan.fetches.len() * 4 + plan.units.len() + plan.live_sets.len() + fields + selections;
    text * TREE + documents + rows * ROW + 4 * ROW
}
