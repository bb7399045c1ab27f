//! A prepared operation: all that a request needs to know about its document.

use super::alternatives::Alternatives;
use super::explaining::Made;
use super::introspection::Introspection;
use super::refusal::Refusal;
use super::variables;
use crate::access::Guards;
use crate::demand::OperationDemand;
use crate::graph::LabelSet;
use crate::introspect::Introspector;
use crate::operation::{Footprint, Operation, Variables};
use crate::plan::Plan;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use bytes::Bytes;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What is kept of a document that can be executed. The document itself is gone, but for introspection
/// that depends on variables.
#[derive(Debug)]
pub struct Prepared {
    /// Normalized.
    pub operation: Arc<Operation>,
    /// How it is answered.
    pub plan: Arc<Plan>,
    /// Who may see what of it; none where everybody may see all.
    pub guards: Option<Arc<Guards>>,
    /// Of the labels that matter to it, those that are on in the plan.
    on: LabelSet,
    /// The same operation under other labels; none where no label matters.
    alternatives: Option<Alternatives>,
    /// What it costs, where that matters.
    pub demand: Option<Arc<OperationDemand>>,
    /// When, and how long that took.
    pub made: Made,
    /// What it touches of the schema; none where nobody wants to know.
    pub footprint: Option<Arc<Footprint>>,
    introspection: Arc<Introspection>,
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

/// A plan, and on which labels of `@override` it depends.
pub(super) struct Planned {
    pub plan: Plan,
    /// The labels that matter to the operation.
    pub matter: LabelSet,
    /// Those of them that are on in the plan.
    pub on: LabelSet,
    /// Who may see what of the operation.
    pub guards: Option<Arc<Guards>>,
    /// What it touches of the schema, where somebody wants to know.
    pub footprint: Option<Arc<Footprint>>,
}

impl Prepared {
    pub(super) fn new(
        operation: Operation,
        Planned { plan, matter, on, guards, footprint }: Planned,
        demand: Option<OperationDemand>,
        document: Valid<ExecutableDocument>,
        introspector: &Arc<Introspector>,
        api: Arc<Valid<Schema>>,
        max_list_items: usize,
    ) -> Result<Self, Refusal> {
        let text = document.sources.values().map(|source| source.source_text().len()).sum();
        let introspection = Introspection::prepare(introspector, document, &operation)?;
        let costs = demand.as_ref().map_or(0, OperationDemand::weight);
        let touched = footprint.as_ref().map_or(0, |footprint| footprint.weight());
        let weight = weight(text, &operation, &plan) + introspection.weight() + costs + touched;
        let uses = AtomicU64::new(0);
        Ok(Self {
            operation: Arc::new(operation),
            plan: Arc::new(plan),
            guards,
            on,
            alternatives: (!matter.is_empty()).then(|| Alternatives::new(matter)),
            demand: demand.map(Arc::new),
            made: Made::planned(Duration::ZERO),
            footprint,
            introspection: Arc::new(introspection),
            api,
            max_list_items,
            uses,
            weight,
        })
    }

    /// Of the labels that matter to the operation, those that are on in its plan.
    pub(super) fn labels_on(&self) -> &LabelSet {
        &self.on
    }

    /// Of the labels that are on for a request, those that matter to the operation.
    pub(super) fn labels_of_interest(&self, labels: &LabelSet) -> LabelSet {
        self.alternatives.as_ref().map_or_else(LabelSet::new, |alternatives| alternatives.of_interest(labels))
    }

    /// The operation with its plan under the labels that are on for a request, if there is one already.
    pub(super) fn under(self: &Arc<Self>, labels: &LabelSet) -> Option<Arc<Self>> {
        let Some(alternatives) = &self.alternatives else { return Some(Arc::clone(self)) };
        let on = alternatives.of_interest(labels);
        if on == self.on { Some(Arc::clone(self)) } else { alternatives.get(&on) }
    }

    /// Keeps the plan under other labels, and gives the operation with it.
    pub(super) fn add_alternative(
        &self,
        on: LabelSet,
        plan: Plan,
        demand: Option<OperationDemand>,
        made: Made,
    ) -> Arc<Self> {
        let other = Arc::new(Self {
            operation: Arc::clone(&self.operation),
            weight: weight(0, &self.operation, &plan),
            plan: Arc::new(plan),
            guards: self.guards.clone(),
            on: on.clone(),
            alternatives: None,
            demand: demand.map(Arc::new),
            made,
            footprint: self.footprint.clone(),
            introspection: Arc::clone(&self.introspection),
            api: Arc::clone(&self.api),
            max_list_items: self.max_list_items,
            uses: AtomicU64::new(0),
        });
        if let Some(alternatives) = &self.alternatives {
            alternatives.insert(on, Arc::clone(&other));
        }
        other
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
        self.weight + self.alternatives.as_ref().map_or(0, Alternatives::weight)
    }

    /// How many plans are kept of it: one, and where labels of `@override` matter to it, one for each of their
    /// assignments that requests had lately, up to 64.
    pub fn plans(&self) -> usize {
        1 + self.alternatives.as_ref().map_or(0, Alternatives::len)
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
