//! `@deprecated`: what must be given cannot be on its way out. The compiler leaves this unchecked.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Subgraph, TypeKind};
use apollo_compiler::Node;
use apollo_compiler::ast::InputValueDefinition;

/// Checks every argument and input field.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        if let TypeKind::Input(fields) = &ty.kind {
            for field in fields {
                check_one(subgraph, field, &|| format!("Input field \"{}.{}\"", ty.name, field.name), errors);
            }
        }
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            for argument in &field.arguments {
                let owner = || format!("Argument \"{}.{}({}:)\"", ty.name, field.name, argument.name);
                check_one(subgraph, argument, &owner, errors);
            }
        }
    }
}

fn check_one(
    subgraph: &Subgraph,
    definition: &Node<InputValueDefinition>,
    owner: &dyn Fn() -> String,
    errors: &mut Vec<Diagnostic>,
) {
    let Some(directive) = definition.directives.get("deprecated").filter(|_| definition.is_required()) else { return };
    errors.push(
        Diagnostic::error(Code::InvalidGraphql, format!("{} is required, so it cannot be deprecated", owner()))
            .at_opt(subgraph.span(directive.location()), "")
            .help("make it optional first"),
    );
}
