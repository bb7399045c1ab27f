//! `@oneOf`: whoever gives an object of the type gives exactly one field, so none may be required or have a default.
//!
//! GraphQL has the directive since September 2025; the compiler does not check it yet.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Subgraph, TypeKind};

/// Checks every input object that is one of its fields.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values().filter(|ty| ty.is_one_of()) {
        let TypeKind::Input(fields) = &ty.kind else { continue };
        for field in fields {
            let problem = match &field.default_value {
                _ if field.ty.is_non_null() => "required",
                Some(_) => "given by default",
                None => continue,
            };
            errors.push(
                Diagnostic::error(
                    Code::InvalidGraphql,
                    format!("Field \"{}.{}\" of a @oneOf input object cannot be {problem}", ty.name, field.name),
                )
                .at_opt(subgraph.name_span(&field.name), "")
                .help("make the field nullable, without a default"),
            );
        }
    }
}
