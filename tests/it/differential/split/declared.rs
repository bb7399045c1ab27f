//! Declaring in each subgraph whatever its fields lead to.

use super::super::random::Random;
use super::super::schema::{Kind, Monolith, Of};
use super::{Part, Role, Split};
use std::collections::BTreeSet;

impl Split {
    pub(super) fn close(&mut self, monolith: &Monolith) {
        for part in &mut self.parts {
            part.close(monolith);
        }
    }

    /// An interface that nothing here returns is declared at times nevertheless.
    pub(super) fn declare_more(&mut self, random: &mut Random) {
        for part in &mut self.parts {
            if part.interface_object.is_some() || !random.percent(20) {
                continue;
            }
            for (of, known) in part.known.iter().enumerate() {
                if known.iter().all(|member| part.shares.contains_key(member)) {
                    part.abstracts.entry(of).or_insert_with(|| known.clone());
                }
            }
        }
    }
}

impl Part {
    pub(super) fn close(&mut self, monolith: &Monolith) {
        let mut open: Vec<usize> = self.shares.keys().copied().collect();
        if let Some(it) = &self.interface_object {
            open.extend(
                it.fields.keys().filter_map(|name| target(monolith, monolith.abstracts[it.of].members[0], name)),
            );
        }
        let mut done = BTreeSet::new();
        while let Some(ty) = open.pop() {
            if !done.insert(ty) {
                continue;
            }
            let share = self.shares.entry(ty).or_default();
            let of = &monolith.types[ty];
            for (at, field) in of.fields.iter().enumerate() {
                if of.kind == Kind::Value {
                    share.fields.insert(at, Role::Own { shared: true });
                }
                if !share.fields.contains_key(&at) {
                    continue;
                }
                match field.of {
                    Of::Object(to) => open.push(to),
                    Of::Abstract(to) if self.interface_object.as_ref().is_some_and(|it| it.of == to) => {}
                    Of::Abstract(to) => {
                        let keyed = self.keyed.contains(&to);
                        let known = if keyed { &monolith.abstracts[to].members } else { &self.known[to] };
                        self.abstracts.insert(to, known.clone());
                        open.extend(known);
                    }
                    _ => {}
                }
            }
        }
    }
}

/// The object type of a field.
fn target(monolith: &Monolith, ty: usize, field: &str) -> Option<usize> {
    let of = &monolith.types[ty];
    match of.fields[of.position(field)?].of {
        Of::Object(to) => Some(to),
        _ => None,
    }
}
