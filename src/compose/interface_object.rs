//! Interface objects: a subgraph that knows an interface as an object can add fields to all its
//! implementations at once.
//!
//! In the supergraph each implementation gets such a field, with a `@join__field` that names no subgraph: it is
//! reached through the interface.

use super::access::RULES;
use super::field::FieldMerging;
use super::merge::Merge;
use super::sources::FieldSource;
use crate::supergraph::{Field, JoinField, TypeId, TypeKind};
use indexmap::IndexMap;

impl<'a> Merge<'a> {
    /// Adds to an object the fields of the interface objects that stand for it; `own` are its fields already.
    pub fn add_interface_object_fields(&mut self, id: TypeId, own: &IndexMap<&str, Vec<FieldSource<'a>>>) {
        let mut added: Vec<Field> = Vec::new();
        for interface in self.interfaces_of(id) {
            for source in self.interface_object_fields(interface) {
                let field = source.field.name.as_str();
                if own.contains_key(field) || added.iter().any(|other| other.name == field) {
                    continue;
                }
                added.extend(self.copied_field(id, interface, field));
            }
        }
        for field in added {
            self.supergraph.add_field(field);
        }
    }

    /// Whether an interface object resolves the field for its type.
    pub fn has_interface_object_source(&self, merging: &FieldMerging<'a>) -> bool {
        !merging.on_interface && !self.interface_object_sources(merging).is_empty()
    }

    /// The definitions of the field in interface objects that stand for its type.
    pub fn interface_object_sources(&self, merging: &FieldMerging<'a>) -> Vec<FieldSource<'a>> {
        let mut found: Vec<FieldSource<'a>> = Vec::new();
        for interface in self.interfaces_of(merging.parent_id) {
            for source in self.interface_object_fields(interface) {
                if source.field.name == merging.name && !source.field.is_external() {
                    found.push(source);
                }
            }
        }
        found
    }

    fn interfaces_of(&self, id: TypeId) -> Vec<TypeId> {
        match &self.supergraph.ty(id).kind {
            TypeKind::Object { implements, .. } => implements.iter().map(|implemented| implemented.interface).collect(),
            _ => Vec::new(),
        }
    }

    fn interface_object_fields(&self, interface: TypeId) -> Vec<FieldSource<'a>> {
        if !self.supergraph.ty(interface).joins.iter().any(|join| join.is_interface_object) {
            return Vec::new();
        }
        let sources = self.sources;
        let name = self.supergraph.ty(interface).name.clone();
        sources
            .definitions(&name)
            .iter()
            .filter(|definition| definition.ty.is_interface_object())
            .flat_map(|definition| {
                let fields = definition.composite().into_iter().flat_map(|composite| composite.fields.values());
                fields.map(|field| FieldSource { parent: *definition, field })
            })
            .collect()
    }

    /// The interface's merged field, as a field of an implementation. The interface's access rules are those of all
    /// implementations together; this one has its own.
    fn copied_field(&mut self, id: TypeId, interface: TypeId, name: &str) -> Option<Field> {
        let merged = self.supergraph.field(self.supergraph.field_of(interface, name)?).clone();
        let object = self.supergraph.ty(id).name.clone();
        let coordinate = format!("{object}.{name}");
        let inherited = self.access.of_field(&object, name);
        let mut directives = merged.directives;
        directives.retain(|directive| !RULES.contains(&directive.name.as_str()));
        directives.extend(self.merge_applied_with(&coordinate, std::iter::empty(), inherited));
        Some(Field { parent: id, joins: vec![JoinField::default()], directives, ..merged })
    }
}
