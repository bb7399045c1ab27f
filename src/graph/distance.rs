//! Distances: how many round trips lie between having an object in one subgraph and having it, or a field of
//! it, in another.
//!
//! A distance looks only at types and subgraphs, not at positions. What is asked is a *goal*: to have an
//! entity in a subgraph, a field, or all that is selected of a field's value. Goals follow from goals:
//!
//! - an entity can be had in a subgraph one round trip after all fields of one of its resolvable keys;
//! - a field can be had where an entity is that resolves it; where it has requirements, one round trip after
//!   these and a key; then all that is selected of its value has to be had from there;
//! - what is selected of a value has to be had for each type that the value can have there.
//!
//! Keys and requirements may be as deep as they like and come round to themselves, so this is no recursion: the
//! goals that a goal can follow from are gathered, and a [`Derivation`] finds what they cost, all at once.
//! Each is remembered, so the time in all is that of looking at each once.

use super::derivation::Derivation;
use super::{FieldEdge, FieldSetId, KeyEdge, QueryGraph, SetField};
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId};
use ahash::RandomState;
use std::collections::HashMap;
use std::hash::{Hash, Hasher};

/// Goals remembered at a time.
const MOST_KNOWN: usize = 1 << 16;

/// Distances between subgraphs, found on demand and remembered.
#[derive(Debug)]
pub struct Distances<'a> {
    supergraph: &'a Supergraph,
    graph: &'a QueryGraph,
    known: HashMap<Goal<'a>, Option<u32>, RandomState>,
    /// What [`Origin::Several`] stands for: subgraphs, each with the round in which the object is had there.
    several: Vec<(SubgraphId, u32)>,
    /// The goals of the derivation at hand, by number.
    goals: Vec<Goal<'a>>,
    numbers: HashMap<Goal<'a>, u32, RandomState>,
    derivation: Derivation,
}

/// What is to be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Goal<'a> {
    /// An entity, by key or because it is there.
    Entity { ty: TypeId, from: Origin, to: SubgraphId },
    /// A field of whose value nothing is selected.
    Leaf { field: FieldId, from: Origin },
    /// A field with all that is selected of it.
    Nested { ty: TypeId, from: Origin, field: Selected<'a> },
    /// All that is selected of a field, of a value that a subgraph declares so.
    Below { output: TypeId, from: SubgraphId, field: Selected<'a> },
}

/// Where the object is had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Origin {
    One(SubgraphId),
    /// [`Distances::several`]: for the goals of one question, which are not remembered.
    Several,
}

/// A place in a field set of the graph, known by its address.
#[derive(Debug, Clone, Copy)]
struct Selected<'a>(&'a SetField);

impl PartialEq for Selected<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.0, other.0)
    }
}

impl Eq for Selected<'_> {}

impl Hash for Selected<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        std::ptr::from_ref(self.0).hash(state);
    }
}

impl<'a> Distances<'a> {
    /// No distance is known yet.
    pub fn new(supergraph: &'a Supergraph, graph: &'a QueryGraph) -> Self {
        Self {
            supergraph,
            graph,
            known: HashMap::default(),
            several: Vec::new(),
            goals: Vec::new(),
            numbers: HashMap::default(),
            derivation: Derivation::default(),
        }
    }

    /// How many round trips it takes to have an entity of type `ty` in `to`, having it in `from`; 0 when they are one.
    pub fn hop(&mut self, ty: TypeId, from: SubgraphId, to: SubgraphId) -> Option<u32> {
        if from == to {
            return Some(0);
        }
        self.cost(Goal::Entity { ty, from: Origin::One(from), to })
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
        let named = self.keys_into(ty, to).any(|key| {
            let mut fields = graph.field_set(key.fields).fields.iter();
            fields.all(|field| {
                self.fields(ty, from, std::slice::from_ref(field)) == Some(0) || self.is_provided(provided, field)
            })
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
    pub fn fields(&mut self, ty: TypeId, from: SubgraphId, fields: &'a [SetField]) -> Option<u32> {
        self.dearest(ty, Origin::One(from), fields)
    }

    /// The same, having it in several subgraphs, in each from some round on.
    pub fn fields_from(
        &mut self,
        ty: TypeId,
        from: impl Iterator<Item = (SubgraphId, u32)>,
        fields: &'a [SetField],
    ) -> Option<u32> {
        let from = self.origin(from);
        self.dearest(ty, from, fields)
    }

    /// How many round trips it takes to be able to name an entity by `key`.
    pub fn key(&mut self, ty: TypeId, from: SubgraphId, key: FieldSetId) -> Option<u32> {
        let graph = self.graph;
        self.fields(ty, from, &graph.field_set(key).fields)
    }

    /// How many round trips it takes to have an entity asked for by key in `to`, with what a field of it requires,
    /// having it in several subgraphs, in each from some round on.
    pub fn entry_from(
        &mut self,
        ty: TypeId,
        from: &[(SubgraphId, u32)],
        to: SubgraphId,
        requires: Option<FieldSetId>,
    ) -> Option<u32> {
        let graph = self.graph;
        let origin = self.origin(from.iter().copied());
        let inputs = requires.map_or(Some(0), |set| self.dearest(ty, origin, &graph.field_set(set).fields))?;
        let keys =
            self.keys_into(ty, to).filter_map(|key| self.dearest(ty, origin, &graph.field_set(key.fields).fields));
        Some(keys.min()?.max(inputs) + 1)
    }

    /// The subgraphs in which entities of a type can be had that are had in all of `from`, sorted.
    pub fn closure(&mut self, ty: TypeId, from: &[SubgraphId]) -> Vec<SubgraphId> {
        let graph = self.graph;
        let origin = self.origin(from.iter().map(|&subgraph| (subgraph, 0)));
        let mut subgraphs = from.to_vec();
        let mut others: Vec<SubgraphId> = graph.keys(ty).iter().map(|key| key.subgraph).collect();
        others.dedup();
        others.retain(|other| !from.contains(other));
        let goals: Vec<Goal<'a>> = others.iter().map(|&to| Goal::Entity { ty, from: origin, to }).collect();
        let costs = self.costs(&goals);
        subgraphs.extend(others.into_iter().zip(costs).filter(|(_, cost)| cost.is_some()).map(|(other, _)| other));
        subgraphs.sort_unstable();
        subgraphs.dedup();
        subgraphs
    }

    fn origin(&mut self, subgraphs: impl Iterator<Item = (SubgraphId, u32)>) -> Origin {
        self.several.clear();
        self.several.extend(subgraphs);
        match self.several.as_slice() {
            [(only, 0)] => Origin::One(*only),
            _ => Origin::Several,
        }
    }

    fn dearest(&mut self, ty: TypeId, from: Origin, fields: &'a [SetField]) -> Option<u32> {
        let goals: Vec<Goal<'a>> = fields.iter().filter_map(|field| self.field_goal(ty, from, field)).collect();
        let costs = self.costs(&goals).into_iter();
        costs.into_iter().try_fold(0, |dearest: u32, cost| Some(dearest.max(cost?)))
    }

    fn cost(&mut self, goal: Goal<'a>) -> Option<u32> {
        if let Some(known) = self.known.get(&goal) {
            return *known;
        }
        self.derive(&[goal]);
        self.derivation.cost(0)
    }

    fn costs(&mut self, goals: &[Goal<'a>]) -> Vec<Option<u32>> {
        let known: Option<Vec<Option<u32>>> = goals.iter().map(|goal| self.known.get(goal).copied()).collect();
        known.unwrap_or_else(|| {
            self.derive(goals);
            goals.iter().map(|goal| self.numbers.get(goal).and_then(|&number| self.derivation.cost(number))).collect()
        })
    }

    /// Finds what goals and all that they can follow from cost, and remembers it.
    fn derive(&mut self, goals: &[Goal<'a>]) {
        if self.known.len() > MOST_KNOWN {
            self.known.clear();
        }
        self.goals.clear();
        self.numbers.clear();
        self.derivation.clear();
        for &goal in goals {
            self.number(goal);
        }
        let mut at = 0;
        while let Some(&goal) = self.goals.get(at) {
            self.add_rules_of(u32::try_from(at).unwrap_or(u32::MAX), goal);
            at += 1;
        }
        self.derivation.settle();
        for (&goal, &number) in &self.numbers {
            if goal.is_lasting() {
                self.known.insert(goal, self.derivation.cost(number));
            }
        }
    }

    /// The number of a goal in the derivation at hand.
    fn number(&mut self, goal: Goal<'a>) -> u32 {
        *self.numbers.entry(goal).or_insert_with(|| {
            self.goals.push(goal);
            self.derivation.add_thing()
        })
    }

    fn numbers(&mut self, ty: TypeId, from: Origin, fields: &'a [SetField], numbers: &mut Vec<u32>) {
        for field in fields {
            if let Some(goal) = self.field_goal(ty, from, field) {
                numbers.push(self.number(goal));
            }
        }
    }

    /// To have a field as objects of type `ty` have it; none when the type condition excludes them.
    fn field_goal(&self, ty: TypeId, from: Origin, field: &'a SetField) -> Option<Goal<'a>> {
        let own = self.of(ty, field)?;
        Some(match field.children.is_empty() {
            true => Goal::Leaf { field: own, from },
            false => Goal::Nested { ty, from, field: Selected(field) },
        })
    }

    fn add_rules_of(&mut self, number: u32, goal: Goal<'a>) {
        if let Some(known) = self.known.get(&goal) {
            if let Some(cost) = known {
                self.derivation.add_rule(number, &[], *cost, None);
            }
            return;
        }
        match goal {
            Goal::Entity { ty, from, to } => self.add_rules_of_entity(number, ty, from, to),
            Goal::Leaf { field, from } => self.add_rules_of_field(number, field, from, None),
            Goal::Nested { ty, from, field } => {
                if let Some(own) = self.of(ty, field.0) {
                    self.add_rules_of_field(number, own, from, Some(field));
                }
            }
            Goal::Below { output, from, field } => {
                let mut premises = Vec::new();
                for ty in self.graph.possible_in(output, from).iter() {
                    self.numbers(ty, Origin::One(from), &field.0.children, &mut premises);
                }
                self.derivation.add_rule(number, &premises, 0, None);
            }
        }
    }

    fn add_rules_of_entity(&mut self, number: u32, ty: TypeId, from: Origin, to: SubgraphId) {
        let had = self.round_of(from, to);
        if let Some(round) = had {
            self.derivation.add_rule(number, &[], round, None);
        }
        if had == Some(0) {
            return;
        }
        let graph = self.graph;
        for key in self.keys_into(ty, to) {
            let mut premises = Vec::new();
            self.numbers(ty, from, &graph.field_set(key.fields).fields, &mut premises);
            self.derivation.add_rule(number, &premises, 1, None);
        }
    }

    fn add_rules_of_field(&mut self, number: u32, own: FieldId, from: Origin, field: Option<Selected<'a>>) {
        let graph = self.graph;
        let edges = graph.edges(own).iter().filter(|edge| !edge.external);
        let at_hand =
            |edge: &FieldEdge| edge.requires.is_none() && self.round_of(from, edge.subgraph).is_some_and(|at| at == 0);
        // Nothing is cheaper than a leaf that is there.
        if field.is_none() && edges.clone().any(at_hand) {
            self.derivation.add_rule(number, &[], 0, None);
            return;
        }
        let ty = self.supergraph.field(own).parent;
        for edge in edges {
            let sequel =
                field.map(|field| self.number(Goal::Below { output: edge.output, from: edge.subgraph, field }));
            match edge.requires {
                None => {
                    let entity = self.number(Goal::Entity { ty, from, to: edge.subgraph });
                    self.derivation.add_rule(number, &[entity], 0, sequel);
                }
                // The subgraph is asked anew, even where it is the one that has the object.
                Some(requires) => {
                    for key in self.keys_into(ty, edge.subgraph).filter(|key| !graph.is_root_key(key)) {
                        let mut premises = Vec::new();
                        self.numbers(ty, from, &graph.field_set(requires).fields, &mut premises);
                        self.numbers(ty, from, &graph.field_set(key.fields).fields, &mut premises);
                        self.derivation.add_rule(number, &premises, 1, sequel);
                    }
                }
            }
        }
    }

    /// The round in which an object is there without being asked for.
    fn round_of(&self, from: Origin, subgraph: SubgraphId) -> Option<u32> {
        match from {
            Origin::One(from) => (from == subgraph).then_some(0),
            Origin::Several => self.several.iter().find(|(known, _)| *known == subgraph).map(|(_, round)| *round),
        }
    }

    /// The keys by which entities of a type can be asked of a subgraph.
    fn keys_into(&self, ty: TypeId, subgraph: SubgraphId) -> impl Iterator<Item = &'a KeyEdge> + use<'a> {
        let graph = self.graph;
        graph.keys_in(ty, subgraph).iter().filter(|key| key.resolvable)
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

impl Goal<'_> {
    /// Whether it means the same in every derivation.
    fn is_lasting(&self) -> bool {
        match self {
            Self::Entity { from, .. } | Self::Leaf { from, .. } | Self::Nested { from, .. } => *from != Origin::Several,
            Self::Below { .. } => true,
        }
    }
}
