//! Objects: keys, predicted and looked up.
//!
//! Services answer in the order of the question, so the next key is compared with the next field's
//! and nothing is searched. When the order is another, the field is looked up, and prediction goes on
//! behind it.

use super::Reader;
use super::typing::Typed;
use crate::execute::explain;
use crate::execute::scan::Malformed;
use crate::execute::store::{Object, Value};
use crate::execute::trail::Trail;
use crate::plan::model::{ObjectShape, RuntimeType, ShapeField, ShapeId, ShapeValue};
use smallvec::SmallVec;
use std::ops::Range;

/// Shapes with more fields than this get an index when a key is not where it was expected.
const WIDE: usize = 16;

impl<'a> Reader<'a> {
    /// Reads an object that was asked about, the root or an entity, and notes where its values stand when
    /// that is wanted.
    pub(super) fn top_object(&mut self, id: ShapeId, there: Object) -> Result<Option<Object>, Malformed> {
        match self.asked.note {
            true => self.object_noting::<true>(id, Some(there), &Trail::START),
            false => self.object(id, Some(there), &Trail::START),
        }
    }

    /// Reads the object whose brace the scanner has just shown, into `there` when the object exists
    /// already. `None`: it cannot be used, and that has been said.
    pub(super) fn object(
        &mut self,
        id: ShapeId,
        there: Option<Object>,
        trail: &Trail<'_>,
    ) -> Result<Option<Object>, Malformed> {
        self.object_noting::<false>(id, there, trail)
    }

    fn object_noting<const NOTE: bool>(
        &mut self,
        id: ShapeId,
        there: Option<Object>,
        trail: &Trail<'_>,
    ) -> Result<Option<Object>, Malformed> {
        let shape: &'a ObjectShape = &self.asked.plan.shapes[id.index()];
        self.scan.enter()?;
        let known = there.map_or(RuntimeType::UNKNOWN, |object| self.store.type_of(object));
        let (ty, more) = match self.typing(shape, known)? {
            Typed::As(ty, more) => (ty, more),
            Typed::Not(reason, more) => {
                self.complain(trail, reason);
                if more {
                    self.scan.skip_fields()?;
                }
                return Ok(None);
            }
        };
        let object = match there {
            Some(object) => {
                if ty != known {
                    self.store.set_type(object, ty);
                }
                object
            }
            None => self.store.create(ty, self.asked.plan.layouts[shape.layout.index()].slots)?,
        };
        for &list in &shape.collect {
            self.store.collect(list, object);
        }
        if !self.fields::<NOTE>(id, shape, object, ty, more, trail)? {
            self.check_lacking(id, shape, object, ty, trail);
        }
        Ok(Some(object))
    }

    /// Reads the fields. Whether each came, as far as their order tells.
    fn fields<const NOTE: bool>(
        &mut self,
        id: ShapeId,
        shape: &'a ObjectShape,
        object: Object,
        ty: RuntimeType,
        mut more: bool,
        trail: &Trail<'_>,
    ) -> Result<bool, Malformed> {
        let mut next = 0;
        // What is noted goes the general way, field by field.
        if more && !NOTE && !self.plain_fields(shape, (object, ty), &mut next, trail)? {
            more = false;
        }
        let mut in_order = true;
        while more {
            self.scan.token();
            let field = match self.predicted(shape, &mut next, ty)? {
                Some(field) => Some(field),
                None => {
                    let key = self.scan.string()?;
                    let position = self.look_up(id, shape, key, ty);
                    self.scan.expect(b':')?;
                    if let Some(position) = position {
                        in_order = false;
                        next = position + 1;
                    }
                    position.and_then(|position| shape.fields.get(position))
                }
            };
            match field {
                Some(field) => {
                    let at = object.slot(field.slot);
                    let there = self.store.value(at);
                    if NOTE {
                        self.scan.token();
                    }
                    let start = self.scan.position();
                    let value = self.field(field, there, trail)?;
                    self.store.put(at, value);
                    if NOTE {
                        // Prediction and look-up both leave it behind the field.
                        self.note(Some(next - 1), start..self.scan.position());
                    }
                }
                None => self.scan.skip()?,
            }
            more = self.scan.more(b'}')?;
        }
        let rest = shape.fields.get(next..).unwrap_or_default();
        Ok(in_order && !rest.iter().any(|field| self.applies(field, ty)))
    }

    /// Reads fields as long as they come in the order of the shape and in their plainest form, which is
    /// nearly always to the end. Whether more follow.
    #[inline]
    fn plain_fields(
        &mut self,
        shape: &'a ObjectShape,
        (object, ty): (Object, RuntimeType),
        next: &mut usize,
        trail: &Trail<'_>,
    ) -> Result<bool, Malformed> {
        for field in &shape.fields {
            if !self.applies(field, ty) {
                *next += 1;
                continue;
            }
            if !self.scan.take_key(&field.key) {
                return Ok(true);
            }
            *next += 1;
            let at = object.slot(field.slot);
            match self.plain_value(field) {
                Some(value) => self.store.put_present(at, value),
                None => {
                    let value = self.field(field, self.store.value(at), trail)?;
                    self.store.put(at, value);
                }
            }
            let more = match self.scan.separator() {
                Some(more) => more,
                None => self.scan.more(b'}')?,
            };
            if !more {
                return Ok(false);
            }
        }
        Ok(true)
    }

    #[inline]
    fn plain_value(&mut self, field: &ShapeField) -> Option<Value> {
        match (field.lists, field.value) {
            (0, ShapeValue::Leaf(kind)) => self.scan.plain_leaf(kind).map(|start| self.span(start)),
            _ => None,
        }
    }

    /// Takes the key at hand and its colon when it is that of the next field, which it passes then.
    #[inline]
    fn predicted(
        &mut self,
        shape: &'a ObjectShape,
        next: &mut usize,
        ty: RuntimeType,
    ) -> Result<Option<&'a ShapeField>, Malformed> {
        while let Some(field) = shape.fields.get(*next) {
            if self.applies(field, ty) {
                if !self.scan.take_key(&field.key) {
                    if !self.scan.take_if(&field.key) {
                        return Ok(None);
                    }
                    self.scan.expect(b':')?;
                }
                *next += 1;
                return Ok(Some(field));
            }
            *next += 1;
        }
        Ok(None)
    }

    /// The field with a key.
    #[cold]
    pub(super) fn look_up(
        &mut self,
        id: ShapeId,
        shape: &ObjectShape,
        key: Range<usize>,
        ty: RuntimeType,
    ) -> Option<usize> {
        let text = self.scan.text(key);
        let key_of = |position: usize| shape.fields[position].key.as_bytes();
        if shape.fields.len() <= WIDE {
            return (0..shape.fields.len())
                .find(|&position| key_of(position) == &*text && self.applies(&shape.fields[position], ty));
        }
        let order = self.by_key.entry(id).or_insert_with(|| {
            let mut order: Box<[usize]> = (0..shape.fields.len()).collect();
            order.sort_by_key(|&position| key_of(position));
            order
        });
        let from = order.partition_point(|&position| key_of(position) < &*text);
        let same = order[from..].iter().take_while(|&&position| key_of(position) == &*text);
        // Fields with one key are for different types; there are few of them.
        let same: SmallVec<[usize; 4]> = same.copied().collect();
        same.into_iter().find(|&position| self.applies(&shape.fields[position], ty))
    }

    /// Says which fields did not come.
    #[cold]
    pub(super) fn check_lacking(
        &mut self,
        id: ShapeId,
        shape: &ObjectShape,
        object: Object,
        ty: RuntimeType,
        trail: &Trail<'_>,
    ) {
        for (position, field) in shape.fields.iter().enumerate() {
            let at = object.slot(field.slot);
            if self.store.value(at) == Value::Absent && self.applies(field, ty) && self.asked.asks_for(id, position) {
                self.store.explain(at);
                self.lacks(id, position, &trail.key(field.response_key.as_deref()));
            }
        }
    }

    /// Reads the value of a field.
    #[inline]
    pub(super) fn field(&mut self, field: &'a ShapeField, there: Value, trail: &Trail<'_>) -> Result<Value, Malformed> {
        match (field.lists, field.value) {
            (0, ShapeValue::Leaf(kind)) => self.leaf_value(kind, || trail.key(field.response_key.as_deref())),
            (0, ShapeValue::Object(shape)) => {
                self.object_value(shape, there, &trail.key(field.response_key.as_deref()))
            }
            (lists, ShapeValue::Leaf(kind)) => self.leaf_list(kind, lists, &trail.key(field.response_key.as_deref())),
            (lists, ShapeValue::Object(shape)) => {
                self.object_list(shape, lists, there, &trail.key(field.response_key.as_deref()))
            }
        }
    }

    /// Reads what should be an object, or null.
    pub(super) fn object_value(&mut self, shape: ShapeId, there: Value, trail: &Trail<'_>) -> Result<Value, Malformed> {
        match self.scan.token() {
            b'{' => {
                let object = if let Value::Object(object) = there { Some(object) } else { None };
                if let Some(object) = self.object(shape, object, trail)? {
                    return Ok(Value::Object(object));
                }
                self.explain_inside(there, shape);
                Ok(Value::Failed)
            }
            _ => self.nothing_for(there, shape, "a value should be an object", trail),
        }
    }

    /// Takes a null, or complains of what is there instead of an object or list of objects.
    pub(super) fn nothing_for(
        &mut self,
        there: Value,
        shape: ShapeId,
        reason: &'static str,
        trail: &Trail<'_>,
    ) -> Result<Value, Malformed> {
        let value = self.null_or_wrong(reason, trail)?;
        match value {
            Value::Failed => self.explain_inside(there, shape),
            _ if there.is_present() => self.hollow.push((there, shape)),
            _ => {}
        }
        Ok(value)
    }

    /// What another fetch has brought lacks the fields of this one, and that has been said.
    pub(super) fn explain_inside(&mut self, there: Value, shape: ShapeId) {
        explain::inside(self.store, self.asked.plan, there, ShapeValue::Object(shape));
    }

    /// Takes a null, or complains of what is there instead.
    pub(super) fn null_or_wrong(&mut self, reason: &'static str, trail: &Trail<'_>) -> Result<Value, Malformed> {
        if self.scan.token() == b'n' {
            self.scan.word(b"null")?;
            return Ok(Value::Null);
        }
        self.scan.skip()?;
        self.complain(trail, reason);
        Ok(Value::Failed)
    }
}
