//! What has arrived: every object of the answer as a run of small values, and the bytes they point at.
//!
//! One arena of [`Value`]s holds it all. An object is a header (its type) and one value for each slot
//! of its layout, with room for the fields of every fetch that will add to it, so merging is storing.
//! A leaf is a span of a kept reply: nothing is copied or decoded before the answer is written. A
//! list is a run of values.
//!
//! While a reply is read, values of objects that were there before are written too. Each such write
//! is noted, so that a reply that turns out to be nonsense half way can be taken back
//! ([`Store::rollback`], [`Store::discard`]) and leaves no trace. New objects are above the arena's mark and simply cut off.

use super::scan::Malformed;
use crate::plan::model::{ListId, RuntimeType, Slot};
use bytes::Bytes;
use serde_json::Value as Json;
use std::ops::Range;

/// A slot's content, or an element of a list, or the header of an object. 12 bytes: a tag and a
/// 16-bit source share the first word, so that leaves need no more than lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Value {
    /// Nothing has come, and no error says why.
    Absent,
    /// Nothing has come, and an error of the answer says why.
    Missing,
    /// A null came.
    Null,
    /// A null, and an error of the answer says why.
    Failed,
    /// A scalar, enum value or list of them without nulls, as JSON text that is copied.
    Leaf {
        /// Position in [`Store::sources`].
        source: u16,
        /// First byte.
        offset: u32,
        /// Bytes.
        len: u32,
    },
    /// An integer that is an `ID`: JSON text that is copied between quotes.
    Bare {
        /// Position in [`Store::sources`].
        source: u16,
        /// First byte.
        offset: u32,
        /// Bytes.
        len: u32,
    },
    /// An object.
    Object(Object),
    /// A list.
    List {
        /// Position of the first element.
        start: u32,
        /// Elements.
        len: u32,
    },
    /// The first value of an object's run.
    Header(RuntimeType),
}

impl Value {
    /// Whether it is neither null nor lacking.
    #[inline]
    pub(super) const fn is_present(self) -> bool {
        !matches!(self, Self::Absent | Self::Missing | Self::Null | Self::Failed)
    }

    /// The same, once an error of the answer accounts for it: what is null or lacking is explained.
    pub(super) const fn explained(self) -> Self {
        match self {
            Self::Absent => Self::Missing,
            Self::Null => Self::Failed,
            other => other,
        }
    }
}

/// An object: where its header is in the arena.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Object(u32);

impl Object {
    /// The root of the answer.
    pub(super) const ROOT: Self = Self(0);

    /// Where the value of one of its slots is.
    #[inline]
    pub(super) const fn slot(self, slot: Slot) -> usize {
        self.0 as usize + 1 + slot.index()
    }
}

/// The objects at a position that entity fetches ask about.
#[derive(Debug, Clone, Default)]
struct Collected {
    objects: Vec<Object>,
    /// Whether an object came that is not behind the last one: only then can one be there twice.
    untidy: bool,
}

/// A state to which a [`Store`] can go back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Savepoint {
    values: usize,
    undo: usize,
}

/// See the module.
#[derive(Debug, Clone)]
pub(super) struct Store {
    values: Vec<Value>,
    sources: Vec<Bytes>,
    lists: Vec<Collected>,
    undo: Vec<(u32, Value)>,
    /// Writes below it are noted in `undo`.
    mark: usize,
    /// The most values it may hold.
    limit: usize,
}

const FULL: Malformed = Malformed(&"it holds more values than an answer may have");

impl Store {
    /// With a root object of `slots` slots and room for the objects of `lists` lists.
    pub(super) fn new(slots: u32, lists: usize, root: RuntimeType, limit: usize) -> Self {
        let mut values = vec![Value::Absent; slots as usize + 1];
        values[0] = Value::Header(root);
        let lists = std::iter::repeat_with(Collected::default).take(lists).collect();
        // Positions are 32 bits wide.
        let limit = limit.min(u32::MAX as usize / 2);
        Self { values, sources: Vec::new(), lists, undo: Vec::new(), mark: 0, limit }
    }

    /// Begins a reply: keeps its bytes, and whatever is written from now on can be taken back.
    pub(super) fn begin(&mut self, source: Bytes) -> Result<(u16, Savepoint), Malformed> {
        let number = u16::try_from(self.sources.len()).map_err(|_| FULL)?;
        if u32::try_from(source.len()).is_err() {
            return Err(Malformed(&"it is too large"));
        }
        // A guess that costs little: an object's field takes some 20 bytes of JSON or more.
        let guess = (source.len() / 32).min(self.limit - self.values.len().min(self.limit));
        self.values.reserve(guess);
        self.sources.push(source);
        self.undo.clear();
        self.mark = self.values.len();
        Ok((number, self.savepoint()))
    }

    /// Where it stands inside a reply.
    pub(super) fn savepoint(&self) -> Savepoint {
        Savepoint { values: self.values.len(), undo: self.undo.len() }
    }

    /// Takes back the whole reply that was begun last, and lets go of its bytes.
    pub(super) fn discard(&mut self, to: Savepoint) {
        self.rollback(to);
        self.sources.pop();
    }

    /// Takes back all that was written since.
    pub(super) fn rollback(&mut self, to: Savepoint) {
        for (at, old) in self.undo.drain(to.undo..).rev() {
            self.values[at as usize] = old;
        }
        self.values.truncate(to.values);
        for list in &mut self.lists {
            list.objects.retain(|object| (object.0 as usize) < to.values);
        }
    }

    /// The value at a position that [`Object::slot`] or a list gave.
    #[inline]
    pub(super) fn value(&self, at: usize) -> Value {
        self.values[at]
    }

    /// The value in a slot of an object.
    #[inline]
    pub(super) fn field(&self, object: Object, slot: Slot) -> Value {
        self.values[object.slot(slot)]
    }

    /// The elements of a list.
    #[inline]
    pub(super) fn elements(&self, start: u32, len: u32) -> &[Value] {
        &self.values[start as usize..start as usize + len as usize]
    }

    /// The type of an object.
    #[inline]
    pub(super) fn type_of(&self, object: Object) -> RuntimeType {
        match self.values[object.0 as usize] {
            Value::Header(ty) => ty,
            _ => RuntimeType::UNKNOWN,
        }
    }

    /// Sets the type of an object that had none.
    pub(super) fn set_type(&mut self, object: Object, ty: RuntimeType) {
        self.write(object.0 as usize, Value::Header(ty));
    }

    /// Stores a value. What is there already stays when nothing but a null comes: of two subgraphs that
    /// resolve a field, one may have failed.
    #[inline]
    pub(super) fn put(&mut self, at: usize, new: Value) {
        let old = self.values[at];
        if new.is_present() || matches!(old, Value::Absent | Value::Missing | Value::Null) {
            self.write(at, new);
        }
    }

    /// Stores a value that is present, which replaces whatever is there.
    #[inline]
    pub(super) fn put_present(&mut self, at: usize, new: Value) {
        debug_assert!(new.is_present());
        self.write(at, new);
    }

    #[inline]
    fn write(&mut self, at: usize, new: Value) {
        let place = &mut self.values[at];
        if at < self.mark {
            // The arena has fewer than 2^32 values.
            self.undo.push((at as u32, *place));
        }
        *place = new;
    }

    /// Says that an error of the answer accounts for what is null or lacking there.
    pub(super) fn explain(&mut self, at: usize) {
        let old = self.values[at];
        let new = old.explained();
        if new != old {
            self.write(at, new);
        }
    }

    /// The position of an element of the list at a position; a null there is explained.
    pub(super) fn element(&mut self, at: usize, index: usize) -> Option<usize> {
        match self.values[at] {
            Value::List { start, len } => (index < len as usize).then_some(start as usize + index),
            _ => {
                self.explain(at);
                None
            }
        }
    }

    /// The object at a position; a null there is explained.
    pub(super) fn object_at(&mut self, at: usize) -> Option<Object> {
        match self.values[at] {
            Value::Object(object) => Some(object),
            _ => {
                self.explain(at);
                None
            }
        }
    }

    /// A new object.
    #[inline]
    pub(super) fn create(&mut self, ty: RuntimeType, slots: u32) -> Result<Object, Malformed> {
        let base = self.values.len();
        let end = base + 1 + slots as usize;
        if end > self.limit {
            return Err(FULL);
        }
        self.values.resize(end, Value::Absent);
        self.values[base] = Value::Header(ty);
        // The limit is below 2^32.
        Ok(Object(base as u32))
    }

    /// A new list of the values at the end of `pending`, which are taken off it.
    pub(super) fn create_list(&mut self, pending: &mut Vec<Value>, from: usize) -> Result<Value, Malformed> {
        let start = self.values.len();
        let elements = pending.get(from..).unwrap_or_default();
        if start + elements.len() > self.limit {
            return Err(FULL);
        }
        self.values.extend_from_slice(elements);
        let len = elements.len() as u32;
        pending.truncate(from);
        Ok(Value::List { start: start as u32, len })
    }

    /// Puts an object on a list.
    #[inline]
    pub(super) fn collect(&mut self, list: ListId, object: Object) {
        let list = &mut self.lists[list.index()];
        list.untidy |= list.objects.last().is_some_and(|&last| last >= object);
        list.objects.push(object);
    }

    /// Leaves each object once on a list, in the order in which they came.
    pub(super) fn tidy(&mut self, list: ListId) {
        let list = &mut self.lists[list.index()];
        if list.untidy {
            list.objects.sort_unstable();
            list.objects.dedup();
            list.untidy = false;
        }
    }

    /// The objects on a list.
    pub(super) fn collected(&self, list: ListId) -> &[Object] {
        &self.lists[list.index()].objects
    }

    /// The bytes of a leaf, which are JSON text but for the quotes of a [`Value::Bare`].
    #[inline]
    pub(super) fn text(&self, source: u16, offset: u32, len: u32) -> &[u8] {
        let range: Range<usize> = offset as usize..offset as usize + len as usize;
        &self.sources[usize::from(source)][range]
    }

    /// The source of a leaf from its first byte on, for [`append`](super::copy::append).
    #[inline]
    pub(super) fn text_and_more(&self, source: u16, offset: u32) -> &[u8] {
        &self.sources[usize::from(source)][offset as usize..]
    }

    /// Bytes of all replies that are kept.
    pub(super) fn kept_bytes(&self) -> usize {
        self.sources.iter().map(Bytes::len).sum()
    }

    /// Whether two leaves are the same value, whoever wrote them: escapes, the form of numbers and the
    /// quotes of an `ID` may differ.
    pub(super) fn same_leaf(&self, a: Value, b: Value) -> bool {
        let (Some(a), Some(b)) = (self.decoded(a), self.decoded(b)) else { return false };
        match (&a, &b) {
            (Json::Number(x), Json::Number(y)) => x == y || x.as_f64() == y.as_f64(),
            _ => a == b,
        }
    }

    fn decoded(&self, value: Value) -> Option<Json> {
        match value {
            Value::Leaf { source, offset, len } => serde_json::from_slice(self.text(source, offset, len)).ok(),
            Value::Bare { source, offset, len } => {
                let digits = std::str::from_utf8(self.text(source, offset, len)).ok()?;
                Some(Json::from(digits))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hot_structs_are_small() {
        assert_eq!(size_of::<Value>(), 12);
        assert_eq!(size_of::<(u32, Value)>(), 16);
        assert_eq!(size_of::<Result<Value, Malformed>>(), 16);
    }

    #[test]
    fn a_reply_can_be_taken_back() {
        let mut store = Store::new(2, 1, RuntimeType(0), 100);
        store.put(1, Value::Null);
        let (_, savepoint) = store.begin(Bytes::from_static(b"{}")).unwrap();
        let object = store.create(RuntimeType(1), 3).unwrap();
        store.collect(ListId(0), object);
        store.put(1, Value::Object(object));
        store.put(2, Value::Failed);
        store.put(object.slot(Slot(0)), Value::Null);
        store.discard(savepoint);
        assert_eq!(store.kept_bytes(), 0);
        assert_eq!(store.values, [Value::Header(RuntimeType(0)), Value::Null, Value::Absent]);
        assert!(store.collected(ListId(0)).is_empty());
    }

    #[test]
    fn a_null_does_not_replace_what_is_there() {
        let mut store = Store::new(1, 0, RuntimeType(0), 100);
        let leaf = Value::Leaf { source: 0, offset: 0, len: 1 };
        store.put(1, leaf);
        store.put(1, Value::Null);
        store.put(1, Value::Failed);
        assert_eq!(store.value(1), leaf);
    }
}
