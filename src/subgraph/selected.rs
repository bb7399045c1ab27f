//! Which fields of which types a field set selects.
//!
//! A selection on an interface also selects the field of every object that implements it there: the value is
//! one of those objects.

use super::model::{Subgraph, TypeKind};
use super::{FieldSelection, Selection};

/// Calls `visit` with the type, the selected field and the selection, at every depth. What does not resolve
/// (validation has its word on that) is passed over.
pub fn fields_selected<'a>(
    subgraph: &'a Subgraph,
    parent: &'a str,
    selections: &'a [Selection],
    visit: &mut dyn FnMut(&'a str, &'a FieldSelection),
) {
    for selection in selections {
        match selection {
            Selection::Field(selected) => {
                let Some(field) = subgraph.field(parent, &selected.name) else { continue };
                visit(parent, selected);
                fields_selected(subgraph, field.ty.inner_named_type(), &selected.selections, visit);
            }
            Selection::Fragment { on, selections, .. } => {
                let parent = on.as_ref().map_or(parent, |on| on.as_str());
                fields_selected(subgraph, parent, selections, visit);
            }
        }
    }
}

/// The objects that implement each interface, for those that need to go from a field of an interface to the
/// fields that stand behind it.
pub fn implementers<'a>(subgraph: &'a Subgraph) -> std::collections::HashMap<&'a str, Vec<&'a str>> {
    let mut found: std::collections::HashMap<&str, Vec<&str>> = std::collections::HashMap::new();
    for ty in subgraph.types.values() {
        if let TypeKind::Object(composite) = &ty.kind {
            for interface in &composite.implements {
                found.entry(interface).or_default().push(&ty.name);
            }
        }
    }
    found
}
