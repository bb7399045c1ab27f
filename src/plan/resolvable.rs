//! What a visit's subgraph can resolve itself, for which types, and what the way to it provides.

use super::draft::{PlaceId, VisitId};
use super::resolve::Resolver;
use crate::graph::SetField;
use crate::supergraph::{FieldId, TypeId, TypeSet};

impl<'a> Resolver<'a> {
    /// The runtime types for which an entry is wanted of a visit's objects; the interface itself stands for
    /// all where the subgraph cannot tell them apart.
    pub(super) fn wanted(&self, visit: VisitId, entry: usize) -> Vec<TypeId> {
        let visit = self.draft.visit(visit);
        let on = &self.draft.place(visit.place).entries[entry].on;
        match (visit.unknown, on) {
            (Some(interface), None) => vec![interface],
            (_, on) => visit.types.iter().filter(|ty| on.as_ref().is_none_or(|on| on.contains(*ty))).collect(),
        }
    }

    /// The runtime types that `ty`, one of [`Self::wanted`], stands for.
    pub(super) fn types_of(&self, visit: VisitId, ty: TypeId) -> TypeSet {
        let visit = self.draft.visit(visit);
        if visit.unknown == Some(ty) { visit.types.clone() } else { TypeSet::one(ty) }
    }

    /// The field that an entry means for objects of a type.
    pub(super) fn field_for(&self, place: PlaceId, entry: usize, ty: TypeId) -> Option<FieldId> {
        let field = self.draft.place(place).entries[entry].field;
        self.graph.field_of(ty, &self.supergraph.field(field).name)
    }

    /// Whether a visit's subgraph resolves an entry itself.
    pub(super) fn is_direct(&self, visit: VisitId, entry: usize, ty: TypeId) -> bool {
        let found = self.draft.visit(visit);
        let Some(field) = self.field_for(found.place, entry, ty) else { return false };
        self.is_direct_field(visit, field, ty)
    }

    /// Whether a visit's subgraph resolves a field itself for objects of a type.
    pub(super) fn is_direct_field(&self, visit: VisitId, field: FieldId, ty: TypeId) -> bool {
        let found = self.draft.visit(visit);
        let Some(edge) = self.graph.edge(field, self.draft.subgraph_of(visit)) else { return false };
        if edge.requires.is_some() {
            return false;
        }
        !edge.external || self.provided_field(&found.provided, field, ty).next().is_some()
    }

    /// The selections of the provided field sets that name a field.
    fn provided_field<'s>(
        &'s self,
        provided: &'s [&'a [SetField]],
        field: FieldId,
        ty: TypeId,
    ) -> impl Iterator<Item = &'a SetField> + 's {
        let name = &self.supergraph.field(field).name;
        provided.iter().flat_map(|set| set.iter()).filter(move |provided| {
            self.supergraph.field(provided.field).name == *name
                && provided.on.is_none_or(|on| on == ty || self.graph.possible().of(on).contains(ty))
        })
    }

    /// What is provided below an entry of a visit.
    pub(super) fn provided_below(&self, visit: VisitId, entry: usize, ty: TypeId) -> Vec<&'a [SetField]> {
        let found = self.draft.visit(visit);
        let Some(field) = self.field_for(found.place, entry, ty) else { return Vec::new() };
        let mut provided: Vec<&'a [SetField]> = self
            .provided_field(&found.provided, field, ty)
            .map(|set| set.children.as_slice())
            .filter(|children| !children.is_empty())
            .collect();
        let graph = self.graph;
        let edge = graph.edge(field, self.draft.subgraph_of(visit));
        if let Some(set) = edge.and_then(|edge| edge.provides) {
            provided.push(&graph.field_set(set).fields);
        }
        provided
    }
}
