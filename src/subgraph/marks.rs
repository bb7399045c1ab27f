//! Marks fields with what the rest of the subgraph says about them: part of a key, provided somewhere, used
//! although external, and the key of an extension.
//!
//! Both sharing (keys and provided fields may be resolved by several subgraphs) and joins (an external field
//! that nothing uses is no part of the graph) depend on these.

use super::model::{Subgraph, TypeKind};
use super::selected::fields_selected;
use std::collections::HashSet;

/// Coordinates: type and field.
type Coordinates = HashSet<(String, String)>;

/// Sets the marks of every field anew.
pub fn mark(subgraph: &mut Subgraph) {
    let found = Found::in_subgraph(subgraph);
    for (name, ty) in &mut subgraph.types {
        let Some(composite) = ty.composite_mut() else { continue };
        for field in composite.fields.values_mut() {
            let coordinate = (name.to_string(), field.name.to_string());
            field.in_key = found.in_key.contains(&coordinate);
            field.provided = found.provided.contains(&coordinate);
            field.used = found.used.contains(&coordinate);
            field.key_of_extension = field.external.is_some() && found.key_of_extension.contains(&coordinate);
        }
    }
}

#[derive(Default)]
struct Found {
    in_key: Coordinates,
    provided: Coordinates,
    used: Coordinates,
    key_of_extension: Coordinates,
}

impl Found {
    fn in_subgraph(subgraph: &Subgraph) -> Self {
        let mut found = Self::default();
        for ty in subgraph.types.values() {
            for key in &ty.keys {
                fields_selected(subgraph, &ty.name, &key.fields.selections, &mut |parent, selected| {
                    let coordinate = (parent.to_owned(), selected.name.to_string());
                    if key.on_extension {
                        found.key_of_extension.insert(coordinate.clone());
                    }
                    found.in_key.insert(coordinate.clone());
                    found.used.insert(coordinate);
                });
            }
            let Some(composite) = ty.composite() else { continue };
            for field in composite.fields.values() {
                if let Some(requires) = &field.requires {
                    fields_selected(subgraph, &ty.name, &requires.selections, &mut |parent, selected| {
                        insert_with_implementations(&mut found.used, parent, &selected.name, subgraph);
                    });
                }
                if let Some(provides) = &field.provides {
                    let output = field.ty.inner_named_type();
                    fields_selected(subgraph, output, &provides.selections, &mut |parent, selected| {
                        insert_with_implementations(&mut found.used, parent, &selected.name, subgraph);
                        insert_with_implementations(&mut found.provided, parent, &selected.name, subgraph);
                    });
                }
            }
            for contextual in composite.fields.values().flat_map(|field| &field.contextual) {
                for from in subgraph.context_types(&contextual.context) {
                    fields_selected(subgraph, &from.name, &contextual.selection.selections, &mut |parent, selected| {
                        insert_with_implementations(&mut found.used, parent, &selected.name, subgraph);
                    });
                }
            }
            if let TypeKind::Object(_) = &ty.kind {
                found.use_for_interfaces(subgraph, &ty.name);
            }
        }
        found
    }

    /// A field that an interface asks of the type is used by that interface.
    fn use_for_interfaces(&mut self, subgraph: &Subgraph, object: &str) {
        let Some(composite) = subgraph.composite(object) else { return };
        for interface in &composite.implements {
            let Some(asked) = subgraph.composite(interface) else { continue };
            for field in asked.fields.keys() {
                self.used.insert((object.to_owned(), field.to_string()));
            }
        }
    }
}

/// A selection on an interface also selects the field of every object behind it: the value is one of those.
fn insert_with_implementations(into: &mut Coordinates, parent: &str, field: &str, subgraph: &Subgraph) {
    into.insert((parent.to_owned(), field.to_owned()));
    for object in subgraph.implementations(parent) {
        into.insert((object.to_string(), field.to_owned()));
    }
}
