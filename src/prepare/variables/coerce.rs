//! One value: read by its type, checked, and written as JSON in the same pass.
//!
//! serde_json bounds the nesting of what is read here. A mismatch is reported and the value skipped, so
//! that the rest is checked too; the text written then is not used.

use super::super::document::shortened;
use super::literal;
use apollo_compiler::Schema;
use apollo_compiler::ast::Type;
use apollo_compiler::schema::{ExtendedType, InputObjectType};
use bytes::Bytes;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt::{self, Write};

/// Mismatches that a client is told.
const MAX_ERRORS: usize = 20;

/// The state of coercing all variables of a request.
pub(super) struct Coercion<'s> {
    pub schema: &'s Schema,
    /// The JSON of the variable at hand.
    out: Vec<u8>,
    /// Where we are: `$order.lines[2]`.
    place: String,
    list_items: usize,
    max_list_items: usize,
    errors: Vec<String>,
}

impl<'s> Coercion<'s> {
    pub fn new(schema: &'s Schema, max_list_items: usize) -> Self {
        Self { schema, out: Vec::new(), place: String::new(), list_items: 0, max_list_items, errors: Vec::new() }
    }

    /// Goes on with the variable `name`.
    pub fn begin(&mut self, name: &str) {
        self.place.clear();
        self.place.push('$');
        self.place.push_str(name);
    }

    /// The JSON of the variable that was read.
    pub fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.out).into()
    }

    pub fn has_too_many_items(&self) -> bool {
        self.list_items > self.max_list_items
    }

    pub fn report(&mut self, message: String) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(shortened(&message));
        }
    }

    pub fn into_errors(self) -> Vec<String> {
        self.errors
    }

    fn mismatch(&mut self, ty: &Type, found: impl fmt::Display) {
        self.report(format!("{} must be {ty}, not {found}", self.place));
    }

    /// Runs `read` one step further down; `step` is the text of it.
    fn within<T>(&mut self, step: fmt::Arguments<'_>, read: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.place.len();
        // Writing to a string does not fail.
        let _ = self.place.write_fmt(step);
        let result = read(self);
        self.place.truncate(length);
        result
    }

    fn count_item<E: Error>(&mut self) -> Result<(), E> {
        self.list_items += 1;
        if self.has_too_many_items() { Err(E::custom("too many list elements")) } else { Ok(()) }
    }

    fn is_custom_scalar(&self, ty: &Type) -> bool {
        matches!(self.schema.types.get(ty.inner_named_type()), Some(ExtendedType::Scalar(scalar)) if !scalar.is_built_in())
    }

    /// A custom scalar's JSON, or lists of it: what is inside is opaque.
    fn raw(&mut self, ty: &Type, json: &str) {
        if json == "null" {
            if ty.is_non_null() {
                self.mismatch(ty, "null");
            }
            return self.out.extend_from_slice(b"null");
        }
        let (Type::List(item) | Type::NonNullList(item)) = ty else {
            return self.out.extend_from_slice(json.as_bytes());
        };
        let items: Vec<&RawValue> = match json.starts_with('[') {
            true => serde_json::from_str(json).unwrap_or_default(),
            false => serde_json::from_str(json).into_iter().collect(),
        };
        self.list_items += items.len();
        self.out.push(b'[');
        for (index, json) in items.into_iter().enumerate() {
            if index > 0 {
                self.out.push(b',');
            }
            self.within(format_args!("[{index}]"), |inner| inner.raw(item, json.get()));
        }
        self.out.push(b']');
    }

    /// A scalar or enum value in JSON's terms, in as many lists of one as the type has around it.
    fn leaf(&mut self, ty: &Type, leaf: &Leaf<'_>) {
        let mut named = ty;
        let mut lists = 0;
        while let Type::List(item) | Type::NonNullList(item) = named {
            (named, lists) = (item, lists + 1);
        }
        if !self.fits(named, leaf) {
            return self.mismatch(ty, leaf);
        }
        self.out.extend(std::iter::repeat_n(b'[', lists));
        leaf.write(&mut self.out);
        self.out.extend(std::iter::repeat_n(b']', lists));
    }

    fn fits(&self, named: &Type, leaf: &Leaf<'_>) -> bool {
        let name = named.inner_named_type();
        match (self.schema.types.get(name), leaf) {
            (Some(ExtendedType::Enum(ty)), Leaf::String(text)) => ty.values.contains_key(&**text),
            (Some(ExtendedType::Scalar(_)), leaf) => match (name.as_str(), leaf) {
                ("Int", Leaf::Integer(number)) => i32::try_from(*number).is_ok(),
                ("Float", Leaf::Integer(_) | Leaf::Float(_)) => true,
                ("ID", Leaf::Integer(_) | Leaf::String(_)) => true,
                ("String", Leaf::String(_)) | ("Boolean", Leaf::Boolean(_)) => true,
                _ => false,
            },
            _ => false,
        }
    }
}

/// A value to be read as a type.
pub(super) struct Value<'a, 's, 't> {
    pub coercion: &'a mut Coercion<'s>,
    pub ty: &'t Type,
}

impl<'de> DeserializeSeed<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.coercion.is_custom_scalar(self.ty) {
            let raw = <&RawValue>::deserialize(deserializer)?;
            self.coercion.raw(self.ty, raw.get());
            return Ok(());
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ty)
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        if self.ty.is_non_null() {
            self.coercion.mismatch(self.ty, "null");
        }
        self.coercion.out.extend_from_slice(b"null");
        Ok(())
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<(), E> {
        self.coercion.leaf(self.ty, &Leaf::Boolean(value));
        Ok(())
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<(), E> {
        self.coercion.leaf(self.ty, &Leaf::Integer(value.into()));
        Ok(())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<(), E> {
        self.coercion.leaf(self.ty, &Leaf::Integer(value.into()));
        Ok(())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<(), E> {
        self.coercion.leaf(self.ty, &Leaf::Float(value));
        Ok(())
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<(), E> {
        self.coercion.leaf(self.ty, &Leaf::String(Cow::Borrowed(value)));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let (coercion, Type::List(item) | Type::NonNullList(item)) = (&mut *self.coercion, self.ty) else {
            self.coercion.mismatch(self.ty, "a list");
            while items.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        };
        coercion.out.push(b'[');
        for index in 0.. {
            let end = coercion.out.len();
            if index > 0 {
                coercion.out.push(b',');
            }
            let read = |inner: &mut Coercion<'_>| items.next_element_seed(Value { coercion: inner, ty: item });
            if coercion.within(format_args!("[{index}]"), read)?.is_none() {
                coercion.out.truncate(end);
                break;
            }
            coercion.count_item()?;
        }
        coercion.out.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        if let Type::List(item) | Type::NonNullList(item) = self.ty {
            self.coercion.out.push(b'[');
            Value { coercion: &mut *self.coercion, ty: item }.visit_map(fields)?;
            self.coercion.out.push(b']');
            return Ok(());
        }
        let schema = self.coercion.schema;
        match schema.types.get(self.ty.inner_named_type()) {
            Some(ExtendedType::InputObject(object)) => read_object(self.coercion, object, fields),
            _ => {
                self.coercion.mismatch(self.ty, "an object");
                while fields.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(())
            }
        }
    }
}

fn read_object<'de, A: MapAccess<'de>>(
    coercion: &mut Coercion<'_>,
    object: &InputObjectType,
    mut fields: A,
) -> Result<(), A::Error> {
    let mut given: Vec<bool> = vec![false; object.fields.len()];
    let (mut entries, mut nulls) = (0, 0);
    coercion.out.push(b'{');
    while let Some(name) = fields.next_key_seed(Key)? {
        let Some((index, _, field)) = object.fields.get_full(&*name) else {
            let message = format!("{}.{name} is no field of {}", coercion.place, object.name);
            coercion.report(message);
            fields.next_value::<IgnoredAny>()?;
            continue;
        };
        if std::mem::replace(&mut given[index], true) {
            return Err(A::Error::custom(format_args!("{}.{name} is given twice", coercion.place)));
        }
        write_key(&mut coercion.out, &mut entries, &field.name);
        let start = coercion.out.len();
        let read = |inner: &mut Coercion<'_>| fields.next_value_seed(Value { coercion: inner, ty: &field.ty });
        coercion.within(format_args!(".{name}"), read)?;
        nulls += usize::from(&coercion.out[start..] == b"null");
    }
    for (_, field) in object.fields.values().enumerate().filter(|(index, _)| !given[*index]) {
        if let Some(default) = &field.default_value {
            write_key(&mut coercion.out, &mut entries, &field.name);
            literal::write(coercion.schema, &field.ty, default, &mut coercion.out);
        } else if field.ty.is_non_null() {
            let message = format!("{}.{} of type {} has no value", coercion.place, field.name, field.ty);
            coercion.report(message);
        }
    }
    coercion.out.push(b'}');
    if object.directives.has("oneOf") && (entries != 1 || nulls != 0) {
        let message = format!(
            "{} must have exactly one field that is not null, for {} is a @oneOf input object",
            coercion.place, object.name
        );
        coercion.report(message);
    }
    Ok(())
}

/// Writes `"name":`, after a comma where one is due. Names of fields need no escapes.
pub(super) fn write_key(out: &mut Vec<u8>, entries: &mut usize, name: &str) {
    if *entries > 0 {
        out.push(b',');
    }
    *entries += 1;
    out.push(b'"');
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b"\":");
}

/// A value without parts.
enum Leaf<'a> {
    Boolean(bool),
    Integer(i128),
    Float(f64),
    String(Cow<'a, str>),
}

impl Leaf<'_> {
    fn write(&self, out: &mut Vec<u8>) {
        // Writing to memory does not fail, and JSON gives no number that it cannot take.
        let _ = match self {
            Self::Boolean(value) => serde_json::to_writer(out, value),
            Self::Integer(value) => serde_json::to_writer(out, value),
            Self::Float(value) => serde_json::to_writer(out, value),
            Self::String(value) => serde_json::to_writer(out, value),
        };
    }
}

impl fmt::Display for Leaf<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Boolean(value) => write!(f, "{value}"),
            Self::Integer(value) => write!(f, "{value}"),
            Self::Float(value) => write!(f, "{value}"),
            Self::String(value) => write!(f, "{value:?}"),
        }
    }
}

/// A key, copied only where it has escapes.
pub(super) struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
