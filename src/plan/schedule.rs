//! Scheduling: steps to one subgraph that can run together become one request.
//!
//! Steps of one subgraph and level share a request. A step that is not on a longest chain may wait for a
//! later level, where its subgraph is asked anyway. Which levels make the fewest requests is found
//! exactly: level by level each step is given every level that its window allows, those with a request
//! to its subgraph first, and an assignment is given up when it has as many requests as the best one.
//! Most drafts leave no choice, or the first assignment meets the lower bound of
//! [`bound`](super::bound::requests_of). Where the objective is few requests, the depth may grow for it.

use super::bound;
use super::draft::{Draft, PlaceId, StepId};
use super::objective::Objective;
use crate::operation::OperationKind;
use crate::supergraph::SubgraphId;

/// Assignments begun before the best one so far is taken.
const MOST_ASSIGNMENTS: u32 = 5_000;

/// So many rounds may be added where that makes requests fewer.
const MOST_ROUNDS_MORE: u32 = 8;

/// One request: the steps in it, and the earlier requests it waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Whom to ask.
    pub subgraph: SubgraphId,
    /// When, counted from 1.
    pub level: u32,
    /// What for; several only for entity steps.
    pub steps: Vec<StepId>,
    /// Positions of earlier requests.
    pub needs: Vec<usize>,
}

/// A draft's requests, earliest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// The requests.
    pub requests: Vec<Request>,
    /// Whether no other schedule of the same draft has fewer.
    pub exact: bool,
}

/// Groups the draft's steps into requests.
pub fn schedule(draft: &mut Draft<'_>, objective: Objective) -> Schedule {
    let exact = draft.steps.iter().any(|step| step.kind == OperationKind::Mutation) || delay(draft, objective);
    Schedule { requests: group(draft), exact }
}

/// Moves steps to the levels that make the fewest requests; whether they are known to be the fewest.
fn delay(draft: &mut Draft<'_>, objective: Objective) -> bool {
    let deepest = draft.steps.iter().map(|step| step.level).max().unwrap_or(0);
    let least: u32 = bound::requests_of(draft, deepest, objective).values().sum();
    let more = if objective == Objective::Requests { MOST_ROUNDS_MORE } else { 0 };
    let mut best: Option<(u32, Vec<u32>)> = None;
    let mut exact = true;
    for depth in deepest..=deepest + more {
        let mut assignment = Assignment::new(draft, depth);
        assignment.least = least;
        assignment.place(0);
        exact = assignment.begun < MOST_ASSIGNMENTS;
        let Some((requests, levels)) = assignment.best else { break };
        if best.as_ref().is_none_or(|(known, _)| requests < *known) {
            best = Some((requests, levels));
        }
        if best.as_ref().is_some_and(|(requests, _)| *requests <= least) {
            exact = true;
            break;
        }
    }
    if let Some((_, levels)) = best {
        for (step, level) in draft.steps.iter_mut().zip(levels) {
            step.level = level;
        }
    }
    exact
}

/// Levels for steps, in the making.
struct Assignment<'d, 'a> {
    draft: &'d Draft<'a>,
    /// Steps, each after those that it needs.
    order: Vec<usize>,
    latest: Vec<u32>,
    levels: Vec<u32>,
    /// Requests so far: subgraph, level, and how many steps.
    requests: Vec<(SubgraphId, u32, u32)>,
    /// Requests that nothing can join.
    roots: u32,
    best: Option<(u32, Vec<u32>)>,
    /// With so few requests the search ends.
    least: u32,
    begun: u32,
}

impl<'d, 'a> Assignment<'d, 'a> {
    fn new(draft: &'d Draft<'a>, depth: u32) -> Self {
        let mut order: Vec<usize> = (0..draft.steps.len()).collect();
        order.sort_by_key(|&step| draft.steps[step].level);
        let after = bound::rounds_after(draft);
        Self {
            draft,
            order,
            latest: after.iter().map(|after| depth - after).collect(),
            levels: vec![0; draft.steps.len()],
            requests: Vec::new(),
            roots: 0,
            best: None,
            least: 0,
            begun: 0,
        }
    }

    /// Gives levels to the steps from `at` on in the order.
    fn place(&mut self, at: usize) {
        let count = self.roots + u32::try_from(self.requests.len()).unwrap_or(u32::MAX);
        let known = self.best.as_ref().map(|(known, _)| *known);
        let done = known.is_some_and(|known| count >= known || known <= self.least);
        if done || (known.is_some() && self.begun >= MOST_ASSIGNMENTS) {
            return;
        }
        let Some(&step) = self.order.get(at) else {
            self.best = Some((count, self.levels.clone()));
            return;
        };
        self.begun += 1;
        let found = &self.draft.steps[step];
        if found.inputs.is_empty() {
            self.levels[step] = found.level;
            self.roots += 1;
            self.place(at + 1);
            self.roots -= 1;
            return;
        }
        let subgraph = found.subgraph;
        let earliest = found.needs.iter().map(|need| self.levels[need.0] + 1).max().unwrap_or(1);
        if found.alone {
            self.levels[step] = earliest;
            self.roots += 1;
            self.place(at + 1);
            self.roots -= 1;
            return;
        }
        let mut levels: Vec<u32> = (earliest..=self.latest[step]).collect();
        let asked = |level: u32| self.requests.iter().any(|&(known, at, _)| known == subgraph && at == level);
        levels.sort_by_key(|&level| (!asked(level), level));
        for level in levels {
            self.levels[step] = level;
            self.join(subgraph, level);
            self.place(at + 1);
            self.leave(subgraph, level);
        }
    }

    fn join(&mut self, subgraph: SubgraphId, level: u32) {
        match self.requests.iter_mut().find(|(known, at, _)| *known == subgraph && *at == level) {
            Some((_, _, steps)) => *steps += 1,
            None => self.requests.push((subgraph, level, 1)),
        }
    }

    fn leave(&mut self, subgraph: SubgraphId, level: u32) {
        if let Some(at) = self.requests.iter().position(|(known, at, _)| *known == subgraph && *at == level) {
            self.requests[at].2 -= 1;
            if self.requests[at].2 == 0 {
                self.requests.remove(at);
            }
        }
    }
}

/// Puts steps of one subgraph and level into one request.
fn group(draft: &Draft<'_>) -> Vec<Request> {
    let mut requests: Vec<Request> = Vec::new();
    let mut order: Vec<StepId> = (0..draft.steps.len()).map(StepId).collect();
    // Of one round, what is nearer to the root comes first.
    order.sort_by_key(|&step| (draft.step(step).level, depth_of(draft, step), step));
    let mut request_of = vec![0; draft.steps.len()];
    for id in order {
        let step = draft.step(id);
        let needs: Vec<usize> = step.needs.iter().map(|need| request_of[need.0]).collect();
        let joins = |step: StepId| !draft.step(step).inputs.is_empty() && !draft.step(step).alone;
        let known = requests.iter().position(|request| {
            request.subgraph == step.subgraph
                && request.level == step.level
                && joins(id)
                && request.steps.iter().all(|&other| joins(other))
        });
        let at = known.unwrap_or(requests.len());
        if known.is_none() {
            requests.push(Request { subgraph: step.subgraph, level: step.level, steps: Vec::new(), needs: Vec::new() });
        }
        request_of[id.0] = at;
        let request = &mut requests[at];
        request.steps.push(id);
        request.needs.extend(needs);
        request.needs.sort_unstable();
        request.needs.dedup();
    }
    requests
}

/// How many places are around a step's.
fn depth_of(draft: &Draft<'_>, step: StepId) -> usize {
    let place = draft.visit(draft.step(step).visit).place;
    let above = |place: PlaceId| draft.place(place).parent.map(|(above, _)| above);
    std::iter::successors(above(place), |&place| above(place)).count()
}
