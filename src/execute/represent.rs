//! Representations: the JSON objects that name entities to a subgraph, written as bytes.
//!
//! Each field is copied from a slot of the object: a leaf is its text, so nothing is decoded. An
//! object that lacks what the key or a `@requires` needs is left out.

use super::copy::append;
use super::store::{Object, Store, Value};
use crate::plan::Plan;
use crate::plan::model::{InputField, InputObject, Liveness, Representation, RuntimeType};

/// Why an object is not asked about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LeftOut {
    /// No representation is for its type, or the client does not get objects of it, or what it needs is lacking or null.
    Unfit,
    /// What it needs is lacking or null, and an error of the answer says why.
    Explained,
}

/// Writes the representation of an object behind what `out` holds; when it is left out, `out` may end in
/// half of one, for the caller to cut off.
pub(super) fn write(
    store: &Store,
    plan: &Plan,
    liveness: &Liveness,
    representations: &[Representation],
    object: Object,
    out: &mut Vec<u8>,
) -> Result<(), LeftOut> {
    let ty = store.type_of(object);
    if liveness.withholds_type(ty) {
        return Err(LeftOut::Unfit);
    }
    let representation = position(representations, ty).map(|at| &representations[at]).ok_or(LeftOut::Unfit)?;
    let writer = Writer { store, plan, liveness };
    out.extend_from_slice(b"{\"__typename\":\"");
    out.extend_from_slice(representation.typename.as_bytes());
    out.push(b'"');
    writer.fields(&representation.fields, object, ty, out)?;
    out.push(b'}');
    Ok(())
}

/// The position of the representation for objects of a type.
pub(super) fn position(representations: &[Representation], ty: RuntimeType) -> Option<usize> {
    representations.iter().position(|representation| match ty {
        RuntimeType::UNKNOWN => representation.unknown,
        _ => representation.on.contains(ty.index()),
    })
}

/// Writes some fields of a representation, by position, each behind a comma.
pub(super) fn write_fields(
    store: &Store,
    plan: &Plan,
    liveness: &Liveness,
    representation: &Representation,
    positions: &[usize],
    object: Object,
    out: &mut Vec<u8>,
) -> Result<(), LeftOut> {
    let (writer, ty) = (Writer { store, plan, liveness }, store.type_of(object));
    let fields = positions.iter().filter_map(|&position| representation.fields.get(position));
    fields.map(std::slice::from_ref).try_for_each(|field| writer.fields(field, object, ty, out))
}

/// Writes the value of a contextual argument, found from a field of an object on: the one leaf at the end of
/// the way, or lists of it.
pub(super) fn write_leaf(
    store: &Store,
    plan: &Plan,
    liveness: &Liveness,
    field: &InputField,
    object: Object,
    out: &mut Vec<u8>,
) -> Result<(), LeftOut> {
    Writer { store, plan, liveness }.leaf(field, store.field(object, field.slot), out)
}

struct Writer<'a> {
    store: &'a Store,
    plan: &'a Plan,
    liveness: &'a Liveness,
}

impl Writer<'_> {
    /// Writes the fields, each behind a comma.
    fn fields(&self, fields: &[InputField], object: Object, ty: RuntimeType, out: &mut Vec<u8>) -> Result<(), LeftOut> {
        for field in fields {
            let fits = field.on.as_ref().is_none_or(|on| on.contains(ty.index()));
            if !fits || !self.liveness.is_live(field.live) {
                continue;
            }
            out.extend_from_slice(b",\"");
            out.extend_from_slice(field.name.as_bytes());
            out.extend_from_slice(b"\":");
            self.value(field, self.store.field(object, field.slot), out)?;
        }
        Ok(())
    }

    fn value(&self, field: &InputField, value: Value, out: &mut Vec<u8>) -> Result<(), LeftOut> {
        match value {
            Value::Leaf { source, offset, len } => append(out, self.store.text_and_more(source, offset), len as usize),
            Value::Bare { source, offset, len } => {
                out.push(b'"');
                out.extend_from_slice(self.store.text(source, offset, len));
                out.push(b'"');
            }
            Value::Null | Value::Failed if field.nullable => out.extend_from_slice(b"null"),
            Value::Failed | Value::Missing => return Err(LeftOut::Explained),
            Value::Null | Value::Absent | Value::Header(_) => return Err(LeftOut::Unfit),
            Value::Object(object) => {
                let inner = field.object.as_ref().ok_or(LeftOut::Unfit)?;
                self.object(inner, object, out)?;
            }
            Value::List { start, len } => {
                out.push(b'[');
                for (position, &element) in self.store.elements(start, len).iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    self.value(field, element, out)?;
                }
                out.push(b']');
            }
        }
        Ok(())
    }

    /// Writes what is at the end of the way that a field begins.
    fn leaf(&self, field: &InputField, value: Value, out: &mut Vec<u8>) -> Result<(), LeftOut> {
        match (value, &field.object) {
            (Value::Object(object), Some(inner)) => {
                let ty = self.store.type_of(object);
                let fits = |next: &&InputField| next.on.as_ref().is_none_or(|on| on.contains(ty.index()));
                let next = inner.fields.iter().find(fits).ok_or(LeftOut::Unfit)?;
                self.leaf(next, self.store.field(object, next.slot), out)
            }
            (Value::List { start, len }, Some(_)) => {
                out.push(b'[');
                for (position, &element) in self.store.elements(start, len).iter().enumerate() {
                    if position > 0 {
                        out.push(b',');
                    }
                    self.leaf(field, element, out)?;
                }
                out.push(b']');
                Ok(())
            }
            _ => self.value(field, value, out),
        }
    }

    fn object(&self, inner: &InputObject, object: Object, out: &mut Vec<u8>) -> Result<(), LeftOut> {
        let ty = self.store.type_of(object);
        let start = out.len();
        if inner.typename {
            if ty == RuntimeType::UNKNOWN {
                return Err(LeftOut::Unfit);
            }
            out.extend_from_slice(b",\"__typename\":\"");
            out.extend_from_slice(self.plan.type_name(ty).as_bytes());
            out.push(b'"');
        }
        self.fields(&inner.fields, object, ty, out)?;
        // The comma before the first field makes room for the brace.
        match out.get_mut(start) {
            Some(comma) => *comma = b'{',
            None => out.push(b'{'),
        }
        out.push(b'}');
        Ok(())
    }
}
