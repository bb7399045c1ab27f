//! An entity that was asked about once for several objects: what came for the first goes to the others.
//!
//! Leaves are spans, so copying them is copying small values. Nested objects are shared: all places
//! then show the same object, which later fetches ask about once. Where another fetch writes into the
//! same nested objects too, sharing would let it write one place's values into another's; there the
//! objects are copied; and where objects around matter to what is inside, which root fields that are asked for
//! once cannot know.

use super::batch::Batch;
use super::scan::Malformed;
use super::store::{Object, Store, Value};
use crate::plan::Plan;
use crate::plan::model::{EntityGroup, ObjectShape, RuntimeType, ShapeField, ShapeId, ShapeValue};

/// Copies what came for the first object of each entity to the others.
pub(super) fn replicate(store: &mut Store, plan: &Plan, group: &EntityGroup, batch: &Batch) -> Result<(), Malformed> {
    if batch.copies.is_empty() {
        return Ok(());
    }
    let row = &plan.shapes[group.shape.index()];
    let shared = |field| group.distinct && is_shareable(plan, row, field);
    let shared: Vec<bool> = row.fields.iter().map(shared).collect();
    let mut copier = Copier { store, plan };
    for &(entity, to) in &batch.copies {
        let Some(&from) = batch.first.get(entity as usize) else { continue };
        copier.adopt_type(from, to);
        for (field, &shared) in row.fields.iter().zip(&shared) {
            copier.field(field, from, to, shared)?;
        }
    }
    Ok(())
}

/// Whether no other shape stores objects in the field's slot.
fn is_shareable(plan: &Plan, shape: &ObjectShape, field: &ShapeField) -> bool {
    match field.value {
        ShapeValue::Leaf(_) => true,
        ShapeValue::Object(_) => plan.object_writers(shape.layout, field.slot) == 1,
    }
}

struct Copier<'a> {
    store: &'a mut Store,
    plan: &'a Plan,
}

impl Copier<'_> {
    fn adopt_type(&mut self, from: Object, to: Object) {
        if self.store.type_of(to) == RuntimeType::UNKNOWN {
            let ty = self.store.type_of(from);
            if ty != RuntimeType::UNKNOWN {
                self.store.set_type(to, ty);
            }
        }
    }

    fn field(&mut self, field: &ShapeField, from: Object, to: Object, shared: bool) -> Result<(), Malformed> {
        let value = self.store.field(from, field.slot);
        if value == Value::Absent {
            return Ok(());
        }
        let at = to.slot(field.slot);
        let value = match field.value {
            ShapeValue::Object(shape) if !shared => self.value(shape, value, self.store.value(at))?,
            _ => value,
        };
        self.store.put(at, value);
        Ok(())
    }

    /// A copy of a value, merged with what is `there`.
    fn value(&mut self, shape: ShapeId, value: Value, there: Value) -> Result<Value, Malformed> {
        match value {
            Value::Object(from) => self.object(shape, from, there).map(Value::Object),
            Value::List { start, len } => self.list(shape, (start, len), there),
            other => Ok(other),
        }
    }

    fn object(&mut self, id: ShapeId, from: Object, there: Value) -> Result<Object, Malformed> {
        let shape = &self.plan.shapes[id.index()];
        let to = match there {
            Value::Object(object) => object,
            _ => {
                let slots = self.plan.layouts[shape.layout.index()].slots;
                self.store.create(self.store.type_of(from), slots)?
            }
        };
        self.adopt_type(from, to);
        for &list in &shape.collect {
            self.store.collect(list, to);
        }
        for field in &shape.fields {
            self.field(field, from, to, false)?;
        }
        Ok(to)
    }

    fn list(&mut self, shape: ShapeId, (start, len): (u32, u32), there: Value) -> Result<Value, Malformed> {
        if let Value::List { start: to, len: same } = there {
            if same != len {
                return Ok(Value::Failed);
            }
            for index in 0..len as usize {
                let (from, to) = (start as usize + index, to as usize + index);
                let value = self.value(shape, self.store.value(from), self.store.value(to))?;
                self.store.put(to, value);
            }
            return Ok(there);
        }
        let mut copies = Vec::with_capacity(len as usize);
        for index in 0..len as usize {
            copies.push(self.value(shape, self.store.value(start as usize + index), Value::Absent)?);
        }
        self.store.create_list(&mut copies, 0)
    }
}
