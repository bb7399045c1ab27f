//! `@provides`.

use super::selection::{Selected, Use};
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Subgraph, TypeKind};

/// Checks every `@provides`.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    let is_federation_1 = subgraph.version.is_federation_1();
    for ty in subgraph.types.values() {
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            let Some(provides) = &field.provides else { continue };
            let coordinate = format!("{}.{}", ty.name, field.name);
            let output = field.ty.inner_named_type();
            let is_composite = subgraph.types.get(output).is_some_and(|ty| ty.has_selections());
            let misplaced = if matches!(ty.kind, TypeKind::Interface(_)) {
                let help = "put it on the fields of the objects that implement the interface";
                Some((Code::ProvidesUnsupportedOnInterface, "it is a field of an interface".to_owned(), help))
            } else if !is_composite {
                Some((
                    Code::ProvidesOnNonObjectField,
                    format!("its type \"{output}\" has no fields"),
                    "remove @provides",
                ))
            } else {
                None
            };
            if let Some((code, why, help)) = misplaced {
                if !is_federation_1 {
                    errors.push(
                        Diagnostic::error(code, format!("@provides cannot be used on field \"{coordinate}\": {why}"))
                            .at_opt(subgraph.name_span(&field.name), "")
                            .help(help),
                    );
                }
                continue;
            }
            let set = Use {
                subgraph,
                directive: "@provides",
                owner: format!("field \"{coordinate}\""),
                parent: output,
                fields: provides,
                invalid: Code::ProvidesInvalidFields,
            };
            set.check(errors, &mut |errors, selected| check_field(&set, errors, selected));
        }
    }
}

fn check_field<'a>(set: &Use<'a>, errors: &mut Vec<Diagnostic>, selected: &Selected<'a>) {
    if !selected.field.arguments.is_empty() {
        let what = format!("field \"{}.{}\" takes arguments", selected.parent, selected.field.name);
        errors.push(
            set.error(Code::ProvidesFieldsHasArgs, &what, &selected.selection.place)
                .help("provide fields without arguments only"),
        );
    }
    let is_leaf = selected.selection.selections.is_empty();
    if is_leaf && !selected.below_external && !set.subgraph.version.is_federation_1() {
        errors.push(set.missing_external(Code::ProvidesFieldsMissingExternal, selected));
    }
}
