//! A key's value, or that there is none, and where it stands.

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::{Deserialize, Deserializer, SeqAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// The name by which [`super::decode`] knows a setting.
pub(super) const SETTING: &str = "$weft::Setting";

/// The name by which [`super::decode`] knows a value that is a boolean or a mapping.
pub const SWITCH: &str = "$weft::Switch";

/// The name by which [`super::decode`] knows a value that may also be a list of such values.
pub const ONE_OR_MORE: &str = "$weft::OneOrMore";

/// A value that may be absent. A value that could not be read is reported and is absent too.
#[derive(Debug, Clone)]
pub struct Setting<T> {
    value: Option<T>,
    /// The bytes of the value.
    pub range: Range<usize>,
    /// The bytes of its key; those of the value in a list.
    pub key: Range<usize>,
}

impl<T> Default for Setting<T> {
    fn default() -> Self {
        Self { value: None, range: 0..0, key: 0..0 }
    }
}

impl<T> Setting<T> {
    /// The value.
    pub fn get(&self) -> Option<&T> {
        self.value.as_ref()
    }

    /// The value, without its place.
    pub fn take(self) -> Option<T> {
        self.value
    }

    /// Whether there is a value.
    pub fn is_set(&self) -> bool {
        self.value.is_some()
    }

    /// Puts the value where it belongs, if there is one.
    pub fn store<U: From<T>>(self, place: &mut U) {
        if let Some(value) = self.value {
            *place = value.into();
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Setting<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SETTING, SettingVisitor(PhantomData))
    }
}

struct SettingVisitor<T>(PhantomData<T>);

/// The decoder shows a setting as five elements: where value and key begin and end, and the value, which
/// is missing when it could not be read.
impl<'de, T: Deserialize<'de>> Visitor<'de> for SettingVisitor<T> {
    type Value = Setting<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let mut places = [0_usize; 4];
        for place in &mut places {
            *place = elements.next_element()?.unwrap_or_default();
        }
        let [start, end, key_start, key_end] = places;
        Ok(Setting { value: elements.next_element()?, range: start..end, key: key_start..key_end })
    }
}

impl<T: JsonSchema> JsonSchema for Setting<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        generator.subschema_for::<T>()
    }
}
