//! Invalidation: what to forget, as it is said from outside.
//!
//! The form is that of Apollo's router: a list of objects, each with a `kind` and what belongs to it. `subgraph` or
//! `subgraphs` say whose; without them it is everyone's.

use super::generations::slot;
use serde::Deserialize;
use serde_json::{Map, Value};

/// What to forget.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Invalidation {
    /// All that subgraphs have answered.
    Subgraph(Whose),
    /// All objects of a type; `Query` for the fields of the root.
    Type {
        /// Its name.
        #[serde(rename = "type")]
        ty: String,
        /// Whose.
        #[serde(flatten)]
        whose: Whose,
    },
    /// One entity.
    Entity {
        /// The name of its type.
        #[serde(rename = "type")]
        ty: String,
        /// The fields of its key.
        key: Map<String, Value>,
        /// Whose.
        #[serde(flatten)]
        whose: Whose,
    },
    /// All that has a tag.
    CacheTag {
        /// The tag.
        cache_tag: String,
        /// Whose.
        #[serde(flatten)]
        whose: Whose,
    },
}

/// The subgraphs that an [`Invalidation`] is about.
#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
pub struct Whose {
    /// One.
    #[serde(default)]
    pub subgraph: Option<String>,
    /// Several.
    #[serde(default)]
    pub subgraphs: Vec<String>,
}

impl Whose {
    fn of<'a>(&'a self, all: &[&'a str]) -> Vec<&'a str> {
        let named: Vec<&str> = self.subgraph.iter().chain(&self.subgraphs).map(String::as_str).collect();
        if named.is_empty() { all.to_vec() } else { named }
    }
}

impl Invalidation {
    /// Reads a list of them, or one.
    ///
    /// # Errors
    /// When it is none, in words for whoever sent it.
    pub fn parse(json: &[u8]) -> Result<Vec<Self>, String> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Body {
            Several(Vec<Value>),
            One(Value),
        }
        let body: Body = serde_json::from_slice(json).map_err(|error| format!("the body is not JSON: {error}"))?;
        let all = match body {
            Body::Several(all) => all,
            Body::One(one) => vec![one],
        };
        all.into_iter().map(|one| serde_json::from_value(one).map_err(|error| error.to_string())).collect()
    }

    /// The places of [`Generations`](super::Generations) that it raises; `all` are the subgraphs there are.
    pub fn slots(&self, all: &[&str]) -> Vec<u32> {
        match self {
            Self::Subgraph(whose) => whose.of(all).into_iter().map(of_subgraph).collect(),
            Self::Type { ty, whose } => {
                whose.of(all).into_iter().map(|subgraph| of_type(subgraph, ty.as_bytes())).collect()
            }
            Self::Entity { ty, key, whose } => {
                let names = names(ty, key);
                let of = |subgraph| names.iter().map(move |named| of_object(subgraph, named));
                whose.of(all).into_iter().flat_map(of).collect()
            }
            Self::CacheTag { cache_tag, whose } => {
                whose.of(all).into_iter().map(|subgraph| of_tag(subgraph, cache_tag.as_bytes())).collect()
            }
        }
    }
}

/// The place of all that a subgraph has answered.
pub fn of_subgraph(subgraph: &str) -> u32 {
    slot(&[b"subgraph", subgraph.as_bytes()])
}

/// The place of all objects of a type.
pub fn of_type(subgraph: &str, ty: &[u8]) -> u32 {
    slot(&[b"type", subgraph.as_bytes(), ty])
}

/// The place of one object: its type and the fields of its key, by name, as they are in a representation.
pub fn of_object(subgraph: &str, named: &[u8]) -> u32 {
    slot(&[b"entity", subgraph.as_bytes(), named])
}

/// The place of what has a tag.
pub fn of_tag(subgraph: &str, tag: &[u8]) -> u32 {
    slot(&[b"tag", subgraph.as_bytes(), tag])
}

/// How an entity may be named in representations: an `ID` may be written as a number or as a string, depending on
/// the subgraph it comes from.
fn names(ty: &str, key: &Map<String, Value>) -> Vec<Vec<u8>> {
    let mut fields: Vec<(&String, &Value)> = key.iter().collect();
    fields.sort_unstable_by_key(|(name, _)| *name);
    let start = ty.as_bytes().to_vec();
    fields.into_iter().fold(vec![start], |names, (name, value)| {
        let forms = forms(value);
        let with = |before: &Vec<u8>| {
            let before = before.clone();
            forms
                .iter()
                .map(move |form| [&before[..], b",\"", name.as_bytes(), b"\":", form.as_bytes()].concat())
                .collect::<Vec<_>>()
        };
        names.iter().flat_map(with).take(MOST_FORMS).collect()
    })
}

/// More forms of one key than this are not looked at: a key of six numbers.
const MOST_FORMS: usize = 64;

fn forms(value: &Value) -> Vec<String> {
    let written = value.to_string();
    match value {
        Value::String(text) if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) => {
            vec![written, text.clone()]
        }
        Value::Number(number) => vec![format!("\"{number}\""), written],
        _ => vec![written],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slots(json: &str) -> Vec<u32> {
        let all = Invalidation::parse(json.as_bytes()).unwrap();
        all.iter().flat_map(|one| one.slots(&["a", "b"])).collect()
    }

    #[test]
    fn apollos_forms_are_read() {
        assert_eq!(slots(r#"[{"kind":"subgraph","subgraph":"a"}]"#), [of_subgraph("a")]);
        assert_eq!(slots(r#"{"kind":"type","type":"P","subgraph":"b"}"#), [of_type("b", b"P")]);
        assert_eq!(
            slots(r#"[{"kind":"cache_tag","subgraphs":["a","b"],"cache_tag":"x"}]"#),
            [of_tag("a", b"x"), of_tag("b", b"x")]
        );
        assert_eq!(slots(r#"[{"kind":"cache_tag","cache_tag":"x"}]"#), [of_tag("a", b"x"), of_tag("b", b"x")]);
        let entity = slots(r#"{"kind":"entity","subgraph":"a","type":"P","key":{"sku":"x","id":"1"}}"#);
        assert_eq!(entity, [of_object("a", br#"P,"id":"1","sku":"x""#), of_object("a", br#"P,"id":1,"sku":"x""#)]);
    }

    #[test]
    fn what_is_none_is_said() {
        for json in ["", "[1]", r#"[{"kind":"all"}]"#, r#"[{"kind":"type"}]"#] {
            assert!(Invalidation::parse(json.as_bytes()).is_err(), "{json}");
        }
    }
}
