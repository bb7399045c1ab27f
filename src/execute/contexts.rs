//! Contexts: the values of arguments that are in objects around those that a group asks about.
//!
//! A subgraph operation has one value for a variable, so the objects of a group are parted by their values, and
//! each portion goes into a request of its own. As objects do not know what is around them, the way from the
//! root to the group's objects is walked, once per group and each object once: where objects are shared
//! by several places, the objects that give the values are shared too (the plan sees to that).

use super::represent::{self, LeftOut};
use super::store::{Object, Store, Value};
use crate::plan::Plan;
use crate::plan::model::{ContextVariable, EntityGroup, Liveness, PathStep};
use ahash::{AHashMap, AHashSet};
use smallvec::SmallVec;
use std::borrow::Cow;

/// Objects of a group that have the same values of all contextual arguments.
#[derive(Debug)]
pub(super) struct Portion<'s> {
    /// In the order of the group's list.
    pub(super) objects: Cow<'s, [Object]>,
    /// The variables, JSON: `"name":value` and so on, with commas between.
    pub(super) variables: Vec<u8>,
}

/// The portions of a group: nearly always one.
pub(super) type Portions<'s> = SmallVec<[Portion<'s>; 1]>;

/// The objects of a group in portions, and those that an error of the answer keeps from being asked about.
pub(super) fn portions<'s>(
    store: &'s Store,
    plan: &Plan,
    group: &EntityGroup,
    liveness: &Liveness,
) -> (Portions<'s>, Vec<Object>) {
    let objects = store.collected(group.list);
    if objects.is_empty() {
        return (Portions::new(), Vec::new());
    }
    let contexts: Vec<&ContextVariable> =
        group.contexts.iter().filter(|context| liveness.is_live(context.live)).collect();
    if contexts.is_empty() {
        let all = Portion { objects: Cow::Borrowed(objects), variables: Vec::new() };
        return (Portions::from_iter([all]), Vec::new());
    }
    let path = &plan.lists[group.list.index()].path;
    let mut walk =
        Walk { store, plan, liveness, path, contexts: &contexts, seen: AHashSet::new(), values: AHashMap::new() };
    walk.object(Object::ROOT, &mut Vec::with_capacity(path.len()));
    part(objects, &walk.values)
}

/// Puts objects with the same values together, in the order in which the values come up.
fn part<'s>(objects: &[Object], values: &AHashMap<Object, Result<Vec<u8>, LeftOut>>) -> (Portions<'s>, Vec<Object>) {
    let mut numbers: AHashMap<&[u8], usize> = AHashMap::new();
    let (mut portions, mut lost) = (Portions::new(), Vec::new());
    for &object in objects {
        match values.get(&object) {
            Some(Ok(variables)) => {
                let number = *numbers.entry(variables).or_insert_with(|| {
                    portions.push(Portion { objects: Cow::default(), variables: variables.clone() });
                    portions.len() - 1
                });
                portions[number].objects.to_mut().push(object);
            }
            Some(Err(LeftOut::Explained)) => lost.push(object),
            // Nothing around it sets the context.
            Some(Err(LeftOut::Unfit)) | None => {}
        }
    }
    (portions, lost)
}

struct Walk<'a> {
    store: &'a Store,
    plan: &'a Plan,
    liveness: &'a Liveness,
    path: &'a [PathStep],
    contexts: &'a [&'a ContextVariable],
    /// Objects that were walked through, with how many steps led to them.
    seen: AHashSet<(usize, Object)>,
    values: AHashMap<Object, Result<Vec<u8>, LeftOut>>,
}

impl Walk<'_> {
    /// Goes on from an object; `around` are the objects on the way to it, from the root on.
    fn object(&mut self, object: Object, around: &mut Vec<Object>) {
        if !self.seen.insert((around.len(), object)) {
            return;
        }
        let Some(step) = self.path.get(around.len()) else {
            let values = self.values_of(around);
            self.values.insert(object, values);
            return;
        };
        let ty = self.store.type_of(object);
        if step.on.as_ref().is_some_and(|on| !on.contains(ty.index())) {
            return;
        }
        around.push(object);
        self.value(self.store.field(object, step.slot), around);
        around.pop();
    }

    fn value(&mut self, value: Value, around: &mut Vec<Object>) {
        match value {
            Value::Object(object) => self.object(object, around),
            Value::List { start, len } => {
                for &element in self.store.elements(start, len) {
                    self.value(element, around);
                }
            }
            _ => {}
        }
    }

    /// The variables that the objects around an object give.
    fn values_of(&self, around: &[Object]) -> Result<Vec<u8>, LeftOut> {
        let mut out = Vec::new();
        for context in self.contexts {
            if !out.is_empty() {
                out.push(b',');
            }
            out.push(b'"');
            out.extend_from_slice(context.name.as_bytes());
            out.extend_from_slice(b"\":");
            self.write(context, around, &mut out)?;
        }
        Ok(out)
    }

    fn write(&self, context: &ContextVariable, around: &[Object], out: &mut Vec<u8>) -> Result<(), LeftOut> {
        for source in &context.sources {
            let Some(&object) = around.get(source.steps) else { continue };
            if source.on.contains(self.store.type_of(object).index()) {
                return represent::write_leaf(self.store, self.plan, self.liveness, &source.value, object, out);
            }
        }
        Err(LeftOut::Unfit)
    }
}
