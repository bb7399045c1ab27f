//! The schema before it is split, and its data.
//!
//! Type 0 is `Query`. Entities are `E0`, `E1` ..., values `V0` ..., the value of compound keys `Ref`; interfaces
//! are `I0` ... over entities, unions `U0` ... over entities and values. All ids are unique among all types.

use super::random::Random;
use super::split::Split;
use serde_json::Value as Json;
use std::collections::BTreeMap;

pub const QUERY: usize = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Id,
    Int,
    String,
    Object(usize),
    Abstract(usize),
}

#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub of: Of,
    /// What the type looks like around the name: `?` stands for it.
    pub wrapping: &'static str,
    /// Takes `x: Int`, on which its value depends.
    pub argument: bool,
}

#[derive(Debug, Clone)]
pub struct Type {
    pub name: String,
    /// Field sets; none for values.
    pub keys: Vec<&'static str>,
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone)]
pub struct Abstract {
    pub name: String,
    pub interface: bool,
    pub members: Vec<usize>,
    /// Of interfaces: fields that every member has.
    pub common: Vec<String>,
}

#[derive(Debug, Clone, Default)]
pub struct Monolith {
    pub types: Vec<Type>,
    pub abstracts: Vec<Abstract>,
}

impl Monolith {
    pub fn generate(random: &mut Random) -> Self {
        let entities = random.between(2, 4);
        let values = random.between(1, 2);
        let mut monolith = Self::default();
        monolith.types.push(Type { name: "Query".into(), keys: Vec::new(), fields: Vec::new() });
        for index in 0..entities {
            let mut keys = vec!["id"];
            if random.percent(40) {
                keys.push("sku");
            }
            if random.percent(20) {
                keys.push("ref { code area }");
            }
            if random.percent(15) {
                keys.push("num sku");
            }
            monolith.types.push(Type { name: format!("E{index}"), keys, fields: Vec::new() });
        }
        for index in 0..values {
            monolith.types.push(Type { name: format!("V{index}"), keys: Vec::new(), fields: Vec::new() });
        }
        let reference = Type {
            name: "Ref".into(),
            keys: Vec::new(),
            fields: vec![plain("code", Of::Int), plain("area", Of::String)],
        };
        monolith.types.push(reference);
        monolith.abstracts(random, entities, values);
        for ty in 1..=entities {
            monolith.entity(random, ty, entities, values);
        }
        for ty in entities + 1..=entities + values {
            monolith.value(random, ty, entities);
        }
        monolith.query(random, entities);
        monolith
    }

    fn abstracts(&mut self, random: &mut Random, entities: usize, values: usize) {
        if random.percent(50) {
            let count = random.between(1, entities);
            let members: Vec<usize> = (1..=count).collect();
            let mut common = vec!["id".to_owned(), "label".to_owned()];
            if random.percent(50) {
                common.push("near".to_owned());
            }
            self.abstracts.push(Abstract { name: "I0".into(), interface: true, members, common });
        }
        if random.percent(35) {
            let mut members: Vec<usize> = (1..=entities).filter(|_| random.percent(60)).collect();
            if random.percent(40) {
                members.push(entities + random.between(1, values));
            }
            if members.is_empty() {
                members.push(1);
            }
            self.abstracts.push(Abstract { name: "U0".into(), interface: false, members, common: Vec::new() });
        }
    }

    fn entity(&mut self, random: &mut Random, ty: usize, entities: usize, values: usize) {
        let mut fields = vec![plain("id", Of::Id)];
        let reference = entities + values + 1;
        let keys = self.types[ty].keys.join(" ");
        for (name, of) in [("sku", Of::String), ("num", Of::Int), ("ref", Of::Object(reference))] {
            if keys.contains(name) {
                fields.push(plain(name, of));
            }
        }
        for interface in &self.abstracts {
            if interface.members.contains(&ty) && interface.common.len() > 1 {
                fields.push(Field { wrapping: "?", ..plain("label", Of::String) });
                if interface.common.len() > 2 {
                    fields.push(Field { wrapping: "?", ..plain("near", Of::Object(1)) });
                }
            }
        }
        for index in 0..random.between(2, 6) {
            let of = match random.below(10) {
                0..=1 => Of::Int,
                2..=4 => Of::String,
                5 => Of::Object(entities + random.between(1, values)),
                6 if !self.abstracts.is_empty() => Of::Abstract(random.below(self.abstracts.len())),
                _ => Of::Object(random.between(1, entities)),
            };
            fields.push(field(random, format!("f{index}"), of));
        }
        self.types[ty].fields = fields;
    }

    fn value(&mut self, random: &mut Random, ty: usize, entities: usize) {
        let mut fields = vec![Field { wrapping: "?", ..plain("x", Of::Int) }];
        for index in 0..random.between(0, 2) {
            let of = match random.below(3) {
                0 => Of::Object(random.between(1, entities)),
                _ => Of::String,
            };
            // Other names than entities have, so that unions of both can be asked for all of theirs.
            fields.push(field(random, format!("v{index}"), of));
        }
        self.types[ty].fields = fields;
    }

    fn query(&mut self, random: &mut Random, entities: usize) {
        let mut fields = Vec::new();
        for ty in 1..=entities {
            if ty == 1 || random.percent(60) {
                fields.push(field(random, format!("r{ty}"), Of::Object(ty)));
            }
        }
        for index in 0..self.abstracts.len() {
            fields.push(field(random, format!("a{index}"), Of::Abstract(index)));
        }
        self.types[QUERY].fields = fields;
    }

    pub fn field_type(&self, field: &Field) -> String {
        let name = match field.of {
            Of::Id => "ID",
            Of::Int => "Int",
            Of::String => "String",
            Of::Object(ty) => &self.types[ty].name,
            Of::Abstract(index) => &self.abstracts[index].name,
        };
        field.wrapping.replace('?', name)
    }
}

/// A field that is not null.
fn plain(name: &str, of: Of) -> Field {
    Field { name: name.into(), of, wrapping: "?!", argument: false }
}

fn field(random: &mut Random, name: String, of: Of) -> Field {
    let list = random.percent(if matches!(of, Of::Object(_) | Of::Abstract(_)) { 40 } else { 10 });
    let wrapping = match list {
        true => *random.one(&["[?!]!", "[?]", "[?!]", "[[?]]"]),
        false => *random.one(&["?", "?!", "?"]),
    };
    let argument = random.percent(15) && matches!(of, Of::String) && !list;
    Field { name, of, wrapping, argument }
}

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

/// All objects; 0 is the root.
#[derive(Debug, Default)]
pub struct World {
    pub objects: Vec<Object>,
    /// By type.
    instances: Vec<Vec<usize>>,
}

impl World {
    pub fn generate(random: &mut Random, monolith: &Monolith, split: &Split) -> Self {
        let mut world = Self::default();
        world.objects.push(Object { ty: QUERY, fields: BTreeMap::new() });
        for (ty, of) in monolith.types.iter().enumerate() {
            let count = if of.keys.is_empty() { 0 } else { random.between(1, 3) };
            let first = world.objects.len();
            world.objects.extend((0..count).map(|_| Object { ty, fields: BTreeMap::new() }));
            world.instances.push((first..first + count).collect());
        }
        for object in 0..world.objects.len() {
            world.fill(random, monolith, split, object);
        }
        world
    }

    fn fill(&mut self, random: &mut Random, monolith: &Monolith, split: &Split, object: usize) {
        let ty = self.objects[object].ty;
        for (index, field) in monolith.types[ty].fields.iter().enumerate() {
            let types = match field.of {
                Of::Object(of) => vec![of],
                Of::Abstract(of) => split.types_behind(monolith, ty, index, of),
                _ => Vec::new(),
            };
            let value = self.value(random, monolith, split, field, field.wrapping, object, &types);
            self.objects[object].fields.insert(field.name.clone(), value);
        }
    }

    #[allow(clippy::too_many_arguments)]
    fn value(
        &mut self,
        random: &mut Random,
        monolith: &Monolith,
        split: &Split,
        field: &Field,
        wrapping: &str,
        object: usize,
        types: &[usize],
    ) -> Value {
        let Some(wrapping) = wrapping.strip_suffix('!') else {
            return match random.percent(20) {
                true => Value::Leaf(Json::Null),
                false => self.value(random, monolith, split, field, &format!("{wrapping}!"), object, types),
            };
        };
        if let Some(inner) = wrapping.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            let count = random.below(4);
            let mut one = || self.value(random, monolith, split, field, inner, object, types);
            return Value::List((0..count).map(|_| one()).collect());
        }
        match field.of {
            Of::Id => Value::Leaf(format!("id{object}").into()),
            Of::Int if field.name == "num" => Value::Leaf((object as u64).into()),
            Of::Int => Value::Leaf((random.below(1000) as u64).into()),
            Of::String if field.name == "sku" => Value::Leaf(format!("sku\"{object}").into()),
            Of::String => Value::Leaf(format!("s{}", random.below(1000)).into()),
            Of::Object(_) | Of::Abstract(_) => {
                let ty = *random.one(types);
                match self.instances[ty].is_empty() {
                    false => Value::Object(*random.one(&self.instances[ty])),
                    true => {
                        self.objects.push(Object { ty, fields: BTreeMap::new() });
                        let made = self.objects.len() - 1;
                        self.fill(random, monolith, split, made);
                        Value::Object(made)
                    }
                }
            }
        }
    }
}
