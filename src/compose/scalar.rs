//! Scalars: nothing but description and directives to merge.

use super::merge::Merge;
use super::sources::{Definition, Kind};
use crate::supergraph::TypeId;

impl<'a> Merge<'a> {
    /// Merges every scalar.
    pub fn fill_scalars(&mut self) {
        for (id, name, merging) in self.of_kind(Kind::Scalar) {
            self.fill_type(id, name, &merging.definitions);
        }
    }

    /// What all kinds have: description and directives.
    pub fn fill_type(&mut self, id: TypeId, name: &str, definitions: &[Definition<'a>]) {
        let description = self.merge_descriptions(
            &|| format!("Type \"{name}\""),
            definitions.iter().map(|definition| (definition.subgraph, definition.ty.description.as_ref())),
        );
        let inherited = self.access.of_type(name);
        let directives = self.merge_applied_with(
            name,
            definitions.iter().map(|definition| (definition.subgraph, definition.ty.directives.as_slice())),
            inherited,
        );
        // Nothing is resolved at the other kinds, whatever a definition of its own lets a subgraph say there.
        let carried = if self.supergraph.ty(id).is_composite() {
            let given = definitions.iter();
            self.carry(None, given.map(|definition| (definition.subgraph, definition.ty.directives.as_slice())))
        } else {
            Vec::new()
        };
        let ty = self.ty_mut(id);
        ty.description = description;
        ty.directives = directives;
        ty.carried = carried;
    }
}
