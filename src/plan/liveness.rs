//! Liveness: which units need which pick.
//!
//! A pick is needed by the client's units that it serves and by everything below it; a key or
//! requirement also by all that the step it names entities for is needed by. The latter is handed up
//! here, from the deepest steps to the first; then what is below is added to what is above, so that a
//! pick and a visit say of themselves all that needs them.

use super::draft::{Draft, Input, StepId, VisitId};
use super::sets::BitSet;

/// Adds to every pick and visit the units that need something below it, and to what feeds a step those that
/// need the step.
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
    hand_up(draft);
}

/// Adds what is below to what is above. The visits of a pick's value come after the pick's own.
fn hand_up(draft: &mut Draft<'_>) {
    for at in (0..draft.visits.len()).rev() {
        for pick in 0..draft.visits[at].picks.len() {
            let mut live = std::mem::take(&mut draft.visits[at].picks[pick].live);
            for child in &draft.visits[at].picks[pick].children {
                debug_assert!(child.0 > at);
                live.union_with(&draft.visits[child.0].live);
            }
            draft.visits[at].live.union_with(&live);
            draft.visits[at].picks[pick].live = live;
        }
    }
}

/// The units that need something of a visit.
fn of_visit(draft: &Draft<'_>, visit: VisitId) -> BitSet {
    let mut live = draft.visit(visit).live.clone();
    for pick in &draft.visit(visit).picks {
        live.union_with(&pick.live);
        for &child in &pick.children {
            live.union_with(&of_visit(draft, child));
        }
    }
    live
}

fn collect_sources(fields: &[Input], sources: &mut Vec<(VisitId, usize)>) {
    for field in fields {
        sources.extend(&field.sources);
        collect_sources(&field.fields, sources);
    }
}
