//! Fields that their subgraph makes out of what others have.

use super::super::features::Features;
use super::super::random::Random;
use super::super::schema::{Arguments, Field, Kind, Monolith, Of};
use super::super::wanted::Wanted;
use super::{Part, Role, Split};

/// How deep a requirement goes.
const DEEPEST: usize = 3;

impl Split {
    pub(super) fn require(&mut self, random: &mut Random, features: Features, monolith: &Monolith, count: usize) {
        for part in &mut self.parts[..count] {
            let own: Vec<(usize, usize)> = part
                .shares
                .iter()
                .filter(|(ty, _)| monolith.types[**ty].kind == Kind::Entity)
                .flat_map(|(&ty, share)| {
                    let own = share.fields.iter().filter(|(_, role)| **role == Role::Own { shared: false });
                    own.map(move |(&at, _)| (ty, at))
                })
                .collect();
            for (ty, at) in own {
                let Some(rank) = monolith.types[ty].fields[at].rank() else { continue };
                let taken = part.overrides.contains_key(&(ty, at));
                if !taken && random.percent(if features.deep_requires { 50 } else { 30 }) {
                    part.require(random, features, monolith, (ty, at), rank);
                }
            }
        }
    }
}

impl Part {
    fn require(
        &mut self,
        random: &mut Random,
        features: Features,
        monolith: &Monolith,
        (ty, at): (usize, usize),
        rank: usize,
    ) {
        let depth = if features.deep_requires { DEEPEST } else { 0 };
        let mut wanted = Vec::new();
        for (before, field) in monolith.types[ty].fields.iter().enumerate() {
            if field.rank().is_none_or(|other| other >= rank) || !random.percent(50) {
                continue;
            }
            let known = self.shares[&ty].fields.get(&before);
            if known.is_some_and(|role| *role != Role::External) {
                continue;
            }
            if let Some(one) = self.required(random, monolith, field, rank, depth) {
                wanted.push(one);
                self.shares.entry(ty).or_default().fields.insert(before, Role::External);
            }
        }
        if !wanted.is_empty() {
            self.shares.entry(ty).or_default().fields.insert(at, Role::Requires(wanted));
        }
    }

    /// A field as a part of `@requires`; declares what it leads to.
    fn required(
        &mut self,
        random: &mut Random,
        monolith: &Monolith,
        field: &Field,
        rank: usize,
        depth: usize,
    ) -> Option<Wanted> {
        match field.of {
            Of::Int | Of::String | Of::Tone | Of::Id => {
                let argument = field.arguments != Arguments::None;
                Some(Wanted { argument, ..Wanted::leaf(&field.name) })
            }
            _ if field.arguments != Arguments::None => None,
            Of::Object(of) if monolith.types[of].kind == Kind::Value => {
                Some(Wanted::nested(&field.name, vec![Wanted::leaf("x")]))
            }
            Of::Object(of) if depth > 0 && monolith.types[of].kind == Kind::Entity => {
                let inner = self.required_of(random, monolith, of, rank, depth - 1)?;
                Some(Wanted::nested(&field.name, vec![inner]))
            }
            Of::Abstract(of) if depth > 0 => {
                let members = match self.keyed.contains(&of) {
                    true => &monolith.abstracts[of].members,
                    false => &self.known[of],
                };
                let member = *random.one(members);
                if monolith.types[member].kind != Kind::Entity {
                    return None;
                }
                let inner = self.required_of(random, monolith, member, rank, depth - 1)?;
                Some(Wanted::nested(&field.name, vec![inner.on(&monolith.types[member].name)]))
            }
            _ => None,
        }
    }

    /// One field of lower rank of an entity.
    fn required_of(
        &mut self,
        random: &mut Random,
        monolith: &Monolith,
        of: usize,
        rank: usize,
        depth: usize,
    ) -> Option<Wanted> {
        let fields = &monolith.types[of].fields;
        let lower: Vec<usize> =
            (0..fields.len()).filter(|&at| fields[at].rank().is_some_and(|other| other < rank)).collect();
        let at = *random.any(&lower)?;
        let known = self.shares.get(&of).and_then(|share| share.fields.get(&at));
        if matches!(known, Some(Role::Requires(_) | Role::Overridden)) {
            return None;
        }
        let one = self.required(random, monolith, &fields[at], rank, depth)?;
        self.shares.entry(of).or_default().fields.entry(at).or_insert(Role::External);
        Some(one)
    }
}
