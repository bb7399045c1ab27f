//! A subgraph that knows an interface as an object, and one that knows it as an interface with a key.

use super::super::features::Features;
use super::super::random::Random;
use super::super::schema::{Arguments, Field, Monolith, Of, QUERY};
use super::super::wanted::Wanted;
use super::{InterfaceObject, Part, Role, Split};
use std::collections::BTreeMap;

/// The fields that come by way of interface objects only, and the root field that gives such objects.
pub const LENT: [&str; 5] = ["extra", "more", "link", "peer", "loose"];

impl Split {
    pub(super) fn add_interface_object(&mut self, random: &mut Random, features: Features, monolith: &mut Monolith) {
        let Some(of) = monolith.entity_interface() else { return };
        if !random.percent(if features.wide_interface_objects { 90 } else { 30 }) {
            return;
        }
        let mut fields = vec![
            Field { wrapping: "?", ..Field::plain("extra", Of::String) },
            Field { wrapping: "?", ..Field::plain("more", Of::Int) },
        ];
        if features.wide_interface_objects {
            if random.percent(50) {
                fields[0].arguments = Arguments::Number;
            }
            fields.extend(wide(random, monolith, of));
        }
        for &member in &monolith.abstracts[of].members {
            monolith.types[member].fields.extend(fields.iter().cloned());
        }
        let own = |field: &Field| (field.name.clone(), Role::Own { shared: false });
        let object = InterfaceObject { of, fields: fields.iter().map(own).collect::<BTreeMap<_, _>>() };
        let known = monolith.abstracts.iter().map(|_| Vec::new()).collect();
        let mut part = Part { name: "extras".into(), interface_object: Some(object), known, ..Part::default() };
        if random.percent(60) {
            let wrapping = *random.one(&["[?!]!", "?", "[?]"]);
            let query = &mut monolith.types[QUERY].fields;
            query.push(Field { wrapping, ..Field::plain("loose", Of::Abstract(of)) });
            part.shares.entry(QUERY).or_default().fields.insert(query.len() - 1, Role::Own { shared: false });
        }
        self.parts.push(part);
    }

    /// Some of its fields require what the interface has elsewhere.
    pub(super) fn require_of_interface(&mut self, random: &mut Random, features: Features, monolith: &Monolith) {
        let Some(of) = self.parts.last().and_then(|part| part.interface_object.as_ref()).map(|it| it.of) else {
            return;
        };
        let known = self.parts.iter().any(|part| part.has_common(monolith, of, "label"));
        if !features.wide_interface_objects || !known {
            return;
        }
        let it = self.parts.last_mut().and_then(|part| part.interface_object.as_mut()).unwrap();
        for name in ["extra", "more", "link"] {
            if it.fields.contains_key(name) && random.percent(40) {
                it.fields.insert(name.into(), Role::Requires(vec![Wanted::leaf("label")]));
                it.fields.insert("label".into(), Role::External);
            }
        }
    }

    /// One subgraph knows all members of an interface that is an object elsewhere.
    pub(super) fn add_keyed_interface(&mut self, random: &mut Random, monolith: &Monolith, count: usize) {
        let Some(of) = self.parts.last().and_then(|part| part.interface_object.as_ref()).map(|it| it.of) else {
            return;
        };
        let part = &mut self.parts[random.below(count)];
        part.keyed.insert(of);
        for &member in &monolith.abstracts[of].members {
            part.shares.entry(member).or_default();
        }
        part.abstracts.insert(of, monolith.abstracts[of].members.clone());
        part.close(monolith);
    }
}

/// A field that leads to an entity that the subgraph may know, and one that leads to the interface itself.
fn wide(random: &mut Random, monolith: &Monolith, of: usize) -> Vec<Field> {
    let mut fields = Vec::new();
    let members = &monolith.abstracts[of].members;
    let others: Vec<usize> =
        (1..monolith.types.len()).filter(|ty| !members.contains(ty) && !monolith.types[*ty].keys.is_empty()).collect();
    if let Some(&other) = random.any(&others) {
        fields.push(Field { wrapping: "?", ..Field::plain("link", Of::Object(other)) });
    }
    if random.percent(40) {
        let wrapping = *random.one(&["?", "[?]", "?!"]);
        fields.push(Field { wrapping, ..Field::plain("peer", Of::Abstract(of)) });
    }
    fields
}
