//! Where in the answer an object is: found only when there is an error to be placed.
//!
//! Objects do not know where they are; keeping that would cost every object of every answer. The plan
//! knows the way from the root to the objects of a list, so the way is walked and the objects that
//! are looked for are noted, with every place at which they are. The walk is bounded: shared objects
//! can be at more places than there are values.

use super::error::PathSegment;
use super::store::{Object, Store, Value};
use crate::plan::model::{EntityList, PathStep};

/// The most steps of one walk.
const STEPS: usize = 1 << 20;

/// The places of these objects (sorted), in the order of the answer, at most `most` of them.
pub(super) fn of(store: &Store, list: &EntityList, objects: &[Object], most: usize) -> Vec<(Object, Vec<PathSegment>)> {
    let mut walk = Walk { store, objects, most, steps: STEPS, path: Vec::new(), hidden: 0, found: Vec::new() };
    walk.object(Object::ROOT, &list.path);
    walk.found
}

/// The way to a list as far as it is the same for all of its objects.
pub(super) fn common(list: &EntityList) -> Vec<PathSegment> {
    let mut path = Vec::new();
    for step in &list.path {
        let Some(key) = &step.response_key else { break };
        path.push(PathSegment::Key(key.clone()));
        if step.lists > 0 {
            break;
        }
    }
    path
}

struct Walk<'a> {
    store: &'a Store,
    objects: &'a [Object],
    most: usize,
    steps: usize,
    path: Vec<PathSegment>,
    /// Steps taken since the client's path ended.
    hidden: usize,
    found: Vec<(Object, Vec<PathSegment>)>,
}

impl Walk<'_> {
    fn object(&mut self, object: Object, steps: &[PathStep]) {
        let Some((step, rest)) = steps.split_first() else {
            if self.objects.binary_search(&object).is_ok() {
                self.found.push((object, self.path.clone()));
            }
            return;
        };
        let ty = self.store.type_of(object);
        if step.on.as_ref().is_some_and(|on| !on.contains(ty.index())) {
            return;
        }
        let value = self.store.field(object, step.slot);
        if !value.is_present() {
            return;
        }
        let visible = self.hidden == 0 && step.response_key.is_some();
        match &step.response_key {
            Some(key) if visible => self.path.push(PathSegment::Key(key.clone())),
            _ => self.hidden += 1,
        }
        self.value(value, rest);
        if visible {
            self.path.pop();
        } else {
            self.hidden -= 1;
        }
    }

    fn value(&mut self, value: Value, rest: &[PathStep]) {
        if self.found.len() >= self.most || self.steps == 0 {
            return;
        }
        self.steps -= 1;
        match value {
            Value::Object(object) => self.object(object, rest),
            Value::List { start, len } => {
                for (index, &element) in self.store.elements(start, len).iter().enumerate() {
                    if self.hidden == 0 {
                        self.path.push(PathSegment::Index(index));
                    }
                    self.value(element, rest);
                    if self.hidden == 0 {
                        self.path.pop();
                    }
                }
            }
            _ => {}
        }
    }
}
