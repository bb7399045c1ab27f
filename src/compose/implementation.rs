//! Objects must have the fields of their interfaces, in the supergraph as in every subgraph: a field that one
//! subgraph adds to an interface may be missing in an object of another.

use super::merge::Merge;
use super::references::is_subtype;
use super::sources::Definition;
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::supergraph::{Field, FieldId, TypeId, TypeKind};
use std::collections::HashMap;

/// Checks every type that implements an interface.
pub fn check(merge: &mut Merge<'_>) {
    let mut found = Vec::new();
    for index in 0..merge.supergraph.types.len() {
        let id = TypeId::from_index(index);
        let interfaces: Vec<TypeId> = match &merge.supergraph.ty(id).kind {
            TypeKind::Object { implements, .. } | TypeKind::Interface { implements, .. } => {
                implements.iter().map(|implemented| implemented.interface).collect()
            }
            _ => continue,
        };
        if interfaces.is_empty() {
            continue;
        }
        let own: HashMap<&str, FieldId> = merge
            .supergraph
            .fields_of(id)
            .iter()
            .map(|field| (merge.supergraph.field(*field).name.as_str(), *field))
            .collect();
        for interface in interfaces {
            for asked in merge.supergraph.fields_of(interface) {
                let asked = merge.supergraph.field(*asked);
                match own.get(asked.name.as_str()) {
                    None => found.push(missing(merge, id, interface, asked)),
                    Some(field) => found.extend(mismatch(merge, interface, asked, merge.supergraph.field(*field))),
                }
            }
        }
    }
    for error in found {
        merge.findings.error(error);
    }
}

fn missing(merge: &Merge<'_>, id: TypeId, interface: TypeId, asked: &Field) -> Diagnostic {
    let (ty, interface) = (&merge.supergraph.ty(id).name, &merge.supergraph.ty(interface).name);
    let error = Diagnostic::error(
        Code::InterfaceFieldNoImplem,
        format!("Type \"{ty}\" implements \"{interface}\" but no subgraph gives it the field \"{}\"", asked.name),
    );
    let error = point_at_field(error, merge.sources.definitions(interface), &asked.name, "asked for here");
    let error = merge
        .sources
        .definitions(ty)
        .iter()
        .fold(error, |error, definition| error.at_opt(definition.span(), "without the field"));
    error.help(format!("add the field to \"{ty}\" in a subgraph, or remove it from \"{interface}\""))
}

fn mismatch(merge: &Merge<'_>, interface: TypeId, asked: &Field, field: &Field) -> Option<Diagnostic> {
    let (ty, interface) = (&merge.supergraph.ty(field.parent).name, &merge.supergraph.ty(interface).name);
    let name = &field.name;
    let (code, message) = if !is_subtype(merge.sources, &field.ty, &asked.ty) {
        (
            Code::InterfaceFieldImplemTypeMismatch,
            format!(
                "\"{interface}.{name}\" is \"{}\", but \"{ty}.{name}\" is \"{}\", which does not fit",
                asked.ty, field.ty
            ),
        )
    } else {
        let argument = asked.arguments.iter().map(|argument| &argument.definition).find(|argument| {
            !field.arguments.iter().any(|own| own.definition.name == argument.name && own.definition.ty == argument.ty)
        });
        let extra = field.arguments.iter().map(|argument| &argument.definition).find(|own| {
            own.is_required() && !asked.arguments.iter().any(|argument| argument.definition.name == own.name)
        });
        let argument = argument.or(extra)?;
        (
            Code::InvalidGraphql,
            format!("\"{ty}.{name}\" does not take the argument \"{}\" as \"{interface}.{name}\" does", argument.name),
        )
    };
    let error = Diagnostic::error(code, message);
    let error = point_at_field(error, merge.sources.definitions(interface), name, "the interface's");
    let error = point_at_field(error, merge.sources.definitions(ty), name, "the implementation's");
    Some(error.help("let every subgraph's implementation fit the interface as all subgraphs together define it"))
}

fn point_at_field(to: Diagnostic, definitions: &[Definition<'_>], field: &str, message: &str) -> Diagnostic {
    definitions
        .iter()
        .filter_map(|definition| Some((definition, definition.composite()?.fields.get(field)?)))
        .fold(to, |to, (definition, field)| to.at_opt(definition.subgraph.name_span(&field.name), message))
}
