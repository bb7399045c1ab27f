//! The schema before it is split.
//!
//! Type 0 is `Query`. Entities are `E0`, `E1` ..., values `V0` ..., the value of compound keys `Ref`; interfaces
//! are `I0` over entities and `I1` over values, the union `U0` is over both; `Mutation` comes last. All ids are
//! unique among all types.

mod arguments;
mod entity;
mod keys;

pub use arguments::{Arguments, INPUTS};
pub use keys::Key;

use super::features::Features;
use super::random::Random;

pub const QUERY: usize = 0;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Of {
    Id,
    Int,
    String,
    /// The enum of [`INPUTS`].
    Tone,
    Object(usize),
    Abstract(usize),
}

#[derive(Debug, Clone)]
pub struct Field {
    pub name: String,
    pub of: Of,
    /// What the type looks like around the name: `?` stands for it.
    pub wrapping: &'static str,
    /// What its value depends on.
    pub arguments: Arguments,
    /// `@inaccessible`.
    pub hidden: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Query,
    Mutation,
    Entity,
    /// Every subgraph that has it has it whole.
    Value,
    /// Two subgraphs have some of its fields each.
    SplitValue,
}

#[derive(Debug, Clone)]
pub struct Type {
    pub name: String,
    pub kind: Kind,
    /// Of entities.
    pub keys: Vec<Key>,
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
    /// The enum's last value is `@inaccessible`.
    pub hidden_tone: bool,
}

impl Type {
    fn new(name: impl Into<String>, kind: Kind) -> Self {
        Self { name: name.into(), kind, keys: Vec::new(), fields: Vec::new() }
    }

    pub fn position(&self, field: &str) -> Option<usize> {
        self.fields.iter().position(|known| known.name == field)
    }

    pub fn is_value(&self) -> bool {
        matches!(self.kind, Kind::Value | Kind::SplitValue)
    }
}

impl Field {
    /// A field that is not null.
    pub fn plain(name: &str, of: Of) -> Self {
        Self { name: name.into(), of, wrapping: "?!", arguments: Arguments::None, hidden: false }
    }

    fn random(random: &mut Random, features: Features, name: String, of: Of) -> Self {
        let composite = matches!(of, Of::Object(_) | Of::Abstract(_));
        let list = random.percent(if composite { 40 } else { 10 });
        let wrapping = match list {
            true => *random.one(&["[?!]!", "[?]", "[?!]", "[[?]]"]),
            false => *random.one(&["?", "?!", "?"]),
        };
        let arguments = Arguments::generate(random, features, of, list);
        Self { wrapping, arguments, ..Self::plain(&name, of) }
    }

    /// `4` of `f4`: what a field requires comes before it.
    pub fn rank(&self) -> Option<usize> {
        self.name.strip_prefix('f')?.parse().ok()
    }
}

impl Monolith {
    pub fn generate(random: &mut Random, features: Features) -> Self {
        let entities = random.between(2, 4);
        let values = random.between(1, 2);
        let mut monolith = Self { hidden_tone: features.hidden && random.percent(50), ..Self::default() };
        monolith.types.push(Type::new("Query", Kind::Query));
        for index in 0..entities {
            let mut ty = Type::new(format!("E{index}"), Kind::Entity);
            ty.keys = Key::generate(random, features, index, entities);
            monolith.types.push(ty);
        }
        for index in 0..values {
            let split = features.split_values && random.percent(60);
            monolith.types.push(Type::new(format!("V{index}"), if split { Kind::SplitValue } else { Kind::Value }));
        }
        let mut reference = Type::new("Ref", Kind::Value);
        reference.fields = vec![Field::plain("code", Of::Int), Field::plain("area", Of::String)];
        monolith.types.push(reference);
        monolith.add_abstracts(random, entities, values);
        for ty in 1..=entities {
            monolith.add_entity_fields(random, features, ty, entities, values);
        }
        for ty in entities + 1..=entities + values {
            monolith.add_value_fields(random, features, ty, entities, values);
        }
        monolith.add_query(random, features, entities, values);
        if features.mutations {
            monolith.add_mutation(random, features, entities);
        }
        monolith
    }

    fn add_abstracts(&mut self, random: &mut Random, entities: usize, values: usize) {
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
            let value = entities + random.between(1, values);
            if random.percent(40) && self.types[value].kind == Kind::Value {
                members.push(value);
            }
            if members.is_empty() {
                members.push(1);
            }
            self.abstracts.push(Abstract { name: "U0".into(), interface: false, members, common: Vec::new() });
        }
        let whole = (entities + 1..=entities + values).filter(|&ty| self.types[ty].kind == Kind::Value);
        let members: Vec<usize> = whole.collect();
        if members.len() > 1 && random.percent(40) {
            self.abstracts.push(Abstract { name: "I1".into(), interface: true, members, common: vec!["x".into()] });
        }
    }

    fn add_value_fields(&mut self, random: &mut Random, features: Features, ty: usize, entities: usize, values: usize) {
        let split = self.types[ty].kind == Kind::SplitValue;
        let mut fields = vec![Field { wrapping: "?", ..Field::plain("x", Of::Int) }];
        for index in 0..random.between(usize::from(split), 2) {
            let of = match random.below(3) {
                0 => Of::Object(random.between(1, entities)),
                _ => Of::String,
            };
            // Other names than entities have, so that unions of both can be asked for all of theirs.
            fields.push(Field::random(random, features, format!("v{index}"), of));
        }
        let next = ty + 1;
        if split && next <= entities + values && self.types[next].kind == Kind::SplitValue {
            fields.push(Field::random(random, features, "inner".into(), Of::Object(next)));
        }
        self.types[ty].fields = fields;
    }

    fn add_query(&mut self, random: &mut Random, features: Features, entities: usize, values: usize) {
        let mut fields = Vec::new();
        for ty in 1..=entities {
            if ty == 1 || random.percent(60) {
                fields.push(Field::random(random, features, format!("r{ty}"), Of::Object(ty)));
            }
        }
        for index in 0..self.abstracts.len() {
            fields.push(Field::random(random, features, format!("a{index}"), Of::Abstract(index)));
        }
        for ty in entities + 1..=entities + values {
            if self.types[ty].kind == Kind::SplitValue && random.percent(60) {
                fields.push(Field::random(random, features, format!("r{ty}"), Of::Object(ty)));
            }
        }
        self.types[QUERY].fields = fields;
    }

    /// Fields of `Mutation` may be null, so that none cancels the others.
    fn add_mutation(&mut self, random: &mut Random, features: Features, entities: usize) {
        let mut mutation = Type::new("Mutation", Kind::Mutation);
        for index in 0..random.between(2, 5) {
            let of = match random.below(5) {
                0 => Of::Int,
                1 => Of::String,
                2 if !self.abstracts.is_empty() => Of::Abstract(random.below(self.abstracts.len())),
                _ => Of::Object(random.between(1, entities)),
            };
            let mut field = Field::random(random, features, format!("m{index}"), of);
            field.wrapping = if field.wrapping.contains('[') && of != Of::Int { "[?]" } else { "?" };
            mutation.fields.push(field);
        }
        self.types.push(mutation);
    }

    /// The interface over entities.
    pub fn entity_interface(&self) -> Option<usize> {
        self.abstracts.iter().position(|it| it.name == "I0")
    }

    /// The type that an interface gives a field of its members, which may have it non-null.
    pub fn interface_type(&self, field: &Field) -> String {
        let ty = self.field_type(field);
        if field.of == Of::Id { ty } else { ty.trim_end_matches('!').to_owned() }
    }

    pub fn field_type(&self, field: &Field) -> String {
        let name = match field.of {
            Of::Id => "ID",
            Of::Int => "Int",
            Of::String => "String",
            Of::Tone => "Tone",
            Of::Object(ty) => &self.types[ty].name,
            Of::Abstract(index) => &self.abstracts[index].name,
        };
        field.wrapping.replace('?', name)
    }
}
