//! Fields that give the query type's object again, below the root.

use super::super::random::Random;
use super::super::schema::{Field, Kind, Monolith, Of, QUERY};
use super::{Part, Role, Split};

impl Split {
    /// Some subgraphs that have root fields give one of their types a field that leads back to the root.
    pub fn add_again(&mut self, random: &mut Random, monolith: &mut Monolith) {
        for (number, part) in self.parts.iter_mut().enumerate().filter(|(_, part)| part.has(QUERY)) {
            let holders: Vec<usize> = part.shares.keys().copied().filter(|&ty| part.can_hold(monolith, ty)).collect();
            let Some(&holder) = random.any(&holders).filter(|_| random.percent(80)) else { continue };
            let ty = &mut monolith.types[holder];
            let wrapping = match ty.kind {
                Kind::Mutation => "?",
                _ => *random.one(&["?", "?!", "[?]"]),
            };
            ty.fields.push(Field { wrapping, ..Field::plain(&format!("again{number}"), Of::Object(QUERY)) });
            let share = part.shares.entry(holder).or_default();
            share.fields.insert(ty.fields.len() - 1, Role::Own { shared: false });
        }
    }
}

impl Part {
    fn has(&self, ty: usize) -> bool {
        self.shares.get(&ty).is_some_and(|share| !share.fields.is_empty())
    }

    /// Whether a field of its own can be added to a type: others come to entities by a key.
    fn can_hold(&self, monolith: &Monolith, ty: usize) -> bool {
        let of = &monolith.types[ty];
        self.has(ty) && !of.is_value() && (of.kind != Kind::Entity || self.shares[&ty].is_resolvable())
    }
}
