//! serde's view of the tree: gathers unknown keys and bad values instead of stopping at them.

use super::setting::{ONE_OR_MORE, SETTING, SWITCH};
use super::tree::{Entry, Node, Value};
use super::{Reports, code, nearest};
use serde::de::value::StrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use std::fmt;
use std::ops::Range;

/// Reads the whole tree.
pub(super) fn decode<T: DeserializeOwned + Default>(
    root: &Node,
    reports: &Reports,
    hint: fn(&str) -> Option<&'static str>,
) -> T {
    let context = Context { reports, hint };
    let decoder = Decoder { node: root, key: &root.range, path: &Path::Root, context };
    T::deserialize(decoder).unwrap_or_else(|failure| {
        decoder.report(failure);
        T::default()
    })
}

#[derive(Clone, Copy)]
struct Context<'a> {
    reports: &'a Reports,
    hint: fn(&str) -> Option<&'static str>,
}

/// The way from the root, for messages: `headers.all.request[0].insert`.
enum Path<'a> {
    Root,
    Key(&'a Path<'a>, &'a str),
    Index(&'a Path<'a>, usize),
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => Ok(()),
            Self::Key(Path::Root, key) => f.write_str(key),
            Self::Key(parent, key) => write!(f, "{parent}.{key}"),
            Self::Index(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Why a value could not be read.
#[derive(Debug)]
pub(super) enum Failure {
    /// What was expected instead.
    Expected(String),
    Missing(&'static str),
    /// Already reported.
    Reported,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Expected(what) => write!(f, "expected {what}"),
            Self::Missing(key) => write!(f, "the key \"{key}\" is missing"),
            Self::Reported => f.write_str("reported"),
        }
    }
}

impl std::error::Error for Failure {}

impl serde::de::Error for Failure {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Expected(message.to_string())
    }

    fn invalid_type(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::Expected(expected.to_string())
    }

    fn invalid_value(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::Expected(expected.to_string())
    }

    fn missing_field(field: &'static str) -> Self {
        Self::Missing(field)
    }
}

/// A node about to be read.
#[derive(Clone, Copy)]
struct Decoder<'a> {
    node: &'a Node,
    key: &'a Range<usize>,
    path: &'a Path<'a>,
    context: Context<'a>,
}

impl<'a> Decoder<'a> {
    fn report(&self, failure: Failure) {
        let reports = self.context.reports;
        let path = match self.path {
            Path::Root => "the file".to_owned(),
            path => format!("\"{path}\""),
        };
        match failure {
            Failure::Reported => {}
            // A value may have failed in its own words over one that was broken before.
            Failure::Expected(_) if matches!(self.node.value, Value::Broken) => {}
            Failure::Missing(key) => {
                let message = format!("{path} lacks the key \"{key}\"");
                reports.add(reports.error(code::MISSING_KEY, self.key.clone(), message));
            }
            Failure::Expected(what) => {
                let message = format!("{path} must be {what}, not {}", self.written());
                reports.add(reports.error(code::INVALID_VALUE, self.node.range.clone(), message));
            }
        }
    }

    /// The value as the file has it: what an expansion put in is nobody's business.
    fn written(&self) -> String {
        const SHOWN: usize = 60;
        match &self.node.value {
            Value::Null | Value::Broken => "nothing".into(),
            Value::List(_) => "a list".into(),
            Value::Map(_) => "a mapping".into(),
            Value::Scalar { .. } => {
                let text = self.context.reports.text(&self.node.range);
                let line = text.lines().next().unwrap_or_default();
                let shown: String = line.chars().take(SHOWN).collect();
                let more = if shown.len() < text.trim_end().len() { "..." } else { "" };
                format!("`{shown}{more}`")
            }
        }
    }

    fn scalar(&self, what: &str) -> Result<&'a str, Failure> {
        match &self.node.value {
            Value::Scalar { text, .. } => Ok(text),
            Value::Broken => Err(Failure::Reported),
            _ => Err(Failure::custom(what)),
        }
    }

    /// A scalar that may be more than text.
    fn typed(&self, what: &str) -> Result<&'a str, Failure> {
        match &self.node.value {
            Value::Scalar { typed: false, .. } => Err(Failure::custom(format!("{what} without quotes"))),
            _ => self.scalar(what),
        }
    }

    fn number<T: std::str::FromStr>(&self, what: &str) -> Result<T, Failure> {
        self.typed(what)?.replace('_', "").parse().map_err(|_| Failure::custom(what))
    }

    fn entries(&self) -> Result<&'a [Entry], Failure> {
        match &self.node.value {
            Value::Map(entries) => Ok(entries),
            Value::Null => Ok(&[]),
            Value::Broken => Err(Failure::Reported),
            _ => Err(Failure::custom("a mapping")),
        }
    }

    /// Reports a key that is none of `known`.
    fn unknown_key(&self, entry: &Entry, known: &[&'static str]) {
        let reports = self.context.reports;
        let path = Path::Key(self.path, &entry.key).to_string();
        let error = reports.error(code::UNKNOWN_KEY, entry.key_range.clone(), format!("unknown key \"{path}\""));
        let help = match ((self.context.hint)(&path), nearest(&entry.key, known.iter().copied())) {
            (Some(hint), _) => hint.to_owned(),
            (None, Some(key)) => format!("did you mean \"{key}\"?"),
            (None, None) => format!("the keys here are: {}", known.join(", ")),
        };
        reports.add(error.help(help));
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $kind:ty, $what:literal;)*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
            visitor.$visit::<Failure>(self.number::<$kind>($what)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for Decoder<'_> {
    type Error = Failure;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::Null => visitor.visit_unit(),
            Value::List(_) => self.deserialize_seq(visitor),
            Value::Map(_) => self.deserialize_map(visitor),
            Value::Scalar { .. } => self.deserialize_str(visitor),
            Value::Broken => Err(Failure::Reported),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.typed("true or false")? {
            "true" | "True" | "TRUE" => visitor.visit_bool(true),
            "false" | "False" | "FALSE" => visitor.visit_bool(false),
            _ => Err(Failure::custom("true or false")),
        }
    }

    numbers! {
        deserialize_i8 visit_i8 i8, "a whole number";
        deserialize_i16 visit_i16 i16, "a whole number";
        deserialize_i32 visit_i32 i32, "a whole number";
        deserialize_i64 visit_i64 i64, "a whole number";
        deserialize_u8 visit_u8 u8, "a whole number from 0 to 255";
        deserialize_u16 visit_u16 u16, "a whole number from 0 to 65535";
        deserialize_u32 visit_u32 u32, "a whole number, zero or more";
        deserialize_u64 visit_u64 u64, "a whole number, zero or more";
        deserialize_f32 visit_f32 f32, "a number";
        deserialize_f64 visit_f64 f64, "a number";
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        visitor.visit_str(self.scalar("text")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match self.node.value {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Failure> {
        if name == SETTING {
            return visitor.visit_seq(SettingParts { decoder: self, next: 0 });
        }
        if name == SWITCH {
            match self.node.value {
                Value::Scalar { .. } => return self.deserialize_bool(visitor),
                Value::Map(_) => {}
                Value::Broken => return Err(Failure::Reported),
                _ => return Err(Failure::custom("true, false, or a mapping")),
            }
        }
        if name == ONE_OR_MORE && matches!(self.node.value, Value::List(_)) {
            return self.deserialize_seq(visitor);
        }
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        match &self.node.value {
            Value::List(items) => visitor.visit_seq(Items { decoder: self, items, next: 0 }),
            Value::Null => visitor.visit_seq(Items { decoder: self, items: &[], next: 0 }),
            Value::Broken => Err(Failure::Reported),
            _ => Err(Failure::custom("a list")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Failure> {
        let entries = self.entries()?.iter().collect();
        visitor.visit_map(Entries { decoder: self, entries, next: 0 })
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let (known, unknown): (Vec<&Entry>, Vec<&Entry>) =
            self.entries()?.iter().partition(|entry| fields.contains(&entry.key.as_str()));
        unknown.into_iter().for_each(|entry| self.unknown_key(entry, fields));
        visitor.visit_map(Entries { decoder: self, entries: known, next: 0 })
    }

    /// Enums are words here.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Failure> {
        let expected = || Failure::custom(format!("one of {}", variants.join(", ")));
        let word = self.scalar("").map_err(|failure| match failure {
            Failure::Reported => Failure::Reported,
            _ => expected(),
        })?;
        if !variants.contains(&word) {
            return Err(expected());
        }
        let word: StrDeserializer<'_, Failure> = word.into_deserializer();
        visitor.visit_enum(word)
    }

    serde::forward_to_deserialize_any! {
        i128 u128 char bytes byte_buf unit unit_struct tuple tuple_struct identifier ignored_any
    }
}

/// The five parts of a [`Setting`](super::Setting).
struct SettingParts<'a> {
    decoder: Decoder<'a>,
    next: usize,
}

impl<'de> SeqAccess<'de> for SettingParts<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Decoder { node, key, .. } = self.decoder;
        let place = match self.next {
            0 => node.range.start,
            1 => node.range.end,
            2 => key.start,
            3 => key.end,
            _ => {
                let read = seed.deserialize(self.decoder).map_err(|failure| self.decoder.report(failure));
                return Ok(read.ok());
            }
        };
        self.next += 1;
        seed.deserialize(place.into_deserializer()).map(Some)
    }
}

struct Items<'a> {
    decoder: Decoder<'a>,
    items: &'a [Node],
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'_> {
    type Error = Failure;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Failure> {
        let Some(node) = self.items.get(self.next) else { return Ok(None) };
        let path = Path::Index(self.decoder.path, self.next);
        self.next += 1;
        seed.deserialize(Decoder { node, key: &node.range, path: &path, context: self.decoder.context }).map(Some)
    }
}

struct Entries<'a> {
    decoder: Decoder<'a>,
    entries: Vec<&'a Entry>,
    next: usize,
}

impl<'de> MapAccess<'de> for Entries<'_> {
    type Error = Failure;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Failure> {
        let Some(entry) = self.entries.get(self.next) else { return Ok(None) };
        let key: StrDeserializer<'_, Failure> = entry.key.as_str().into_deserializer();
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Failure> {
        let entry = self.entries.get(self.next).copied().ok_or(Failure::Reported)?;
        self.next += 1;
        let path = Path::Key(self.decoder.path, &entry.key);
        seed.deserialize(Decoder {
            node: &entry.value,
            key: &entry.key_range,
            path: &path,
            context: self.decoder.context,
        })
    }
}
