//! Distances: how many round trips lie between having an entity in one subgraph and having it in another.
//!
//! A distance looks only at types and subgraphs, not at positions, so it is computed once per pair of
//! type and subgraph. Breadth first by rounds: in each round, every subgraph that has a
//! resolvable key whose fields can be had from the subgraphs reached so far is reached.

use super::{FieldSetId, QueryGraph, SetField};
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId};
use ahash::RandomState;
use std::collections::HashMap;
use std::rc::Rc;

/// Nesting of key fields that are themselves entities; deeper ones are taken as out of reach.
const DEEPEST: u32 = 8;

/// Distances between subgraphs, found on demand and remembered.
#[derive(Debug)]
pub struct Distances<'a> {
    supergraph: &'a Supergraph,
    graph: &'a QueryGraph,
    known: HashMap<(TypeId, SubgraphId), Rc<Reached>, RandomState>,
}

/// The subgraphs within reach, sorted, each with its distance in round trips.
pub type Reached = Vec<(SubgraphId, u32)>;

impl<'a> Distances<'a> {
    /// No distance is known yet.
    pub fn new(supergraph: &'a Supergraph, graph: &'a QueryGraph) -> Self {
        Self { supergraph, graph, known: HashMap::default() }
    }

    /// How many round trips it takes to have an entity of type `ty` in `to`, having it in `from`; 0 when they are one.
    pub fn hop(&mut self, ty: TypeId, from: SubgraphId, to: SubgraphId) -> Option<u32> {
        let reached = self.reached(ty, from, 0);
        reached.binary_search_by_key(&to, |(subgraph, _)| *subgraph).ok().map(|at| reached[at].1)
    }

    /// The same, having also the external fields that the way to the entity provides. They matter for the
    /// first round trip only.
    pub fn hop_with(
        &mut self,
        ty: TypeId,
        from: SubgraphId,
        to: SubgraphId,
        provided: &[&'a [SetField]],
    ) -> Option<u32> {
        let plain = self.hop(ty, from, to);
        if plain.is_some_and(|hops| hops <= 1) || provided.is_empty() {
            return plain;
        }
        let graph = self.graph;
        let mut keys = graph.keys_in(ty, to).iter().filter(|key| key.resolvable);
        let named = keys.any(|key| {
            let fields = &graph.field_set(key.fields).fields;
            fields.iter().all(|field| self.here(ty, from, field, 0) == Some(0) || self.is_provided(provided, field))
        });
        if named { Some(1) } else { plain }
    }

    /// Whether a field with all that is selected of it is among the provided ones.
    fn is_provided(&self, provided: &[&'a [SetField]], field: &SetField) -> bool {
        let name = &self.supergraph.field(field.field).name;
        provided.iter().flat_map(|set| set.iter()).any(|candidate| {
            self.supergraph.field(candidate.field).name == *name
                && field.children.iter().all(|child| self.is_provided(&[candidate.children.as_slice()], child))
        })
    }

    /// How many round trips it takes to have all `fields` of an object of type `ty`, having it in `from`.
    pub fn fields(&mut self, ty: TypeId, from: SubgraphId, fields: &[SetField]) -> Option<u32> {
        self.all(ty, from, fields, 0)
    }

    /// How many round trips it takes to be able to name an entity by `key`.
    pub fn key(&mut self, ty: TypeId, from: SubgraphId, key: FieldSetId) -> Option<u32> {
        let graph = self.graph;
        self.all(ty, from, &graph.field_set(key).fields, 0)
    }

    /// The subgraphs in which entities of a type can be had that are had in all of `from`, sorted.
    pub fn closure(&mut self, ty: TypeId, from: &[SubgraphId]) -> Vec<SubgraphId> {
        let mut reached: Reached = from.iter().map(|&subgraph| (subgraph, 0)).collect();
        loop {
            let more = self.round(ty, &reached, 0);
            if more.is_empty() {
                break;
            }
            reached.extend(more.into_iter().map(|subgraph| (subgraph, 0)));
        }
        let mut subgraphs: Vec<SubgraphId> = reached.into_iter().map(|(subgraph, _)| subgraph).collect();
        subgraphs.sort_unstable();
        subgraphs.dedup();
        subgraphs
    }

    fn reached(&mut self, ty: TypeId, from: SubgraphId, depth: u32) -> Rc<Reached> {
        if let Some(known) = self.known.get(&(ty, from)) {
            return Rc::clone(known);
        }
        let mut reached: Reached = vec![(from, 0)];
        if depth < DEEPEST {
            let mut round = 0;
            loop {
                round += 1;
                let more = self.round(ty, &reached, depth);
                if more.is_empty() {
                    break;
                }
                reached.extend(more.into_iter().map(|subgraph| (subgraph, round)));
            }
        }
        reached.sort_unstable();
        let reached = Rc::new(reached);
        if depth == 0 {
            self.known.insert((ty, from), Rc::clone(&reached));
        }
        reached
    }

    /// The subgraphs that can be entered now and could not before, sorted.
    fn round(&mut self, ty: TypeId, reached: &Reached, depth: u32) -> Vec<SubgraphId> {
        let graph = self.graph;
        let mut more = Vec::new();
        for key in graph.keys(ty) {
            let new = !reached.iter().any(|(subgraph, _)| *subgraph == key.subgraph) && !more.contains(&key.subgraph);
            if key.resolvable && new && self.names(ty, reached, &graph.field_set(key.fields).fields, depth) {
                more.push(key.subgraph);
            }
        }
        more
    }

    /// Whether each of the fields can be had from one of the subgraphs.
    fn names(&mut self, ty: TypeId, reached: &Reached, fields: &[SetField], depth: u32) -> bool {
        fields.iter().all(|field| reached.iter().any(|(subgraph, _)| self.here(ty, *subgraph, field, depth) == Some(0)))
    }

    fn all(&mut self, ty: TypeId, from: SubgraphId, fields: &[SetField], depth: u32) -> Option<u32> {
        let mut longest = 0;
        for field in fields {
            longest = longest.max(self.one(ty, from, field, depth)?);
        }
        Some(longest)
    }

    /// Round trips to have one field with all that is selected of it.
    fn one(&mut self, ty: TypeId, from: SubgraphId, field: &SetField, depth: u32) -> Option<u32> {
        if depth >= DEEPEST {
            return None;
        }
        let here = self.here(ty, from, field, depth);
        if here == Some(0) {
            return here;
        }
        let reached = self.reached(ty, from, depth + 1);
        let away = reached
            .iter()
            .filter_map(|&(subgraph, hops)| self.with_hops_to(ty, from, field, (subgraph, hops), depth))
            .min();
        match (here, away) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        }
    }

    /// Round trips to have a field from another subgraph, or from this one once it is given what it requires.
    fn with_hops_to(
        &mut self,
        ty: TypeId,
        from: SubgraphId,
        field: &SetField,
        (subgraph, hops): (SubgraphId, u32),
        depth: u32,
    ) -> Option<u32> {
        let graph = self.graph;
        let own = self.of(ty, field)?;
        let edge = graph.edge(own, subgraph).filter(|edge| !edge.external)?;
        let before = match edge.requires {
            None if subgraph == from => return None,
            None => hops,
            // The key and the required fields first, then the subgraph, which may be the one left.
            Some(requires) => {
                let mut keys = graph.keys_in(ty, subgraph).iter().filter(|key| key.resolvable);
                keys.next()?;
                (self.all(ty, from, &graph.field_set(requires).fields, depth + 1)? + 1).max(hops)
            }
        };
        Some(before + self.below(edge.output, subgraph, field, depth)?)
    }

    /// The same, for a field that the subgraph resolves itself.
    fn here(&mut self, ty: TypeId, from: SubgraphId, field: &SetField, depth: u32) -> Option<u32> {
        let Some(own) = self.of(ty, field) else { return Some(0) };
        let graph = self.graph;
        let edge = graph.edge(own, from).filter(|edge| !edge.external && edge.requires.is_none())?;
        self.below(edge.output, from, field, depth)
    }

    fn below(&mut self, output: TypeId, from: SubgraphId, field: &SetField, depth: u32) -> Option<u32> {
        if field.children.is_empty() {
            return Some(0);
        }
        if depth >= DEEPEST {
            return None;
        }
        let mut longest = 0;
        let graph = self.graph;
        for ty in graph.possible_in(output, from).iter() {
            longest = longest.max(self.all(ty, from, &field.children, depth + 1)?);
        }
        Some(longest)
    }

    /// The field as objects of type `ty` have it; none when the type condition excludes them.
    fn of(&self, ty: TypeId, field: &SetField) -> Option<FieldId> {
        if field.on.is_some_and(|on| on != ty && !self.graph.possible().of(on).contains(ty)) {
            return None;
        }
        let name = &self.supergraph.field(field.field).name;
        self.graph.field_of(ty, name)
    }
}
