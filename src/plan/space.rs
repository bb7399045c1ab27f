//! The solution space, relaxed: what every plan of an operation needs at least.
//!
//! Takes an operation and gives, position by position, the earliest round in which each subgraph could
//! resolve it, and the requests that no plan can do without. Relaxed means that fields do not get in
//! each other's way here: each may be had from the best of all subgraphs, and requests to one subgraph
//! merge whenever nothing orders them. So no plan costs less than [`Space::bound`], which is what the
//! [`search`](super::search) starts from; where a plan costs just that, nothing is left to search.
//!
//! 1. *Arrivals*: from the root down, in which subgraphs the objects of a position can be had, and in
//!    which round at the earliest; by the field that leads there, or by keys from those subgraphs.
//! 2. *Needs*: a field that a single subgraph resolves forces a request to it. Along a path, needs of
//!    alternating subgraphs depend on each other; what one request could serve counts once.
//! 3. *Windows*: a need can be met no earlier than its arrival and, in a plan of the least depth, no
//!    later than what depends on it allows. The requests to one subgraph are at least as many as points
//!    that hit all its windows ([`pierce`]).

use super::model::Cost;
use super::objective::Objective;
use super::sets::BitSet;
use crate::graph::{Distances, FieldEdge, FieldSetId, QueryGraph, SetField};
use crate::operation::{Operation, SelectionKind, SetId};
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId, TypeSet};
use std::collections::{BTreeMap, BTreeSet};

/// Of an abstract type, so many runtime types are looked at; the bound stays true, as it is over fewer fields.
const MOST_TYPES: usize = 16;

/// How deep requirements of requirements are followed.
const DEEPEST: u32 = 8;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Space {
    /// What was found of each position, in the order of the operation, parents first.
    pub positions: Vec<Position>,
    /// The requests that every plan makes.
    pub needs: Vec<Need>,
    /// No plan has less depth.
    pub depth: u32,
    /// For fields that several subgraphs resolve, which; each set once, the smallest first.
    pub shared: Vec<Vec<SubgraphId>>,
    /// The client's units that every plan asks for.
    pub units: BitSet,
    /// Fields of keys, and `__typename`s for entities, that every plan asks for though the client does not.
    pub hidden: u32,
}

/// A response field in the space.
#[derive(Debug, Clone)]
pub struct Position {
    /// Its unit.
    pub unit: u32,
    /// How deep it lies, the root's fields being at 0.
    pub depth: u32,
    /// Who could resolve it, and in which round at the earliest.
    pub ways: Vec<(SubgraphId, u32)>,
}

impl Position {
    /// Who could resolve it, each once.
    fn subgraphs(&self) -> Vec<SubgraphId> {
        let mut subgraphs: Vec<SubgraphId> = self.ways.iter().map(|(subgraph, _)| *subgraph).collect();
        subgraphs.dedup();
        subgraphs
    }
}

/// A request that every plan makes, alone or together with others to the same subgraph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Need {
    /// Whom to ask.
    pub subgraph: SubgraphId,
    /// What kind of request can meet it.
    pub kind: NeedKind,
    /// The earliest round.
    pub earliest: u32,
    /// How many rounds have to follow it.
    pub after: u32,
    /// The need that has to be met before.
    parent: Option<usize>,
}

/// What kind of request meets a [`Need`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NeedKind {
    /// One for root fields.
    Root,
    /// One for entities.
    Entity,
    /// Either of them: the subgraph might give the objects from the root on.
    Either,
}

/// Objects had in a subgraph.
#[derive(Debug, Clone, Copy)]
struct Arrival {
    subgraph: SubgraphId,
    declared: TypeId,
    level: u32,
    /// Whether the way here may provide external fields.
    provides: bool,
}

/// The last need on the path to a position, on which its objects depend.
type Origin = Option<usize>;

/// What tells needs apart that one request could not be known to serve: where they come from, whom they
/// ask, whether that is again although the origin is the same subgraph, for which selections, and when.
type NeedKey = (Origin, SubgraphId, bool, SetId, u32);

impl Space {
    /// Works out the space of an operation.
    pub fn new(supergraph: &Supergraph, graph: &QueryGraph, operation: &Operation) -> Self {
        let mut walk = Walk {
            supergraph,
            graph,
            operation,
            distances: Distances::new(supergraph, graph),
            space: Self::default(),
            known: BTreeMap::new(),
        };
        let arrivals = walk.root_arrivals();
        walk.set(SetId::ROOT, &arrivals, None, 0);
        let mut space = walk.space;
        space.count_rounds_after();
        space.shared = space.positions.iter().map(Position::subgraphs).filter(|set| set.len() > 1).collect();
        space.shared.sort_by(|a, b| (a.len(), a).cmp(&(b.len(), b)));
        space.shared.dedup();
        space
    }

    /// No plan costs less.
    pub fn bound(&self, objective: Objective) -> Cost {
        let requests = self.requests(self.depth, objective == Objective::Latency);
        Cost { depth: self.depth, requests: self.in_all(&requests), fields: self.fields() }
    }

    /// The requests to these subgraphs, and to others for fields that none of these resolves: one for each
    /// of a number of fields that no two of them could share.
    pub fn in_all(&self, requests: &BTreeMap<SubgraphId, u32>) -> u32 {
        let mut more = 0;
        let mut asked: BTreeSet<SubgraphId> = requests.keys().copied().collect();
        for set in &self.shared {
            if !set.iter().any(|subgraph| asked.contains(subgraph)) {
                more += 1;
                asked.extend(set);
            }
        }
        requests.values().sum::<u32>() + more
    }

    /// No plan asks for fewer fields.
    pub fn fields(&self) -> u32 {
        u32::try_from(self.units.len()).unwrap_or(u32::MAX).saturating_add(self.hidden)
    }

    /// How many requests to each subgraph any plan of this depth needs; of any depth, when it may grow.
    pub fn requests(&self, depth: u32, bounded: bool) -> BTreeMap<SubgraphId, u32> {
        let mut demands: BTreeMap<SubgraphId, Demand> = BTreeMap::new();
        for need in &self.needs {
            let latest = if bounded { depth.saturating_sub(need.after).max(need.earliest) } else { u32::MAX };
            demands.entry(need.subgraph).or_default().add(need, (need.earliest, latest));
        }
        let mut requests: BTreeMap<SubgraphId, u32> =
            demands.into_iter().map(|(subgraph, demand)| (subgraph, demand.requests())).collect();
        for (subgraph, chain) in self.chains() {
            let known = requests.entry(subgraph).or_default();
            *known = (*known).max(chain);
        }
        requests
    }

    /// The subgraphs that every plan asks.
    pub fn indispensable(&self) -> BTreeSet<SubgraphId> {
        self.needs.iter().map(|need| need.subgraph).collect()
    }

    /// For each subgraph, the most requests to it that depend on each other.
    fn chains(&self) -> BTreeMap<SubgraphId, u32> {
        let mut longest = BTreeMap::new();
        for need in &self.needs {
            let mut length = 1;
            let mut above = need.parent;
            while let Some(at) = above {
                length += u32::from(self.needs[at].subgraph == need.subgraph);
                above = self.needs[at].parent;
            }
            let known = longest.entry(need.subgraph).or_insert(0);
            *known = length.max(*known);
        }
        longest
    }

    fn count_rounds_after(&mut self) {
        // A need comes after the one that it depends on.
        for at in (0..self.needs.len()).rev() {
            if let Some(parent) = self.needs[at].parent {
                self.needs[parent].after = self.needs[parent].after.max(self.needs[at].after + 1);
            }
        }
    }
}

/// What is asked of one subgraph.
#[derive(Debug, Default)]
struct Demand {
    root: bool,
    entities: Vec<Window>,
    either: Vec<Window>,
}

/// The first and the last round in which a need can be met.
pub type Window = (u32, u32);

impl Demand {
    fn add(&mut self, need: &Need, window: Window) {
        match need.kind {
            NeedKind::Root => self.root = true,
            NeedKind::Entity => self.entities.push(window),
            NeedKind::Either => self.either.push(window),
        }
    }

    /// How many requests this takes: a root request serves no entities, but may serve what is open.
    fn requests(mut self) -> u32 {
        let apart = u32::from(self.root) + pierce(&mut self.entities);
        self.either.append(&mut self.entities);
        if self.root {
            self.either.push((1, 1));
        }
        apart.max(pierce(&mut self.either))
    }
}

/// The least number of points that hit every window (first and last point, both inside): always the last
/// point of the first window that is not hit yet.
pub fn pierce(windows: &mut [Window]) -> u32 {
    windows.sort_unstable_by_key(|&(first, last)| (last, first));
    let mut points = 0;
    let mut at = None;
    for &(first, last) in windows.iter() {
        if at.is_none_or(|at| at < first) {
            points += 1;
            at = Some(last);
        }
    }
    points
}

struct Walk<'a> {
    supergraph: &'a Supergraph,
    graph: &'a QueryGraph,
    operation: &'a Operation,
    distances: Distances<'a>,
    space: Space,
    known: BTreeMap<NeedKey, usize>,
}

/// A way to resolve a field for objects of one type.
struct Way<'a> {
    edge: &'a FieldEdge,
    level: u32,
    /// Whether external fields may be provided below.
    provides: bool,
}

impl<'a> Walk<'a> {
    /// The root object in the subgraphs that resolve any of the root fields asked for; a large graph has
    /// many others, and they lead nowhere.
    fn root_arrivals(&self) -> Vec<Arrival> {
        let root = self.operation.set(SetId::ROOT);
        let mut subgraphs: Vec<SubgraphId> = Vec::new();
        for selection in &root.selections {
            if let SelectionKind::Field { field, .. } = selection.kind {
                subgraphs.extend(self.graph.edges(field).iter().map(|edge| edge.subgraph));
            }
        }
        subgraphs.sort_unstable();
        subgraphs.dedup();
        let arrival = |subgraph| Arrival { subgraph, declared: root.parent, level: 1, provides: false };
        subgraphs.into_iter().map(arrival).collect()
    }

    fn set(&mut self, set: SetId, arrivals: &[Arrival], origin: Origin, depth: u32) {
        let operation = self.operation;
        let types = self.certain_types(arrivals);
        let mut hidden = 0;
        let mut entered: BTreeSet<SubgraphId> = BTreeSet::new();
        for selection in &operation.set(set).selections {
            let SelectionKind::Field { field, children, .. } = &selection.kind else { continue };
            let name = &self.supergraph.field(*field).name;
            let wanted: Vec<TypeId> =
                types.iter().copied().filter(|ty| selection.on.as_ref().is_none_or(|on| on.contains(*ty))).collect();
            let mut below: Vec<Arrival> = Vec::new();
            let mut level = 0;
            let mut origins: Vec<Origin> = Vec::new();
            for &ty in wanted.iter().take(MOST_TYPES) {
                let Some(field) = self.graph.field_of(ty, name) else { continue };
                let ways = self.ways(arrivals, ty, field);
                level = level.max(ways.iter().map(|way| way.level).min().unwrap_or(0));
                let (from, inputs) = self.force(&ways, arrivals, ty, origin, (set, depth == 0));
                if let (Some(inputs), [only]) = (inputs, ways.as_slice()) {
                    hidden = hidden.max(inputs);
                    entered.insert(only.edge.subgraph);
                }
                origins.push(from);
                for way in ways {
                    add_arrival(&mut below, &way);
                }
            }
            if wanted.is_empty() {
                continue;
            }
            below.sort_by_key(|arrival| arrival.subgraph);
            let ways = below.iter().map(|arrival| (arrival.subgraph, arrival.level)).collect();
            self.space.positions.push(Position { unit: selection.unit, depth, ways });
            self.space.depth = self.space.depth.max(level);
            self.space.units.insert(selection.unit as usize);
            if let Some(children) = children
                && !below.is_empty()
            {
                let from = match origins.as_slice() {
                    [first, rest @ ..] if rest.iter().all(|other| other == first) => *first,
                    _ => origin,
                };
                self.set(*children, &below, from, depth + 1);
            }
        }
        self.space.hidden += hidden + u32::try_from(entered.len()).unwrap_or(u32::MAX);
    }

    /// The object types that objects can have whichever of the subgraphs gives them.
    fn certain_types(&self, arrivals: &[Arrival]) -> Vec<TypeId> {
        let mut sets = arrivals.iter().map(|arrival| self.graph.possible_in(arrival.declared, arrival.subgraph));
        let Some(first) = sets.next() else { return Vec::new() };
        let others: Vec<&TypeSet> = sets.collect();
        first.iter().filter(|ty| others.iter().all(|types| types.contains(*ty))).collect()
    }

    /// Every edge by which a field can be resolved, with its earliest round.
    fn ways(&mut self, arrivals: &[Arrival], ty: TypeId, field: FieldId) -> Vec<Way<'a>> {
        let graph = self.graph;
        let mut ways = Vec::new();
        for edge in graph.edges(field) {
            let here = arrivals.iter().filter(|arrival| arrival.subgraph == edge.subgraph).min_by_key(|it| it.level);
            let provided = here.filter(|arrival| arrival.provides);
            if edge.external && provided.is_none() {
                continue;
            }
            let level = match (edge.requires, here) {
                (Some(requires), _) => {
                    let inputs = self.inputs(arrivals, ty, &graph.field_set(requires).fields, 0);
                    let entered = self.entry(arrivals, ty, edge.subgraph);
                    entered.map(|entered| entered.max(inputs + 1))
                }
                (None, Some(arrival)) => Some(arrival.level),
                (None, None) => self.entry(arrivals, ty, edge.subgraph),
            };
            if let Some(level) = level {
                ways.push(Way { edge, level, provides: edge.provides.is_some() || provided.is_some() });
            }
        }
        ways
    }

    /// The earliest round in which a subgraph can be entered with objects of a type.
    fn entry(&mut self, arrivals: &[Arrival], ty: TypeId, to: SubgraphId) -> Option<u32> {
        let graph = self.graph;
        if !graph.keys_in(ty, to).iter().any(|key| key.resolvable) {
            return None;
        }
        // Where a key's fields may come from several subgraphs, or from below, the count of hops is not certain
        // to be the least; one there must be.
        let mut keys = graph.keys(ty).iter().map(|key| &graph.field_set(key.fields).fields);
        let uncertain = keys.any(|fields| {
            let several = fields.len() > 1 || fields.iter().any(|field| self.is_given_something(ty, field));
            fields.iter().any(|field| !field.children.is_empty()) || (arrivals.len() > 1 && several)
        });
        arrivals
            .iter()
            .map(|arrival| {
                let hops = if uncertain || arrival.provides {
                    1
                } else {
                    self.distances.hop(ty, arrival.subgraph, to).unwrap_or(1).max(1)
                };
                arrival.level + hops
            })
            .min()
    }

    /// Whether a subgraph resolves a field once it is given what it requires.
    fn is_given_something(&self, ty: TypeId, field: &SetField) -> bool {
        let own = self.graph.field_of(ty, &self.supergraph.field(field.field).name);
        own.is_some_and(|own| self.graph.edges(own).iter().any(|edge| edge.requires.is_some()))
    }

    /// The earliest round after which fields are known.
    fn inputs(&mut self, arrivals: &[Arrival], ty: TypeId, fields: &'a [SetField], depth: u32) -> u32 {
        let mut latest = 0;
        for input in fields {
            let name = &self.supergraph.field(input.field).name;
            let applies = input.on.is_none_or(|on| on == ty || self.graph.possible().of(on).contains(ty));
            let Some(field) = self.graph.field_of(ty, name).filter(|_| applies && depth < DEEPEST) else { continue };
            let ways = self.ways_of_input(arrivals, ty, field, depth);
            let mut level = ways.iter().map(|way| way.level).min().unwrap_or(0);
            if !input.children.is_empty() && !ways.is_empty() {
                let mut below = Vec::new();
                ways.iter().for_each(|way| add_arrival(&mut below, way));
                if let [only] = self.certain_types(&below).as_slice() {
                    level = level.max(self.inputs(&below, *only, &input.children, depth + 1));
                }
            }
            latest = latest.max(level);
        }
        latest
    }

    fn ways_of_input(&mut self, arrivals: &[Arrival], ty: TypeId, field: FieldId, depth: u32) -> Vec<Way<'a>> {
        let graph = self.graph;
        let mut ways = Vec::new();
        for edge in graph.edges(field) {
            let here = arrivals.iter().filter(|arrival| arrival.subgraph == edge.subgraph).min_by_key(|it| it.level);
            let provided = here.is_some_and(|arrival| arrival.provides);
            if edge.external && !provided {
                continue;
            }
            let entered = match here.filter(|_| edge.requires.is_none()) {
                Some(arrival) => Some(arrival.level),
                None => self.entry(arrivals, ty, edge.subgraph),
            };
            let Some(mut level) = entered else { continue };
            if let Some(requires) = edge.requires {
                level = level.max(self.inputs(arrivals, ty, &graph.field_set(requires).fields, depth + 1) + 1);
            }
            ways.push(Way { edge, level, provides: edge.provides.is_some() || provided });
        }
        ways
    }

    /// Records the request that a field forces when only one subgraph resolves it; gives what the field's
    /// value depends on, and, where that subgraph has to be entered at this place, how many hidden fields it
    /// takes.
    fn force(
        &mut self,
        ways: &[Way<'a>],
        arrivals: &[Arrival],
        ty: TypeId,
        origin: Origin,
        (set, root): (SetId, bool),
    ) -> (Origin, Option<u32>) {
        let [Way { edge, level, .. }] = ways else { return (origin, None) };
        if root {
            return (Some(self.need(None, edge.subgraph, NeedKind::Root, (set, *level), false)), None);
        }
        let mut before = origin;
        if let Some(requires) = edge.requires
            && let Some((subgraph, level)) = self.sole_supplier(arrivals, ty, requires, edge.subgraph)
        {
            before = self.ask(before, subgraph, arrivals, (set, level), false);
        }
        let given = arrivals.iter().any(|arrival| arrival.subgraph == edge.subgraph);
        let hidden = (!given).then(|| self.hidden_inputs(ty, edge.subgraph, set));
        (self.ask(before, edge.subgraph, arrivals, (set, *level), edge.requires.is_some()), hidden)
    }

    /// The need to ask a subgraph about objects that depend on `origin`, which may be that subgraph's
    /// request already, unless it has to be asked again.
    fn ask(
        &mut self,
        origin: Origin,
        subgraph: SubgraphId,
        arrivals: &[Arrival],
        at: (SetId, u32),
        again: bool,
    ) -> Origin {
        if !again && origin.is_some_and(|origin| self.space.needs[origin].subgraph == subgraph) {
            return origin;
        }
        let given = arrivals.iter().any(|arrival| arrival.subgraph == subgraph);
        let kind = if origin.is_none() && given && !again { NeedKind::Either } else { NeedKind::Entity };
        Some(self.need(origin, subgraph, kind, at, again))
    }

    /// The one other subgraph that has a flat required field, and when.
    fn sole_supplier(
        &mut self,
        arrivals: &[Arrival],
        ty: TypeId,
        requires: FieldSetId,
        but: SubgraphId,
    ) -> Option<(SubgraphId, u32)> {
        let graph = self.graph;
        for input in &graph.field_set(requires).fields {
            if input.on.is_some() {
                continue;
            }
            let name = &self.supergraph.field(input.field).name;
            let Some(field) = graph.field_of(ty, name) else { continue };
            let ways = self.ways_of_input(arrivals, ty, field, 0);
            if let [only] = ways.as_slice()
                && only.edge.subgraph != but
                && only.edge.requires.is_none()
            {
                return Some((only.edge.subgraph, only.level));
            }
        }
        None
    }

    /// The fewest fields that entering a subgraph takes and that the client does not select anyway.
    fn hidden_inputs(&self, ty: TypeId, to: SubgraphId, set: SetId) -> u32 {
        let graph = self.graph;
        let selections = &self.operation.set(set).selections;
        let selected = |field: &SetField| {
            let name = &self.supergraph.field(field.field).name;
            selections.iter().any(|selection| {
                matches!(&selection.kind, SelectionKind::Field { field, .. } if self.supergraph.field(*field).name == *name)
            })
        };
        let keys = graph.keys_in(ty, to).iter().filter(|key| key.resolvable);
        let counts = keys.map(|key| {
            let fields = &graph.field_set(key.fields).fields;
            fields.iter().filter(|field| field.on.is_none() && !selected(field)).count()
        });
        counts.min().map_or(0, |count| u32::try_from(count).unwrap_or(u32::MAX))
    }

    fn need(
        &mut self,
        origin: Origin,
        subgraph: SubgraphId,
        kind: NeedKind,
        (set, earliest): (SetId, u32),
        again: bool,
    ) -> usize {
        let needs = &mut self.space.needs;
        *self.known.entry((origin, subgraph, again, set, earliest)).or_insert_with(|| {
            needs.push(Need { subgraph, kind, earliest, after: 0, parent: origin });
            needs.len() - 1
        })
    }
}

/// Adds the objects that a way leads to, or an earlier round for those known.
fn add_arrival(arrivals: &mut Vec<Arrival>, way: &Way<'_>) {
    let arrival =
        Arrival { subgraph: way.edge.subgraph, declared: way.edge.output, level: way.level, provides: way.provides };
    match arrivals.iter_mut().find(|known| known.subgraph == arrival.subgraph && known.declared == arrival.declared) {
        Some(known) => {
            known.level = known.level.min(arrival.level);
            known.provides |= arrival.provides;
        }
        None => arrivals.push(arrival),
    }
}
