//! States: what of a draft in the making can matter to what is still to be resolved, and what is spent by then.
//!
//! Two scripts that come to the same state can go on in the same ways, at the same further cost. So of the two, the
//! one that has spent more need not go on, and independent choices do not multiply: once one part of the operation
//! is done with, only the cheapest way to have done it is followed into the next. This is the principle of optimality
//! (R. Bellman, "Dynamic Programming", 1957), over states that are found on the way.
//!
//! A state is written as a list of numbers, compared as a whole:
//! 1. what is still to be done;
//! 2. the *open* subgraphs, those in [`Reach`] of that, are not written, but say what is;
//! 3. places where something is to be done or to be asked for, the places around them, and there the visits in open
//!    subgraphs, or on which something depends, with what is picked of keys, requirements and ways on;
//! 4. the steps that a request to come may join, or that one of these must come before, by what they need rather than
//!    by place: steps that need the like can share their requests, so each kind counts once.
//!
//! Steps of subgraphs that are not asked again, all in one round and with nothing open before them, are settled: what
//! is spent is their requests, the fields, and the depth.
//!
//! Where a state is not easily written (objects of unknown type, the root asked again, keys that select something of
//! a value that is there already, hidden fields with arguments) there is none, and the search goes on without.

use super::bound;
use super::choice::Route;
use super::draft::{Draft, Entry, Place, PlaceId, StepId, VisitId};
use super::objective::Objective;
use super::reach::Reach;
use super::resolve::{Goal, Resolver, Work};
use super::sets::BitSet;
use crate::supergraph::{SubgraphId, Supergraph, TypeSet};
use ahash::RandomState;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// So many numbers are kept of all states together; once there are as many, no more are kept.
const MOST_NUMBERS: usize = 1 << 20;

/// The states that drafts of one operation came to.
#[derive(Debug)]
pub struct States {
    reach: Reach,
    /// The kinds of steps, by what they need.
    kinds: HashMap<Vec<u32>, u32, RandomState>,
    met: HashMap<Vec<u32>, Vec<Spent>, RandomState>,
    numbers: usize,
}

/// What is spent before a state is come to, beyond what depends on what comes after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Spent {
    depth: u32,
    requests: u32,
    fields: u32,
}

impl Spent {
    fn is_no_more_than(self, other: Self) -> bool {
        self.depth <= other.depth && self.requests <= other.requests && self.fields <= other.fields
    }
}

impl States {
    /// No state was met yet.
    pub fn new(reach: Reach) -> Self {
        Self { reach, kinds: HashMap::default(), met: HashMap::default(), numbers: 0 }
    }

    /// Whether another draft came to a state before and had spent no more; if not, it is noted.
    fn meet(&mut self, state: Vec<u32>, spent: Spent) -> bool {
        if let Some(known) = self.met.get_mut(&state) {
            if known.iter().any(|known| known.is_no_more_than(spent)) {
                return true;
            }
            known.retain(|known| !spent.is_no_more_than(*known));
            known.push(spent);
        } else if self.numbers + state.len() <= MOST_NUMBERS {
            self.numbers += state.len();
            self.met.insert(state, vec![spent]);
        }
        false
    }
}

impl Resolver<'_> {
    /// Whether another draft came to the state after the last choice before, and had spent no more.
    pub(super) fn is_met(&mut self) -> bool {
        let made = self.choices.made.len();
        if made == self.noted || self.choices.is_prescribed() {
            return false;
        }
        self.noted = made;
        let Some(mut states) = self.states.take() else { return false };
        let written = Writing::new(self, &mut states).and_then(Writing::write);
        let met = written.is_some_and(|(state, spent)| states.meet(state, spent));
        self.states = Some(states);
        met
    }
}

/// A state being written.
struct Writing<'w, 'a> {
    supergraph: &'w Supergraph,
    draft: &'w Draft<'a>,
    pile: &'w [Work],
    objective: Objective,
    picks: u32,
    states: &'w mut States,
    /// The subgraphs that may be asked again.
    open: BitSet,
    /// The places that are written, each after the one around it.
    places: Vec<PlaceId>,
    /// Visits on which something depends that is still to be done.
    depended: BTreeSet<VisitId>,
    /// Entries that are still to be resolved.
    wanted: BTreeSet<(PlaceId, usize)>,
    /// The visits that are written, by their number.
    visits: BTreeMap<VisitId, u32>,
    out: Vec<u32>,
}

impl<'w, 'a> Writing<'w, 'a> {
    /// Finds what is open; none where that cannot be told.
    fn new(resolver: &'w Resolver<'a>, states: &'w mut States) -> Option<Self> {
        let mut writing = Self {
            supergraph: resolver.supergraph,
            draft: &resolver.draft,
            pile: &resolver.pile,
            objective: resolver.terms.objective,
            picks: resolver.picks,
            states,
            open: BitSet::new(),
            places: Vec::new(),
            depended: BTreeSet::new(),
            wanted: BTreeSet::new(),
            visits: BTreeMap::new(),
            out: Vec::new(),
        };
        // A request to the root again may have to stay alone, so it is not like others of its kind.
        if resolver.draft.steps.iter().any(|step| step.at_root) {
            return None;
        }
        for work in &resolver.pile {
            writing.open_for(work)?;
        }
        writing.number_visits()?;
        Some(writing)
    }

    fn open_for(&mut self, work: &Work) -> Option<()> {
        let place = match work {
            Work::Fill(visit) | Work::Settle(visit, _) => {
                self.depend_on(*visit);
                self.draft.visit(*visit).place
            }
            Work::Root(root, _) => *root,
        };
        let position = self.states.reach.of_set(self.draft.place(place).set?)?;
        self.open.union_with(&position.path);
        match work {
            Work::Fill(_) => self.open.union_with(&position.below),
            Work::Settle(_, goals) => {
                for goal in goals {
                    self.want(place, goal.entry)?;
                }
            }
            Work::Root(root, entry) => self.want(*root, *entry)?,
        }
        self.add_place(place);
        Some(())
    }

    fn want(&mut self, place: PlaceId, entry: usize) -> Option<()> {
        self.wanted.insert((place, entry));
        let unit = self.draft.place(place).entries[entry].unit?;
        self.open.union_with(self.states.reach.of_unit(unit)?);
        Some(())
    }

    /// Notes a visit, and those that its objects come from.
    fn depend_on(&mut self, visit: VisitId) {
        if !self.depended.insert(visit) {
            return;
        }
        let draft = self.draft;
        if let Some((above, _)) = draft.visit(visit).origin {
            self.depend_on(above);
        }
        for input in &draft.step_of(visit).inputs {
            input.from.iter().for_each(|&from| self.depend_on(from));
        }
    }

    fn add_place(&mut self, place: PlaceId) {
        if self.places.contains(&place) {
            return;
        }
        if let Some((above, _)) = self.draft.place(place).parent {
            self.add_place(above);
        }
        self.places.push(place);
    }

    fn number_visits(&mut self) -> Option<()> {
        for &place in &self.places {
            for &visit in &self.draft.place(place).visits {
                let is_open = self.open.contains(self.draft.subgraph_of(visit).index());
                if is_open || self.depended.contains(&visit) {
                    let number = u32::try_from(self.visits.len()).ok()?;
                    self.visits.insert(visit, number);
                }
            }
        }
        // What a visit depends on must be among them.
        self.depended.iter().all(|visit| self.visits.contains_key(visit)).then_some(())
    }

    fn write(mut self) -> Option<(Vec<u32>, Spent)> {
        let (kinds, requests) = self.kinds_of_steps();
        for work in self.pile {
            self.write_work(work)?;
        }
        for place in self.places.clone() {
            self.write_place(place, &kinds)?;
        }
        let mut distinct: Vec<u32> = kinds.into_values().collect();
        distinct.sort_unstable();
        distinct.dedup();
        self.out.extend(distinct);
        let mut depth = self.draft.steps.iter().map(|step| step.level).max().unwrap_or(0);
        // Where depth comes second, more of it may make requests fewer.
        if self.objective == Objective::Requests {
            self.out.push(std::mem::take(&mut depth));
        }
        let spent = Spent { depth, requests, fields: bound::fields_of(self.draft, self.picks) };
        Some((self.out, spent))
    }

    /// The kinds of the steps that are not settled, and the requests of those that are.
    fn kinds_of_steps(&mut self) -> (BTreeMap<StepId, u32>, u32) {
        let settled = self.settled();
        let mut order: Vec<StepId> = (0..self.draft.steps.len()).map(StepId).collect();
        order.sort_by_key(|&step| self.draft.step(step).level);
        let mut kinds: BTreeMap<StepId, u32> = BTreeMap::new();
        let mut requests = 0;
        let mut asked: BTreeSet<SubgraphId> = BTreeSet::new();
        for id in order {
            let step = self.draft.step(id);
            let is_root = step.inputs.is_empty();
            if settled.contains(step.subgraph.index()) {
                requests += u32::from(is_root || asked.insert(step.subgraph));
                continue;
            }
            let mut needs: Vec<u32> = step.needs.iter().filter_map(|need| kinds.get(need).copied()).collect();
            needs.sort_unstable();
            needs.dedup();
            let mut kind = vec![row(step.subgraph.index()), step.level, u32::from(is_root)];
            kind.append(&mut needs);
            let next = row(self.states.kinds.len());
            kinds.insert(id, *self.states.kinds.entry(kind).or_insert(next));
        }
        (kinds, requests)
    }

    /// The subgraphs that are not asked again and whose entity steps make one request in any case: in one round,
    /// which is the earliest, and whoever they wait for is settled too, or at the root.
    fn settled(&self) -> BitSet {
        let mut rounds: BTreeMap<usize, BTreeSet<u32>> = BTreeMap::new();
        for step in &self.draft.steps {
            let rounds = rounds.entry(step.subgraph.index()).or_default();
            if !step.inputs.is_empty() {
                rounds.insert(step.level);
            }
        }
        let once = rounds.into_iter().filter(|(subgraph, rounds)| rounds.len() <= 1 && !self.open.contains(*subgraph));
        let mut settled: BitSet = once.map(|(subgraph, _)| subgraph).collect();
        loop {
            let free = |need: &StepId| {
                let need = self.draft.step(*need);
                need.inputs.is_empty() || settled.contains(need.subgraph.index())
            };
            let bound = self.draft.steps.iter().find(|step| {
                settled.contains(step.subgraph.index()) && !step.inputs.is_empty() && !step.needs.iter().all(free)
            });
            let Some(bound) = bound.map(|step| step.subgraph.index()) else { return settled };
            settled.remove(bound);
        }
    }

    fn write_work(&mut self, work: &Work) -> Option<()> {
        match work {
            Work::Fill(visit) => self.out.extend([0, *self.visits.get(visit)?]),
            Work::Settle(visit, goals) => {
                self.out.extend([1, *self.visits.get(visit)?, row(goals.len())]);
                let place = self.draft.visit(*visit).place;
                for goal in goals {
                    self.write_goal(place, goal)?;
                }
            }
            Work::Root(root, entry) => {
                let entry = self.name_of(&self.draft.place(*root).entries[*entry])?;
                self.out.extend([2, entry]);
            }
        }
        Some(())
    }

    fn write_goal(&mut self, place: PlaceId, goal: &Goal) -> Option<()> {
        let entry = self.name_of(&self.draft.place(place).entries[goal.entry])?;
        self.out.extend([entry, row(goal.ty.index()), row(goal.ways.len())]);
        for way in &goal.ways {
            let route = match way.route {
                Route::Here => 0,
                Route::Entity => 1,
                Route::Path => 2,
                Route::Key(_) => return None,
            };
            self.out.extend([row(way.subgraph.index()), way.level, route]);
        }
        Some(())
    }

    fn write_place(&mut self, id: PlaceId, kinds: &BTreeMap<StepId, u32>) -> Option<()> {
        let place = self.draft.place(id);
        if let Some((above, entry)) = place.parent {
            let around = self.places.iter().position(|other| *other == above)?;
            let entry = self.name_of(&self.draft.place(above).entries[entry])?;
            self.out.extend([row(around), entry]);
        }
        let position = self.states.reach.of_set(place.set?)?;
        let name = |entry: &Entry| &self.supergraph.field(entry.field).name;
        if place.entries.iter().any(|entry| entry.child.is_some() && position.nested.contains(name(entry))) {
            return None;
        }
        let matters: Vec<bool> = (0..place.entries.len())
            .map(|at| {
                let entry = &place.entries[at];
                let leads_on = entry.child.is_some_and(|child| self.places.contains(&child));
                leads_on || position.inputs.contains(name(entry)) || self.wanted.contains(&(id, at))
            })
            .collect();
        for entry in place.entries.iter().filter(|entry| entry.unit.is_none()) {
            let name = self.name_of(entry)?;
            self.out.push(name);
        }
        self.out.push(u32::MAX);
        for &visit in &place.visits {
            if self.visits.contains_key(&visit) {
                self.write_visit(place, visit, &matters, kinds)?;
            }
        }
        self.out.push(u32::MAX);
        Some(())
    }

    fn write_visit(
        &mut self,
        place: &Place,
        id: VisitId,
        matters: &[bool],
        kinds: &BTreeMap<StepId, u32>,
    ) -> Option<()> {
        let visit = self.draft.visit(id);
        let step = self.draft.step(visit.step);
        if visit.unknown.is_some() || !step.contexts.is_empty() {
            return None;
        }
        let origin = match visit.origin {
            None => 0,
            Some((above, _)) => self.visits.get(&above)? + 1,
        };
        let kind = kinds.get(&visit.step).map_or(0, |kind| kind + 1);
        self.out.extend([row(step.subgraph.index()), step.level, kind, origin]);
        self.out.push(visit.declared.map_or(0, |declared| row(declared.index()) + 1));
        self.write_types(&visit.types);
        self.out.push(row(visit.provided.len()));
        for provided in &visit.provided {
            // The fields are the graph's, so their address tells them apart.
            let address = provided.as_ptr() as u64;
            self.out.extend([(address >> 32) as u32, address as u32]);
        }
        for pick in visit.picks.iter().filter(|pick| matters[pick.entry]) {
            let entry = self.name_of(&place.entries[pick.entry])?;
            self.out.push(entry);
            self.write_types(&pick.types);
        }
        self.out.push(u32::MAX);
        if step.visit == id {
            self.write_inputs(visit.step)?;
        }
        self.out.push(u32::from(visit.filled));
        Some(())
    }

    fn write_inputs(&mut self, step: StepId) -> Option<()> {
        for input in &self.draft.step(step).inputs {
            if input.unknown || !input.types.contains(input.typename) {
                return None;
            }
            self.out.push(row(input.typename.index()));
            self.write_types(&input.types);
            self.out.push(row(input.from.len()));
            let from = input.from.iter().map(|from| self.visits.get(from).map_or(0, |from| from + 1));
            let from: Vec<u32> = from.collect();
            self.out.extend(from);
        }
        Some(())
    }

    fn write_types(&mut self, types: &TypeSet) {
        self.out.push(row(types.len()));
        self.out.extend(types.iter().map(|ty| row(ty.index())));
    }

    /// What tells an entry from the others of its place.
    fn name_of(&self, entry: &Entry) -> Option<u32> {
        match entry.unit {
            Some(unit) => Some(unit * 2),
            None => entry.arguments.is_empty().then(|| row(entry.field.index()) * 2 + 1),
        }
    }
}

fn row(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
