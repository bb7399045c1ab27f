//! What a subgraph finds wrong with what it is asked.

use super::super::schema::Key;
use super::super::split::{Part, Role};
use super::super::wanted::Wanted;
use super::truth::merge;
use super::{Arrival, Interpreter, Lost};
use apollo_compiler::executable::SelectionSet;
use serde_json::{Map, Value as Json};

impl<'a> Interpreter<'a> {
    /// How a field of an object is resolved here.
    fn role(&self, part: &'a Part, object: usize, name: &str) -> Option<&'a Role> {
        let index = self.world.objects[object].ty;
        let ty = &self.monolith.types[index];
        if let Some(it) = part.interface_object.as_ref().filter(|_| self.type_name(object) != ty.name) {
            static ID: Role = Role::Own { shared: true };
            return if name == "id" { Some(&ID) } else { it.fields.get(name) };
        }
        part.shares.get(&index)?.fields.get(&ty.position(name)?)
    }

    /// Whether a subgraph resolves a field of an object that came this way.
    pub(super) fn check(&self, part: &'a Part, object: usize, name: &str, arrival: Arrival) {
        let ty = &self.world.type_of(self.monolith, object).name;
        match self.role(part, object, name) {
            None => self.fault(format!("{ty}.{name} is not in {}", part.name)),
            Some(Role::Own { .. }) => {}
            Some(Role::Overridden) => self.fault(format!("{ty}.{name} is no longer in {}", part.name)),
            Some(Role::External) if arrival.provided.iter().any(|wanted| names(wanted, ty, name)) => {}
            Some(Role::External) => self.fault(format!("{ty}.{name} is external in {}", part.name)),
            Some(Role::Requires(fields)) => {
                let expected = Json::Object(self.truth(object, fields));
                let given = arrival.representation.map(|given| Json::Object(given.clone()));
                if !given.as_ref().is_some_and(|given| self.covers(given, &expected)) {
                    self.fault(format!("{ty}.{name} requires {expected}, given {given:?}"));
                }
            }
        }
    }

    /// What the way to a field's value provides.
    pub(super) fn provided_below<'r>(
        &self,
        part: &'a Part,
        object: usize,
        at: usize,
        arrival: Arrival<'r>,
    ) -> &'r [Wanted]
    where
        'a: 'r,
    {
        let ty = self.world.type_of(self.monolith, object);
        let outer = arrival.provided.iter().find(|wanted| names(wanted, &ty.name, &ty.fields[at].name));
        match part.provides.get(&(self.world.objects[object].ty, at)) {
            Some(provided) => provided,
            None => outer.map_or(&[], |wanted| &wanted.children),
        }
    }

    pub(super) fn entity(&self, representation: &Json, sets: &[&'a SelectionSet]) -> Result<Json, Lost> {
        let part = self.part.unwrap();
        let given = representation.as_object().unwrap();
        let name = given["__typename"].as_str().unwrap();
        for object in 0..self.world.objects.len() {
            let keys = self.keys(part, object, name);
            let fits = |key: &Key| {
                let truth = self.truth(object, &key.wanted());
                truth.iter().all(|(name, truth)| given.get(name).is_some_and(|given| self.covers(given, truth)))
            };
            if keys.iter().any(fits) {
                self.check_representation(part, object, given, sets);
                return self.object(object, sets, Arrival { provided: &[], representation: Some(given) });
            }
        }
        self.fault(format!("{} knows no {representation}", part.name));
        Err(Lost)
    }

    /// The keys by which an object can be asked for under a type's name.
    fn keys(&self, part: &Part, object: usize, name: &str) -> Vec<Key> {
        let ty = self.world.objects[object].ty;
        if let Some(it) = &part.interface_object
            && self.monolith.abstracts[it.of].members.contains(&ty)
        {
            return if self.monolith.abstracts[it.of].name == name { vec![Key::Id] } else { Vec::new() };
        }
        let mut keyed = part.keyed.iter().map(|&of| &self.monolith.abstracts[of]);
        if keyed.any(|of| of.name == name && of.members.contains(&ty)) {
            return vec![Key::Id];
        }
        let Some(share) = part.shares.get(&ty).filter(|_| self.monolith.types[ty].name == name) else {
            return Vec::new();
        };
        share.keys.iter().filter(|(_, resolvable)| *resolvable).map(|(key, _)| *key).collect()
    }

    /// Nothing but keys and what selected fields require, and all of it true.
    fn check_representation(
        &self,
        part: &'a Part,
        object: usize,
        given: &Map<String, Json>,
        sets: &[&'a SelectionSet],
    ) {
        let ty = self.world.type_of(self.monolith, object);
        let mut names: Vec<&str> = Vec::new();
        let mut truth = Json::Object(Map::new());
        let mut allow = |fields: &[Wanted], wanted: bool| {
            merge(&mut truth, Json::Object(self.truth(object, fields)));
            if wanted {
                names.extend(
                    ty.fields
                        .iter()
                        .map(|field| field.name.as_str())
                        .filter(|name| fields.iter().any(|wanted| wanted.name == *name)),
                );
            }
        };
        let keys = match part.shares.get(&self.world.objects[object].ty) {
            Some(share) => share.keys.iter().map(|(key, _)| *key).collect(),
            None => vec![Key::Id],
        };
        for key in keys {
            allow(&key.wanted(), true);
        }
        let selected = self.collected(self.type_name(object), sets);
        for field in &ty.fields {
            if let Some(Role::Requires(fields)) = self.role(part, object, &field.name) {
                // What is skipped may share a representation with what is not.
                let asked = selected.iter().any(|(_, asked)| asked[0].name.as_str() == field.name);
                allow(fields, asked || self.conditional);
            }
        }
        for (name, value) in given.iter().filter(|(name, _)| *name != "__typename") {
            let agrees = truth.get(name).is_some_and(|truth| self.agrees(value, truth));
            if !agrees || !names.contains(&name.as_str()) {
                self.fault(format!("{}: {name} should be {:?} in {given:?}", ty.name, truth.get(name)));
            }
        }
    }
}

/// Whether this is the field of objects of this type.
fn names(wanted: &Wanted, ty: &str, field: &str) -> bool {
    wanted.name == field && wanted.on.as_ref().is_none_or(|on| on == ty)
}
