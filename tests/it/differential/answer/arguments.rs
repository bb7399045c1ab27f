//! Coercion of arguments and variables, to a form in which equal values are equal text: the fields of objects
//! are sorted and have their defaults, what is not a list where one is wanted becomes one.

use super::Interpreter;
use apollo_compiler::executable::Field;
use apollo_compiler::schema::{ExtendedType, FieldDefinition, InputValueDefinition};
use apollo_compiler::{Node, Schema, ast};
use serde_json::{Map, Value as Json};

impl<'a> Interpreter<'a> {
    /// The arguments that a field is given, with the defaults of others.
    pub(super) fn arguments(&self, field: &Field, definition: &FieldDefinition) -> Json {
        let given = |name: &str| {
            let argument = field.arguments.iter().find(|argument| argument.name == name)?;
            self.literal(&definition.argument_by_name(name)?.ty, &argument.value)
        };
        Json::Object(self.inputs(definition.arguments.iter().collect(), given))
    }

    /// The fields of an input object, or arguments.
    fn inputs(
        &self,
        mut definitions: Vec<&Node<InputValueDefinition>>,
        given: impl Fn(&str) -> Option<Json>,
    ) -> Map<String, Json> {
        definitions.sort_by(|a, b| a.name.cmp(&b.name));
        let mut out = Map::new();
        for definition in definitions {
            let default = || definition.default_value.as_ref().and_then(|value| self.literal(&definition.ty, value));
            if let Some(value) = given(&definition.name).or_else(default) {
                out.insert(definition.name.to_string(), value);
            }
        }
        out
    }

    /// None for a variable without a value.
    fn literal(&self, ty: &ast::Type, value: &ast::Value) -> Option<Json> {
        Some(match value {
            ast::Value::Variable(name) => canonical(self.schema, ty, self.variables.get(name.as_str())?),
            ast::Value::Null => Json::Null,
            ast::Value::List(items) => {
                let item = |value: &Node<ast::Value>| self.literal(ty.item_type(), value).unwrap_or(Json::Null);
                items.iter().map(item).collect()
            }
            other if ty.is_list() => Json::Array(vec![self.literal(ty.item_type(), other)?]),
            ast::Value::Enum(name) => name.as_str().into(),
            ast::Value::String(text) => text.as_str().into(),
            ast::Value::Boolean(value) => (*value).into(),
            ast::Value::Int(value) => value.try_to_i32().unwrap().into(),
            ast::Value::Float(value) => value.try_to_f64().unwrap().into(),
            ast::Value::Object(fields) => {
                let Some(ExtendedType::InputObject(object)) = self.schema.types.get(ty.inner_named_type()) else {
                    unreachable!("validated")
                };
                let given = |name: &str| {
                    let (_, value) = fields.iter().find(|(known, _)| known == name)?;
                    self.literal(&object.fields[name].ty, value)
                };
                Json::Object(self.inputs(object.fields.values().map(|field| &field.node).collect(), given))
            }
        })
    }
}

/// The same for JSON.
pub fn canonical(schema: &Schema, ty: &ast::Type, value: &Json) -> Json {
    match value {
        Json::Null => Json::Null,
        Json::Array(items) => items.iter().map(|value| canonical(schema, ty.item_type(), value)).collect(),
        other if ty.is_list() => Json::Array(vec![canonical(schema, ty.item_type(), other)]),
        Json::Object(given) => {
            let Some(ExtendedType::InputObject(object)) = schema.types.get(ty.inner_named_type()) else {
                return value.clone();
            };
            let mut names: Vec<_> = object.fields.keys().collect();
            names.sort();
            let mut out = Map::new();
            for name in names {
                let field = &object.fields[name];
                let default = field.default_value.as_ref().map(|value| plain(value));
                if let Some(value) = given.get(name.as_str()).cloned().or(default) {
                    out.insert(name.to_string(), canonical(schema, &field.ty, &value));
                }
            }
            Json::Object(out)
        }
        leaf => leaf.clone(),
    }
}

/// A default, which here is a number or the value of an enum.
fn plain(value: &ast::Value) -> Json {
    match value {
        ast::Value::Int(value) => value.try_to_i32().unwrap().into(),
        ast::Value::Enum(name) => name.as_str().into(),
        _ => unreachable!("no other defaults are made"),
    }
}
