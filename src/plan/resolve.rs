//! Resolving: from an operation to a [`Draft`] in which every wanted field is picked by some visit.
//!
//! What is to be done is a pile of [`Work`], and what a piece of work leads to is done next, before what lay
//! below it: so one part of the operation is done with before the next one is begun, and what is left to do
//! hangs on little of what was done ([`state`](super::state)). A position is looked at from each visit that
//! brings its objects:
//!
//! 1. what the visit's subgraph resolves itself is picked there ([`Resolver::is_direct`]), unless what is
//!    selected below might be had cheaper elsewhere;
//! 2. what is left is a goal, with the ways to it: by key into another subgraph
//!    ([`enter`](super::enter)), or by asking another subgraph for the path to the position too
//!    ([`path`](super::path)). Goals with one way come first, then those that requests made so far can
//!    serve, then choices;
//! 3. what no key leads to has to be asked for along the path.
//!
//! Where several ways are open, alternatives are put in order of preference by the [`Estimator`], ties
//! by the subgraph's number, and [`Choices`] says which is taken.

use super::PlanError;
use super::bound;
use super::choice::{Alternative, Choices, Point, Question, Route};
use super::draft::{Draft, Entry, PlaceId, VisitId};
use super::estimate::{Estimate, Estimator};
use super::model::Cost;
use super::objective::Objective;
use super::projection::wrapping;
use super::sets::BitSet;
use super::space::Space;
use super::state::States;
use crate::graph::{Distances, FieldEdge, FieldSetId, QueryGraph};
use crate::operation::{Operation, OperationKind, SelectionKind, SetId};
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId, TypeSet};
use std::cmp::Reverse;
use std::collections::BTreeSet;

/// What the resolvings of one operation have in common.
#[derive(Debug, Clone, Copy)]
pub struct Terms<'a> {
    /// The schema.
    pub supergraph: &'a Supergraph,
    /// Its moves.
    pub graph: &'a QueryGraph,
    /// What is asked.
    pub operation: &'a Operation,
    /// What any plan needs.
    pub space: &'a Space,
    /// The subgraphs that any plan asks.
    pub indispensable: &'a BTreeSet<SubgraphId>,
    /// What the plan is to have little of.
    pub objective: Objective,
    /// Whether ways that cannot be better than others are choices all the same: for proving the rules that
    /// say which they are.
    pub exhaustive: bool,
}

/// Makes the draft of an operation.
#[derive(Debug)]
pub struct Resolver<'a> {
    pub(super) supergraph: &'a Supergraph,
    pub(super) graph: &'a QueryGraph,
    pub(super) operation: &'a Operation,
    pub(super) terms: Terms<'a>,
    pub(super) draft: Draft<'a>,
    pub(super) distances: Distances<'a>,
    pub(super) estimator: Estimator<'a>,
    pub(super) states: Option<States>,
    /// How many choices there were when the state was last looked at.
    pub(super) noted: usize,
    /// What is still to be done, the next on top.
    pub(super) pile: Vec<Work>,
    /// Visits found from which the client's selections are to be resolved next.
    pub(super) found: Vec<VisitId>,
    /// Entities being entered, against going round in circles.
    pub(super) entering: Vec<(PlaceId, TypeId, SubgraphId, Option<FieldSetId>)>,
    /// Steps found while a mutation's earlier fields were resolved have to come before later ones.
    pub(super) floor: u32,
    pub(super) choices: Choices,
    /// A draft that cannot cost less than this is given up.
    pub(super) limit: Option<Cost>,
    /// Whether the draft was given up.
    pub(super) cut: bool,
    /// How many picks there are, and the client's units among them.
    pub(super) picks: u32,
    pub(super) picked: BitSet,
}

/// What one resolving leaves for the next: what was worked out and holds for all of them.
#[derive(Debug)]
pub struct Memory<'a> {
    distances: Distances<'a>,
    estimator: Estimator<'a>,
    /// The states met so far; none where they are not looked at.
    pub states: Option<States>,
}

impl<'a> Memory<'a> {
    /// Nothing is known yet.
    pub fn new(terms: Terms<'a>) -> Self {
        let Terms { supergraph, graph, operation, .. } = terms;
        Self {
            distances: Distances::new(supergraph, graph),
            estimator: Estimator::new(supergraph, graph, operation),
            states: None,
        }
    }
}

/// What came of resolving under a script.
#[derive(Debug)]
pub struct Resolved<'a> {
    /// The draft; none when it was given up as too dear, an error when the script leads nowhere.
    pub draft: Result<Option<Draft<'a>>, PlanError>,
    /// The choices on the way, prescribed ones included.
    pub choices: Choices,
    /// How many picks the draft has.
    pub picks: u32,
    /// For the next one.
    pub memory: Memory<'a>,
}

/// A part of resolving.
#[derive(Debug)]
pub(super) enum Work {
    /// To resolve the client's selections from a visit.
    Fill(VisitId),
    /// To settle goals, between which there are choices, at a visit.
    Settle(VisitId, Vec<Goal>),
    /// To ask some subgraph for a root field.
    Root(PlaceId, usize),
}

/// A field that the visit at hand cannot give, or might better not.
#[derive(Debug, Clone)]
pub(super) struct Goal {
    pub(super) entry: usize,
    pub(super) ty: TypeId,
    pub(super) ways: Vec<Way>,
}

/// How a goal can be reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) subgraph: SubgraphId,
    /// The level of the step that would resolve it.
    pub(super) level: u32,
    pub(super) route: Route,
    pub(super) ahead: Estimate,
}

/// What makes one way better than another, the first difference deciding; the least is the best.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Preference {
    missing: u32,
    /// By objective, the level at which everything is there and the requests, or the other way round.
    cost: [u32; 2],
    away: u32,
    /// How many open goals the subgraph could serve.
    sharing: Reverse<usize>,
    subgraph: SubgraphId,
    goal: usize,
}

impl<'a> Resolver<'a> {
    /// A resolver with nothing resolved yet.
    pub fn new(terms: Terms<'a>, memory: Memory<'a>, script: Vec<usize>, limit: Option<Cost>) -> Self {
        let Terms { supergraph, graph, operation, .. } = terms;
        let Memory { distances, estimator, states } = memory;
        Self {
            supergraph,
            graph,
            operation,
            terms,
            draft: Draft::default(),
            distances,
            estimator,
            states,
            noted: 0,
            pile: Vec::new(),
            found: Vec::new(),
            entering: Vec::new(),
            floor: 0,
            choices: Choices::following(script),
            limit,
            cut: false,
            picks: 0,
            picked: BitSet::new(),
        }
    }

    /// Resolves the whole operation.
    pub fn run(mut self) -> Resolved<'a> {
        let outcome = self.resolve();
        let draft = if self.cut { Ok(None) } else { outcome.map(|()| Some(self.draft)) };
        let memory = Memory { distances: self.distances, estimator: self.estimator, states: self.states };
        Resolved { draft, choices: self.choices, picks: self.picks, memory }
    }

    fn resolve(&mut self) -> Result<(), PlanError> {
        let root = self.draft.client_place(self.supergraph, self.operation, SetId::ROOT, None);
        match self.operation.kind {
            OperationKind::Mutation => self.mutation(root)?,
            OperationKind::Query | OperationKind::Subscription => {
                self.roots(root);
                self.drain()?;
            }
        }
        Ok(())
    }

    /// Chooses between ways, the preferred one first; gives the position of the one to take. A draft that
    /// cannot become better than the limit is given up here.
    pub(super) fn choose(&mut self, point: Point, alternatives: Vec<Alternative>) -> usize {
        if alternatives.len() <= 1 || self.cut {
            return 0;
        }
        if self.choices.is_prescribed() {
            return self.choices.make(point, alternatives, Cost::default());
        }
        let Terms { space, objective, .. } = self.terms;
        let bound = bound::of_draft(&self.draft, space, objective, self.picks, &self.picked);
        if self.limit.is_some_and(|limit| objective.rank(bound) >= objective.rank(limit)) {
            self.cut = true;
            return 0;
        }
        self.choices.make(point, alternatives, bound)
    }

    pub(super) fn drain(&mut self) -> Result<(), PlanError> {
        loop {
            self.pile.extend(self.found.drain(..).rev().map(Work::Fill));
            if self.is_met() {
                self.cut = true;
                return Ok(());
            }
            let Some(work) = self.pile.pop() else { return Ok(()) };
            match work {
                Work::Fill(visit) => self.fill(visit)?,
                Work::Settle(visit, goals) => self.settle(visit, goals)?,
                Work::Root(root, entry) => self.root(root, entry)?,
            }
            if self.cut {
                return Ok(());
            }
        }
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
                match self.goal(visit, entry, ty) {
                    Some(goal) => goals.push(goal),
                    None => direct = direct.union(&self.types_of(visit, ty)),
                }
            }
            if !direct.is_empty() {
                self.pick_types_for_client(visit, entry, &direct);
            }
        }
        self.begin(visit, goals)
    }

    /// The goal that a field of objects of a type is; none when the visit itself gives it, and no other way
    /// could be better.
    fn goal(&mut self, visit: VisitId, entry: usize, ty: TypeId) -> Option<Goal> {
        let here = if self.is_direct(visit, entry, ty) { Some(self.here(visit, entry, ty)?) } else { None };
        if here.is_some_and(|here| here.ahead.is_free()) && !self.terms.exhaustive {
            return None;
        }
        let mut ways = self.ways(visit, entry, ty);
        if let Some(here) = here {
            if ways.is_empty() {
                return None;
            }
            ways.push(here);
        }
        Some(Goal { entry, ty, ways })
    }

    /// The visit itself as the way to a field.
    fn here(&mut self, visit: VisitId, entry: usize, ty: TypeId) -> Option<Way> {
        let place = self.draft.visit(visit).place;
        let field = self.field_for(place, entry, ty)?;
        let step = self.draft.step_of(visit);
        let (subgraph, level) = (step.subgraph, step.level);
        let edge = self.graph.edge(field, subgraph)?;
        let provided = self.provided_below(visit, entry, ty);
        let ahead = self.client_children(place, entry).map_or_else(Estimate::default, |children| {
            self.estimator.set(&mut self.distances, children, edge.output, subgraph, &provided)
        });
        Some(Way { subgraph, level, route: Route::Here, ahead })
    }

    /// Begins with goals: those with one way first.
    fn begin(&mut self, visit: VisitId, mut goals: Vec<Goal>) -> Result<(), PlanError> {
        goals.sort_by_key(|goal| goal.ways.len() > 1);
        let forced = goals.partition_point(|goal| goal.ways.len() <= 1);
        let open = goals.split_off(forced);
        for goal in goals {
            match goal.ways.first() {
                Some(way) => self.take(visit, &goal, *way)?,
                None => self.lift_goal(visit, &goal)?,
            }
        }
        self.settle(visit, open)
    }

    /// Settles the goals that cost nothing more, and one between whose ways there is a choice; what that leads to
    /// comes before the other goals.
    fn settle(&mut self, visit: VisitId, mut open: Vec<Goal>) -> Result<(), PlanError> {
        while !open.is_empty() && !self.cut {
            if let Some((at, supplier)) = self.supplied(visit, &open) {
                let goal = open.remove(at);
                let types = self.types_of(visit, goal.ty);
                self.pick_types_for_client(supplier, goal.entry, &types);
                continue;
            }
            if let Some((at, way)) = self.free_way(visit, &open) {
                let goal = open.remove(at);
                self.take(visit, &goal, way)?;
                continue;
            }
            let at = self.next_goal(visit, &open);
            let mut goal = open.remove(at);
            goal.ways.sort_by_cached_key(|way| self.preference(visit, at, way, &open));
            let point = self.point(visit, Some(goal.entry), goal.ty, Question::Field);
            let taken = self.choose(point, goal.ways.iter().map(|way| way.alternative()).collect());
            self.take(visit, &goal, goal.ways[taken])?;
            if !open.is_empty() {
                self.pile.push(Work::Settle(visit, open));
            }
            return Ok(());
        }
        Ok(())
    }

    pub(super) fn point(&self, visit: VisitId, entry: Option<usize>, ty: TypeId, question: Question) -> Point {
        Point { place: self.draft.visit(visit).place, entry, ty, question }
    }

    /// A goal whose field is asked for already, as an input of another request, and by whom.
    fn supplied(&self, visit: VisitId, open: &[Goal]) -> Option<(usize, VisitId)> {
        let place = self.draft.visit(visit).place;
        open.iter().enumerate().filter(|(_, goal)| self.client_children(place, goal.entry).is_none()).find_map(
            |(at, goal)| {
                let supplier = self.known_supplier(place, visit, goal.entry, goal.ty)?;
                let picks = &self.draft.visit(supplier).picks;
                let picked = picks.iter().any(|pick| pick.entry == goal.entry && pick.types.contains(goal.ty));
                picked.then_some((at, supplier))
            },
        )
    }

    /// Whether a field may be asked for as a part of a key or a requirement, so that who is asked for it
    /// anyway hangs on other choices.
    fn is_input(&self, place: PlaceId, goal: &Goal) -> bool {
        let name = &self.supergraph.field(self.draft.place(place).entries[goal.entry].field).name;
        let names = |set: FieldSetId| {
            self.graph.field_set(set).fields.iter().any(|field| self.supergraph.field(field.field).name == *name)
        };
        let of_type = self.supergraph.fields_of(goal.ty).iter();
        let mut requirements = of_type.flat_map(|&field| self.graph.edges(field)).filter_map(|edge| edge.requires);
        self.graph.keys(goal.ty).iter().any(|key| names(key.fields)) || requirements.any(names)
    }

    /// A goal and a way to it that costs no more than the field itself: by a request that is there, with
    /// all that is selected below.
    fn free_way(&self, visit: VisitId, open: &[Goal]) -> Option<(usize, Way)> {
        if self.terms.exhaustive {
            return None;
        }
        let place = self.draft.visit(visit).place;
        open.iter().enumerate().filter(|(_, goal)| !self.is_input(place, goal)).find_map(|(at, goal)| {
            let free = goal.ways.iter().filter(|way| way.ahead.is_free()).find(|way| match way.route {
                Route::Here => true,
                Route::Entity => {
                    let requires = self
                        .field_for(place, goal.entry, goal.ty)
                        .and_then(|field| self.graph.edge(field, way.subgraph))
                        .is_none_or(|edge| edge.requires.is_some());
                    !requires && self.entered(place, visit, goal.ty, way.subgraph).is_some()
                }
                Route::Key(_) | Route::Path => false,
            });
            free.map(|way| (at, *way))
        })
    }

    /// The position of the goal to settle next: the one with the best way of all.
    fn next_goal(&self, visit: VisitId, open: &[Goal]) -> usize {
        let ways = open.iter().enumerate().flat_map(|(at, goal)| goal.ways.iter().map(move |way| (at, way)));
        let best = ways.min_by_key(|(at, way)| self.preference(visit, *at, way, open));
        best.map_or(0, |(at, _)| at)
    }

    fn preference(&self, visit: VisitId, goal: usize, way: &Way, open: &[Goal]) -> Preference {
        let place = self.draft.visit(visit).place;
        let entered = self.draft.place(place).visits.iter().any(|&other| {
            let step = self.draft.step_of(other);
            step.subgraph == way.subgraph && step.level <= way.level
        });
        let known = entered || self.terms.indispensable.contains(&way.subgraph);
        let shares = |goal: &&Goal| goal.ways.iter().any(|other| other.subgraph == way.subgraph);
        let (done, requests) = (way.level + way.ahead.depth, way.ahead.requests + u32::from(!known));
        Preference {
            missing: way.ahead.missing,
            cost: match self.terms.objective {
                Objective::Latency => [done, requests],
                Objective::Requests => [requests, done],
            },
            away: u32::from(way.route != Route::Here),
            sharing: Reverse(open.iter().filter(shares).count()),
            subgraph: way.subgraph,
            goal,
        }
    }

    fn take(&mut self, visit: VisitId, goal: &Goal, way: Way) -> Result<(), PlanError> {
        let place = self.draft.visit(visit).place;
        let field = self.field_for(place, goal.entry, goal.ty).ok_or_else(|| self.unreachable(place, goal.entry))?;
        let edge = self.graph.edge(field, way.subgraph).ok_or_else(|| self.unreachable(place, goal.entry))?;
        let live = self.unit_of(place, goal.entry);
        let reached = match way.route {
            Route::Here => Some(visit),
            Route::Path => self.visit_along(visit, way.subgraph, &live),
            Route::Entity | Route::Key(_) => self.enter(visit, goal.ty, edge, &live),
        };
        match reached {
            Some(reached) => {
                let types = self.types_of(visit, goal.ty);
                self.pick_types_for_client(reached, goal.entry, &types);
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

    /// The ways to a field of objects of type `ty` by other subgraphs.
    fn ways(&mut self, visit: VisitId, entry: usize, ty: TypeId) -> Vec<Way> {
        let place = self.draft.visit(visit).place;
        let Some(field) = self.field_for(place, entry, ty) else { return Vec::new() };
        let children = self.client_children(place, entry);
        let graph = self.graph;
        let mut ways = Vec::new();
        for edge in graph.edges(field).iter().filter(|edge| !edge.external) {
            if let Some(level) = self.entry_level(visit, ty, edge) {
                let ahead = self.ahead(children, edge);
                ways.push(Way { subgraph: edge.subgraph, level, route: Route::Entity, ahead });
            }
        }
        let paths = if !ways.is_empty() || self.is_direct(visit, entry, ty) {
            self.path_ways(visit, entry, ty)
        } else {
            for (edge, level) in self.ways_with_parts(visit, field, ty) {
                let ahead = self.ahead(children, edge);
                ways.push(Way { subgraph: edge.subgraph, level, route: Route::Entity, ahead });
            }
            if ways.is_empty() { Vec::new() } else { self.any_path_ways(visit, entry, ty) }
        };
        for (edge, level) in paths {
            let ahead = self.ahead(children, edge);
            ways.push(Way { subgraph: edge.subgraph, level, route: Route::Path, ahead });
        }
        ways
    }

    /// The ways to a field by a key, or a requirement, whose parts no single subgraph leads to.
    pub(super) fn ways_with_parts(&mut self, visit: VisitId, field: FieldId, ty: TypeId) -> Vec<(&'a FieldEdge, u32)> {
        let graph = self.graph;
        let edges = graph.edges(field).iter().filter(|edge| !edge.external);
        edges.filter_map(|edge| Some((edge, self.entry_level_with_parts(visit, ty, edge)?))).collect()
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

impl Way {
    pub(super) fn alternative(&self) -> Alternative {
        Alternative { subgraph: self.subgraph, level: self.level, route: self.route }
    }
}
