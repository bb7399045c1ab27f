//! `@requires`.

use super::selection::Use;
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Subgraph, TypeKind};

/// Checks every `@requires`.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        let is_interface = matches!(ty.kind, TypeKind::Interface(_));
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            let Some(requires) = &field.requires else { continue };
            let coordinate = format!("{}.{}", ty.name, field.name);
            if is_interface {
                if !subgraph.version.is_federation_1() {
                    errors.push(
                        Diagnostic::error(
                            Code::RequiresUnsupportedOnInterface,
                            format!("@requires cannot be used on field \"{coordinate}\" of an interface"),
                        )
                        .at_opt(subgraph.name_span(&field.name), "")
                        .help("put it on the fields of the objects that implement the interface"),
                    );
                }
                continue;
            }
            let set = Use {
                subgraph,
                directive: "@requires",
                owner: format!("field \"{coordinate}\""),
                parent: &ty.name,
                fields: requires,
                invalid: Code::RequiresInvalidFields,
            };
            set.check(errors, &mut |errors, selected| {
                let is_leaf = selected.selection.selections.is_empty();
                if is_leaf && !selected.below_external && !subgraph.version.is_federation_1() {
                    errors.push(set.missing_external(Code::RequiresFieldsMissingExternal, selected));
                }
            });
        }
    }
}
