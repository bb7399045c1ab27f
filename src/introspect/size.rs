//! How large a schema is when it is introspected: the measure of what an answer may be.

use apollo_compiler::ast::{FieldDefinition, InputValueDefinition};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::{Node, Schema};

/// A definition's keys, and a reference to a type within wrappers.
const PER_DEFINITION: usize = 400;

/// About the bytes of the answer to the query that every tool sends first.
pub(super) fn estimated_size(schema: &Schema) -> usize {
    schema.types.values().map(|ty| PER_DEFINITION + length(ty.description()) + members(ty)).sum()
}

fn members(ty: &ExtendedType) -> usize {
    match ty {
        ExtendedType::Scalar(_) => 0,
        ExtendedType::Object(ty) => {
            ty.implements_interfaces.len() * PER_DEFINITION + fields(ty.fields.values().map(|field| &***field))
        }
        ExtendedType::Interface(ty) => {
            ty.implements_interfaces.len() * PER_DEFINITION + fields(ty.fields.values().map(|field| &***field))
        }
        ExtendedType::Union(ty) => ty.members.len() * PER_DEFINITION,
        ExtendedType::Enum(ty) => {
            ty.values.values().map(|value| PER_DEFINITION + length(value.description.as_ref())).sum()
        }
        ExtendedType::InputObject(ty) => inputs(ty.fields.values().map(|field| &***field)),
    }
}

fn fields<'a>(fields: impl Iterator<Item = &'a FieldDefinition>) -> usize {
    let arguments = |field: &'a FieldDefinition| inputs(field.arguments.iter().map(|argument| &**argument));
    fields.map(|field| PER_DEFINITION + length(field.description.as_ref()) + arguments(field)).sum()
}

fn inputs<'a>(values: impl Iterator<Item = &'a InputValueDefinition>) -> usize {
    values.map(|value| PER_DEFINITION + length(value.description.as_ref())).sum()
}

fn length(description: Option<&Node<str>>) -> usize {
    description.map_or(0, |text| text.len())
}
