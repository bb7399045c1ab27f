//! Fields that one subgraph gives a narrower type than others do: non-null, or a member of an abstract type.

use super::super::random::Random;
use super::super::schema::{Kind, Monolith, Of};
use super::{Role, Split};

/// The type of a field in one subgraph, where it is not the supergraph's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Narrow {
    NonNull,
    /// One of the types of its abstract type.
    Member(usize),
}

impl Split {
    /// Narrows fields of which all have the value; the data follows the narrowest type.
    pub(super) fn narrow(&mut self, random: &mut Random, monolith: &Monolith) {
        for (ty, of) in monolith.types.iter().enumerate().filter(|(_, of)| !of.is_value()) {
            for (at, field) in of.fields.iter().enumerate() {
                let common = of.kind == Kind::Entity && field.rank().is_none();
                let roles: Vec<Option<&Role>> = (0..self.parts.len()).map(|part| self.role(part, ty, at)).collect();
                let owners: Vec<usize> = (0..roles.len()).filter(|&part| roles[part].is_some()).collect();
                let plain = roles.iter().flatten().all(|role| **role == Role::Own { shared: true });
                if common || !plain || owners.len() < 2 || !random.percent(50) {
                    continue;
                }
                let part = *random.one(&owners);
                let narrow = match field.of {
                    Of::Abstract(of) if !self.parts[part].provides.contains_key(&(ty, at)) => {
                        let members = self.types_behind(monolith, ty, at, of);
                        random.any(&members).map(|&member| Narrow::Member(member))
                    }
                    Of::Abstract(_) => None,
                    _ => (!field.wrapping.ends_with('!')).then_some(Narrow::NonNull),
                };
                if let Some(narrow) = narrow {
                    self.parts[part].narrow.insert((ty, at), narrow);
                }
            }
        }
    }

    /// Whether some subgraph says that a field is not null though others do not.
    pub fn is_narrowed(&self, ty: usize, field: usize) -> bool {
        self.parts.iter().any(|part| part.narrow.get(&(ty, field)) == Some(&Narrow::NonNull))
    }
}
