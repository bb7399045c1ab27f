//! Projections: what the client asked, position by position, as a straight program.
//!
//! A field whose place hangs on conditions is there once for each place, all reading the same slot: one of them at
//! most is live.

use super::assemble::{LiveSets, RuntimeTypes};
use super::document::escape;
use super::draft::{Draft, PlaceId};
use super::model::{LayoutId, ObjectProjection, Padded, ProjectedField, ProjectedSource, ProjectionId, Slot, Wrapping};
use super::sets::BitSet;
use crate::graph::QueryGraph;
use crate::operation::{Operation, Selection, SelectionKind, SelectionSet, SetId};
use crate::supergraph::{Supergraph, TypeId, TypeSet};
use apollo_compiler::ast;
use std::collections::HashMap;

/// Builds the projections; row `n` is that of the operation's selection set `n`.
pub fn project(
    supergraph: &Supergraph,
    graph: &QueryGraph,
    operation: &Operation,
    draft: &Draft<'_>,
    types: &RuntimeTypes,
    live_sets: &mut LiveSets,
) -> Vec<ObjectProjection> {
    let places: HashMap<SetId, PlaceId> =
        draft.places.iter().enumerate().filter_map(|(at, place)| Some((place.set?, PlaceId(at)))).collect();
    (0..operation.sets.len())
        .map(|at| {
            let set = SetId(u32::try_from(at).expect("sets have 32-bit ids"));
            // A place that no subgraph can have objects at has no slots, and nothing will be written for it.
            let fields = places.get(&set).map_or_else(Vec::new, |&place| {
                let projector = Projector { supergraph, graph, operation, draft, types, place };
                projector.fields(set, live_sets)
            });
            ObjectProjection { fields: fields.into() }
        })
        .collect()
}

struct Projector<'p, 'a> {
    supergraph: &'p Supergraph,
    graph: &'p QueryGraph,
    operation: &'p Operation,
    draft: &'p Draft<'a>,
    types: &'p RuntimeTypes,
    place: PlaceId,
}

impl Projector<'_, '_> {
    fn fields(&self, set: SetId, live_sets: &mut LiveSets) -> Vec<ProjectedField> {
        let mut fields = Vec::new();
        let SelectionSet { selections, order, .. } = self.operation.set(set);
        for mention in order {
            let selection = &selections[mention.selection];
            let unit = mention.place.as_ref().map_or(selection.unit, |place| place.unit);
            let live = live_sets.intern(&BitSet::from_iter([unit as usize]));
            let prefix = Padded::from(format!("\"{}\":", escape(&selection.response_key)));
            for (on, source, wrapping, coordinate) in self.variants(set, selection) {
                fields.push(ProjectedField {
                    response_key: selection.response_key.as_str().into(),
                    prefix: prefix.clone(),
                    on: on.map(|on| self.types.set(&on)),
                    live,
                    source,
                    wrapping,
                    coordinate: coordinate.into(),
                });
            }
        }
        fields
    }

    /// A selection, split where the field's nullability differs between runtime types.
    fn variants(&self, set: SetId, selection: &Selection) -> Vec<(Option<TypeSet>, ProjectedSource, Wrapping, String)> {
        let parent = self.operation.set(set).parent;
        match &selection.kind {
            SelectionKind::Typename => {
                let coordinate = format!("{}.__typename", self.supergraph.ty(parent).name);
                let non_null = Wrapping { lists: 0, non_null: 1 };
                vec![(selection.on.clone(), ProjectedSource::Typename, non_null, coordinate)]
            }
            SelectionKind::Introspection(at) => {
                let source = ProjectedSource::Introspection(*at);
                vec![(None, source, Wrapping::default(), selection.response_key.to_string())]
            }
            SelectionKind::Field { field, children, .. } => {
                let entries = &self.draft.place(self.place).entries;
                let entry = entries.iter().position(|entry| entry.unit == Some(selection.unit));
                let slot = Slot(u32::try_from(entry.expect("the client's fields have entries")).unwrap_or(u32::MAX));
                let source = match children {
                    Some(children) => ProjectedSource::Object(slot, ProjectionId(children.0)),
                    None => ProjectedSource::Leaf(slot),
                };
                let name = &self.supergraph.field(*field).name;
                let all = self.graph.possible().of(parent);
                let of = selection.on.as_ref().unwrap_or(all);
                let mut parts: Vec<(Wrapping, TypeId, Vec<TypeId>)> = Vec::new();
                for ty in of.iter() {
                    let Some(own) = self.graph.field_of(ty, name) else { continue };
                    let wrapping = wrapping(&self.supergraph.field(own).ty);
                    match parts.iter_mut().find(|(known, _, _)| *known == wrapping) {
                        Some((_, _, types)) => types.push(ty),
                        None => parts.push((wrapping, ty, vec![ty])),
                    }
                }
                let whole = parts.len() == 1 && selection.on.is_none();
                parts
                    .into_iter()
                    .map(|(wrapping, first, types)| {
                        let owner = if whole { parent } else { first };
                        let coordinate = format!("{}.{name}", self.supergraph.ty(owner).name);
                        let on = (!whole).then(|| types.into_iter().collect());
                        (on, source, wrapping, coordinate)
                    })
                    .collect()
            }
        }
    }
}

/// The lists and non-nulls of a type.
pub fn wrapping(ty: &ast::Type) -> Wrapping {
    let mut result = Wrapping::default();
    let mut at = ty;
    loop {
        if at.is_non_null() {
            result.non_null |= 1_u32.checked_shl(result.lists.into()).unwrap_or(0);
        }
        match at {
            ast::Type::Named(_) | ast::Type::NonNullNamed(_) => return result,
            ast::Type::List(inner) | ast::Type::NonNullList(inner) => {
                result.lists = result.lists.saturating_add(1);
                at = inner;
            }
        }
    }
}

/// The layout of a place: one row each.
pub fn layout_of(place: PlaceId) -> LayoutId {
    LayoutId(u32::try_from(place.0).expect("places have 32-bit ids"))
}
