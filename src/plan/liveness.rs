//! Liveness: which units need which pick.
//!
//! A pick is needed by the client's units that it serves and by everything below it; a key or
//! requirement also by all that the step it names entities for is needed by. The latter is handed up
//! here, from the deepest steps to the first.

use super::draft::{Draft, Input, StepId, VisitId};
use super::sets::BitSet;

/// Adds to every pick that feeds a step the units that need the step.
pub fn spread(draft: &mut Draft<'_>) {
    let mut order: Vec<StepId> = (0..draft.steps.len()).map(StepId).collect();
    order.sort_by_key(|&step| std::cmp::Reverse(draft.step(step).level));
    for step in order {
        let live = of_visit(draft, draft.step(step).visit);
        let mut sources = Vec::new();
        for input in &draft.step(step).inputs {
            collect_sources(&input.fields, &mut sources);
        }
        for source in draft.step(step).contexts.iter().flat_map(|context| &context.sources) {
            collect_sources(std::slice::from_ref(&source.value), &mut sources);
        }
        for (visit, pick) in sources {
            draft.visits[visit.0].picks[pick].live.union_with(&live);
        }
    }
}

/// The units that need something of a visit.
pub fn of_visit(draft: &Draft<'_>, visit: VisitId) -> BitSet {
    let mut live = draft.visit(visit).live.clone();
    for pick in 0..draft.visit(visit).picks.len() {
        live.union_with(&of_pick(draft, visit, pick));
    }
    live
}

/// The units that need a pick or something below it.
pub fn of_pick(draft: &Draft<'_>, visit: VisitId, pick: usize) -> BitSet {
    let pick = &draft.visit(visit).picks[pick];
    let mut live = pick.live.clone();
    for &child in &pick.children {
        live.union_with(&of_visit(draft, child));
    }
    live
}

fn collect_sources(fields: &[Input], sources: &mut Vec<(VisitId, usize)>) {
    for field in fields {
        sources.extend(&field.sources);
        collect_sources(&field.fields, sources);
    }
}
