//! Default values: a GraphQL literal that is valid for its type -> JSON.

use super::coerce::write_key;
use apollo_compiler::Schema;
use apollo_compiler::ast::{Type, Value};
use apollo_compiler::schema::ExtendedType;

/// Writes a literal as JSON: single values in the lists that the type has around them, input objects with
/// the defaults of their fields. The recursion follows the document and the schema, both of which are bounded.
pub(super) fn write(schema: &Schema, ty: &Type, value: &Value, out: &mut Vec<u8>) {
    match (ty, value) {
        (_, Value::Null) | (_, Value::Variable(_)) => out.extend_from_slice(b"null"),
        (Type::List(item) | Type::NonNullList(item), Value::List(items)) => {
            let items = items.iter().map(|value| (&**item, &**value));
            write_list(items, out, |(ty, value), out| write(schema, ty, value, out));
        }
        (Type::List(item) | Type::NonNullList(item), single) => {
            out.push(b'[');
            write(schema, item, single, out);
            out.push(b']');
        }
        (Type::Named(name) | Type::NonNullNamed(name), Value::Object(fields)) => {
            let Some(ExtendedType::InputObject(object)) = schema.types.get(name) else {
                return write_untyped(value, out);
            };
            let mut entries = 0;
            out.push(b'{');
            for (name, value) in fields {
                if let Some(field) = object.fields.get(name) {
                    write_key(out, &mut entries, name);
                    write(schema, &field.ty, value, out);
                }
            }
            for field in object.fields.values() {
                let given = fields.iter().any(|(name, _)| *name == field.name);
                if let (false, Some(default)) = (given, &field.default_value) {
                    write_key(out, &mut entries, &field.name);
                    write(schema, &field.ty, default, out);
                }
            }
            out.push(b'}');
        }
        (_, other) => write_untyped(other, out),
    }
}

/// Writes a literal for a custom scalar, or one without parts.
fn write_untyped(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Null | Value::Variable(_) => out.extend_from_slice(b"null"),
        Value::Enum(name) => write_string(name, out),
        Value::String(text) => write_string(text, out),
        // GraphQL's numbers are JSON's.
        Value::Int(number) => out.extend_from_slice(number.as_str().as_bytes()),
        Value::Float(number) => out.extend_from_slice(number.as_str().as_bytes()),
        Value::Boolean(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
        Value::List(items) => write_list(items.iter(), out, |value, out| write_untyped(value, out)),
        Value::Object(fields) => {
            let mut entries = 0;
            out.push(b'{');
            for (name, value) in fields {
                write_key(out, &mut entries, name);
                write_untyped(value, out);
            }
            out.push(b'}');
        }
    }
}

fn write_list<T>(items: impl Iterator<Item = T>, out: &mut Vec<u8>, write: impl Fn(T, &mut Vec<u8>)) {
    out.push(b'[');
    for (index, item) in items.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write(item, out);
    }
    out.push(b']');
}

fn write_string(text: &str, out: &mut Vec<u8>) {
    // Writing to memory does not fail.
    let _ = serde_json::to_writer(out, text);
}
