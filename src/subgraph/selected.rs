//! Which fields of which types a field set selects.

use super::model::Subgraph;
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
