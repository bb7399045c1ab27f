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
use super::draft::{Draft, Entry, Pick, PlaceId, Step, StepId, Visit, VisitId};
use super::estimate::{Estimate, Estimator};
use super::sets::BitSet;
use crate::graph::{Distances, FieldEdge, FieldSetId, QueryGraph, SetField};
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
    queue: VecDeque<VisitId>,
    /// Entities being entered, against going round in circles.
    pub(super) entering: Vec<(PlaceId, TypeId, SubgraphId, Option<FieldSetId>)>,
    /// Steps found while a mutation's earlier fields were resolved have to come before later ones.
    floor: u32,
    /// How often there was more than one way.
    choices: u32,
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
struct Way {
    subgraph: SubgraphId,
    /// The level of the step that would resolve it.
    level: u32,
    ahead: Estimate,
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

    fn drain(&mut self) -> Result<(), PlanError> {
        while let Some(visit) = self.queue.pop_front() {
            self.fill(visit)?;
        }
        Ok(())
    }

    /// Root fields: those with one subgraph first, so that the others can join it.
    fn roots(&mut self, root: PlaceId) -> Result<(), PlanError> {
        let mut open: Vec<usize> = (0..self.draft.place(root).entries.len()).collect();
        open.sort_by_key(|&entry| self.root_ways(root, entry).len().min(2));
        for entry in open {
            let visit = self.root_visit_for(root, entry)?;
            self.pick_for_client(visit, entry);
        }
        Ok(())
    }

    /// A mutation's root fields run one after the other: each waits for all that the earlier ones started,
    /// but neighbours in one subgraph share a request, which runs them in order itself.
    fn mutation(&mut self, root: PlaceId) -> Result<(), PlanError> {
        let mut current: Option<VisitId> = None;
        for entry in 0..self.draft.place(root).entries.len() {
            let ways = self.root_ways(root, entry);
            let same = current.filter(|&visit| ways.iter().any(|way| way.subgraph == self.draft.subgraph_of(visit)));
            let visit = match same {
                Some(visit) => visit,
                None => {
                    self.drain()?;
                    self.floor = self.draft.steps.iter().map(|step| step.level).max().unwrap_or(0);
                    let best = self.best_root(root, entry, ways)?;
                    self.add_root_step(root, best)
                }
            };
            current = Some(visit);
            self.pick_for_client(visit, entry);
        }
        self.drain()
    }

    fn root_visit_for(&mut self, root: PlaceId, entry: usize) -> Result<VisitId, PlanError> {
        let ways = self.root_ways(root, entry);
        self.choices += u32::from(ways.len() > 1);
        let best = self.best_root(root, entry, ways)?;
        Ok(self.root_visit(root, best))
    }

    fn best_root(&self, root: PlaceId, entry: usize, ways: Vec<Way>) -> Result<SubgraphId, PlanError> {
        let asked = |subgraph: SubgraphId| {
            self.draft.place(root).visits.iter().any(|&visit| self.draft.subgraph_of(visit) == subgraph)
        };
        ways.into_iter()
            .min_by_key(|way| {
                let requests = way.ahead.requests + u32::from(!asked(way.subgraph));
                (way.ahead.missing, way.ahead.depth, requests, way.ahead.away, way.subgraph)
            })
            .map(|way| way.subgraph)
            .ok_or_else(|| self.unreachable(root, entry))
    }

    /// The subgraphs that resolve a root field, each with what lies ahead.
    fn root_ways(&mut self, root: PlaceId, entry: usize) -> Vec<Way> {
        let field = self.draft.place(root).entries[entry].field;
        let children = self.client_children(root, entry);
        let graph = self.graph;
        graph
            .edges(field)
            .iter()
            .filter(|edge| !edge.external)
            .map(|edge| {
                let ahead = self.ahead(children, edge);
                Way { subgraph: edge.subgraph, level: 1, ahead }
            })
            .collect()
    }

    /// The root's visit in a subgraph, made when it is the first.
    pub(super) fn root_visit(&mut self, root: PlaceId, subgraph: SubgraphId) -> VisitId {
        let known =
            self.draft.place(root).visits.iter().copied().find(|&visit| self.draft.subgraph_of(visit) == subgraph);
        known.unwrap_or_else(|| self.add_root_step(root, subgraph))
    }

    fn add_root_step(&mut self, root: PlaceId, subgraph: SubgraphId) -> VisitId {
        let level = self.floor + 1;
        let needs = (0..self.draft.steps.len()).map(StepId).filter(|_| self.floor > 0).collect();
        let step = StepId(self.draft.steps.len());
        let ty = self.draft.place(root).ty;
        let visit = self.draft.add_visit(Visit {
            place: root,
            step,
            declared: Some(ty),
            types: TypeSet::one(ty),
            unknown: None,
            provided: Vec::new(),
            picks: Vec::new(),
            filled: true,
        });
        self.draft.steps.push(Step { subgraph, level, kind: self.operation.kind, visit, inputs: Vec::new(), needs });
        visit
    }

    /// Resolves the client's selections at a visit's place, for the objects that the visit brings.
    fn fill(&mut self, visit: VisitId) -> Result<(), PlanError> {
        let place = self.draft.visit(visit).place;
        let clients = self.draft.place(place).entries.iter().take_while(|entry| entry.unit.is_some()).count();
        let entries: Vec<usize> = (0..clients).collect();
        if self.draft.visit(visit).unknown.is_some() && self.needs_type(place, visit) {
            // What the interface object has itself is had there, for objects of whatever type; the rest once
            // the types are known. What is for some types only is part of the rest: two such entries may share
            // a response key, and before the types are known nothing tells whose it is.
            let (own, rest): (Vec<usize>, Vec<usize>) = entries.into_iter().partition(|&entry| {
                let interface = self.draft.visit(visit).unknown;
                let for_all = self.draft.place(place).entries[entry].on.is_none();
                for_all && interface.is_some_and(|interface| self.is_direct(visit, entry, interface))
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

    fn ahead(&mut self, children: Option<SetId>, edge: &FieldEdge) -> Estimate {
        children.map_or_else(Estimate::default, |children| {
            let graph = self.graph;
            let provided = edge.provides.map(|set| graph.field_set(set).fields.as_slice());
            self.estimator.set(&mut self.distances, children, edge.output, edge.subgraph, provided.as_slice())
        })
    }

    /// The runtime types for which an entry is wanted of a visit's objects; the interface itself stands for
    /// all where the subgraph cannot tell them apart.
    pub(super) fn wanted(&self, visit: VisitId, entry: usize) -> Vec<TypeId> {
        let visit = self.draft.visit(visit);
        let on = &self.draft.place(visit.place).entries[entry].on;
        match (visit.unknown, on) {
            (Some(interface), None) => vec![interface],
            (_, on) => visit.types.iter().filter(|ty| on.as_ref().is_none_or(|on| on.contains(*ty))).collect(),
        }
    }

    /// The runtime types that `ty`, one of [`Self::wanted`], stands for.
    pub(super) fn types_of(&self, visit: VisitId, ty: TypeId) -> TypeSet {
        let visit = self.draft.visit(visit);
        if visit.unknown == Some(ty) { visit.types.clone() } else { TypeSet::one(ty) }
    }

    /// Whether something at the place depends on the objects' runtime type.
    fn needs_type(&self, place: PlaceId, visit: VisitId) -> bool {
        let Some(set) = self.draft.place(place).set else { return false };
        self.operation.set(set).selections.iter().any(|selection| match &selection.kind {
            SelectionKind::Typename => true,
            SelectionKind::Introspection(_) => false,
            SelectionKind::Field { field, .. } => {
                let interface = self.draft.visit(visit).unknown;
                let name = &self.supergraph.field(*field).name;
                selection.on.is_some() || interface.is_some_and(|ty| self.graph.field_of(ty, name).is_none())
            }
        })
    }

    /// The field that an entry means for objects of a type.
    pub(super) fn field_for(&self, place: PlaceId, entry: usize, ty: TypeId) -> Option<FieldId> {
        let field = self.draft.place(place).entries[entry].field;
        self.graph.field_of(ty, &self.supergraph.field(field).name)
    }

    /// Whether a visit's subgraph resolves an entry itself.
    pub(super) fn is_direct(&self, visit: VisitId, entry: usize, ty: TypeId) -> bool {
        let found = self.draft.visit(visit);
        let Some(field) = self.field_for(found.place, entry, ty) else { return false };
        self.is_direct_field(visit, field, ty)
    }

    fn is_direct_field(&self, visit: VisitId, field: FieldId, ty: TypeId) -> bool {
        let found = self.draft.visit(visit);
        let Some(edge) = self.graph.edge(field, self.draft.subgraph_of(visit)) else { return false };
        if edge.requires.is_some() {
            return false;
        }
        !edge.external || self.provided_field(&found.provided, field, ty).next().is_some()
    }

    /// The selections of the provided field sets that name a field.
    fn provided_field<'s>(
        &'s self,
        provided: &'s [&'a [SetField]],
        field: FieldId,
        ty: TypeId,
    ) -> impl Iterator<Item = &'a SetField> + 's {
        let name = &self.supergraph.field(field).name;
        provided.iter().flat_map(|set| set.iter()).filter(move |provided| {
            self.supergraph.field(provided.field).name == *name
                && provided.on.is_none_or(|on| on == ty || self.graph.possible().of(on).contains(ty))
        })
    }

    /// What is provided below an entry of a visit.
    fn provided_below(&self, visit: VisitId, entry: usize, ty: TypeId) -> Vec<&'a [SetField]> {
        let found = self.draft.visit(visit);
        let Some(field) = self.field_for(found.place, entry, ty) else { return Vec::new() };
        let mut provided: Vec<&'a [SetField]> = self
            .provided_field(&found.provided, field, ty)
            .map(|set| set.children.as_slice())
            .filter(|children| !children.is_empty())
            .collect();
        let graph = self.graph;
        let edge = graph.edge(field, self.draft.subgraph_of(visit));
        if let Some(set) = edge.and_then(|edge| edge.provides) {
            provided.push(&graph.field_set(set).fields);
        }
        provided
    }

    fn pick_for_client(&mut self, visit: VisitId, entry: usize) {
        let types = self.draft.visit(visit).types.clone();
        self.pick_types_for_client(visit, entry, &types);
    }

    /// Picks a field because the client wants it there, and has its value's selections resolved from there.
    fn pick_types_for_client(&mut self, visit: VisitId, entry: usize, types: &TypeSet) {
        let place = self.draft.visit(visit).place;
        let live = self.unit_of(place, entry);
        let (pick, touched) = self.pick(visit, entry, types, &live);
        debug_assert!(pick < self.draft.visit(visit).picks.len());
        for child in touched {
            if !std::mem::replace(&mut self.draft.visits[child.0].filled, true) {
                self.queue.push_back(child);
            }
        }
    }

    /// Picks a field of a visit for some types; gives the pick's position and the visits of its value for them.
    pub(super) fn pick(
        &mut self,
        visit: VisitId,
        entry: usize,
        types: &TypeSet,
        live: &BitSet,
    ) -> (usize, Vec<VisitId>) {
        let at = match self.draft.visit(visit).picks.iter().position(|pick| pick.entry == entry) {
            Some(at) => at,
            None => {
                let pick = Pick { entry, types: TypeSet::default(), children: Vec::new(), live: BitSet::new() };
                self.draft.visits[visit.0].picks.push(pick);
                self.draft.visit(visit).picks.len() - 1
            }
        };
        let pick = &mut self.draft.visits[visit.0].picks[at];
        pick.types = pick.types.union(types);
        pick.live.union_with(live);
        (at, self.value_visits(visit, at, types))
    }

    /// The visits of a picked field's value: one per type that the subgraph declares for it.
    fn value_visits(&mut self, visit: VisitId, pick: usize, types: &TypeSet) -> Vec<VisitId> {
        let place = self.draft.visit(visit).place;
        let entry = self.draft.visit(visit).picks[pick].entry;
        let Some(child) = self.draft.child_place(self.supergraph, self.operation, place, entry) else {
            return Vec::new();
        };
        let of: Vec<TypeId> = match self.draft.visit(visit).unknown {
            Some(interface) => vec![interface],
            None => types.iter().collect(),
        };
        let mut touched = Vec::new();
        for ty in of {
            let Some(edge) = self.edge_of(visit, entry, ty) else { continue };
            let declared = edge.output;
            let known = self.draft.visit(visit).picks[pick]
                .children
                .iter()
                .copied()
                .find(|&known| self.draft.visit(known).declared == Some(declared));
            let value = match known {
                Some(known) => known,
                None => {
                    let provided = self.provided_below(visit, entry, ty);
                    let value = self.add_value_visit(visit, child, declared, provided);
                    self.draft.visits[visit.0].picks[pick].children.push(value);
                    value
                }
            };
            if !touched.contains(&value) {
                touched.push(value);
            }
        }
        touched
    }

    /// The edge by which a visit's subgraph resolves an entry, the interface's own where it knows an interface object.
    pub(super) fn edge_of(&self, visit: VisitId, entry: usize, ty: TypeId) -> Option<&'a FieldEdge> {
        let field = self.field_for(self.draft.visit(visit).place, entry, ty)?;
        let graph = self.graph;
        graph.edge(field, self.draft.subgraph_of(visit))
    }

    fn add_value_visit(
        &mut self,
        visit: VisitId,
        place: PlaceId,
        declared: TypeId,
        provided: Vec<&'a [SetField]>,
    ) -> VisitId {
        let step = self.draft.visit(visit).step;
        let subgraph = self.draft.subgraph_of(visit);
        let unknown = self.graph.is_interface_object(declared, subgraph).then_some(declared);
        let types = self.graph.possible_in(declared, subgraph);
        self.draft.add_visit(Visit {
            place,
            step,
            declared: Some(declared),
            types,
            unknown,
            provided,
            picks: Vec::new(),
            filled: false,
        })
    }

    fn client_children(&self, place: PlaceId, entry: usize) -> Option<SetId> {
        let unit = self.draft.place(place).entries[entry].unit?;
        let set = self.draft.place(place).set?;
        super::draft::client_children(self.operation, set, unit)
    }

    fn unit_of(&self, place: PlaceId, entry: usize) -> BitSet {
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
