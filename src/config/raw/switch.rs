//! A value that is on, off, or a mapping that says how.

use super::super::yaml::SWITCH;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Visitor;
use serde::{Deserialize, Deserializer};
use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

/// On, off, or by a mapping.
#[derive(Debug)]
pub(in crate::config) enum RawSwitchOr<T> {
    /// On or off.
    Fixed(bool),
    /// As the mapping says.
    By(Box<T>),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for RawSwitchOr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_newtype_struct(SWITCH, SwitchVisitor(PhantomData))
    }
}

struct SwitchVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for SwitchVisitor<T> {
    type Value = RawSwitchOr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("true, false, or a mapping")
    }

    fn visit_bool<E>(self, fixed: bool) -> Result<Self::Value, E> {
        Ok(RawSwitchOr::Fixed(fixed))
    }

    fn visit_newtype_struct<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        Box::deserialize(deserializer).map(RawSwitchOr::By)
    }
}

impl<T: JsonSchema> JsonSchema for RawSwitchOr<T> {
    fn schema_name() -> Cow<'static, str> {
        format!("SwitchOr{}", T::schema_name()).into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "boolean" }, generator.subschema_for::<T>()] })
    }
}
