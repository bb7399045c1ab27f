//! What is in the JSON of a variable: sizes, and input objects that cost something.
//!
//! The JSON was coerced to the variable's type before. It is read once, without building anything; serde_json
//! bounds how deep it follows.

use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use std::fmt;

/// Input objects, and what is in them that costs.
#[derive(Debug, Clone, Default)]
pub(super) struct InputTypes {
    types: Vec<InputType>,
}

/// The fields of one that cost something or lead to something that does, sorted by name.
#[derive(Debug, Clone, Default)]
pub(super) struct InputType {
    pub fields: Vec<InputField>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct InputField {
    pub name: Box<str>,
    /// Of each value that is not null.
    pub weight: u64,
    /// Row of [`InputTypes`], for input objects.
    pub object: Option<u32>,
}

impl InputTypes {
    pub fn add(&mut self, ty: InputType) -> u32 {
        self.types.push(ty);
        super::program::row(self.types.len() - 1)
    }

    pub fn set(&mut self, row: u32, ty: InputType) {
        self.types[row as usize] = ty;
    }

    pub fn len(&self) -> usize {
        self.types.iter().map(|ty| ty.fields.len() + 1).sum()
    }

    /// What a value costs: each element that is not null, and what is inside.
    pub fn cost(&self, json: &[u8], weight: u64, object: Option<u32>) -> u64 {
        let mut total = 0;
        let seed = Weigh { types: self, weight, object, total: &mut total };
        // What was coerced is JSON; if it were not, what was read of it counts.
        let _ = seed.deserialize(&mut serde_json::Deserializer::from_slice(json));
        total
    }
}

/// The integer at the end of a path into input objects; negative ones ask for nothing.
pub(super) fn integer(json: &[u8], path: &[Box<str>]) -> Option<u64> {
    let mut found = None;
    let _ = Find { path, found: &mut found }.deserialize(&mut serde_json::Deserializer::from_slice(json));
    found
}

struct Weigh<'a> {
    types: &'a InputTypes,
    weight: u64,
    object: Option<u32>,
    total: &'a mut u64,
}

impl Weigh<'_> {
    fn count(self) {
        *self.total = self.total.saturating_add(self.weight);
    }
}

impl<'de> DeserializeSeed<'de> for Weigh<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Weigh<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        self.count();
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        self.count();
        Ok(())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<(), E> {
        self.count();
        Ok(())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<(), E> {
        self.count();
        Ok(())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        self.count();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let Self { types, weight, object, total } = self;
        while items.next_element_seed(Weigh { types, weight, object, total: &mut *total })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let Self { types, weight, object, total } = self;
        *total = total.saturating_add(weight);
        let fields = object.map_or(&[][..], |row| &types.types[row as usize].fields);
        while let Some(field) = entries.next_key_seed(Position { fields })? {
            match field.map(|at| &fields[at]) {
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
                Some(field) => {
                    let inner = Weigh { types, weight: field.weight, object: field.object, total: &mut *total };
                    entries.next_value_seed(inner)?;
                }
            }
        }
        Ok(())
    }
}

/// A key, as the position of the field that it names.
struct Position<'a> {
    fields: &'a [InputField],
}

impl<'de> DeserializeSeed<'de> for Position<'_> {
    type Value = Option<usize>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Position<'_> {
    type Value = Option<usize>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Self::Value, E> {
        Ok(self.fields.binary_search_by(|field| (*field.name).cmp(name)).ok())
    }
}

struct Find<'a> {
    path: &'a [Box<str>],
    found: &'a mut Option<u64>,
}

impl<'de> DeserializeSeed<'de> for Find<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Find<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E: Error>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    /// A custom scalar may be beyond all integers.
    fn visit_f64<E: Error>(self, size: f64) -> Result<(), E> {
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        self.visit_u64(size.ceil() as u64)
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<(), E> {
        // serde_json gives positive ones as unsigned.
        self.visit_u64(0)
    }

    fn visit_u64<E: Error>(self, size: u64) -> Result<(), E> {
        if self.path.is_empty() {
            *self.found = Some(size);
        }
        Ok(())
    }

    /// A slicing argument is no list; one whose way leads through a list asks for the most of its elements.
    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let mut most = None;
        let mut found = None;
        while items.next_element_seed(Find { path: self.path, found: &mut found })?.is_some() {
            most = most.max(found.take());
        }
        *self.found = most;
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<(), A::Error> {
        let wanted = self.path.split_first();
        while let Some(is_next) = entries.next_key_seed(Is { name: wanted.map(|(name, _)| &**name) })? {
            match wanted.filter(|_| is_next) {
                Some((_, rest)) => entries.next_value_seed(Find { path: rest, found: &mut *self.found })?,
                None => {
                    entries.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(())
    }
}

/// Whether a key is the one that is looked for.
struct Is<'a> {
    name: Option<&'a str>,
}

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<bool, E> {
        Ok(self.name == Some(name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_found_in_input_objects() {
        let path = |text: &str| text.split('.').map(Into::into).collect::<Vec<Box<str>>>();
        assert_eq!(integer(b"7", &[]), Some(7));
        assert_eq!(integer(b"-7", &[]), Some(0));
        assert_eq!(integer(b"null", &[]), None);
        assert_eq!(integer(b"\"7\"", &[]), None);
        assert_eq!(integer(br#"{"x":[1,{}],"page":{"after":null,"first":12}}"#, &path("page.first")), Some(12));
        assert_eq!(integer(br#"{"page":null}"#, &path("page.first")), None);
        assert_eq!(integer(br#"{"page":{"first":{"first":1}}}"#, &path("page.first")), None);
        assert_eq!(integer(br#"[{"n":1},{"n":9},{}]"#, &path("n")), Some(9));
        assert_eq!(integer(b"99999999999999999999999", &[]), Some(u64::MAX));
    }
}
