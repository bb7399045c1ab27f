//! Liveness: which units need which pick.
//!
//! A pick is needed by the client's units that it serves and by everything below it; a key also by all that the step
//! it names entities for is needed by, and a requirement by those fields of the step that require it. The latter is
//! handed up here, from the deepest steps to the first; then what is below is added to what is above, so that a
//! pick and a visit say of themselves all that needs them.

use super::draft::{Draft, Input, Pick, StepId, VisitId};
use super::sets::BitSet;
use crate::graph::{FieldSetId, QueryGraph};
use crate::supergraph::Supergraph;

/// Adds to every pick and visit the units that need something below it, and to what feeds a step those that
/// need it. Says of the inputs of steps, too, who needs them.
pub fn spread(supergraph: &Supergraph, graph: &QueryGraph, draft: &mut Draft<'_>) {
    let mut order: Vec<StepId> = (0..draft.steps.len()).map(StepId).collect();
    order.sort_by_key(|&step| std::cmp::Reverse(draft.step(step).level));
    for step in order {
        let needs = Needs::of(supergraph, graph, draft, step);
        let mut sources = Vec::new();
        let mut inputs = std::mem::take(&mut draft.steps[step.0].inputs);
        inputs.iter_mut().for_each(|input| needs.hand_to(&mut input.fields, &mut sources));
        draft.steps[step.0].inputs = inputs;
        for context in &draft.step(step).contexts {
            let live = needs.of_requirements(&[context.requires]);
            context.sources.iter().for_each(|source| collect_sources(&source.value, &live, &mut sources));
        }
        for ((visit, pick), live) in sources {
            draft.visits[visit.0].picks[pick].live.union_with(&live);
        }
    }
    hand_up(draft);
}

/// A pick, and units that need it.
type Fed = ((VisitId, usize), BitSet);

/// The units that need what goes into a step.
struct Needs {
    /// Those that need the step.
    all: BitSet,
    /// By requirement, those that need a field which has it.
    required: Vec<(FieldSetId, BitSet)>,
}

impl Needs {
    fn of(supergraph: &Supergraph, graph: &QueryGraph, draft: &Draft<'_>, step: StepId) -> Self {
        let visit = draft.visit(draft.step(step).visit);
        let mut required: Vec<(FieldSetId, BitSet)> = Vec::new();
        for pick in &visit.picks {
            let name = &supergraph.field(draft.place(visit.place).entries[pick.entry].field).name;
            let of = pick.types.iter().chain(visit.unknown);
            let edges = of.filter_map(|ty| graph.edge(graph.field_of(ty, name)?, draft.step(step).subgraph));
            for requires in edges.filter_map(|edge| edge.requires) {
                let live = of_pick(draft, pick);
                match required.iter_mut().find(|(known, _)| *known == requires) {
                    Some((_, known)) => known.union_with(&live),
                    None => required.push((requires, live)),
                }
            }
        }
        Self { all: of_visit(draft, draft.step(step).visit), required }
    }

    /// The units that need a part of these requirements; all of the step's, if nobody is known to have one.
    fn of_requirements(&self, requirements: &[FieldSetId]) -> BitSet {
        let mut live = BitSet::new();
        for requirement in requirements {
            match self.required.iter().find(|(known, _)| known == requirement) {
                Some((_, needs)) => live.union_with(needs),
                None => return self.all.clone(),
            }
        }
        live
    }

    /// Tells inputs who needs them, and gives the picks that supply them.
    fn hand_to(&self, fields: &mut [Input], sources: &mut Vec<Fed>) {
        for field in fields {
            let live = match field.required_by.as_slice() {
                [] => self.all.clone(),
                required => {
                    field.live = self.of_requirements(required);
                    field.live.clone()
                }
            };
            sources.extend(field.sources.iter().map(|&source| (source, live.clone())));
            self.hand_to(&mut field.fields, sources);
        }
    }
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
        live.union_with(&of_pick(draft, pick));
    }
    live
}

fn of_pick(draft: &Draft<'_>, pick: &Pick) -> BitSet {
    let mut live = pick.live.clone();
    for &child in &pick.children {
        live.union_with(&of_visit(draft, child));
    }
    live
}

fn collect_sources(field: &Input, live: &BitSet, sources: &mut Vec<Fed>) {
    sources.extend(field.sources.iter().map(|&source| (source, live.clone())));
    field.fields.iter().for_each(|field| collect_sources(field, live, sources));
}
