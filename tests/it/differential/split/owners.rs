//! Who resolves what, for all fields but those of keys and of interface objects.

use super::super::random::Random;
use super::super::schema::{Key, Kind, Monolith, Of};
use super::interface_object::LENT;
use super::{Role, Split};
use std::collections::BTreeSet;

impl Split {
    pub(super) fn own(&mut self, random: &mut Random, monolith: &Monolith, count: usize) {
        let first = random.below(count);
        let second = (first + random.between(1, count - 1)) % count;
        let pair = [first, second];
        for (index, ty) in monolith.types.iter().enumerate() {
            match ty.kind {
                Kind::Value => {}
                Kind::SplitValue => self.divide(random, monolith, index, pair),
                Kind::Query | Kind::Mutation | Kind::Entity => self.distribute(random, monolith, index, pair, count),
            }
        }
    }

    fn distribute(&mut self, random: &mut Random, monolith: &Monolith, index: usize, pair: [usize; 2], count: usize) {
        let ty = &monolith.types[index];
        for (at, field) in ty.fields.iter().enumerate() {
            let name = field.name.as_str();
            if Key::FIELDS.contains(&name) || LENT.contains(&name) {
                continue;
            }
            let mut owners: BTreeSet<usize> = [random.below(count)].into();
            if random.percent(25) && ty.kind != Kind::Mutation {
                owners.insert(random.below(count));
            }
            if matches!(field.of, Of::Object(of) if monolith.types[of].kind == Kind::SplitValue) {
                // Both sides of the value.
                owners = pair.into();
            }
            let shared = owners.len() > 1;
            for owner in owners {
                self.parts[owner].shares.entry(index).or_default().fields.insert(at, Role::Own { shared });
            }
        }
    }

    /// Gives each of two subgraphs some of the fields of a value, and both what leads to another such value.
    fn divide(&mut self, random: &mut Random, monolith: &Monolith, index: usize, pair: [usize; 2]) {
        for (at, field) in monolith.types[index].fields.iter().enumerate() {
            let owners: &[usize] = match (at, field.of) {
                (_, Of::Object(of)) if monolith.types[of].kind == Kind::SplitValue => &pair,
                (0, _) => &pair[..1],
                (1, _) => &pair[1..],
                _ => [&pair[..], &pair[..1], &pair[1..]][random.below(3)],
            };
            for &owner in owners {
                let role = Role::Own { shared: owners.len() > 1 };
                self.parts[owner].shares.entry(index).or_default().fields.insert(at, role);
            }
        }
    }
}
