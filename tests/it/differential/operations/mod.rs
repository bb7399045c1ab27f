//! Random operations over an API schema, with random values of their variables.

mod values;

use super::answer::canonical;
use super::random::Random;
use apollo_compiler::Schema;
use apollo_compiler::schema::{ExtendedType, FieldDefinition};
use serde_json::{Map, Value as Json};
use std::collections::BTreeMap;
use std::fmt::Write;
use values::Declared;

pub struct Operations<'a> {
    random: &'a mut Random,
    schema: &'a Schema,
    fragments: Vec<(String, String)>,
    /// The variables in use.
    variables: BTreeMap<&'static str, Declared>,
    /// Whether conditions are wanted.
    conditional: bool,
}

/// An operation, perhaps not a valid one.
pub struct Generated {
    pub text: String,
    /// The values of its variables, coerced.
    pub values: Map<String, Json>,
}

impl Generated {
    /// Whether anything of it may be skipped.
    pub fn conditional(&self) -> bool {
        self.text.contains("@skip") || self.text.contains("@include")
    }
}

impl<'a> Operations<'a> {
    pub fn generate(random: &'a mut Random, schema: &'a Schema) -> Generated {
        let conditional = random.percent(60);
        let mut operations = Self { random, schema, fragments: Vec::new(), variables: BTreeMap::new(), conditional };
        let depth = operations.random.between(2, 5);
        let mutation = schema.types.contains_key("Mutation") && operations.random.percent(50);
        let (keyword, root) = if mutation { ("mutation", "Mutation") } else { ("query", "Query") };
        let body = operations.selections(root, depth);
        let mut declared = String::new();
        let mut values = Map::new();
        for (name, variable) in &operations.variables {
            write!(declared, " ${name}: {}", variable.sdl()).unwrap();
            if let Some(value) = variable.value() {
                values.insert((*name).into(), canonical(schema, &variable.ty(), &value));
            }
        }
        let declared = if declared.is_empty() { declared } else { format!("({})", declared.trim_start()) };
        let mut text = format!("{keyword} {declared} {{ {body}}}\n");
        for (head, body) in &operations.fragments {
            writeln!(text, "fragment {head} {{ {body}}}").unwrap();
        }
        Generated { text, values }
    }

    fn selections(&mut self, on: &str, depth: usize) -> String {
        let mut out = String::new();
        let root = on == "Query" || on == "Mutation";
        for _ in 0..self.random.between(1, 5) {
            match self.random.below(10) {
                0 => {
                    let alias = if self.random.percent(25) { "t: " } else { "" };
                    let condition = self.condition(on);
                    write!(out, "{alias}__typename{condition} ").unwrap();
                }
                1..=2 if depth > 0 && (!root || self.random.percent(30)) => self.inline(on, depth, &mut out),
                3 if depth > 0 && self.fragments.len() < 4 => self.spread(on, depth, &mut out),
                _ => self.field(on, depth, &mut out),
            }
        }
        out
    }

    /// A type that objects of type `on` may have, or one that it is one of.
    fn related(&mut self, on: &str) -> String {
        let schema = self.schema;
        let members = |name: &str| -> Vec<String> {
            let objects = schema.types.iter().filter(|(_, ty)| ty.is_object());
            let mut names: Vec<_> = objects
                .map(|(object, _)| object.to_string())
                .filter(|object| object == name || schema.is_subtype(name, object))
                .collect();
            names.sort();
            names
        };
        let mine = members(on);
        let mut related: Vec<String> = mine.clone();
        for (name, ty) in &schema.types {
            if (ty.is_interface() || ty.is_union()) && members(name).iter().any(|member| mine.contains(member)) {
                related.push(name.to_string());
            }
        }
        if related.is_empty() { on.to_owned() } else { self.random.one(&related).clone() }
    }

    fn inline(&mut self, on: &str, depth: usize, out: &mut String) {
        let ty = self.related(on);
        let condition = self.condition(on);
        let inner = self.selections(&ty, depth - 1);
        match ty == on && self.random.percent(30) {
            true => write!(out, "...{condition} {{ {inner}}} ").unwrap(),
            false => write!(out, "... on {ty}{condition} {{ {inner}}} ").unwrap(),
        }
    }

    fn spread(&mut self, on: &str, depth: usize, out: &mut String) {
        let ty = self.related(on);
        // Known fragments are used again where they fit; one around this place is not finished yet.
        let known: Vec<String> = self.fragments.iter().map(|(head, _)| head.clone()).collect();
        let again = known.into_iter().find(|head| head.ends_with(&format!(" on {ty}")));
        if let Some(head) = again.filter(|_| self.random.percent(40)) {
            let condition = self.condition(on);
            write!(out, "...{}{condition} ", head.split(' ').next().unwrap()).unwrap();
            return;
        }
        let inner = self.selections(&ty, depth - 1);
        let name = format!("F{}", self.fragments.len());
        let condition = self.condition(on);
        write!(out, "...{name}{condition} ").unwrap();
        self.fragments.push((format!("{name} on {ty}"), inner));
    }

    fn field(&mut self, on: &str, depth: usize, out: &mut String) {
        let schema = self.schema;
        let fields = match schema.types.get(on) {
            Some(ExtendedType::Object(object)) => &object.fields,
            Some(ExtendedType::Interface(interface)) => &interface.fields,
            _ => {
                out.push_str("__typename ");
                return;
            }
        };
        let (name, field) = fields.get_index(self.random.below(fields.len())).unwrap();
        let inner = field.ty.inner_named_type();
        let composite =
            schema.types[inner].is_object() || schema.types[inner].is_interface() || schema.types[inner].is_union();
        if composite && depth == 0 {
            out.push_str("__typename ");
            return;
        }
        if self.random.percent(20) {
            write!(out, "{}: ", self.random.one(&["p", "q", "z"])).unwrap();
        }
        out.push_str(name);
        let arguments = self.arguments(field);
        out.push_str(&arguments);
        out.push_str(&self.condition(on));
        out.push(' ');
        if composite {
            let inner = self.selections(inner, depth - 1);
            write!(out, "{{ {inner}}} ").unwrap();
        }
    }

    fn arguments(&mut self, field: &FieldDefinition) -> String {
        let mut given = Vec::new();
        for argument in &field.arguments {
            if self.random.percent(60) {
                given.push(format!("{}: {}", argument.name, self.literal(&argument.ty, 2)));
            }
        }
        if given.is_empty() { String::new() } else { format!("({})", given.join(", ")) }
    }

    /// On the fields of mutations it is drawn aside, so that operations without are those that seeds have long made.
    fn condition(&mut self, on: &str) -> String {
        let drawn = |random: &mut Random| match on {
            "Mutation" => random.clone().percent(12),
            _ => random.percent(12),
        };
        if !self.conditional || !drawn(self.random) {
            return String::new();
        }
        let directive = *self.random.one(&["skip", "include"]);
        let other = if directive == "skip" { "include" } else { "skip" };
        let first = self.boolean();
        if self.random.percent(15) {
            let second = self.boolean();
            return format!(" @{directive}(if: {first}) @{other}(if: {second})");
        }
        format!(" @{directive}(if: {first})")
    }
}
