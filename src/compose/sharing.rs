//! Sharing: a field that several subgraphs resolve must be marked so in all of them. That they give the same where
//! it is of an abstract type is checked with the queries that reach it, see `satisfiability`.

use super::field::FieldMerging;
use super::merge::Merge;
use super::overriding::Overriding;
use super::sources::{FieldSource, subgraph_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;

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
            let state = match (source.field.is_external(), source.field.is_shareable()) {
                (true, _) => "provided",
                (false, true) => "shareable",
                (false, false) => "not shareable",
            };
            let is_own = source.parent.ty.name == merging.parent;
            let way = if is_own {
                String::new()
            } else {
                format!(", through interface object \"{}\"", source.parent.ty.name)
            };
            error.at_opt(source.span(), format!("{state} in \"{}\"{way}", source.subgraph().name))
        });
        self.findings.error(error.help(
            "mark the field @shareable in every subgraph that resolves it, or @external where another one does, or \
                 move it with @override(from:)",
        ));
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
