//! `@external`.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Field, Subgraph, Type, TypeKind};

/// Directives that say something about a field in the supergraph, which an external field is no part of.
const MERGED: [&str; 9] =
    ["tag", "inaccessible", "deprecated", "authenticated", "requiresScopes", "policy", "cost", "listSize", "cacheTag"];

/// Checks every external field.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            if field.external.is_some() {
                check_field(subgraph, ty, field, errors);
            }
        }
    }
}

fn check_field(subgraph: &Subgraph, ty: &Type, field: &Field, errors: &mut Vec<Diagnostic>) {
    let coordinate = format!("{}.{}", ty.name, field.name);
    let span = subgraph.name_span(&field.name);
    if matches!(ty.kind, TypeKind::Interface(_)) {
        errors.push(
            Diagnostic::error(
                Code::ExternalOnInterface,
                format!("Field \"{coordinate}\" of an interface is marked @external"),
            )
            .at_opt(span, "")
            .help("mark the fields of the objects that implement the interface instead"),
        );
        return;
    }
    if field.is_external() && !field.used {
        errors.push(
            Diagnostic::error(
                Code::ExternalUnused,
                format!("Field \"{coordinate}\" is marked @external, but nothing uses it"),
            )
            .at_opt(span, "")
            .help("remove the field, or name it in a @key, @requires or @provides; without @external the subgraph resolves it"),
        );
    }
    if !field.is_external() {
        return;
    }
    if field.provides.is_some() {
        errors.push(
            Diagnostic::error(
                Code::ExternalCollisionWithAnotherDirective,
                format!("Field \"{coordinate}\" is @external, so the subgraph cannot provide anything with it"),
            )
            .at_opt(subgraph.name_span(&field.name), "")
            .help("remove @provides, or @external if the subgraph resolves the field"),
        );
    }
    for directive in field.directives.iter().filter(|directive| MERGED.contains(&directive.name.as_str())) {
        errors.push(
            Diagnostic::error(
                Code::MergedDirectiveApplicationOnExternal,
                format!("@{} on field \"{coordinate}\" has no effect, as the field is @external", directive.name),
            )
            .at_opt(subgraph.span(directive.location()), "")
            .help("apply it where the field is resolved"),
        );
    }
}
