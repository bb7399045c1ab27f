//! Optimality: what is known about plans that might cost less.
//!
//! Where every field had one way only, there is no other plan of this kind, and where a plan needs no
//! more requests than there are subgraphs that must be asked, in one round, there can be no cheaper
//! one. Otherwise the bound is what any plan needs: the subgraphs that alone resolve a wanted field.

use super::draft::Draft;
use super::model::{Cost, Optimality};
use crate::graph::QueryGraph;
use crate::operation::{Operation, SelectionKind};
use crate::supergraph::SubgraphId;
use std::collections::BTreeSet;

/// Judges a plan of this cost, made with so many choices.
pub fn judge(graph: &QueryGraph, operation: &Operation, draft: &Draft<'_>, choices: u32, cost: Cost) -> Optimality {
    let requests = u32::try_from(indispensable(graph, operation).len()).unwrap_or(u32::MAX).min(cost.requests);
    let requests = requests.max(u32::from(!draft.steps.is_empty()));
    let depth = u32::from(!draft.steps.is_empty());
    if choices == 0 || (cost.requests == requests && cost.depth == depth) {
        return Optimality::Optimal;
    }
    Optimality::Bounded { bound: Cost { depth, requests, fields: 0 } }
}

/// The subgraphs that any plan asks: each alone resolves some field that is wanted whatever the types are.
fn indispensable(graph: &QueryGraph, operation: &Operation) -> BTreeSet<SubgraphId> {
    let selections = operation.sets.iter().flat_map(|set| &set.selections);
    selections
        .filter_map(|selection| match selection.kind {
            SelectionKind::Field { field, .. } if selection.on.is_none() => Some(field),
            _ => None,
        })
        .filter_map(|field| match graph.edges(field) {
            [only] => Some(only.subgraph),
            _ => None,
        })
        .collect()
}
