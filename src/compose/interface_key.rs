//! Keys of interfaces, and the interface objects that rely on them.
//!
//! A subgraph that finds a value by an interface's key must know every object that it can be. One that knows the
//! interface as an interface object must not know any of them: it could not tell which it has.

use super::merge::Merge;
use super::sources::{Definition, Kind, Merging, quoted_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, TypeKind};
use std::collections::HashMap;

/// Checks every interface.
pub fn check(merge: &mut Merge<'_>) {
    let mut found = Vec::new();
    let implementations = implementations(merge);
    for (_, name, merging) in merge.of_kind(Kind::Interface) {
        let objects = implementations.get(name).map_or(&[][..], Vec::as_slice);
        for definition in &merging.definitions {
            let unfit = if definition.ty.is_interface_object() {
                known_implementations(name, definition, objects)
            } else {
                unknown_implementations(merge, name, definition, objects)
            };
            found.extend(unfit);
        }
    }
    for error in found {
        merge.findings.error(error);
    }
}

/// The objects that implement each interface in some subgraph, sorted.
fn implementations<'a>(merge: &Merge<'a>) -> HashMap<&'a str, Vec<&'a str>> {
    let mut found: HashMap<&str, Vec<&str>> = HashMap::new();
    let objects = merge.sources.types.values().filter(|merging| merging.kind == Kind::Object);
    for definition in objects.flat_map(|Merging { definitions, .. }| definitions) {
        let TypeKind::Object(object) = &definition.ty.kind else { continue };
        for interface in &object.implements {
            found.entry(interface).or_default().push(&definition.ty.name);
        }
    }
    for objects in found.values_mut() {
        objects.sort_unstable();
        objects.dedup();
    }
    found
}

fn known_implementations(interface: &str, definition: &Definition<'_>, objects: &[&str]) -> Option<Diagnostic> {
    let known: Vec<&str> =
        objects.iter().copied().filter(|object| definition.subgraph.types.contains_key(*object)).collect();
    if known.is_empty() {
        return None;
    }
    let error = Diagnostic::error(
        Code::InterfaceObjectUsageError,
        format!(
            "\"{interface}\" is an @interfaceObject in subgraph \"{}\", which must not define its implementations, but defines {}",
            definition.subgraph.name,
            quoted_list(known.iter().copied())
        ),
    )
    .at_opt(definition.span(), "the interface object");
    let places = known.iter().filter_map(|object| definition.subgraph.types.get(*object)).map(|ty| ty.place);
    let error = places.fold(error, |error, place| error.at_opt(definition.subgraph.span(place), "an implementation"));
    Some(error.help("remove the implementations, or define the interface itself with all of them"))
}

fn unknown_implementations(
    merge: &Merge<'_>,
    interface: &str,
    definition: &Definition<'_>,
    objects: &[&str],
) -> Option<Diagnostic> {
    let key = definition.ty.keys.iter().find(|key| key.resolvable)?;
    let own = definition.subgraph.implementations(interface);
    let unknown: Vec<&str> = objects.iter().copied().filter(|object| own.iter().all(|known| known != object)).collect();
    if unknown.is_empty() {
        return None;
    }
    let objects = quoted_list(unknown.iter().copied());
    let error = Diagnostic::error(
            Code::InterfaceKeyMissingImplementationType,
            format!(
                "Subgraph \"{}\" resolves interface \"{interface}\" by the key \"{}\", but does not know its implementations {objects}",
                definition.subgraph.name, key.fields
            ),
        )
        .at_opt(definition.subgraph.span(key.directive.location()), "the key");
    let elsewhere = unknown.iter().flat_map(|object| merge.sources.definitions(object));
    let error = elsewhere.fold(error, |error, object| error.at_opt(object.span(), "an implementation"));
    Some(error.help(format!("define {objects} there too, or make the key resolvable: false")))
}
