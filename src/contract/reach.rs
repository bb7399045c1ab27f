//! Which types a client can come to from the root fields that are left; the others are left out.
//!
//! From a field to its type and to those of its arguments, from an interface to its implementations and back, from a
//! union to its members, from an input object to its fields. Each type is looked at once.

use super::leave_out;
use crate::supergraph::{Hidden, Supergraph, TypeId, TypeKind};
use apollo_compiler::ast::InputValueDefinition;

/// Marks the types that nothing leads to.
pub(super) fn leave_out_unreachable(supergraph: &mut Supergraph) {
    let hidden = Hidden::find(supergraph);
    let mut search =
        Search { supergraph, hidden: &hidden, reached: vec![false; supergraph.types.len()], pending: vec![] };
    for root in [supergraph.query, supergraph.mutation, supergraph.subscription].into_iter().flatten() {
        search.reach(root);
    }
    for directive in &supergraph.directives {
        directive.arguments.iter().for_each(|argument| search.reach_input(argument));
    }
    while let Some(id) = search.pending.pop() {
        search.go_on_from(id);
    }
    let reached = search.reached;
    leave_out::types(supergraph, |id| !reached[id.index()]);
}

struct Search<'a> {
    supergraph: &'a Supergraph,
    hidden: &'a Hidden,
    reached: Vec<bool>,
    pending: Vec<TypeId>,
}

impl Search<'_> {
    fn reach(&mut self, id: TypeId) {
        if !self.hidden.hides_type(id) && !std::mem::replace(&mut self.reached[id.index()], true) {
            self.pending.push(id);
        }
    }

    fn reach_input(&mut self, input: &InputValueDefinition) {
        if !self.hidden.hides_input(self.supergraph, input)
            && let Some(id) = self.supergraph.type_id(input.ty.inner_named_type())
        {
            self.reach(id);
        }
    }

    fn go_on_from(&mut self, id: TypeId) {
        let supergraph = self.supergraph;
        match &supergraph.ty(id).kind {
            TypeKind::Object { fields, implements } | TypeKind::Interface { fields, implements } => {
                implements.iter().for_each(|implemented| self.reach(implemented.interface));
                for &field in fields.iter().filter(|&&field| !self.hidden.hides_field(field)) {
                    let field = supergraph.field(field);
                    self.reach(field.output);
                    field.arguments.iter().for_each(|argument| self.reach_input(&argument.definition));
                }
            }
            TypeKind::Union { members } => members.iter().for_each(|member| self.reach(member.member)),
            TypeKind::Input { fields } => fields.iter().for_each(|field| self.reach_input(&field.definition)),
            TypeKind::Scalar | TypeKind::Enum { .. } => {}
        }
        if matches!(supergraph.ty(id).kind, TypeKind::Interface { .. }) {
            self.reach_implementations(id);
        }
    }

    fn reach_implementations(&mut self, interface: TypeId) {
        for (index, ty) in self.supergraph.types.iter().enumerate() {
            let (TypeKind::Object { implements, .. } | TypeKind::Interface { implements, .. }) = &ty.kind else {
                continue;
            };
            if implements.iter().any(|implemented| implemented.interface == interface) {
                self.reach(TypeId::from_index(index));
            }
        }
    }
}
