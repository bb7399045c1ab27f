//! The lists of entities: as many as were asked about, in the order in which they were asked.
//!
//! Position is all that ties an entity to the object it belongs to. So a list of another length is
//! refused as a whole, and where the reply repeats a key that was sent, it has to be the same key.

use super::{Place, Reader};
use crate::execute::explain;
use crate::execute::scan::Malformed;
use crate::execute::store::{Object, Value};
use crate::execute::trail::Trail;
use crate::plan::model::{EntityGroup, Slot};

/// How a group of entities came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::execute) enum Group {
    /// Its key is not in the reply.
    Lacking,
    /// `null`.
    Null,
    /// As it should be.
    Fine,
    /// It cannot be used, and nothing of it was.
    Refused(&'static str),
}

impl Reader<'_> {
    /// Reads `data` of an entity fetch, whose brace the scanner has just shown.
    pub(super) fn entities(&mut self, groups: &mut [Group]) -> Result<(), Malformed> {
        let fetch = self.asked.fetch;
        self.scan.enter()?;
        let mut more = self.scan.any(b'}');
        while more {
            let range = self.scan.key()?;
            let key = self.scan.text(range.clone());
            self.scan.expect(b':')?;
            let asked = |position: usize| self.asked.batches.get(position).is_some_and(|batch| batch.asked);
            let found = fetch
                .entities
                .iter()
                .enumerate()
                .find(|(position, group)| !group.at_root && group.alias.as_bytes() == &*key && asked(*position));
            match found {
                Some((position, group)) => groups[position] = self.group(position, group)?,
                None => self.root_field_or_other(range)?,
            }
            more = self.scan.more(b'}')?;
        }
        self.finish_roots(groups);
        Ok(())
    }

    fn group(&mut self, position: usize, group: &EntityGroup) -> Result<Group, Malformed> {
        match self.scan.token() {
            b'[' => {}
            b'n' => {
                self.scan.word(b"null")?;
                return Ok(Group::Null);
            }
            _ => {
                self.scan.skip()?;
                return Ok(Group::Refused("its entities are no list"));
            }
        }
        let batches = self.asked.batches;
        let objects = batches.get(position).map(|batch| &*batch.first).unwrap_or_default();
        let savepoint = self.savepoint();
        let (complaints, lacking, notes) = (self.complaints.len(), self.lacking.len(), self.notes.len());
        let refused = self.entity_list(position, group, objects)?;
        if let Some(reason) = refused {
            self.store.rollback(savepoint);
            self.complaints.truncate(complaints);
            self.lacking.truncate(lacking);
            self.notes.truncate(notes);
            return Ok(Group::Refused(reason));
        }
        Ok(Group::Fine)
    }

    /// Reads the list; why it cannot be used.
    fn entity_list(
        &mut self,
        position: usize,
        group: &EntityGroup,
        objects: &[Object],
    ) -> Result<Option<&'static str>, Malformed> {
        let echoed = self.echoed_slots(group);
        let mut refused = None;
        let mut index = 0;
        self.scan.enter()?;
        let mut more = self.scan.any(b']');
        while more {
            match objects.get(index) {
                Some(&object) if refused.is_none() => {
                    self.place = Place::Entity { group: position, index };
                    if !self.entity(group, object, &echoed)? {
                        refused = Some("its entities are not the ones that were asked about");
                    }
                }
                _ => self.scan.skip()?,
            }
            index += 1;
            more = self.scan.more(b']')?;
        }
        if index != objects.len() {
            return Ok(Some("it has not as many entities as were asked about"));
        }
        Ok(refused)
    }

    /// Reads one entity. `false`: it is another one than was asked about.
    fn entity(&mut self, group: &EntityGroup, object: Object, echoed: &[Slot]) -> Result<bool, Malformed> {
        match self.scan.token() {
            b'{' if echoed.is_empty() => {
                if self.top_object(group.shape, object)?.is_none() {
                    explain::shape(self.store, self.asked.plan, object, group.shape);
                }
                Ok(true)
            }
            b'{' => {
                let sent: Vec<Value> = echoed.iter().map(|&slot| self.store.field(object, slot)).collect();
                if self.top_object(group.shape, object)?.is_none() {
                    explain::shape(self.store, self.asked.plan, object, group.shape);
                }
                Ok(echoed.iter().zip(sent).all(|(&slot, sent)| {
                    let came = self.store.field(object, slot);
                    came == sent || self.store.same_leaf(sent, came)
                }))
            }
            // The subgraph knows no such entity.
            b'n' => {
                self.scan.word(b"null")?;
                if self.asked.note {
                    self.note(None, 0..0);
                }
                Ok(true)
            }
            _ => {
                self.scan.skip()?;
                self.complain(&Trail::START, "an entity is no object");
                explain::shape(self.store, self.asked.plan, object, group.shape);
                Ok(true)
            }
        }
    }

    /// The slots of leaves that are sent in representations and asked for again.
    fn echoed_slots(&self, group: &EntityGroup) -> Vec<Slot> {
        let shape = &self.asked.plan.shapes[group.shape.index()];
        let inputs = || group.representations.iter().flat_map(|representation| &representation.fields);
        let is_sent = |slot: Slot| inputs().any(|input| input.slot == slot && input.object.is_none());
        let leaves = shape.fields.iter().filter(|field| field.lists == 0);
        leaves.map(|field| field.slot).filter(|&slot| is_sent(slot)).collect()
    }
}
