//! Marks what a fetch did not bring as accounted for by an error, so that projection adds no second one.
//!
//! What is marked is null or lacking in the slots that the fetch's shapes fill. An object that another
//! fetch has filled is there, and still lacks this fetch's fields, so the marks go down into it.

use super::store::{Object, Store, Value};
use crate::plan::Plan;
use crate::plan::model::{ShapeId, ShapeValue};

/// Marks the fields of a shape in an object, and in the objects inside.
pub(super) fn shape(store: &mut Store, plan: &Plan, object: Object, id: ShapeId) {
    for field in &plan.shapes[id.index()].fields {
        let at = object.slot(field.slot);
        store.explain(at);
        inside(store, plan, store.value(at), field.value);
    }
}

/// Marks what lacks inside a value.
pub(super) fn inside(store: &mut Store, plan: &Plan, value: Value, kind: ShapeValue) {
    match (value, kind) {
        (Value::Object(object), ShapeValue::Object(id)) => shape(store, plan, object, id),
        (Value::List { start, len }, _) => {
            for at in start as usize..start as usize + len as usize {
                store.explain(at);
                inside(store, plan, store.value(at), kind);
            }
        }
        _ => {}
    }
}
