//! External fields that some ways provide.

use super::super::features::Features;
use super::super::random::Random;
use super::super::schema::{Arguments, Kind, Monolith, Of};
use super::super::wanted::Wanted;
use super::{Role, Split};

impl Split {
    pub(super) fn provide(&mut self, random: &mut Random, features: Features, monolith: &Monolith, count: usize) {
        for index in 0..count {
            let resolved = |role: &Role| matches!(role, Role::Own { .. } | Role::Requires(_));
            let fields: Vec<(usize, usize)> = self.parts[index]
                .shares
                .iter()
                .flat_map(|(&ty, share)| {
                    share.fields.iter().filter(|(_, role)| resolved(role)).map(move |(&at, _)| (ty, at))
                })
                .collect();
            for (ty, at) in fields {
                if monolith.types[ty].is_value() || !random.percent(if features.deep_provides { 40 } else { 20 }) {
                    continue;
                }
                let provided = self.provided(random, features, monolith, index, monolith.types[ty].fields[at].of);
                if let Some(provided) = provided {
                    self.parts[index].provides.insert((ty, at), vec![provided]);
                }
            }
        }
    }

    /// What a field of this type could provide.
    fn provided(
        &mut self,
        random: &mut Random,
        features: Features,
        monolith: &Monolith,
        index: usize,
        of: Of,
    ) -> Option<Wanted> {
        let depth = if features.deep_provides { 2 } else { 0 };
        match of {
            Of::Object(of) => self.provided_of(random, monolith, index, of, depth),
            Of::Abstract(of) if features.deep_provides => {
                let member = *random.any(self.parts[index].abstracts.get(&of)?)?;
                let provided = self.provided_of(random, monolith, index, member, depth)?;
                Some(provided.on(&monolith.types[member].name))
            }
            _ => None,
        }
    }

    fn provided_of(
        &mut self,
        random: &mut Random,
        monolith: &Monolith,
        index: usize,
        ty: usize,
        depth: usize,
    ) -> Option<Wanted> {
        let of = &monolith.types[ty];
        if of.kind != Kind::Entity {
            return None;
        }
        let at = random.below(of.fields.len());
        let field = &of.fields[at];
        if field.rank().is_none() || field.arguments != Arguments::None || !self.can_be_provided(index, ty, at) {
            return None;
        }
        let provided = match field.of {
            Of::Int | Of::String | Of::Tone => Wanted::leaf(&field.name),
            Of::Object(below) if depth > 0 && self.parts[index].shares.contains_key(&below) => {
                let inner = match monolith.types[below].kind {
                    Kind::Value => Wanted::leaf("x"),
                    _ => self.provided_of(random, monolith, index, below, depth - 1)?,
                };
                Wanted::nested(&field.name, vec![inner])
            }
            _ => return None,
        };
        self.share_everywhere(ty, at);
        self.parts[index].shares.get_mut(&ty)?.fields.insert(at, Role::External);
        Some(provided)
    }

    fn share_everywhere(&mut self, ty: usize, at: usize) {
        for part in &mut self.parts {
            if let Some(Role::Own { shared }) = part.shares.get_mut(&ty).and_then(|share| share.fields.get_mut(&at)) {
                *shared = true;
            }
        }
    }

    /// Whether others own a field, without requirements, and this subgraph does not.
    fn can_be_provided(&self, index: usize, ty: usize, field: usize) -> bool {
        (0..self.parts.len()).all(|other| match self.role(other, ty, field) {
            None | Some(Role::External) => true,
            Some(Role::Own { .. }) => other != index,
            Some(Role::Requires(_) | Role::Overridden) => false,
        })
    }
}
