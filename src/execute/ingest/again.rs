//! The root fields of an object that is the root again, somewhere in the answer: `data` itself is the entity.
//!
//! A fetch may ask for other groups besides, so the keys of `data` are several objects'. Each root field
//! has a key that no other group has.

use super::{Group, Place, Reader};
use crate::execute::scan::Malformed;
use crate::execute::store::Object;
use crate::execute::trail::Trail;
use crate::plan::model::{EntityGroup, ShapeField};
use std::ops::Range;

impl<'a> Reader<'a> {
    /// Reads the value behind a key of `data` that is no list of entities.
    pub(super) fn root_field_or_other(&mut self, key: Range<usize>) -> Result<(), Malformed> {
        let Some((object, field)) = self.root_field(key) else { return self.scan.skip() };
        let at = object.slot(field.slot);
        let there = self.store.value(at);
        let value = self.field(field, there, &Trail::START)?;
        self.store.put(at, value);
        Ok(())
    }

    /// The root field with a key, and the object that it is for.
    fn root_field(&mut self, key: Range<usize>) -> Option<(Object, &'a ShapeField)> {
        let asked = self.asked;
        for (position, group) in asked.fetch.entities.iter().enumerate() {
            let Some(object) = self.root_again(position, group) else { continue };
            let shape = &asked.plan.shapes[group.shape.index()];
            if let Some(at) = self.look_up(group.shape, shape, key.clone(), self.store.type_of(object)) {
                self.place = Place::Entity { group: position, index: 0 };
                return Some((object, &shape.fields[at]));
            }
        }
        None
    }

    /// Says which root fields did not come, once all of `data` was read.
    pub(super) fn finish_roots(&mut self, groups: &mut [Group]) {
        let asked = self.asked;
        for (position, group) in asked.fetch.entities.iter().enumerate() {
            let Some(object) = self.root_again(position, group) else { continue };
            self.place = Place::Entity { group: position, index: 0 };
            let shape = &asked.plan.shapes[group.shape.index()];
            self.check_lacking(group.shape, shape, object, self.store.type_of(object), &Trail::START);
            groups[position] = Group::Fine;
        }
    }

    /// The first of a group's objects, when they are the root again and asked about.
    fn root_again(&self, position: usize, group: &EntityGroup) -> Option<Object> {
        let batch = self.asked.batches.get(position).filter(|_| group.at_root)?;
        batch.first.first().copied()
    }
}
