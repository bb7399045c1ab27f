//! A split of the monolith into subgraphs that together can answer everything.
//!
//! It is satisfiable by construction:
//! - each entity has a hub that knows all of its keys, or its subgraphs have keys that form a chain, or one
//!   subgraph has a key of two fields that two others have one each of;
//! - values are whole wherever they occur, and what leads to a divided value is in both subgraphs that have it;
//! - a field requires only fields of a lower rank, however deep;
//! - members of an interface can be entered by `id` wherever they are.

mod again;
mod declared;
mod interface_object;
mod keys;
mod narrow;
mod overrides;
mod owners;
mod provides;
mod requires;
mod sdl;

pub use narrow::Narrow;

use super::features::Features;
use super::random::Random;
use super::schema::{Abstract, Key, Monolith, Of};
use super::wanted::Wanted;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Resolved here, by others too when it is shared.
    Own { shared: bool },
    /// Resolved only where the way provides it.
    External,
    /// Resolved here, out of these fields.
    Requires(Vec<Wanted>),
    /// Declared here, but another subgraph took it over.
    Overridden,
}

#[derive(Debug, Default, Clone)]
pub struct Share {
    /// Each with whether `_entities` takes it.
    pub keys: Vec<(Key, bool)>,
    /// By position in the type; key fields are owned.
    pub fields: BTreeMap<usize, Role>,
}

/// The interface that a subgraph knows as an object.
#[derive(Debug, Clone)]
pub struct InterfaceObject {
    pub of: usize,
    /// The fields that it has there beside `id`.
    pub fields: BTreeMap<String, Role>,
}

#[derive(Debug, Default)]
pub struct Part {
    pub name: String,
    pub shares: BTreeMap<usize, Share>,
    /// Members by abstract type.
    pub abstracts: BTreeMap<usize, Vec<usize>>,
    /// Interfaces with `@key(fields: "id")`.
    pub keyed: BTreeSet<usize>,
    /// `(type, field) -> what is provided of the value`.
    pub provides: BTreeMap<(usize, usize), Vec<Wanted>>,
    /// `(type, field) -> the subgraph it is taken from`.
    pub overrides: BTreeMap<(usize, usize), String>,
    /// `(type, field) -> its type here`, where it is narrower than the supergraph's.
    pub narrow: BTreeMap<(usize, usize), Narrow>,
    pub interface_object: Option<InterfaceObject>,
    /// The members of each abstract type that it would declare.
    known: Vec<Vec<usize>>,
    /// Fields, usually of keys, that it has though no key here is made of them.
    lone: Vec<(usize, &'static str)>,
}

#[derive(Debug)]
pub struct Split {
    pub parts: Vec<Part>,
}

impl Share {
    pub fn is_resolvable(&self) -> bool {
        self.keys.iter().any(|(_, resolvable)| *resolvable)
    }
}

impl Split {
    /// Adds the fields of interface objects to the monolith.
    pub fn generate(random: &mut Random, features: Features, monolith: &mut Monolith) -> Self {
        let count = random.between(2, 4);
        let mut split = Self { parts: Vec::new() };
        for index in 0..count {
            let known = members(random, monolith);
            split.parts.push(Part { name: format!("s{index}"), known, ..Part::default() });
        }
        split.add_interface_object(random, features, monolith);
        split.own(random, monolith, count);
        if features.overrides {
            split.take_over(random, monolith, count);
        }
        split.close(monolith);
        split.add_keyed_interface(random, monolith, count);
        split.require(random, features, monolith, count);
        split.close(monolith);
        split.add_keys(random, features, monolith, count);
        split.provide(random, features, monolith, count);
        if features.narrow_types {
            split.narrow(random, monolith);
        }
        split.declare_more(random);
        split.require_of_interface(random, features, monolith);
        split
    }

    /// The types that objects behind a field of abstract type have: those that all who resolve it know.
    pub fn types_behind(&self, monolith: &Monolith, ty: usize, field: usize, of: usize) -> Vec<usize> {
        let mut types = monolith.abstracts[of].members.clone();
        for part in &self.parts {
            let Some(share) = part.shares.get(&ty) else { continue };
            let as_object = part.interface_object.as_ref().is_some_and(|it| it.of == of);
            if !as_object && share.fields.contains_key(&field) {
                types.retain(|member| part.abstracts[&of].contains(member));
                if let Some(Narrow::Member(only)) = part.narrow.get(&(ty, field)) {
                    types.retain(|member| member == only);
                }
            }
        }
        types
    }

    /// The fields that keys and requirements are made of, and others that must not fail.
    pub fn needed(&self, monolith: &Monolith) -> BTreeSet<(usize, String)> {
        let mut needed = BTreeSet::new();
        for part in &self.parts {
            // Where subgraphs disagree on nulls, what a failure does depends on who is asked.
            needed.extend(part.narrow.keys().map(|&(ty, at)| (ty, monolith.types[ty].fields[at].name.clone())));
            for (&ty, share) in &part.shares {
                for (key, _) in &share.keys {
                    note(monolith, ty, &key.wanted(), &mut needed);
                }
                for role in share.fields.values() {
                    if let Role::Requires(fields) = role {
                        note(monolith, ty, fields, &mut needed);
                    }
                }
            }
            if let Some(it) = &part.interface_object {
                for &ty in &monolith.abstracts[it.of].members {
                    let fields: Vec<Wanted> = it.fields.keys().map(|name| Wanted::leaf(name)).collect();
                    note(monolith, ty, &fields, &mut needed);
                    note(monolith, ty, &Key::Id.wanted(), &mut needed);
                }
            }
        }
        needed
    }
}

fn note(monolith: &Monolith, ty: usize, set: &[Wanted], needed: &mut BTreeSet<(usize, String)>) {
    for wanted in set {
        let Some(at) = monolith.types[ty].position(&wanted.name) else { continue };
        needed.insert((ty, wanted.name.clone()));
        let below: &[usize] = match &monolith.types[ty].fields[at].of {
            Of::Object(of) => std::slice::from_ref(of),
            Of::Abstract(of) => &monolith.abstracts[*of].members,
            _ => &[],
        };
        for &of in below {
            note(monolith, of, &wanted.children, needed);
        }
    }
}

/// For each abstract type the members that a subgraph knows: always the first, so that no two know nothing in common.
fn members(random: &mut Random, monolith: &Monolith) -> Vec<Vec<usize>> {
    let mut known = |it: &Abstract| {
        it.members.iter().enumerate().filter(|(at, _)| *at == 0 || random.percent(60)).map(|(_, &ty)| ty).collect()
    };
    monolith.abstracts.iter().map(&mut known).collect()
}
