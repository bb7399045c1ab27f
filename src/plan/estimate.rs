//! Estimates: what resolving a selection set would cost, were its objects had in a given subgraph.
//!
//! The estimate ignores that fetches merge across branches, so it is an upper bound of requests for
//! what it looks at; it is exact about depth where keys do not need fields from several subgraphs.
//! Choices are ordered by it.

use crate::graph::{Distances, FieldEdge, QueryGraph, SetField};
use crate::operation::{Operation, SelectionKind, SetId};
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId};
use std::collections::HashMap;

/// What lies ahead: further round trips in a row, and requests in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Estimate {
    /// Parts that cannot be had from here at all: another way must be found for them.
    pub missing: u32,
    /// Round trips, one after the other.
    pub depth: u32,
    /// Requests.
    pub requests: u32,
    /// Fields that come from another subgraph: of two ways, the one that brings more at once is better.
    pub away: u32,
}

impl Estimate {
    /// Whether everything is at hand.
    pub fn is_free(self) -> bool {
        self == Self::default()
    }

    /// Both, side by side.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        Self {
            missing: self.missing + other.missing,
            depth: self.depth.max(other.depth),
            requests: self.requests + other.requests,
            away: self.away + other.away,
        }
    }
}

/// Estimates, remembered by selection set, type and subgraph.
#[derive(Debug)]
pub struct Estimator<'a> {
    supergraph: &'a Supergraph,
    graph: &'a QueryGraph,
    operation: &'a Operation,
    known: HashMap<(SetId, TypeId, SubgraphId), Estimate>,
    sizes: HashMap<SetId, u32>,
}

impl<'a> Estimator<'a> {
    /// Nothing is estimated yet.
    pub fn new(supergraph: &'a Supergraph, graph: &'a QueryGraph, operation: &'a Operation) -> Self {
        Self { supergraph, graph, operation, known: HashMap::new(), sizes: HashMap::new() }
    }

    /// What resolving `set` costs when its objects, declared as `ty`, are had in `from`, by a way that
    /// provides some external fields.
    pub fn set(
        &mut self,
        distances: &mut Distances<'a>,
        set: SetId,
        ty: TypeId,
        from: SubgraphId,
        provided: &[&'a [SetField]],
    ) -> Estimate {
        if provided.is_empty()
            && let Some(known) = self.known.get(&(set, ty, from))
        {
            return *known;
        }
        let operation = self.operation;
        let graph = self.graph;
        let types = graph.possible_in(ty, from);
        let unknown = self.graph.is_interface_object(ty, from);
        let mut total = Estimate::default();
        let mut entered: Vec<SubgraphId> = Vec::new();
        for selection in &operation.set(set).selections {
            let SelectionKind::Field { field, children, .. } = &selection.kind else { continue };
            let name = &self.supergraph.field(*field).name;
            let of_types: Vec<TypeId> = if unknown && selection.on.is_none() {
                vec![ty]
            } else {
                types.iter().filter(|ty| selection.on.as_ref().is_none_or(|on| on.contains(*ty))).collect()
            };
            let mut worst = Estimate::default();
            for ty in of_types {
                let Some(field) = self.graph.field_of(ty, name) else { continue };
                let estimate = match self.provided(distances, ty, field, *children, from, provided) {
                    Some(estimate) => estimate,
                    None => self.field(distances, ty, field, *children, (from, provided), &mut entered),
                };
                worst = worst.max(estimate);
            }
            total = total.beside(worst);
        }
        if provided.is_empty() {
            self.known.insert((set, ty, from), total);
        }
        total
    }

    /// What a field costs that the way here provides; none when it does not.
    fn provided(
        &mut self,
        distances: &mut Distances<'a>,
        ty: TypeId,
        field: FieldId,
        children: Option<SetId>,
        from: SubgraphId,
        provided: &[&'a [SetField]],
    ) -> Option<Estimate> {
        let name = &self.supergraph.field(field).name;
        let found: Vec<&'a SetField> = provided
            .iter()
            .flat_map(|set| set.iter())
            .filter(|provided| {
                self.supergraph.field(provided.field).name == *name
                    && provided.on.is_none_or(|on| on == ty || self.graph.possible().of(on).contains(ty))
            })
            .collect();
        if found.is_empty() {
            return None;
        }
        let output = self.graph.edge(field, from)?.output;
        let below: Vec<&'a [SetField]> = found.iter().map(|field| field.children.as_slice()).collect();
        Some(children.map_or_else(Estimate::default, |children| self.set(distances, children, output, from, &below)))
    }

    fn field(
        &mut self,
        distances: &mut Distances<'a>,
        ty: TypeId,
        field: FieldId,
        children: Option<SetId>,
        (from, provided): (SubgraphId, &[&'a [SetField]]),
        entered: &mut Vec<SubgraphId>,
    ) -> Estimate {
        let graph = self.graph;
        let mut best: Option<(Estimate, SubgraphId)> = None;
        for edge in graph.edges(field).iter().filter(|edge| !edge.external) {
            let Some(hops) = self.hops(distances, ty, (from, provided), edge) else { continue };
            let below = children.map_or_else(Estimate::default, |children| {
                let provided = edge.provides.map(|set| graph.field_set(set).fields.as_slice());
                self.set(distances, children, edge.output, edge.subgraph, provided.as_slice())
            });
            let new = hops > 0 && !entered.contains(&edge.subgraph);
            let estimate = Estimate {
                depth: below.depth + hops,
                requests: below.requests + u32::from(new),
                away: if hops > 0 { self.size(children) } else { below.away },
                ..below
            };
            if best.is_none_or(|(known, _)| estimate < known) {
                best = Some((estimate, edge.subgraph));
            }
        }
        match best {
            Some((estimate, subgraph)) => {
                if estimate.depth > 0 && subgraph != from {
                    entered.push(subgraph);
                }
                estimate
            }
            None => Estimate { missing: 1, ..Estimate::default() },
        }
    }

    /// How many fields a field and what is selected of it are.
    fn size(&mut self, children: Option<SetId>) -> u32 {
        let Some(set) = children else { return 1 };
        if let Some(known) = self.sizes.get(&set) {
            return *known;
        }
        let operation = self.operation;
        let mut size = 1_u32;
        for selection in &operation.set(set).selections {
            if let SelectionKind::Field { children, .. } = selection.kind {
                size = size.saturating_add(self.size(children));
            }
        }
        self.sizes.insert(set, size);
        size
    }

    fn hops(
        &self,
        distances: &mut Distances<'a>,
        ty: TypeId,
        (from, provided): (SubgraphId, &[&'a [SetField]]),
        edge: &FieldEdge,
    ) -> Option<u32> {
        let graph = self.graph;
        match edge.requires {
            None => distances.hop_with(ty, from, edge.subgraph, provided),
            Some(requires) => {
                let inputs = distances.fields(ty, from, &graph.field_set(requires).fields)? + 1;
                let enter = distances.hop(ty, from, edge.subgraph)?;
                Some(inputs.max(enter).max(1))
            }
        }
    }
}
