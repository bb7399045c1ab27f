//! The fields of entities: those of keys, those of interfaces, and `f0`, `f1` ...

use super::super::features::Features;
use super::super::random::Random;
use super::{Field, Key, Monolith, Of};

impl Monolith {
    pub(super) fn add_entity_fields(
        &mut self,
        random: &mut Random,
        features: Features,
        ty: usize,
        entities: usize,
        values: usize,
    ) {
        let mut fields = vec![Field::plain("id", Of::Id)];
        self.add_key_fields(ty, entities + values + 1, &mut fields);
        for interface in self.abstracts.iter().filter(|it| it.interface) {
            if interface.members.contains(&ty) {
                let wrapping = *random.one(&["?", "?", "?!"]);
                fields.push(Field { wrapping, ..Field::plain("label", Of::String) });
                if interface.common.len() > 2 {
                    fields.push(Field { wrapping: "?", ..Field::plain("near", Of::Object(1)) });
                }
            }
        }
        for index in 0..random.between(2, 6) {
            let of = match random.below(10) {
                0 => Of::Int,
                1 if features.rich_arguments || features.hidden => Of::Tone,
                1 => Of::Int,
                2..=4 => Of::String,
                5 => Of::Object(entities + random.between(1, values)),
                6 if !self.abstracts.is_empty() => Of::Abstract(random.below(self.abstracts.len())),
                _ => Of::Object(random.between(1, entities)),
            };
            let mut field = Field::random(random, features, format!("f{index}"), of);
            field.hidden = features.hidden && index > 0 && random.percent(20);
            fields.push(field);
        }
        self.types[ty].fields = fields;
    }

    fn add_key_fields(&self, ty: usize, reference: usize, fields: &mut Vec<Field>) {
        let keys = &self.types[ty].keys;
        for (name, of) in [("sku", Of::String), ("num", Of::Int), ("ref", Of::Object(reference))] {
            if keys.iter().any(|key| key.has(name)) {
                fields.push(Field::plain(name, of));
            }
        }
        if let Some(Key::Boss(boss)) = keys.iter().find(|key| matches!(key, Key::Boss(_))) {
            fields.push(Field::plain("boss", Of::Object(*boss)));
        }
    }
}
