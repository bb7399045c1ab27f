//! The data: objects, what their fields are, and which of their fields fail.

use super::features::Features;
use super::random::Random;
use super::schema::{Field, Kind, Monolith, Of};
use super::split::Split;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// What a field of an object is.
#[derive(Debug, Clone)]
pub enum Value {
    Leaf(Json),
    Object(usize),
    List(Vec<Value>),
}

#[derive(Debug)]
pub struct Object {
    pub ty: usize,
    pub fields: BTreeMap<String, Value>,
}

/// All objects; 0 is the root of queries.
#[derive(Debug, Default)]
pub struct World {
    pub objects: Vec<Object>,
    /// The root of mutations.
    pub mutation: Option<usize>,
    /// Fields of objects that give an error in place of their value.
    pub failing: BTreeSet<(usize, String)>,
    /// By type; none of values, which are made where they are.
    instances: Vec<Vec<usize>>,
}

impl World {
    pub fn generate(random: &mut Random, features: Features, monolith: &Monolith, split: &Split) -> Self {
        let mut world = Self::default();
        // As many of each entity, so that a key into another entity is unique.
        let count = random.between(1, 3);
        for (ty, of) in monolith.types.iter().enumerate() {
            let count = match of.kind {
                Kind::Query | Kind::Mutation => 1,
                Kind::Entity => count,
                Kind::Value | Kind::SplitValue => 0,
            };
            let first = world.objects.len();
            if of.kind == Kind::Mutation {
                world.mutation = Some(first);
            }
            world.objects.extend((0..count).map(|_| Object { ty, fields: BTreeMap::new() }));
            world.instances.push((first..first + count).collect());
        }
        for object in 0..world.objects.len() {
            world.fill(random, monolith, split, object);
        }
        if features.failures {
            world.fail(random, monolith, split);
        }
        world
    }

    pub fn type_of<'m>(&self, monolith: &'m Monolith, object: usize) -> &'m super::schema::Type {
        &monolith.types[self.objects[object].ty]
    }

    fn fill(&mut self, random: &mut Random, monolith: &Monolith, split: &Split, object: usize) {
        let ty = self.objects[object].ty;
        for (index, field) in monolith.types[ty].fields.iter().enumerate() {
            let types = match field.of {
                Of::Object(of) => vec![of],
                Of::Abstract(of) => split.types_behind(monolith, ty, index, of),
                _ => Vec::new(),
            };
            let mut maker =
                Maker { world: &mut *self, random: &mut *random, monolith, split, field, object, types: &types };
            let value = match split.is_narrowed(ty, index) {
                true => maker.value(&format!("{}!", field.wrapping)),
                false => maker.value(field.wrapping),
            };
            self.objects[object].fields.insert(field.name.clone(), value);
        }
    }

    /// Fields fail that no other field is made of.
    fn fail(&mut self, random: &mut Random, monolith: &Monolith, split: &Split) {
        let needed = split.needed(monolith);
        for (at, object) in self.objects.iter().enumerate() {
            for field in &monolith.types[object.ty].fields {
                if !needed.contains(&(object.ty, field.name.clone())) && random.percent(8) {
                    self.failing.insert((at, field.name.clone()));
                }
            }
        }
    }
}

/// Makes the value of one field of one object.
struct Maker<'a> {
    world: &'a mut World,
    random: &'a mut Random,
    monolith: &'a Monolith,
    split: &'a Split,
    field: &'a Field,
    object: usize,
    types: &'a [usize],
}

impl Maker<'_> {
    fn value(&mut self, wrapping: &str) -> Value {
        let Some(wrapping) = wrapping.strip_suffix('!') else {
            return match self.random.percent(20) {
                true => Value::Leaf(Json::Null),
                false => self.value(&format!("{wrapping}!")),
            };
        };
        if let Some(inner) = wrapping.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let count = self.random.below(4);
            return Value::List((0..count).map(|_| self.value(inner)).collect());
        }
        let object = self.object;
        match self.field.of {
            Of::Id => Value::Leaf(format!("id{object}").into()),
            Of::Int if self.field.name == "num" => Value::Leaf((object as u64).into()),
            Of::Int => Value::Leaf((self.random.below(1000) as u64).into()),
            Of::String if self.field.name == "sku" => Value::Leaf(format!("sku\"{object}").into()),
            Of::String => Value::Leaf(format!("s{}", self.random.below(1000)).into()),
            Of::Tone => Value::Leaf((*self.random.one(&["WARM", "COLD", "MILD"])).into()),
            Of::Object(of) if self.field.name == "boss" => {
                let place = self.world.instances[self.world.objects[object].ty].iter().position(|it| *it == object);
                Value::Object(self.world.instances[of][place.unwrap()])
            }
            Of::Object(_) | Of::Abstract(_) => self.instance(),
        }
    }

    fn instance(&mut self) -> Value {
        let ty = *self.random.one(self.types);
        if !self.world.instances[ty].is_empty() {
            return Value::Object(*self.random.one(&self.world.instances[ty]));
        }
        self.world.objects.push(Object { ty, fields: BTreeMap::new() });
        let made = self.world.objects.len() - 1;
        self.world.fill(self.random, self.monolith, self.split, made);
        Value::Object(made)
    }
}
