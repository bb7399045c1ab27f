//! Random operations over an API schema, with random values of their variables.

use super::random::Random;
use apollo_compiler::Schema;
use apollo_compiler::schema::ExtendedType;
use serde_json::{Map, Value as Json, json};
use std::fmt::Write;

pub struct Operations<'a> {
    random: &'a mut Random,
    schema: &'a Schema,
    fragments: Vec<(String, String)>,
    used: [bool; 4],
}

impl<'a> Operations<'a> {
    /// A document, perhaps not a valid one, and values for its variables.
    pub fn generate(random: &'a mut Random, schema: &'a Schema) -> (String, Map<String, Json>) {
        let mut operations = Self { random, schema, fragments: Vec::new(), used: [false; 4] };
        let depth = operations.random.between(2, 5);
        let body = operations.selections("Query", depth);
        let mut declared = String::new();
        let mut values = Map::new();
        for (index, used) in operations.used.into_iter().enumerate() {
            if !used {
                continue;
            }
            if index < 3 {
                write!(declared, " $b{index}: Boolean!").unwrap();
                values.insert(format!("b{index}"), operations.random.percent(60).into());
            } else {
                declared.push_str(" $n: Int");
                if operations.random.percent(60) {
                    values.insert("n".into(), json!(operations.random.below(10)));
                }
            }
        }
        let declared = if declared.is_empty() { declared } else { format!("({})", declared.trim_start()) };
        let mut text = format!("query {declared} {{ {body}}}\n");
        for (head, body) in &operations.fragments {
            writeln!(text, "fragment {head} {{ {body}}}").unwrap();
        }
        (text, values)
    }

    fn selections(&mut self, on: &str, depth: usize) -> String {
        let mut out = String::new();
        for _ in 0..self.random.between(1, 5) {
            match self.random.below(10) {
                0 => {
                    let condition = self.condition();
                    write!(out, "__typename{condition} ").unwrap();
                }
                1..=2 if depth > 0 && on != "Query" => self.inline(on, depth, &mut out),
                3 if depth > 0 && on != "Query" && self.fragments.len() < 4 => self.spread(on, depth, &mut out),
                _ => self.field(on, depth, &mut out),
            }
        }
        if out.is_empty() { "__typename ".into() } else { out }
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
        let condition = self.condition();
        let inner = self.selections(&ty, depth - 1);
        match ty == on && self.random.percent(30) {
            true => write!(out, "...{condition} {{ {inner}}} ").unwrap(),
            false => write!(out, "... on {ty}{condition} {{ {inner}}} ").unwrap(),
        }
    }

    fn spread(&mut self, on: &str, depth: usize, out: &mut String) {
        let ty = self.related(on);
        let inner = self.selections(&ty, depth - 1);
        let name = format!("F{}", self.fragments.len());
        let condition = self.condition();
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
        if !field.arguments.is_empty() && self.random.percent(70) {
            match self.random.below(3) {
                0 => {
                    self.used[3] = true;
                    out.push_str("(x: $n)");
                }
                1 => out.push_str("(x: null)"),
                _ => write!(out, "(x: {})", self.random.below(3)).unwrap(),
            }
        }
        out.push_str(&self.condition());
        out.push(' ');
        if composite {
            let inner = self.selections(inner, depth - 1);
            write!(out, "{{ {inner}}} ").unwrap();
        }
    }

    fn condition(&mut self) -> String {
        if !self.random.percent(12) {
            return String::new();
        }
        let directive = *self.random.one(&["skip", "include"]);
        let other = if directive == "skip" { "include" } else { "skip" };
        let variable = self.random.below(3);
        self.used[variable] = true;
        if self.random.percent(15) {
            let second = self.random.below(3);
            self.used[second] = true;
            return format!(" @{directive}(if: $b{variable}) @{other}(if: $b{second})");
        }
        format!(" @{directive}(if: $b{variable})")
    }
}
