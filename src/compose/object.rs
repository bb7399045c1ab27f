//! Objects: every field of every subgraph, and what interface objects add.

use super::field::{FieldMerging, fields_of};
use super::merge::Merge;
use super::sources::{Definition, Kind, subgraph_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::supergraph::{Implements, SubgraphId, TypeId, TypeKind};
use indexmap::IndexMap;

impl<'a> Merge<'a> {
    /// Merges every object and interface.
    pub fn fill_composites(&mut self) {
        for (id, name, merging) in self.of_kind(Kind::Interface) {
            self.fill_interface(id, name, &merging.definitions);
        }
        for (id, name, merging) in self.of_kind(Kind::Object) {
            self.fill_object(id, name, &merging.definitions);
        }
    }

    fn fill_object(&mut self, id: TypeId, name: &'a str, definitions: &'a [Definition<'a>]) {
        self.fill_type(id, name, definitions);
        self.fill_implements(id, definitions);
        self.hint_partial_entity(name, definitions);
        let fields = fields_of(definitions);
        for (field, sources) in &fields {
            self.hint_partial_value_field(Code::InconsistentObjectValueTypeField, name, field, sources, definitions);
            self.fill_field(&FieldMerging {
                parent: name,
                parent_id: id,
                on_interface: false,
                name: field,
                definitions,
                sources: sources.clone(),
            });
        }
        self.add_interface_object_fields(id, &fields);
    }

    /// An entity in some subgraphs only: the others cannot be asked for it.
    fn hint_partial_entity(&mut self, name: &str, definitions: &[Definition<'_>]) {
        let (entities, values): (Vec<&Definition<'_>>, Vec<&Definition<'_>>) =
            definitions.iter().partition(|definition| !definition.ty.keys.is_empty());
        if entities.is_empty() || values.is_empty() {
            return;
        }
        let subgraphs = subgraph_list(values.iter().map(|definition| definition.subgraph.name.as_str()));
        let hint =
            Diagnostic::hint(Code::InconsistentEntity, format!("Type \"{name}\" has a key, but not in {subgraphs}"));
        let hint = values.iter().fold(hint, |hint, definition| hint.at_opt(definition.span(), "without a key"));
        let hint = entities.iter().fold(hint, |hint, definition| hint.at_opt(definition.span(), "with a key"));
        self.findings.hint(hint.help("give the type a key in every subgraph that can find it by one"));
    }

    /// The interfaces that a type implements, each with the subgraphs where it does.
    pub fn fill_implements(&mut self, id: TypeId, definitions: &[Definition<'_>]) {
        let mut found: IndexMap<&str, Vec<SubgraphId>> = IndexMap::new();
        for definition in definitions {
            for interface in definition.composite().into_iter().flat_map(|composite| &composite.implements) {
                found.entry(interface).or_default().push(definition.id);
            }
        }
        let implemented = found
            .into_iter()
            .map(|(interface, graphs)| Implements { interface: self.type_id(interface), graphs })
            .collect();
        match &mut self.ty_mut(id).kind {
            TypeKind::Object { implements, .. } | TypeKind::Interface { implements, .. } => *implements = implemented,
            _ => unreachable!("declared as object or interface"),
        }
    }
}
