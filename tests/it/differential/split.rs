//! A split of the monolith into subgraphs that together can answer everything.
//!
//! It is satisfiable by construction: each entity has a hub that knows all of its keys, so that any subgraph
//! reaches any other by way of it; values are whole wherever they occur; a field requires only fields that come
//! before it. Members of an interface can be entered by `id` wherever they are.

use super::monolith::{Abstract, Field, Monolith, Of, QUERY};
use super::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Resolved here, by others too when it is shared.
    Own {
        shared: bool,
    },
    External,
    /// Resolved here, out of these fields.
    Requires(String),
}

#[derive(Debug, Default)]
pub struct Share {
    /// Key field sets.
    pub keys: Vec<&'static str>,
    pub resolvable: bool,
    /// By position in the type; key fields are owned.
    pub fields: BTreeMap<usize, Role>,
}

#[derive(Debug, Default)]
pub struct Part {
    pub name: String,
    pub shares: BTreeMap<usize, Share>,
    /// Members by abstract type.
    pub abstracts: BTreeMap<usize, Vec<usize>>,
    /// Interfaces with `@key(fields: "id")`.
    pub keyed: BTreeSet<usize>,
    /// `(type, field) -> provided field of the value`.
    pub provides: BTreeMap<(usize, usize), String>,
    /// The interface that is an object here.
    pub interface_object: Option<usize>,
}

#[derive(Debug)]
pub struct Split {
    pub parts: Vec<Part>,
}

impl Split {
    /// Adds the fields of interface objects to the monolith.
    pub fn generate(random: &mut Random, monolith: &mut Monolith) -> Self {
        let count = random.between(2, 4);
        let mut split = Self { parts: Vec::new() };
        for index in 0..count {
            split.parts.push(Part { name: format!("s{index}"), ..Part::default() });
        }
        split.interface_object(random, monolith);
        split.own(random, monolith, count);
        let members: Vec<Vec<Vec<usize>>> = (0..count).map(|_| members(random, monolith)).collect();
        split.close(monolith, &members);
        split.hubs(random, monolith, count, &members);
        split.require(random, monolith, count);
        split.close(monolith, &members);
        split.keys(random, monolith);
        split.provide(random, monolith, count);
        split
    }

    /// The types that objects behind a field of abstract type have: those that all who resolve it know.
    pub fn types_behind(&self, monolith: &Monolith, ty: usize, field: usize, of: usize) -> Vec<usize> {
        let mut types = monolith.abstracts[of].members.clone();
        for part in &self.parts {
            let Some(share) = part.shares.get(&ty) else { continue };
            if part.interface_object != Some(of) && share.fields.contains_key(&field) {
                types.retain(|member| part.abstracts[&of].contains(member));
            }
        }
        types
    }

    fn interface_object(&mut self, random: &mut Random, monolith: &mut Monolith) {
        let Some(of) = monolith.abstracts.iter().position(|it| it.interface) else { return };
        if !random.percent(40) {
            return;
        }
        for &member in &monolith.abstracts[of].members {
            for (name, of) in [("extra", Of::String), ("more", Of::Int)] {
                let field = Field { name: name.into(), of, wrapping: "?", argument: false };
                monolith.types[member].fields.push(field);
            }
        }
        let mut part = Part { name: "extras".into(), interface_object: Some(of), ..Part::default() };
        if random.percent(60) {
            let wrapping = *random.one(&["[?!]!", "?", "[?]"]);
            let field = Field { name: "loose".into(), of: Of::Abstract(of), wrapping, argument: false };
            let query = &mut monolith.types[QUERY].fields;
            query.push(field);
            part.shares.entry(QUERY).or_default().fields.insert(query.len() - 1, Role::Own { shared: false });
        }
        self.parts.push(part);
    }

    /// Who resolves what, for all fields but those of keys, values and interface objects.
    fn own(&mut self, random: &mut Random, monolith: &Monolith, count: usize) {
        for (index, ty) in monolith.types.iter().enumerate() {
            if ty.keys.is_empty() && index != QUERY {
                continue;
            }
            for (at, field) in ty.fields.iter().enumerate() {
                if ["id", "sku", "num", "ref", "extra", "more", "loose"].contains(&field.name.as_str()) {
                    continue;
                }
                let mut owners: BTreeSet<usize> = [random.below(count)].into();
                if random.percent(25) {
                    owners.insert(random.below(count));
                }
                let shared = owners.len() > 1;
                for owner in owners {
                    self.parts[owner].shares.entry(index).or_default().fields.insert(at, Role::Own { shared });
                }
            }
        }
    }

    /// Declares in each subgraph whatever its fields lead to.
    fn close(&mut self, monolith: &Monolith, members: &[Vec<Vec<usize>>]) {
        for (index, part) in self.parts.iter_mut().enumerate() {
            if part.interface_object.is_some() {
                continue;
            }
            let mut open: Vec<usize> = part.shares.keys().copied().collect();
            let mut done = BTreeSet::new();
            while let Some(ty) = open.pop() {
                if !done.insert(ty) {
                    continue;
                }
                let share = part.shares.entry(ty).or_default();
                let of = &monolith.types[ty];
                for (at, field) in of.fields.iter().enumerate() {
                    let value = of.keys.is_empty() && ty != QUERY;
                    if value {
                        share.fields.insert(at, Role::Own { shared: true });
                    }
                    if !value && !share.fields.contains_key(&at) {
                        continue;
                    }
                    match field.of {
                        Of::Object(to) => open.push(to),
                        Of::Abstract(to) => {
                            let keyed = part.keyed.contains(&to);
                            let known = if keyed { &monolith.abstracts[to].members } else { &members[index][to] };
                            part.abstracts.insert(to, known.clone());
                            open.extend(known);
                        }
                        _ => {}
                    }
                }
            }
            for ty in done {
                part.shares.entry(ty).or_default();
            }
        }
    }

    /// One subgraph for each entity that has all keys, and one for each interface with a key that has all members.
    fn hubs(&mut self, random: &mut Random, monolith: &Monolith, count: usize, members: &[Vec<Vec<usize>>]) {
        if let Some(of) = self.parts.last().and_then(|part| part.interface_object) {
            let part = &mut self.parts[random.below(count)];
            part.keyed.insert(of);
            for &member in &monolith.abstracts[of].members {
                part.shares.entry(member).or_default();
            }
            part.abstracts.insert(of, monolith.abstracts[of].members.clone());
        }
        for (index, ty) in monolith.types.iter().enumerate() {
            if !ty.keys.is_empty() {
                let hub = random.below(count);
                let share = self.parts[hub].shares.entry(index).or_default();
                share.keys.clone_from(&ty.keys);
            }
        }
        self.close(monolith, members);
        for (index, part) in self.parts.iter_mut().enumerate() {
            for &keyed in &part.keyed {
                part.abstracts.insert(keyed, monolith.abstracts[keyed].members.clone());
            }
            // An interface that nothing here returns is declared at times nevertheless.
            if part.interface_object.is_none() && random.percent(20) {
                for (of, known) in members[index].iter().enumerate() {
                    if known.iter().all(|member| part.shares.contains_key(member)) {
                        part.abstracts.entry(of).or_insert_with(|| known.clone());
                    }
                }
            }
        }
    }

    fn require(&mut self, random: &mut Random, monolith: &Monolith, count: usize) {
        for part in &mut self.parts[..count] {
            for (&ty, share) in &mut part.shares {
                if monolith.types[ty].keys.is_empty() {
                    continue;
                }
                let fields = &monolith.types[ty].fields;
                let own: Vec<usize> = share
                    .fields
                    .iter()
                    .filter(|(_, role)| **role == Role::Own { shared: false })
                    .map(|(&at, _)| at)
                    .collect();
                for at in own {
                    if !random.percent(30) || fields[at].name == "label" || fields[at].name == "near" {
                        continue;
                    }
                    let mut wanted = Vec::new();
                    for before in (0..at).filter(|before| fields[*before].name.starts_with('f')) {
                        let known = share.fields.get(&before);
                        if !random.percent(50) || known.is_some_and(|role| *role != Role::External) {
                            continue;
                        }
                        if let Some(text) = required(monolith, &fields[before]) {
                            wanted.push(text);
                            share.fields.insert(before, Role::External);
                        }
                    }
                    if !wanted.is_empty() {
                        share.fields.insert(at, Role::Requires(wanted.join(" ")));
                    }
                }
            }
        }
    }

    /// Keys, and the fields that they are made of.
    fn keys(&mut self, random: &mut Random, monolith: &Monolith) {
        for part in &mut self.parts {
            for (&ty, share) in &mut part.shares {
                let of = &monolith.types[ty];
                if of.keys.is_empty() || part.interface_object.is_some() {
                    continue;
                }
                let hub = !share.keys.is_empty();
                let stub = share.fields.is_empty() && !hub && random.percent(50) && part.keyed.is_empty();
                share.resolvable = !stub;
                if !hub {
                    share.keys = of.keys.iter().copied().filter(|_| random.percent(50)).collect();
                    let member = monolith.abstracts.iter().any(|it| it.interface && it.members.contains(&ty));
                    if share.keys.is_empty() || (member && share.keys[0] != "id") {
                        share.keys.insert(0, of.keys[if member { 0 } else { random.below(of.keys.len()) }]);
                    }
                }
                let keys = share.keys.join(" ");
                for (at, field) in of.fields.iter().enumerate() {
                    if keys.split(' ').any(|word| word == field.name) {
                        share.fields.entry(at).or_insert(Role::Own { shared: true });
                    }
                }
            }
            let reference = monolith.types.len() - 1;
            if part.shares.values().any(|share| share.keys.join(" ").contains("ref")) {
                part.shares.entry(reference).or_default().fields =
                    [(0, Role::Own { shared: true }), (1, Role::Own { shared: true })].into();
            }
        }
    }

    fn provide(&mut self, random: &mut Random, monolith: &Monolith, count: usize) {
        for index in 0..count {
            let fields: Vec<(usize, usize)> = self.parts[index]
                .shares
                .iter()
                .flat_map(|(&ty, share)| {
                    let own =
                        share.fields.iter().filter(|(_, role)| matches!(role, Role::Own { .. } | Role::Requires(_)));
                    own.map(move |(&at, _)| (ty, at))
                })
                .collect();
            for (ty, at) in fields {
                let Of::Object(of) = monolith.types[ty].fields[at].of else { continue };
                if monolith.types[of].keys.is_empty() || !random.percent(20) {
                    continue;
                }
                let inner = random.below(monolith.types[of].fields.len());
                let field = &monolith.types[of].fields[inner];
                let leaf = matches!(field.of, Of::String | Of::Int);
                if !field.name.starts_with('f') || !leaf || field.argument || !self.can_be_provided(index, of, inner) {
                    continue;
                }
                for part in &mut self.parts {
                    if let Some(Role::Own { shared }) =
                        part.shares.get_mut(&of).and_then(|share| share.fields.get_mut(&inner))
                    {
                        *shared = true;
                    }
                }
                let part = &mut self.parts[index];
                part.provides.insert((ty, at), field.name.clone());
                part.shares.get_mut(&of).unwrap().fields.insert(inner, Role::External);
            }
        }
    }

    /// Whether others own a field, without requirements, and this subgraph does not.
    fn can_be_provided(&self, index: usize, ty: usize, field: usize) -> bool {
        self.parts.iter().enumerate().all(|(other, part)| {
            let role = part.shares.get(&ty).and_then(|share| share.fields.get(&field));
            match role {
                None | Some(Role::External) => true,
                Some(Role::Own { .. }) => other != index,
                Some(Role::Requires(_)) => false,
            }
        })
    }
}

/// For each abstract type the members that a subgraph knows: always the first, so that no two know nothing in common.
fn members(random: &mut Random, monolith: &Monolith) -> Vec<Vec<usize>> {
    let known = |it: &Abstract, random: &mut Random| {
        it.members.iter().enumerate().filter(|(at, _)| *at == 0 || random.percent(60)).map(|(_, &ty)| ty).collect()
    };
    monolith.abstracts.iter().map(|it| known(it, random)).collect()
}

/// A field as a part of `@requires`.
fn required(monolith: &Monolith, field: &Field) -> Option<String> {
    if field.argument {
        return Some(format!("{}(x: 7)", field.name));
    }
    match field.of {
        Of::Int | Of::String => Some(field.name.clone()),
        Of::Object(ty) if monolith.types[ty].keys.is_empty() => Some(format!("{} {{ x }}", field.name)),
        _ => None,
    }
}

impl Part {
    pub fn sdl(&self, monolith: &Monolith) -> String {
        let mut out = String::new();
        for (&ty, share) in &self.shares {
            let of = &monolith.types[ty];
            let mut implements = String::new();
            for (&index, members) in &self.abstracts {
                if monolith.abstracts[index].interface && members.contains(&ty) {
                    write!(implements, " implements {}", monolith.abstracts[index].name).unwrap();
                }
            }
            write!(out, "type {}{implements}", of.name).unwrap();
            for key in &share.keys {
                let resolvable = if share.resolvable { "" } else { ", resolvable: false" };
                write!(out, " @key(fields: \"{key}\"{resolvable})").unwrap();
            }
            out.push_str(" {\n");
            for (&at, role) in &share.fields {
                self.field(monolith, ty, at, role, &mut out);
            }
            out.push_str("}\n");
        }
        self.abstract_types(monolith, &mut out);
        if let Some(of) = self.interface_object {
            let name = &monolith.abstracts[of].name;
            write!(
                out,
                "type {name} @key(fields: \"id\") @interfaceObject {{\n  id: ID!\n  extra: String\n  more: Int\n}}\n"
            )
            .unwrap();
        }
        out
    }

    fn field(&self, monolith: &Monolith, ty: usize, at: usize, role: &Role, out: &mut String) {
        let of = &monolith.types[ty];
        let field = &of.fields[at];
        let argument = if field.argument { "(x: Int = 3)" } else { "" };
        write!(out, "  {}{argument}: {}", field.name, monolith.field_type(field)).unwrap();
        match role {
            Role::External => out.push_str(" @external"),
            Role::Requires(fields) => write!(out, " @requires(fields: \"{fields}\")").unwrap(),
            Role::Own { shared: true } => out.push_str(" @shareable"),
            Role::Own { shared: false } => {}
        }
        if let Some(provided) = self.provides.get(&(ty, at)) {
            write!(out, " @provides(fields: \"{provided}\")").unwrap();
        }
        out.push('\n');
    }

    fn abstract_types(&self, monolith: &Monolith, out: &mut String) {
        for (&index, members) in &self.abstracts {
            let of = &monolith.abstracts[index];
            if !of.interface {
                let names: Vec<&str> = members.iter().map(|&ty| monolith.types[ty].name.as_str()).collect();
                writeln!(out, "union {} = {}", of.name, names.join(" | ")).unwrap();
                continue;
            }
            let key = if self.keyed.contains(&index) { " @key(fields: \"id\")" } else { "" };
            writeln!(out, "interface {}{key} {{", of.name).unwrap();
            for name in &of.common {
                let here = |&ty: &usize| {
                    let at = monolith.types[ty].fields.iter().position(|field| field.name == *name).unwrap();
                    let role = self.shares[&ty].fields.get(&at);
                    role.is_some_and(|role| *role != Role::External).then(|| &monolith.types[ty].fields[at])
                };
                let fields: Vec<_> = members.iter().map(here).collect();
                if let Some(Some(field)) = fields.first()
                    && fields.iter().all(Option::is_some)
                {
                    writeln!(out, "  {name}: {}", monolith.field_type(field)).unwrap();
                }
            }
            out.push_str("}\n");
        }
    }
}
