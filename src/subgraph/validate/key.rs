//! `@key`.

use super::selection::Use;
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Key, Subgraph, Type, TypeKind, Version};

/// Since when interfaces may have keys.
const KEYS_ON_INTERFACES: Version = Version { major: 2, minor: 3 };

/// Checks every key.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        let is_interface = matches!(ty.kind, TypeKind::Interface(_));
        if is_interface && subgraph.version.is_federation_1() {
            continue;
        }
        for key in &ty.keys {
            if is_interface && subgraph.version < KEYS_ON_INTERFACES {
                errors.push(unsupported(subgraph, ty, key));
                continue;
            }
            check_key(subgraph, ty, key, errors);
        }
        if is_interface && subgraph.version >= KEYS_ON_INTERFACES {
            check_implementations(subgraph, ty, errors);
        }
    }
}

fn unsupported(subgraph: &Subgraph, ty: &Type, key: &Key) -> Diagnostic {
    Diagnostic::error(
        Code::KeyUnsupportedOnInterface,
        format!(
            "@key on interface \"{}\" is not supported by federation v{}.{}",
            ty.name, subgraph.version.major, subgraph.version.minor
        ),
    )
    .at_opt(subgraph.span(key.directive.location()), "")
    .help("link federation v2.3 or later, or remove the key")
}

fn check_key(subgraph: &Subgraph, ty: &Type, key: &Key, errors: &mut Vec<Diagnostic>) {
    let set = Use {
        subgraph,
        directive: "@key",
        owner: format!("type \"{}\"", ty.name),
        parent: &ty.name,
        fields: &key.fields,
        invalid: Code::KeyInvalidFields,
    };
    set.check(errors, &mut |errors, selected| {
        let coordinate = format!("{}.{}", selected.parent, selected.field.name);
        let place = &selected.selection.place;
        if !selected.field.arguments.is_empty() {
            errors.push(
                set.error(Code::KeyFieldsHasArgs, &format!("field \"{coordinate}\" takes arguments"), place)
                    .help("use fields without arguments in keys"),
            );
        }
        let output = selected.field.ty.inner_named_type();
        let kind = match subgraph.types.get(output).map(|ty| &ty.kind) {
            Some(TypeKind::Interface(_)) => Some("an interface"),
            Some(TypeKind::Union(_)) => Some("a union"),
            _ => None,
        };
        if let Some(kind) = kind {
            errors.push(
                set.error(
                    Code::KeyFieldsSelectInvalidType,
                    &format!("field \"{coordinate}\" is {kind}, which no key may select"),
                    place,
                )
                .help("use fields of scalar, enum and object types in keys"),
            );
        }
    });
}

/// Whoever finds an entity by the interface's key must find each object by it too.
fn check_implementations(subgraph: &Subgraph, interface: &Type, errors: &mut Vec<Diagnostic>) {
    for key in &interface.keys {
        let fields = canonical(key);
        for object in subgraph.implementations(&interface.name) {
            let Some(ty) = subgraph.types.get(object) else { continue };
            let same = ty.keys.iter().find(|own| canonical(own) == fields);
            let problem = match same {
                None => "does not have it",
                Some(own) if key.resolvable && !own.resolvable => "has it, but not resolvable",
                Some(_) => continue,
            };
            errors.push(
                Diagnostic::error(
                    Code::InterfaceKeyNotOnImplementation,
                    format!(
                        "Interface \"{}\" has the key \"{}\", but its implementation \"{}\" {problem}",
                        interface.name, key.fields, ty.name
                    ),
                )
                .at_opt(subgraph.span(key.directive.location()), "the interface's key")
                .at_opt(subgraph.span(ty.place), "the implementation")
                .help(format!("add @key(fields: \"{}\") to \"{}\"", key.fields, ty.name)),
            );
        }
    }
}

/// A key's words sorted: `a b` and `b a` are the same key.
fn canonical(key: &Key) -> Vec<String> {
    let mut words: Vec<String> = key.fields.to_string().split(' ').map(str::to_owned).collect();
    words.sort_unstable();
    words
}
