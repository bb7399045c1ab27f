//! The keys of entities.

use super::super::features::Features;
use super::super::random::Random;
use super::super::wanted::Wanted;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Id,
    Sku,
    /// `ref { code area }`: of a value.
    Ref,
    /// `num sku`: of two fields.
    NumSku,
    /// `boss { id }`: of another entity, by type.
    Boss(usize),
}

impl Key {
    /// The names of fields that only keys are made of.
    pub const FIELDS: [&'static str; 5] = ["id", "sku", "num", "ref", "boss"];

    /// The keys of the entity with this number.
    pub fn generate(random: &mut Random, features: Features, index: usize, entities: usize) -> Vec<Self> {
        let mut keys = vec![Self::Id];
        if random.percent(40) {
            keys.push(Self::Sku);
        }
        if random.percent(20) {
            keys.push(Self::Ref);
        }
        if random.percent(15) || (features.key_chains && random.percent(40)) {
            keys.push(Self::NumSku);
        }
        // A later entity, so that keys do not go round in circles.
        if features.entity_keys && index + 1 < entities && random.percent(60) {
            keys.push(Self::Boss(random.between(index + 2, entities)));
        }
        keys
    }

    pub fn wanted(self) -> Vec<Wanted> {
        match self {
            Self::Id => vec![Wanted::leaf("id")],
            Self::Sku => vec![Wanted::leaf("sku")],
            Self::Ref => vec![Wanted::nested("ref", vec![Wanted::leaf("code"), Wanted::leaf("area")])],
            Self::NumSku => vec![Wanted::leaf("num"), Wanted::leaf("sku")],
            Self::Boss(_) => vec![Wanted::nested("boss", vec![Wanted::leaf("id")])],
        }
    }

    pub fn has(self, field: &str) -> bool {
        self.wanted().iter().any(|wanted| wanted.name == field)
    }
}
