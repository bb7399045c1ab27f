//! What the values of a field set are, and whether a representation says so.

use super::super::schema::{Arguments, Type};
use super::super::wanted::Wanted;
use super::super::world::Value;
use super::{Interpreter, with_arguments};
use serde_json::{Map, Value as Json, json};

impl Interpreter<'_> {
    /// The values of a field set.
    pub(super) fn truth(&self, object: usize, set: &[Wanted]) -> Map<String, Json> {
        let ty = self.world.type_of(self.monolith, object);
        let mut out = Map::new();
        for wanted in set.iter().filter(|wanted| wanted.on.as_ref().is_none_or(|on| *on == ty.name)) {
            let value = &self.world.objects[object].fields[&wanted.name];
            let value = with_arguments(value, arguments(ty, wanted), &given(ty, wanted));
            let value = self.truth_of(&value, &wanted.children);
            match out.get_mut(&wanted.name) {
                Some(known) => merge(known, value),
                None => {
                    out.insert(wanted.name.clone(), value);
                }
            }
        }
        out
    }

    fn truth_of(&self, value: &Value, set: &[Wanted]) -> Json {
        match value {
            Value::Leaf(json) => json.clone(),
            Value::List(values) => values.iter().map(|value| self.truth_of(value, set)).collect(),
            Value::Object(object) => {
                let mut truth = self.truth(*object, set);
                truth.insert("__typename".into(), self.world.type_of(self.monolith, *object).name.as_str().into());
                Json::Object(truth)
            }
        }
    }

    /// Whether all that is given is true; what failed next to it may have made it null.
    pub(super) fn agrees(&self, given: &Json, truth: &Json) -> bool {
        match (given, truth) {
            (Json::Null, _) if !self.world.failing.is_empty() => true,
            (Json::Object(given), Json::Object(truth)) => {
                given.iter().all(|(name, value)| truth.get(name).is_some_and(|truth| self.agrees(value, truth)))
            }
            (Json::Array(given), Json::Array(truth)) => {
                given.len() == truth.len() && given.iter().zip(truth).all(|(given, truth)| self.agrees(given, truth))
            }
            _ => given == truth,
        }
    }

    /// Whether all that is true is given.
    pub(super) fn covers(&self, given: &Json, truth: &Json) -> bool {
        match (given, truth) {
            (Json::Null, _) if !self.world.failing.is_empty() => true,
            (Json::Object(given), Json::Object(truth)) => truth
                .iter()
                .filter(|(name, _)| *name != "__typename")
                .all(|(name, truth)| given.get(name).is_some_and(|given| self.covers(given, truth))),
            (Json::Array(given), Json::Array(truth)) => {
                given.len() == truth.len() && given.iter().zip(truth).all(|(given, truth)| self.covers(given, truth))
            }
            _ => given == truth,
        }
    }
}

fn arguments(ty: &Type, wanted: &Wanted) -> Arguments {
    if wanted.argument { ty.fields[ty.position(&wanted.name).unwrap()].arguments } else { Arguments::None }
}

/// What `(x: 7)` is with the defaults of others.
fn given(ty: &Type, wanted: &Wanted) -> Json {
    match arguments(ty, wanted) {
        Arguments::Rich => json!({ "tone": "WARM", "x": 7 }),
        _ => json!({ "x": 7 }),
    }
}

/// Adds more fields of the same value.
pub(super) fn merge(known: &mut Json, more: Json) {
    match (known, more) {
        (Json::Object(known), Json::Object(more)) => {
            for (name, value) in more {
                match known.get_mut(&name) {
                    Some(known) => merge(known, value),
                    None => {
                        known.insert(name, value);
                    }
                }
            }
        }
        (Json::Array(known), Json::Array(more)) => {
            for (known, more) in known.iter_mut().zip(more) {
                merge(known, more);
            }
        }
        _ => {}
    }
}
