//! Scheduling: steps to one subgraph that can run together become one request.
//!
//! Steps of one subgraph and level share a request. A step that is not on a longest chain may wait:
//! where a later level, not later than what depends on it allows, has a request to the same subgraph
//! already, it joins that one. The depth of the plan never grows by it.

use super::draft::{Draft, StepId};
use crate::operation::OperationKind;
use crate::supergraph::SubgraphId;

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

/// Groups the draft's steps into requests, earliest first.
pub fn schedule(draft: &mut Draft<'_>) -> Vec<Request> {
    delay(draft);
    let mut requests: Vec<Request> = Vec::new();
    let mut order: Vec<StepId> = (0..draft.steps.len()).map(StepId).collect();
    order.sort_by_key(|&step| (draft.step(step).level, step));
    let mut request_of = vec![0; draft.steps.len()];
    for id in order {
        let step = draft.step(id);
        let needs: Vec<usize> = step.needs.iter().map(|need| request_of[need.0]).collect();
        let known = requests.iter().position(|request| {
            request.subgraph == step.subgraph
                && request.level == step.level
                && !step.inputs.is_empty()
                && request.steps.iter().all(|&other| !draft.step(other).inputs.is_empty())
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

/// Moves steps that have slack to a later level where their subgraph is asked anyway.
fn delay(draft: &mut Draft<'_>) {
    if draft.steps.iter().any(|step| step.kind == OperationKind::Mutation) {
        return;
    }
    let deepest = draft.steps.iter().map(|step| step.level).max().unwrap_or(0);
    while let Some((movable, level)) = join_of(draft, &latest_levels(draft, deepest)) {
        for step in movable {
            draft.steps[step.0].level = level;
        }
    }
}

/// For each step, the latest level at which nothing that depends on it is delayed.
fn latest_levels(draft: &Draft<'_>, deepest: u32) -> Vec<u32> {
    let mut latest = vec![deepest; draft.steps.len()];
    let mut order: Vec<usize> = (0..draft.steps.len()).collect();
    order.sort_by_key(|&step| std::cmp::Reverse(draft.steps[step].level));
    for step in order {
        for need in &draft.steps[step].needs {
            latest[need.0] = latest[need.0].min(draft.steps[step].level - 1);
        }
    }
    latest
}

/// All steps of a subgraph at one level, and a later level to which all of them can move and where the
/// subgraph is asked already.
fn join_of(draft: &Draft<'_>, latest: &[u32]) -> Option<(Vec<StepId>, u32)> {
    for step in draft.steps.iter().filter(|step| !step.inputs.is_empty()) {
        let together: Vec<StepId> = (0..draft.steps.len())
            .map(StepId)
            .filter(|&other| {
                let other = draft.step(other);
                other.subgraph == step.subgraph && other.level == step.level && !other.inputs.is_empty()
            })
            .collect();
        let bound = together.iter().map(|other| latest[other.0]).min().unwrap_or(step.level);
        let later = draft
            .steps
            .iter()
            .filter(|other| other.subgraph == step.subgraph && !other.inputs.is_empty())
            .map(|other| other.level)
            .filter(|&level| level > step.level && level <= bound)
            .min();
        if let Some(level) = later {
            return Some((together, level));
        }
    }
    None
}
