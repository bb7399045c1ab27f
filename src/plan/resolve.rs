//! Resolving: from an operation to a [`Draft`] in which every wanted field is picked by some visit.
//!
//! Positions are worked off breadth first. A position is looked at from each visit that brings its
//! objects:
//!
//! 1. what the visit's subgraph resolves itself is picked there ([`Resolver::is_direct`]);
//! 2. what is left is resolved by other subgraphs, entered by key ([`enter`](super::enter)), the ones
//!    that have no alternative first, then those that most of the rest can share;
//! 3. what no key leads to is looked for from further up: the path to the position is asked of another
//!    subgraph too ([`Resolver::lift`]).
//!
//! Where several ways are open the cheaper one by the [`Estimator`] is taken; ties go to the subgraph
//! whose name sorts first, so that plans are the same each time.

use super::PlanError;
use super::draft::{Draft, Entry, PlaceId, VisitId};
use super::estimate::{Estimate, Estimator};
use super::projection::wrapping;
use super::sets::BitSet;
use crate::graph::{Distances, FieldEdge, FieldSetId, QueryGraph};
use crate::operation::{Operation, OperationKind, SelectionKind, SetId};
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId, TypeSet};
use std::cmp::Reverse;
use std::collections::VecDeque;

/// Makes the draft of an operation.
#[derive(Debug)]
pub struct Resolver<'a> {
    pub(super) supergraph: &'a Supergraph,
    pub(super) graph: &'a QueryGraph,
    pub(super) operation: &'a Operation,
    pub(super) draft: Draft<'a>,
    pub(super) distances: Distances<'a>,
    pub(super) estimator: Estimator<'a>,
    /// Visits from which the client's selections are still to be resolved.
    pub(super) queue: VecDeque<VisitId>,
    /// Entities being entered, against going round in circles.
    pub(super) entering: Vec<(PlaceId, TypeId, SubgraphId, Option<FieldSetId>)>,
    /// Steps found while a mutation's earlier fields were resolved have to come before later ones.
    pub(super) floor: u32,
    /// How often there was more than one way.
    pub(super) choices: u32,
}

/// A field that the visit at hand cannot give.
#[derive(Debug, Clone)]
struct Goal {
    entry: usize,
    ty: TypeId,
    ways: Vec<Way>,
}

/// How a goal can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) subgraph: SubgraphId,
    /// The level of the step that would resolve it.
    pub(super) level: u32,
    pub(super) ahead: Estimate,
}

/// What makes one way better than another, the first difference deciding; the least is the best.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Preference {
    missing: u32,
    /// The level at which everything is there.
    done: u32,
    requests: u32,
    /// How many open goals the subgraph could serve.
    sharing: Reverse<usize>,
    subgraph: SubgraphId,
    goal: usize,
}

impl<'a> Resolver<'a> {
    /// A resolver with nothing resolved yet.
    pub fn new(supergraph: &'a Supergraph, graph: &'a QueryGraph, operation: &'a Operation) -> Self {
        Self {
            supergraph,
            graph,
            operation,
            draft: Draft::default(),
            distances: Distances::new(supergraph, graph),
            estimator: Estimator::new(supergraph, graph, operation),
            queue: VecDeque::new(),
            entering: Vec::new(),
            floor: 0,
            choices: 0,
        }
    }

    /// Resolves the whole operation; also says how often it had to choose.
    pub fn run(mut self) -> Result<(Draft<'a>, u32), PlanError> {
        let root = self.draft.client_place(self.supergraph, self.operation, SetId::ROOT, None);
        match self.operation.kind {
            OperationKind::Mutation => self.mutation(root)?,
            OperationKind::Query | OperationKind::Subscription => {
                self.roots(root)?;
                self.drain()?;
            }
        }
        Ok((self.draft, self.choices))
    }

    pub(super) fn drain(&mut self) -> Result<(), PlanError> {
        while let Some(visit) = self.queue.pop_front() {
            self.fill(visit)?;
        }
        Ok(())
    }

    /// Resolves the client's selections at a visit's place, for the objects that the visit brings.
    fn fill(&mut self, visit: VisitId) -> Result<(), PlanError> {
        let place = self.draft.visit(visit).place;
        let clients = self.draft.place(place).entries.iter().take_while(|entry| entry.unit.is_some()).count();
        let entries: Vec<usize> = (0..clients).collect();
        if let Some(interface) = self.draft.visit(visit).unknown
            && self.needs_type(visit, interface, &entries)
        {
            // What the interface object has itself is had there, for objects of whatever type; the rest once
            // the types are known. Of two entries with one response key, before the types are known nothing
            // tells whose the value is, so those wait too.
            let (own, rest): (Vec<usize>, Vec<usize>) = entries.into_iter().partition(|&entry| {
                let all = &self.draft.place(place).entries;
                let alone = all.iter().filter(|other| other.key == all[entry].key).count() == 1;
                alone && self.is_direct(visit, entry, interface)
            });
            for entry in own {
                self.pick_for_client(visit, entry);
            }
            let typed = self.learn_type(visit)?;
            return self.fill_entries(typed, &rest);
        }
        self.fill_entries(visit, &entries)
    }

    fn fill_entries(&mut self, visit: VisitId, entries: &[usize]) -> Result<(), PlanError> {
        let mut goals = Vec::new();
        for &entry in entries {
            let mut direct = TypeSet::default();
            for ty in self.wanted(visit, entry) {
                if self.is_direct(visit, entry, ty) && !self.is_better_elsewhere(visit, entry, ty) {
                    direct = direct.union(&self.types_of(visit, ty));
                } else {
                    let ways = self.ways(visit, entry, ty);
                    if ways.is_empty() && self.is_direct(visit, entry, ty) {
                        direct = direct.union(&self.types_of(visit, ty));
                    } else {
                        goals.push(Goal { entry, ty, ways });
                    }
                }
            }
            if !direct.is_empty() {
                self.pick_types_for_client(visit, entry, &direct);
            }
        }
        self.settle(visit, goals)
    }

    /// Resolves goals: first those with one way, then by the way that serves best.
    fn settle(&mut self, visit: VisitId, mut goals: Vec<Goal>) -> Result<(), PlanError> {
        goals.sort_by_key(|goal| goal.ways.len() > 1);
        let forced = goals.partition_point(|goal| goal.ways.len() <= 1);
        let mut open = goals.split_off(forced);
        for goal in goals {
            match goal.ways.first() {
                Some(way) => self.take(visit, &goal, *way)?,
                None => self.lift_goal(visit, &goal)?,
            }
        }
        while !open.is_empty() {
            self.choices += 1;
            let (at, way) = self.best_way(visit, &open);
            let goal = open.remove(at);
            self.take(visit, &goal, way)?;
        }
        Ok(())
    }

    /// The position of the goal to settle next, and the way for it: the cheapest of all.
    fn best_way(&self, visit: VisitId, open: &[Goal]) -> (usize, Way) {
        let place = self.draft.visit(visit).place;
        let ways = open.iter().enumerate().flat_map(|(at, goal)| goal.ways.iter().map(move |way| (at, *way)));
        ways.min_by_key(|(at, way)| {
            let entered = self.draft.place(place).visits.iter().any(|&other| {
                let step = self.draft.step_of(other);
                step.subgraph == way.subgraph && step.level <= way.level
            });
            let shares = |goal: &&Goal| goal.ways.iter().any(|other| other.subgraph == way.subgraph);
            Preference {
                missing: way.ahead.missing,
                done: way.level + way.ahead.depth,
                requests: way.ahead.requests + u32::from(!entered),
                sharing: Reverse(open.iter().filter(shares).count()),
                subgraph: way.subgraph,
                goal: *at,
            }
        })
        .expect("open goals have ways")
    }

    fn take(&mut self, visit: VisitId, goal: &Goal, way: Way) -> Result<(), PlanError> {
        let place = self.draft.visit(visit).place;
        let field = self.field_for(place, goal.entry, goal.ty).ok_or_else(|| self.unreachable(place, goal.entry))?;
        let edge = self.graph.edge(field, way.subgraph).ok_or_else(|| self.unreachable(place, goal.entry))?;
        let live = self.unit_of(place, goal.entry);
        match self.enter(visit, goal.ty, edge, &live) {
            Some(entered) => {
                let types = self.types_of(visit, goal.ty);
                self.pick_types_for_client(entered, goal.entry, &types);
                Ok(())
            }
            None => self.lift_goal(visit, goal),
        }
    }

    fn lift_goal(&mut self, visit: VisitId, goal: &Goal) -> Result<(), PlanError> {
        let place = self.draft.visit(visit).place;
        let live = self.unit_of(place, goal.entry);
        let other = self.lift(visit, goal.entry, goal.ty, &live).ok_or_else(|| self.unreachable(place, goal.entry))?;
        let types = self.types_of(visit, goal.ty);
        self.pick_types_for_client(other, goal.entry, &types);
        Ok(())
    }

    /// The ways by key to a field of objects of type `ty`.
    fn ways(&mut self, visit: VisitId, entry: usize, ty: TypeId) -> Vec<Way> {
        let place = self.draft.visit(visit).place;
        let Some(field) = self.field_for(place, entry, ty) else { return Vec::new() };
        let children = self.client_children(place, entry);
        let graph = self.graph;
        let mut ways = Vec::new();
        for edge in graph.edges(field).iter().filter(|edge| !edge.external) {
            if let Some(level) = self.entry_level(visit, ty, edge) {
                let ahead = self.ahead(children, edge);
                ways.push(Way { subgraph: edge.subgraph, level, ahead });
            }
        }
        ways
    }

    /// The level that a step for this edge would have.
    pub(super) fn entry_level(&mut self, visit: VisitId, ty: TypeId, edge: &FieldEdge) -> Option<u32> {
        let step = self.draft.step_of(visit);
        let (level, from) = (step.level, step.subgraph);
        let provided = &self.draft.visit(visit).provided;
        let graph = self.graph;
        match edge.requires {
            Some(requires) => {
                let keys = graph.keys_in(ty, edge.subgraph).iter().filter(|key| key.resolvable);
                let key = keys.filter_map(|key| self.distances.key(ty, from, key.fields)).min()?;
                let fields = &graph.field_set(requires).fields;
                let inputs = match self.distances.fields(ty, from, fields) {
                    Some(inputs) => inputs,
                    None if !provided.is_empty() => 0,
                    None => return None,
                };
                Some(level + inputs.max(key) + 1)
            }
            None if edge.subgraph == from => None,
            None => self.distances.hop_with(ty, from, edge.subgraph, provided).map(|hops| level + hops),
        }
    }

    /// Whether a composite field that the visit could give is had cheaper by way of another subgraph.
    fn is_better_elsewhere(&mut self, visit: VisitId, entry: usize, ty: TypeId) -> bool {
        let place = self.draft.visit(visit).place;
        let Some(children) = self.client_children(place, entry) else { return false };
        let Some(field) = self.field_for(place, entry, ty) else { return false };
        let subgraph = self.draft.subgraph_of(visit);
        let Some(edge) = self.graph.edge(field, subgraph) else { return false };
        if !self.provided_below(visit, entry, ty).is_empty() {
            return false;
        }
        let here = self.ahead(Some(children), edge);
        if here.is_free() {
            return false;
        }
        let level = self.draft.step_of(visit).level;
        let ways = self.ways(visit, entry, ty);
        self.choices += u32::from(!ways.is_empty());
        ways.iter().any(|way| {
            let there = Estimate {
                depth: way.ahead.depth + (way.level - level),
                requests: way.ahead.requests + 1,
                ..way.ahead
            };
            there < here
        })
    }

    pub(super) fn ahead(&mut self, children: Option<SetId>, edge: &FieldEdge) -> Estimate {
        children.map_or_else(Estimate::default, |children| {
            let graph = self.graph;
            let provided = edge.provides.map(|set| graph.field_set(set).fields.as_slice());
            self.estimator.set(&mut self.distances, children, edge.output, edge.subgraph, provided.as_slice())
        })
    }

    /// Whether the runtime type of objects that a subgraph takes for an interface object has to be known: it is
    /// asked for, or a field is for some types only, or cannot be had under the interface's name.
    fn needs_type(&mut self, visit: VisitId, interface: TypeId, entries: &[usize]) -> bool {
        let place = self.draft.visit(visit).place;
        let asked = self.draft.place(place).set.is_some_and(|set| {
            let selections = &self.operation.set(set).selections;
            selections.iter().any(|selection| matches!(selection.kind, SelectionKind::Typename))
        });
        asked
            || entries.iter().any(|&entry| {
                let found = &self.draft.place(place).entries[entry];
                found.on.is_some()
                    || self.nullability_varies(self.draft.place(place).ty, found.field)
                    || (!self.is_direct(visit, entry, interface) && self.ways(visit, entry, interface).is_empty())
            })
    }

    /// Whether the possible types of a position disagree on where a field may be null, so that a null is to be
    /// judged by the object's type.
    pub(super) fn nullability_varies(&self, of: TypeId, field: FieldId) -> bool {
        let name = &self.supergraph.field(field).name;
        let types = self.graph.possible().of(of).iter();
        let mut wrappings = types
            .filter_map(|ty| self.graph.field_of(ty, name))
            .map(|field| wrapping(&self.supergraph.field(field).ty));
        let first = wrappings.next();
        wrappings.any(|other| Some(other) != first)
    }

    pub(super) fn client_children(&self, place: PlaceId, entry: usize) -> Option<SetId> {
        let unit = self.draft.place(place).entries[entry].unit?;
        let set = self.draft.place(place).set?;
        super::draft::client_children(self.operation, set, unit)
    }

    pub(super) fn unit_of(&self, place: PlaceId, entry: usize) -> BitSet {
        self.draft.place(place).entries[entry].unit.map(|unit| unit as usize).into_iter().collect()
    }

    pub(super) fn unreachable(&self, place: PlaceId, entry: usize) -> PlanError {
        let found: &Entry = &self.draft.place(place).entries[entry];
        let field = self.supergraph.field(found.field);
        let mut path = vec![found.key.to_string()];
        let mut at = self.draft.place(place).parent;
        while let Some((above, entry)) = at {
            path.push(self.draft.place(above).entries[entry].key.to_string());
            at = self.draft.place(above).parent;
        }
        path.reverse();
        PlanError::Unreachable {
            coordinate: format!("{}.{}", self.supergraph.ty(field.parent).name, field.name),
            path: path.join("."),
        }
    }
}
