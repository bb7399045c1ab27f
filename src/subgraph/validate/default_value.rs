//! Default values of arguments and input fields must be of their types. The compiler leaves this unchecked.

use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::subgraph::model::{Subgraph, TypeKind};
use apollo_compiler::ast::{InputValueDefinition, Type, Value};
use apollo_compiler::{Name, Node};

/// Checks every default.
pub fn check(subgraph: &Subgraph, errors: &mut Vec<Diagnostic>) {
    for ty in subgraph.types.values() {
        if let TypeKind::Input(fields) = &ty.kind {
            for field in fields {
                check_one(subgraph, field, &|| format!("input field \"{}.{}\"", ty.name, field.name), errors);
            }
        }
        for field in ty.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            for argument in &field.arguments {
                let owner = || format!("argument \"{}.{}({}:)\"", ty.name, field.name, argument.name);
                check_one(subgraph, argument, &owner, errors);
            }
        }
    }
}

fn check_one(
    subgraph: &Subgraph,
    definition: &InputValueDefinition,
    owner: &dyn Fn() -> String,
    errors: &mut Vec<Diagnostic>,
) {
    let Some(default) = &definition.default_value else { return };
    if let Some((value, problem)) = misfit(subgraph, &definition.ty, default) {
        errors.push(
            Diagnostic::error(
                Code::InvalidGraphql,
                format!("The default of {} is no {}: {problem}", owner(), definition.ty),
            )
            .at_opt(subgraph.span(value.location()), "")
            .help(format!("give a default of type {}", definition.ty)),
        );
    }
}

/// The part of `value` that does not fit `ty`, and why.
fn misfit<'v>(subgraph: &Subgraph, ty: &Type, value: &'v Node<Value>) -> Option<(&'v Node<Value>, String)> {
    if value.is_null() {
        return ty.is_non_null().then(|| (value, "null is not allowed".to_owned()));
    }
    match ty {
        Type::List(item) | Type::NonNullList(item) => match value.as_list() {
            Some(values) => values.iter().find_map(|value| misfit(subgraph, item, value)),
            // A single value is a list of one.
            None => misfit(subgraph, item, value),
        },
        Type::Named(name) | Type::NonNullNamed(name) => misfit_named(subgraph, name, value),
    }
}

fn misfit_named<'v>(subgraph: &Subgraph, name: &Name, value: &'v Node<Value>) -> Option<(&'v Node<Value>, String)> {
    let fits = match (subgraph.types.get(name).map(|ty| &ty.kind), name.as_str()) {
        (Some(TypeKind::Enum(values)), _) => {
            value.as_enum().is_some_and(|name| values.iter().any(|defined| defined.name == *name))
        }
        (Some(TypeKind::Input(fields)), _) => return misfit_object(subgraph, name, fields, value),
        (_, "Int") => matches!(&**value, Value::Int(int) if int.try_to_i32().is_ok()),
        (_, "Float") => matches!(&**value, Value::Int(_) | Value::Float(_)),
        (_, "String") => matches!(&**value, Value::String(_)),
        (_, "Boolean") => matches!(&**value, Value::Boolean(_)),
        (_, "ID") => matches!(&**value, Value::String(_) | Value::Int(_)),
        // Other scalars take what they take.
        _ => true,
    };
    (!fits).then(|| (value, format!("{} is no {name}", value.serialize().no_indent())))
}

fn misfit_object<'v>(
    subgraph: &Subgraph,
    name: &Name,
    fields: &[Node<InputValueDefinition>],
    value: &'v Node<Value>,
) -> Option<(&'v Node<Value>, String)> {
    let Some(entries) = value.as_object() else {
        return Some((value, format!("{} is no {name}", value.serialize().no_indent())));
    };
    for (entry, given) in entries {
        match fields.iter().find(|field| field.name == *entry) {
            None => return Some((given, format!("{name} has no field \"{entry}\""))),
            Some(field) => {
                if let Some(found) = misfit(subgraph, &field.ty, given) {
                    return Some(found);
                }
            }
        }
    }
    let is_one_of = subgraph.types.get(name).is_some_and(|ty| ty.is_one_of());
    if is_one_of && !matches!(entries, [(_, given)] if !given.is_null()) {
        return Some((value, format!("{name} takes exactly one field")));
    }
    let missing =
        fields.iter().find(|field| field.is_required() && entries.iter().all(|(entry, _)| *entry != field.name));
    missing.map(|field| (value, format!("{name} needs the field \"{}\"", field.name)))
}
