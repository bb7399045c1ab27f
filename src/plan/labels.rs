//! Which labels of `@override` the plan of an operation depends on.
//!
//! In goes an operation, out come the labels of all fields that planning may look at: the selected ones, those
//! of the keys of every type on the way, and those of the `@requires` and `@provides` of any of these, again
//! and again. The set may be larger than need be, never smaller: requests that agree on it have the same plan.

use crate::graph::{LabelSet, QueryGraph, SetField};
use crate::operation::{Operation, SelectionKind};
use crate::supergraph::{FieldId, Supergraph, TypeId};
use std::collections::HashSet;

/// The labels that matter to an operation.
pub fn labels_of(supergraph: &Supergraph, graph: &QueryGraph, operation: &Operation) -> LabelSet {
    let mut labels = LabelSet::new();
    if graph.labels().is_empty() {
        return labels;
    }
    let mut reach = Reach { supergraph, graph, types: HashSet::new(), fields: HashSet::new(), pending: Vec::new() };
    for set in &operation.sets {
        reach.visit_type(set.parent);
        for selection in &set.selections {
            if let SelectionKind::Field { field, .. } = selection.kind {
                reach.visit_member(set.parent, field);
            }
        }
    }
    while let Some(next) = reach.pending.pop() {
        match next {
            Next::Type(ty) => reach.expand_type(ty),
            Next::Field(field) => {
                graph.add_labels_of(field, &mut labels);
                reach.expand_field(field);
            }
        }
    }
    labels
}

/// What planning may look at. Keys and requirements lead from type to type as far as the supergraph goes, so
/// what is still to be expanded is a list, not a recursion.
struct Reach<'a> {
    supergraph: &'a Supergraph,
    graph: &'a QueryGraph,
    types: HashSet<TypeId>,
    fields: HashSet<FieldId>,
    pending: Vec<Next>,
}

/// A type or field to be expanded, each once.
enum Next {
    Type(TypeId),
    Field(FieldId),
}

impl<'a> Reach<'a> {
    /// The type itself and what its values can be.
    fn variants(&self, ty: TypeId) -> impl Iterator<Item = TypeId> + use<'a> {
        let possible = self.graph.possible().of(ty).iter().filter(move |&variant| variant != ty);
        possible.chain([ty])
    }

    fn visit_type(&mut self, ty: TypeId) {
        for ty in self.variants(ty) {
            if self.types.insert(ty) {
                self.pending.push(Next::Type(ty));
            }
        }
    }

    /// A field selected on `ty`, as each runtime type has it.
    fn visit_member(&mut self, ty: TypeId, field: FieldId) {
        let name = &self.supergraph.field(field).name;
        let own = self.variants(ty).filter_map(|variant| self.graph.field_of(variant, name)).chain([field]);
        for field in own.collect::<Vec<_>>() {
            if self.fields.insert(field) {
                self.pending.push(Next::Field(field));
            }
        }
    }

    /// Entities of the type may be named by any of its keys.
    fn expand_type(&mut self, ty: TypeId) {
        for key in self.graph.keys(ty) {
            self.visit_set(ty, &self.graph.field_set(key.fields).fields);
        }
    }

    fn expand_field(&mut self, field: FieldId) {
        self.visit_type(self.supergraph.field(field).output);
        for edge in self.graph.edges(field) {
            for set in [edge.requires, edge.provides].into_iter().flatten() {
                let set = self.graph.field_set(set);
                self.visit_set(set.ty, &set.fields);
                let contexts = set.contexts.iter().flat_map(|argument| argument.sources.values());
                for set in contexts.map(|&source| self.graph.field_set(source)) {
                    self.visit_set(set.ty, &set.fields);
                }
            }
        }
    }

    fn visit_set(&mut self, ty: TypeId, fields: &'a [SetField]) {
        for field in fields {
            self.visit_member(field.on.unwrap_or(ty), field.field);
            self.visit_set(self.supergraph.field(field.field).output, &field.children);
        }
    }
}
