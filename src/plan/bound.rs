//! Bounds: what any completion of a draft costs at least.
//!
//! Steps are never taken back, their rounds never change while resolving, and dependencies are only
//! added; so what the steps so far need, any completion needs, and what the [`Space`] says every plan
//! needs, too.

use super::draft::{Draft, Step};
use super::model::Cost;
use super::objective::Objective;
use super::sets::BitSet;
use super::space::{Space, Window, pierce};
use crate::supergraph::SubgraphId;
use std::collections::BTreeMap;

/// The least cost of a plan that has these steps and these picks among its own.
pub fn of_draft(draft: &Draft<'_>, space: &Space, objective: Objective, picks: u32, picked: &BitSet) -> Cost {
    let depth = draft.steps.iter().map(|step| step.level).max().unwrap_or(0).max(space.depth);
    let mut requests = space.requests(depth, objective == Objective::Latency);
    for (subgraph, count) in requests_of(draft, depth, objective) {
        let known = requests.entry(subgraph).or_default();
        *known = (*known).max(count);
    }
    let missing = space.units.iter().filter(|unit| !picked.contains(*unit)).count();
    let fields = fields_of(draft, picks) + u32::try_from(missing).unwrap_or(u32::MAX);
    Cost { depth, requests: space.in_all(&requests), fields: fields.max(space.fields()) }
}

/// The fields that a draft with so many picks asks for: each place that an entity step is for needs a
/// `__typename` besides.
pub fn fields_of(draft: &Draft<'_>, picks: u32) -> u32 {
    let entity_steps = draft.steps.iter().filter(|step| !step.inputs.is_empty()).count();
    picks + u32::try_from(entity_steps).unwrap_or(u32::MAX)
}

/// The least requests per subgraph that a draft's steps can be put into, when nothing but the depth and
/// dependencies between steps to one subgraph keeps them apart.
pub fn requests_of(draft: &Draft<'_>, depth: u32, objective: Objective) -> BTreeMap<SubgraphId, u32> {
    let after = rounds_after(draft);
    let mut of: BTreeMap<SubgraphId, (u32, Vec<Window>)> = BTreeMap::new();
    for (step, after) in draft.steps.iter().zip(&after) {
        let (roots, windows) = of.entry(step.subgraph).or_default();
        if step.inputs.is_empty() || step.alone {
            *roots += 1;
        } else {
            let latest = match objective {
                Objective::Latency => depth.saturating_sub(*after).max(step.level),
                Objective::Requests => u32::MAX,
            };
            windows.push((step.level, latest));
        }
    }
    let mut requests: BTreeMap<SubgraphId, u32> =
        of.into_iter().map(|(subgraph, (roots, mut windows))| (subgraph, roots + pierce(&mut windows))).collect();
    for (subgraph, chain) in chains(draft) {
        let known = requests.entry(subgraph).or_default();
        *known = (*known).max(chain);
    }
    requests
}

/// For each step, how many rounds have to follow its own.
pub fn rounds_after(draft: &Draft<'_>) -> Vec<u32> {
    let mut after = vec![0; draft.steps.len()];
    for step in by_level(draft).into_iter().rev() {
        for need in &draft.steps[step].needs {
            after[need.0] = after[need.0].max(after[step] + 1);
        }
    }
    after
}

/// For each subgraph, the most steps to it that depend on each other.
fn chains(draft: &Draft<'_>) -> BTreeMap<SubgraphId, u32> {
    let mut longest: Vec<BTreeMap<SubgraphId, u32>> = vec![BTreeMap::new(); draft.steps.len()];
    let mut result = BTreeMap::new();
    for at in by_level(draft) {
        let Step { subgraph, needs, .. } = &draft.steps[at];
        let mut own = BTreeMap::new();
        for need in needs {
            for (&subgraph, &length) in &longest[need.0] {
                let known = own.entry(subgraph).or_insert(0);
                *known = length.max(*known);
            }
        }
        let length = own.entry(*subgraph).or_insert(0);
        *length += 1;
        let known = result.entry(*subgraph).or_insert(0);
        *known = (*length).max(*known);
        longest[at] = own;
    }
    result
}

/// The steps, each after those that it needs.
fn by_level(draft: &Draft<'_>) -> Vec<usize> {
    let mut order: Vec<usize> = (0..draft.steps.len()).collect();
    order.sort_by_key(|&step| draft.steps[step].level);
    order
}
