//! Fields that one subgraph has and another takes over by `@override`.

use super::super::random::Random;
use super::super::schema::{Kind, Monolith};
use super::{Role, Split};

impl Split {
    pub(super) fn take_over(&mut self, random: &mut Random, monolith: &Monolith, count: usize) {
        for (index, ty) in monolith.types.iter().enumerate() {
            if ty.is_value() {
                continue;
            }
            for (at, field) in ty.fields.iter().enumerate() {
                let owners: Vec<usize> = (0..count).filter(|&part| self.role(part, index, at).is_some()).collect();
                let common = ty.kind == Kind::Entity && field.rank().is_none();
                if owners.len() != 1 || common || !random.percent(30) {
                    continue;
                }
                let from = owners[0];
                let to = (from + random.between(1, count - 1)) % count;
                let name = self.parts[from].name.clone();
                self.parts[from].shares.get_mut(&index).unwrap().fields.insert(at, Role::Overridden);
                let part = &mut self.parts[to];
                part.shares.entry(index).or_default().fields.insert(at, Role::Own { shared: false });
                part.overrides.insert((index, at), name);
            }
        }
    }

    pub(super) fn role(&self, part: usize, ty: usize, field: usize) -> Option<&Role> {
        self.parts[part].shares.get(&ty)?.fields.get(&field)
    }
}
