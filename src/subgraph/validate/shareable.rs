//! `@shareable`: it is for what objects resolve.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Subgraph, TypeKind};

/// Checks where it stands.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        let problem = match &ty.kind {
            TypeKind::Interface(_) => (
                Code::InvalidShareableUsage,
                "it is a field of an interface",
                "mark the fields of the objects that implement it",
            ),
            TypeKind::Object(_) if ty.name == "Subscription" => (
                Code::InvalidFieldSharing,
                "a subscription has one source",
                "resolve it in one subgraph, without @shareable",
            ),
            _ => continue,
        };
        let (code, why, help) = problem;
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            if field.shareable {
                errors.push(
                    Diagnostic::error(
                        code,
                        format!("Field \"{}.{}\" cannot be @shareable: {why}", ty.name, field.name),
                    )
                    .at_opt(subgraph.name_span(&field.name), "")
                    .help(help),
                );
            }
        }
    }
}
