//! The keys by which each subgraph knows each entity, and the fields that they are made of.

use super::super::features::Features;
use super::super::random::Random;
use super::super::schema::{Key, Kind, Monolith};
use super::{Role, Share, Split};

impl Split {
    /// In the order of the types: a key into another entity asks for something of a later one.
    pub(super) fn add_keys(&mut self, random: &mut Random, features: Features, monolith: &Monolith, count: usize) {
        for (index, ty) in monolith.types.iter().enumerate().filter(|(_, ty)| ty.kind == Kind::Entity) {
            let member = monolith.abstracts.iter().any(|it| it.interface && it.members.contains(&index));
            let free = features.key_chains && !member;
            if free && count > 2 && ty.keys.contains(&Key::NumSku) && random.percent(60) {
                self.assemble_key(random, index, count);
            } else if free && ty.keys.len() > 1 && random.percent(70) {
                self.chain_keys(index, &ty.keys);
            } else {
                self.add_hub(random, index, &ty.keys, member, count);
            }
            self.add_key_fields(monolith, index);
        }
        self.close(monolith);
    }

    /// One subgraph has all keys, the others some.
    fn add_hub(&mut self, random: &mut Random, ty: usize, keys: &[Key], member: bool, count: usize) {
        let hub = random.below(count);
        self.parts[hub].shares.entry(ty).or_default();
        for (index, part) in self.parts.iter_mut().enumerate() {
            let Some(share) = part.shares.get_mut(&ty) else { continue };
            if index == hub {
                share.keys = keys.iter().map(|&key| (key, true)).collect();
                continue;
            }
            let stub = share.fields.is_empty() && random.percent(50) && part.keyed.is_empty();
            let mut some: Vec<Key> = keys.iter().copied().filter(|_| random.percent(50)).collect();
            if member && some.first() != Some(&Key::Id) {
                some.insert(0, Key::Id);
            }
            if some.is_empty() {
                some.push(*random.one(keys));
            }
            // The first leads in; others may say only what can be had here.
            let resolvable = |at: usize, random: &mut Random| !stub && (at == 0 || random.percent(80));
            share.keys = some.into_iter().enumerate().map(|(at, key)| (key, resolvable(at, random))).collect();
        }
    }

    /// Each subgraph has a key in common with the one before and one with the next.
    fn chain_keys(&mut self, ty: usize, keys: &[Key]) {
        let shares = self.parts.iter_mut().filter_map(|part| part.shares.get_mut(&ty));
        let (empty, full): (Vec<&mut Share>, Vec<&mut Share>) = shares.partition(|share| share.fields.is_empty());
        for (at, share) in full.into_iter().enumerate() {
            share.keys = [at, at + 1].map(|at| (keys[at % keys.len()], true)).into();
        }
        for share in empty {
            share.keys = vec![(keys[0], false)];
        }
    }

    /// One subgraph is entered by two fields, of which two others have one each; all know the id.
    fn assemble_key(&mut self, random: &mut Random, ty: usize, count: usize) {
        let first = random.below(count);
        for (at, part) in self.parts.iter_mut().enumerate() {
            let place = (at + count - first) % count;
            if at < count && place < 3 {
                part.shares.entry(ty).or_default();
            }
            let Some(share) = part.shares.get_mut(&ty) else { continue };
            share.keys = match place {
                0 if at < count => vec![(Key::NumSku, true), (Key::Id, false)],
                _ => vec![(Key::Id, true)],
            };
        }
        for (place, field) in [(1, "num"), (2, "sku")] {
            let part = &mut self.parts[(first + place) % count];
            part.lone.push((ty, field));
        }
    }

    fn add_key_fields(&mut self, monolith: &Monolith, ty: usize) {
        let fields = &monolith.types[ty].fields;
        for part in &mut self.parts {
            let Some(share) = part.shares.get_mut(&ty) else { continue };
            let mut boss = None;
            for (at, field) in fields.iter().enumerate() {
                let extra = part.lone.contains(&(ty, field.name.as_str()));
                if extra || share.keys.iter().any(|(key, _)| key.has(&field.name)) {
                    share.fields.entry(at).or_insert(Role::Own { shared: true });
                }
            }
            for (key, _) in &share.keys {
                if let Key::Boss(of) = key {
                    boss = Some(*of);
                }
            }
            if let Some(of) = boss {
                let id = monolith.types[of].position("id").unwrap();
                part.shares.entry(of).or_default().fields.insert(id, Role::Own { shared: true });
            }
        }
    }
}
