//! Whether projections are what an operation selects.

use super::super::model::{LiveId, Plan, ProjectedField, ProjectedSource};
use crate::operation::{Mention, Operation, Selection, SelectionKind, SelectionSet};
use crate::supergraph::{PossibleTypes, Supergraph};

/// What is wrong with the projections; row `n` is that of the operation's set `n`.
pub(super) fn check(
    supergraph: &Supergraph,
    possible: &PossibleTypes,
    operation: &Operation,
    plan: &Plan,
) -> Vec<String> {
    if plan.projections.len() != operation.sets.len() {
        return vec![format!("{} projections for {} sets", plan.projections.len(), operation.sets.len())];
    }
    let mut problems = Vec::new();
    for (at, (set, projection)) in operation.sets.iter().zip(&plan.projections).enumerate() {
        // A position that no subgraph has objects at has none.
        if projection.fields.is_empty() && at > 0 {
            continue;
        }
        let wanted = distinct(set.selections.iter().map(|selection| selection.response_key.as_str()));
        let found = distinct(projection.fields.iter().map(|field| &*field.response_key));
        if wanted != found {
            problems.push(format!("set {at} wants {wanted:?}, projected are {found:?}"));
        }
        check_types(supergraph, possible, plan, set, &projection.fields, &mut problems);
    }
    problems
}

/// Keys in the order of their first mention.
fn distinct<'k>(keys: impl Iterator<Item = &'k str>) -> Vec<&'k str> {
    let mut seen = Vec::new();
    for key in keys {
        if !seen.contains(&key) {
            seen.push(key);
        }
    }
    seen
}

/// For each runtime type each place of a key is written once, in order, and is what is selected for the type.
fn check_types(
    supergraph: &Supergraph,
    possible: &PossibleTypes,
    plan: &Plan,
    set: &SelectionSet,
    fields: &[ProjectedField],
    problems: &mut Vec<String>,
) {
    for ty in possible.of(set.parent).iter() {
        let name = &supergraph.ty(ty).name;
        let Some(number) = plan.types.iter().position(|known| *known.name == **name) else { continue };
        let wanted = set.order.iter().map(|mention| (mention, &set.selections[mention.selection]));
        let wanted = wanted.filter(|(_, selection)| selection.on.as_ref().is_none_or(|on| on.contains(ty)));
        let wanted: Vec<(&Mention, &Selection)> = wanted.collect();
        let found = fields.iter().filter(|field| field.on.as_ref().is_none_or(|on| on.contains(number)));
        let found: Vec<&ProjectedField> = found.collect();
        let alike = wanted.len() == found.len()
            && wanted
                .iter()
                .zip(&found)
                .all(|((mention, want), field)| is(want, field) && stands(plan, mention, want, field));
        if !alike {
            problems.push(format!("for {name}, {:?} are projected", found.iter().map(|it| &it.response_key)));
        }
    }
}

/// Whether a projected field is written just when the selection has this place.
fn stands(plan: &Plan, mention: &Mention, selection: &Selection, field: &ProjectedField) -> bool {
    let unit = mention.place.as_ref().map_or(selection.unit, |place| place.unit) as usize;
    match field.live {
        LiveId::ALWAYS => mention.place.is_none(),
        live => plan.live_sets[live.index()].iter().eq([unit]),
    }
}

/// Whether a projected field is a selection.
fn is(selection: &Selection, field: &ProjectedField) -> bool {
    let same = match (&selection.kind, field.source) {
        (SelectionKind::Typename, ProjectedSource::Typename) => true,
        (SelectionKind::Introspection(at), ProjectedSource::Introspection(found)) => *at == found,
        (SelectionKind::Field { children: None, .. }, ProjectedSource::Leaf(_)) => true,
        (SelectionKind::Field { children: Some(children), .. }, ProjectedSource::Object(_, found)) => {
            children.0 == found.0
        }
        _ => false,
    };
    same && *selection.response_key == *field.response_key
}
