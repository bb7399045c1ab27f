//! What things cost in one supergraph under one configuration, and what is worked out of it per operation.

use super::cost::{AskedFetch, CostModel, ExplainedCost, FetchCosts, Given, OperationCost, Prices};
use super::limits::{field_limits, fields_at};
use crate::config::DemandControl;
use crate::operation::{Operation, SelectionKind};
use crate::supergraph::{FieldId, PossibleTypes, SubgraphId, Supergraph};

/// Works out what operations cost. Made once per supergraph and configuration.
#[derive(Debug, Clone)]
pub struct Tariff {
    model: CostModel,
    /// By limit, in the order of [`field_limits`]: the fields that it is about.
    limited: Box<[Vec<FieldId>]>,
    /// By subgraph, where any is limited: elements of a list of which nothing is known.
    list_sizes: Option<Box<[u64]>>,
}

/// All that is known of an operation's demand before there is a request.
#[derive(Debug, Clone)]
pub struct OperationDemand {
    /// In points.
    pub cost: OperationCost,
    /// How often limited fields are resolved, by the position of the limit.
    pub calls: Box<[(usize, OperationCost)]>,
    /// What its plan asks of subgraphs, where that is limited.
    pub fetches: Option<FetchCosts>,
}

impl Tariff {
    /// The tariff of a supergraph.
    pub fn new(supergraph: &Supergraph, possible: &PossibleTypes, settings: &DemandControl) -> Self {
        let limits = settings.budget.as_ref().map(|budget| field_limits(supergraph, budget)).unwrap_or_default();
        Self {
            model: CostModel::new(supergraph, settings.list_size),
            list_sizes: settings.subgraphs.is_limited().then(|| {
                let sizes = supergraph.subgraphs.iter().map(|subgraph| settings.subgraphs.of(&subgraph.name).list_size);
                sizes.map(|size| size.unwrap_or(settings.list_size).into()).collect()
            }),
            limited: limits.keys().map(|coordinate| fields_at(supergraph, possible, coordinate)).collect(),
        }
    }

    /// What is known of an operation.
    pub fn operation(
        &self,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        operation: &Operation,
    ) -> OperationDemand {
        let priced = |prices| self.model.operation(supergraph, possible, operation, prices);
        let selected = |fields: &[FieldId]| {
            let mut selections = operation.sets.iter().flat_map(|set| &set.selections);
            selections.any(
                |selection| matches!(&selection.kind, SelectionKind::Field { field, .. } if fields.contains(field)),
            )
        };
        let limited = self.limited.iter().enumerate().filter(|(_, fields)| selected(fields));
        OperationDemand {
            cost: priced(Prices::Points),
            calls: limited.map(|(limit, fields)| (limit, priced(Prices::Calls(fields)))).collect(),
            fetches: None,
        }
    }

    /// What an operation costs, field by field.
    pub fn explain(
        &self,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        operation: &Operation,
        given: Given<'_>,
    ) -> ExplainedCost {
        self.model.explain(supergraph, possible, operation, given)
    }

    /// Whether it matters what subgraphs are asked.
    pub fn limits_subgraphs(&self) -> bool {
        self.list_sizes.is_some()
    }

    /// What the requests of an operation's plan cost.
    pub fn fetches(
        &self,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        operation: &Operation,
        asked: &[AskedFetch],
    ) -> FetchCosts {
        let sizes = self.list_sizes.as_deref().unwrap_or_default();
        let size = |subgraph: SubgraphId| sizes.get(subgraph.index()).copied().unwrap_or(self.model.list_size);
        self.model.fetches(supergraph, possible, operation, size, asked)
    }
}

impl OperationDemand {
    /// The same under a plan whose requests cost this.
    #[must_use]
    pub fn with_fetches(&self, fetches: Option<FetchCosts>) -> Self {
        Self { fetches, ..self.clone() }
    }

    /// Bytes it takes in a cache, roughly.
    pub fn weight(&self) -> usize {
        let calls = self.calls.iter().map(|(_, calls)| calls.weight()).sum::<usize>();
        self.cost.weight() + calls + self.fetches.as_ref().map_or(0, |fetches| fetches.len() * 48)
    }
}
