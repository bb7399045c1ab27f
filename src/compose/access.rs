//! `@authenticated`, `@requiresScopes` and `@policy`: which rules of other elements an element takes over.
//!
//! Rules stand on what is resolved: objects and their fields, and the fields of interface objects. A query on an
//! interface may meet any implementation, so the interface asks for what all of them ask for, and so do its fields.
//! What an interface object gives to implementations goes with its rules, to them and to their other interfaces.

use super::applied::Application;
use super::sources::{Kind, Sources};
use crate::subgraph::Subgraph;
use apollo_compiler::Node;
use apollo_compiler::ast::Directive;
use std::collections::BTreeSet;
use std::collections::HashMap;

/// The directives that say who may see an element.
pub const RULES: [&str; 3] = ["authenticated", "requiresScopes", "policy"];

/// The rules that elements take over, by type and field; the empty field name stands for the type.
#[derive(Default)]
pub struct Inherited<'a> {
    rules: HashMap<(&'a str, &'a str), Vec<Application<'a>>>,
}

impl<'a> Inherited<'a> {
    /// Finds what every interface, and every field that has other sources than its own, takes over.
    pub fn gather(sources: &Sources<'a>) -> Self {
        let own = own_rules(sources);
        if own.is_empty() {
            return Self::default();
        }
        let mut inherited = Self::default();
        let implementations = implementations(sources);
        // Downwards first: what objects have from interface objects goes up again.
        for (interface, object) in &implementations {
            for field in interface_object_fields(sources, interface) {
                inherited.add((*object, field), own.get(&(*interface, field)));
            }
        }
        let down: HashMap<(&str, &str), Vec<Application<'a>>> =
            inherited.rules.iter().map(|(at, rules)| (*at, rules.clone())).collect();
        for (interface, object) in &implementations {
            inherited.add((*interface, ""), own.get(&(*object, "")));
            for field in fields(sources, interface) {
                inherited.add((*interface, field), own.get(&(*object, field)));
                inherited.add((*interface, field), down.get(&(*object, field)));
            }
        }
        inherited
    }

    /// What a type takes over.
    pub fn of_type(&self, name: &str) -> Vec<Application<'a>> {
        self.of_field(name, "")
    }

    /// What a field takes over.
    pub fn of_field(&self, parent: &str, field: &str) -> Vec<Application<'a>> {
        self.rules.get(&(parent, field)).cloned().unwrap_or_default()
    }

    fn add(&mut self, at: (&'a str, &'a str), rules: Option<&Vec<Application<'a>>>) {
        if let Some(rules) = rules {
            self.rules.entry(at).or_default().extend(rules.iter().cloned());
        }
    }
}

/// The rules that stand on each type and field, in all subgraphs.
fn own_rules<'a>(sources: &Sources<'a>) -> HashMap<(&'a str, &'a str), Vec<Application<'a>>> {
    let mut found: HashMap<(&str, &str), Vec<Application<'_>>> = HashMap::new();
    for (name, merging) in &sources.types {
        for definition in &merging.definitions {
            let mut add = |field: &'a str, directives: &'a [Node<Directive>]| {
                let rules: Vec<Application<'a>> = rules(definition.subgraph, directives).collect();
                if !rules.is_empty() {
                    found.entry((*name, field)).or_default().extend(rules);
                }
            };
            add("", &definition.ty.directives);
            for field in definition.composite().into_iter().flat_map(|composite| composite.fields.values()) {
                add(&field.name, &field.directives);
            }
        }
    }
    found
}

fn rules<'a>(subgraph: &'a Subgraph, directives: &'a [Node<Directive>]) -> impl Iterator<Item = Application<'a>> {
    let rules = directives.iter().filter(|directive| RULES.contains(&directive.name.as_str()));
    rules.map(move |directive| (subgraph, directive.clone()))
}

/// Interfaces with the objects that implement them in some subgraph, in order.
fn implementations<'a>(sources: &Sources<'a>) -> BTreeSet<(&'a str, &'a str)> {
    let objects = sources.types.iter().filter(|(_, merging)| merging.kind == Kind::Object);
    objects
        .flat_map(|(name, merging)| merging.definitions.iter().map(move |definition| (*name, definition)))
        .flat_map(|(name, definition)| {
            let interfaces = definition.composite().into_iter().flat_map(|composite| &composite.implements);
            interfaces.map(move |interface| (interface.as_str(), name))
        })
        .collect()
}

fn fields<'a>(sources: &Sources<'a>, ty: &str) -> BTreeSet<&'a str> {
    let composites = sources.definitions(ty).iter().filter_map(|definition| definition.composite());
    composites.flat_map(|composite| composite.fields.keys()).map(|name| name.as_str()).collect()
}

fn interface_object_fields<'a>(sources: &Sources<'a>, interface: &str) -> BTreeSet<&'a str> {
    let definitions = sources.definitions(interface).iter().filter(|definition| definition.ty.is_interface_object());
    let composites = definitions.filter_map(|definition| definition.composite());
    composites.flat_map(|composite| composite.fields.keys()).map(|name| name.as_str()).collect()
}
