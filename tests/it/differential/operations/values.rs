//! Literals and variables for arguments and conditions.

use super::Operations;
use apollo_compiler::ast;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Value as Json, json};

/// A variable that is in use: its type, its default and its value.
#[derive(Debug, Clone)]
pub(super) struct Declared {
    ty: &'static str,
    default: Option<(&'static str, Json)>,
    given: Option<Json>,
}

impl Declared {
    pub(super) fn sdl(&self) -> String {
        match &self.default {
            Some((text, _)) => format!("{} = {text}", self.ty),
            None => self.ty.to_owned(),
        }
    }

    pub(super) fn ty(&self) -> ast::Type {
        ast::Type::parse(self.ty, "type").unwrap()
    }

    /// What it is worth, its default where it is not given.
    pub(super) fn value(&self) -> Option<Json> {
        self.given.clone().or_else(|| self.default.as_ref().map(|(_, value)| value.clone()))
    }
}

impl Operations<'_> {
    /// A condition: a variable, with or without a default, or plainly true or false.
    pub(super) fn boolean(&mut self) -> String {
        let name = *self.random.one(&["b0", "b1", "b2", "b3", "true", "false"]);
        if !name.starts_with('b') {
            return name.to_owned();
        }
        let value = Json::from(self.random.percent(60));
        let declared = match name {
            "b2" => {
                let given = self.random.percent(50).then_some(value);
                Declared { ty: "Boolean", default: Some(("true", true.into())), given }
            }
            "b3" => {
                let given = self.random.percent(50).then_some(value);
                Declared { ty: "Boolean!", default: Some(("false", false.into())), given }
            }
            _ => Declared { ty: "Boolean!", default: None, given: Some(value) },
        };
        self.variables.entry(name).or_insert(declared);
        format!("${name}")
    }

    /// A value of a type; a variable at times.
    pub(super) fn literal(&mut self, ty: &ast::Type, depth: usize) -> String {
        if self.random.percent(30)
            && let Some(variable) = self.variable(&ty.to_string())
        {
            return format!("${variable}");
        }
        if !ty.is_non_null() && (self.random.percent(10) || depth == 0) {
            return "null".into();
        }
        if ty.is_list() {
            // One value stands for a list of it.
            if self.random.percent(20) {
                return self.literal(&ty.item_type().clone().non_null(), depth);
            }
            let items: Vec<String> =
                (0..self.random.below(3)).map(|_| self.literal(ty.item_type(), depth.saturating_sub(1))).collect();
            return format!("[{}]", items.join(", "));
        }
        let schema = self.schema;
        match schema.types.get(ty.inner_named_type()) {
            Some(ExtendedType::Enum(of)) => {
                let names: Vec<_> = of.values.keys().collect();
                self.random.one(&names).to_string()
            }
            Some(ExtendedType::InputObject(of)) => {
                let mut fields = Vec::new();
                for (name, field) in &of.fields {
                    if self.random.percent(40) {
                        fields.push(format!("{name}: {}", self.literal(&field.ty, depth.saturating_sub(1))));
                    }
                }
                format!("{{{}}}", fields.join(", "))
            }
            _ if *ty.inner_named_type() == "String" => format!("\"a\\\"{}\"", self.random.below(3)),
            _ => self.random.below(5).to_string(),
        }
    }

    /// A variable that may stand where this type is wanted.
    fn variable(&mut self, ty: &str) -> Option<&'static str> {
        let (name, ty) = match ty {
            "Int" => *self.random.one(&[("n", "Int"), ("m", "Int"), ("k", "Int!")]),
            "Int!" => *self.random.one(&[("m", "Int"), ("k", "Int!")]),
            "Tone" => ("tone", "Tone"),
            "Shape" => *self.random.one(&[("shape", "Shape"), ("round", "Shape!")]),
            "[[Int!]!]" => ("lists", "[[Int!]!]"),
            "[String!]" => ("tags", "[String!]"),
            "String!" => ("tag", "String!"),
            _ => return None,
        };
        let number = self.random.below(9);
        let given = self.random.percent(60);
        let null = self.random.percent(20);
        let (default, value, needed) = match name {
            "n" => (None, if null { Json::Null } else { number.into() }, false),
            "m" => (Some(("4", json!(4))), number.into(), false),
            "tone" => (Some(("WARM", json!("WARM"))), if null { Json::Null } else { "COLD".into() }, false),
            "shape" => {
                (Some(("{size: 1, tags: \"t\"}", json!({"size": 1, "tags": "t"}))), json!({"tone": "WARM"}), false)
            }
            "round" => (None, json!({"inner": {"edges": [[number, null], null]}, "tags": ["é\"\n"]}), true),
            "lists" => (None, json!([[number], 1]), false),
            "tags" => (Some(("[\"d\"]", json!(["d"]))), if null { Json::Null } else { "one".into() }, false),
            "tag" => (None, "t".into(), true),
            _ => (None, number.into(), true),
        };
        let declared = Declared { ty, default, given: (given || needed).then_some(value) };
        self.variables.entry(name).or_insert(declared);
        Some(name)
    }
}
