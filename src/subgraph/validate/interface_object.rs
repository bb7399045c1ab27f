//! `@interfaceObject`.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::Subgraph;

/// Checks that each has a key: there is no other way to get at the object behind it.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        let Some(directive) = &ty.interface_object else { continue };
        if ty.keys.is_empty() {
            errors.push(
                Diagnostic::error(
                    Code::InterfaceObjectUsageError,
                    format!("Type \"{}\" is an @interfaceObject without @key", ty.name),
                )
                .at_opt(subgraph.span(directive.location()), "")
                .help("give it a key that the interface has in another subgraph"),
            );
        }
    }
}
