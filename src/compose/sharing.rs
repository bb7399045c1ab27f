//! Sharing: a field that several subgraphs resolve must be marked so in all of them, and where it gives an
//! abstract type, they must be able to give the same objects.

use super::field::FieldMerging;
use super::merge::Merge;
use super::overriding::Overriding;
use super::sources::{FieldSource, quoted_list, subgraph_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph, TypeKind};
use std::collections::BTreeSet;

impl<'a> Merge<'a> {
    /// Checks a field of an object.
    pub fn check_sharing(
        &mut self,
        coordinate: &str,
        merging: &FieldMerging<'a>,
        staying: &[(FieldSource<'a>, Overriding)],
    ) {
        let mut resolving: Vec<FieldSource<'a>> = staying
            .iter()
            .filter(|(source, overriding)| is_resolved(source) && !overriding.is_overridden)
            .map(|(source, _)| *source)
            .collect();
        let through_interface_objects = self.interface_object_sources(merging);
        resolving.extend(through_interface_objects);
        resolving.sort_by_key(FieldSource::id);
        if resolving.len() < 2 {
            return;
        }
        let is_moving = is_moving(staying);
        let unshared: Vec<&FieldSource<'_>> =
            resolving.iter().filter(|source| !source.field.is_shareable() && !is_moving(source)).collect();
        if unshared.is_empty()
            || (unshared.len() == 1 && resolving.iter().filter(|source| !is_moving(source)).count() < 2)
        {
            self.check_runtime_types(coordinate, &resolving);
            return;
        }
        let subgraphs = subgraph_list(resolving.iter().map(|source| source.subgraph().name.as_str()));
        let where_unshared = if unshared.len() == resolving.len() {
            "all of them".to_owned()
        } else {
            subgraph_list(unshared.iter().map(|source| source.subgraph().name.as_str()))
        };
        let error = Diagnostic::error(
            Code::InvalidFieldSharing,
            format!("Field \"{coordinate}\" is resolved by {subgraphs}, and not shareable in {where_unshared}"),
        );
        let error = resolving.iter().fold(error, |error, source| {
            let state = if source.field.is_shareable() { "shareable" } else { "not shareable" };
            let is_own = source.parent.ty.name == merging.parent;
            let way = if is_own {
                String::new()
            } else {
                format!(", through interface object \"{}\"", source.parent.ty.name)
            };
            error.at_opt(source.span(), format!("{state} in \"{}\"{way}", source.subgraph().name))
        });
        self.findings.error(
            error.help(
                "mark the field @shareable in every subgraph that resolves it, or @external where another one does",
            ),
        );
    }

    /// The objects that each subgraph may give for the field.
    fn check_runtime_types(&mut self, coordinate: &str, resolving: &[FieldSource<'a>]) {
        let possible: Vec<BTreeSet<&str>> = resolving
            .iter()
            .map(|source| runtime_types(source.subgraph(), source.field.ty.inner_named_type()))
            .collect();
        // Leaves have no objects, and equal sets nothing to tell.
        if possible.iter().any(BTreeSet::is_empty) || possible.iter().all(|types| *types == possible[0]) {
            return;
        }
        let common = possible[1..].iter().fold(possible[0].clone(), |common, types| &common & types);
        let describe = |to: Diagnostic| {
            resolving.iter().zip(&possible).fold(to, |to, (source, types)| {
                to.at_opt(source.span(), format!("may give {}", quoted_list(types.iter().copied())))
            })
        };
        if common.is_empty() {
            let error = describe(Diagnostic::error(
                Code::ShareableHasMismatchedRuntimeTypes,
                format!("Shared field \"{coordinate}\" can give no object that all subgraphs which resolve it know"),
            ));
            self.findings.error(
                error.help("a shared field must give the same value everywhere: let the possible types overlap"),
            );
        } else {
            let hint = describe(Diagnostic::hint(
                Code::InconsistentRuntimeTypesForShareableReturn,
                format!("Shared field \"{coordinate}\" may give different objects in different subgraphs"),
            ));
            self.findings.hint(hint.help("make sure that it gives only those that all of them know"));
        }
    }
}

/// An external field that some path provides is resolved on that path.
fn is_resolved(source: &FieldSource<'_>) -> bool {
    !source.field.is_external() || source.field.provided
}

/// Whether a definition is the other side of a progressive override: it counts as one with its counterpart.
fn is_moving<'a, 's>(staying: &'s [(FieldSource<'a>, Overriding)]) -> impl Fn(&FieldSource<'a>) -> bool + 's {
    move |source| {
        staying.iter().any(|(other, overriding)| {
            other.id() == source.id() && overriding.label.is_some() && other.field.overrides.is_none()
        })
    }
}

/// The objects that a value of the type `name` can be in a subgraph.
fn runtime_types<'a>(subgraph: &'a Subgraph, name: &'a str) -> BTreeSet<&'a str> {
    match subgraph.types.get(name).map(|ty| &ty.kind) {
        Some(TypeKind::Union(members)) => members.iter().map(|member| member.as_str()).collect(),
        Some(TypeKind::Interface(_)) => subgraph.implementations(name).iter().map(|object| object.as_str()).collect(),
        Some(TypeKind::Object(_)) => BTreeSet::from([name]),
        _ => BTreeSet::new(),
    }
}
