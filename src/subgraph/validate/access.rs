//! `@authenticated`, `@requiresScopes` and `@policy`: they stand on what is resolved. An interface takes over the
//! rules of its implementations when the supergraph is composed; rules of its own would look as if they held for
//! every way to the data, and hold for one. The fields of interface objects are resolved, so they may have rules.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Subgraph, TypeKind};
use apollo_compiler::{Node, ast};

/// Checks where rules stand.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        let is_interface = matches!(ty.kind, TypeKind::Interface(_));
        if is_interface || ty.is_interface_object() {
            let what = if is_interface { "interface" } else { "interface object" };
            refuse(subgraph, &format!("{what} \"{}\"", ty.name), &ty.directives, errors);
        }
        if let TypeKind::Interface(composite) = &ty.kind {
            for field in composite.fields.values() {
                refuse(subgraph, &format!("interface field \"{}.{}\"", ty.name, field.name), &field.directives, errors);
            }
        }
    }
}

fn refuse(subgraph: &Subgraph, element: &str, directives: &[Node<ast::Directive>], errors: &mut Vec<Diagnostic>) {
    let is_rule = |directive: &&Node<ast::Directive>| {
        matches!(directive.name.as_str(), "authenticated" | "requiresScopes" | "policy")
    };
    for rule in directives.iter().filter(is_rule) {
        errors.push(
            Diagnostic::error(
                Code::AuthRequirementsAppliedOnInterface,
                format!("@{} cannot be used on {element}: who may see it follows from its implementations", rule.name),
            )
            .at_opt(subgraph.span(rule.location()), "")
            .help("put it on the objects that implement the interface, or on their fields"),
        );
    }
}
