//! A batch: the objects of one list as representations, each different one once.
//!
//! Representations are written one behind the other, straight into the request's body. Each is
//! looked up by its hash and compared by its bytes; one that is there already is cut off again, and
//! its object gets what the first of its kind gets. Objects that are the root again are all alike.

use super::represent::{self, LeftOut};
use super::store::{Object, Store};
use crate::plan::Plan;
use crate::plan::model::{EntityGroup, Liveness};
use ahash::RandomState;
use std::ops::Range;

/// Which objects a group of entities belongs to.
#[derive(Debug, Clone, Default)]
pub(super) struct Batch {
    /// Whether the group is in the request at all.
    pub(super) asked: bool,
    /// By position in the list of entities: the first object that it was asked for.
    pub(super) first: Vec<Object>,
    /// More objects that an entity was asked for, in the order of the objects.
    pub(super) copies: Vec<(u32, Object)>,
    /// Objects that were not asked about because of what an error of the answer accounts for.
    pub(super) lost: Vec<Object>,
}

impl Batch {
    /// Every object of the batch.
    pub(super) fn objects(&self) -> impl Iterator<Item = Object> + '_ {
        self.first.iter().copied().chain(self.copies.iter().map(|&(_, object)| object))
    }

    /// The part of it whose entities, by position, are to be had.
    pub(super) fn part(&self, has: impl Fn(usize) -> bool) -> Self {
        let mut numbers = vec![None; self.first.len()];
        let mut part = Self { asked: self.asked, ..Self::default() };
        for (entity, &object) in self.first.iter().enumerate().filter(|&(entity, _)| has(entity)) {
            // Objects are counted in 32 bits.
            numbers[entity] = Some(part.first.len() as u32);
            part.first.push(object);
        }
        let copies = self.copies.iter();
        part.copies =
            copies.filter_map(|&(entity, object)| Some((*numbers.get(entity as usize)?.as_ref()?, object))).collect();
        part.asked &= !part.first.is_empty();
        part
    }

    /// Objects that are the root again: what is asked is asked once, and nothing is sent to say of what.
    pub(super) fn at_root(store: &Store, group: &EntityGroup, objects: &[Object]) -> Self {
        let is_root = |object: &&Object| {
            let ty = store.type_of(**object).index();
            group.representations.iter().any(|representation| representation.on.contains(ty))
        };
        let mut roots = objects.iter().filter(is_root).copied();
        let first: Vec<Object> = roots.next().into_iter().collect();
        Self { asked: true, first, copies: roots.map(|object| (0, object)).collect(), lost: Vec::new() }
    }

    /// Writes a JSON list of the representations of objects on the group's list.
    pub(super) fn write(
        store: &Store,
        plan: &Plan,
        liveness: &Liveness,
        group: &EntityGroup,
        objects: &[Object],
        out: &mut Vec<u8>,
    ) -> Self {
        Self::write_noting(store, plan, liveness, group, objects, out, |_, _| {})
    }

    /// The same; each object with a representation of its own is told with the place of that in `out`.
    pub(super) fn write_noting(
        store: &Store,
        plan: &Plan,
        liveness: &Liveness,
        group: &EntityGroup,
        objects: &[Object],
        out: &mut Vec<u8>,
        mut note: impl FnMut(Object, Range<usize>),
    ) -> Self {
        let mut batch = Self { asked: true, first: Vec::with_capacity(objects.len()), ..Self::default() };
        let mut distinct = Distinct::new(if group.distinct { objects.len() } else { 0 });
        out.push(b'[');
        for &object in objects {
            let start = out.len();
            if !batch.first.is_empty() {
                out.push(b',');
            }
            let text = out.len();
            match represent::write(store, plan, liveness, &group.representations, object, out) {
                Ok(()) => match distinct.find_or_add(out, text) {
                    None => {
                        note(object, text..out.len());
                        batch.first.push(object);
                    }
                    Some(earlier) => {
                        out.truncate(start);
                        batch.copies.push((earlier, object));
                    }
                },
                Err(reason) => {
                    out.truncate(start);
                    if reason == LeftOut::Explained {
                        batch.lost.push(object);
                    }
                }
            }
        }
        out.push(b']');
        batch
    }
}

/// The different representations so far: an open-addressed table of their numbers, at most half full.
struct Distinct {
    texts: Vec<Range<usize>>,
    /// Number and 1; 0 is free. Empty when there is but one object to come, or each is to be asked about.
    table: Vec<u32>,
    hasher: RandomState,
}

impl Distinct {
    fn new(most: usize) -> Self {
        let size = if most > 1 { (most * 2).next_power_of_two() } else { 0 };
        Self {
            texts: Vec::with_capacity(if most > 1 { most } else { 0 }),
            table: vec![0; size],
            hasher: RandomState::new(),
        }
    }

    /// Looks for the text from `start` to the end of `out`; adds it when it is new.
    fn find_or_add(&mut self, out: &[u8], start: usize) -> Option<u32> {
        if self.table.is_empty() {
            return None;
        }
        let text = &out[start..];
        let last = self.table.len() - 1;
        let mut at = self.hasher.hash_one(text) as usize & last;
        loop {
            match self.table[at] {
                0 => {
                    self.texts.push(start..out.len());
                    // Objects are counted in 32 bits.
                    self.table[at] = self.texts.len() as u32;
                    return None;
                }
                number => {
                    let earlier = number - 1;
                    if out[self.texts[earlier as usize].clone()] == *text {
                        return Some(earlier);
                    }
                    at = (at + 1) & last;
                }
            }
        }
    }
}
