//! Names of graphs, variants and subgraphs.

use super::Refusal;
use serde::{Serialize, Serializer};
use std::fmt;
use std::str::FromStr;

/// The variant that is meant when none is named.
const DEFAULT_VARIANT: &str = "current";
/// Characters of a name.
const LONGEST: usize = 64;

/// A variant of a graph, written `graph@variant`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GraphRef {
    text: String,
    at: usize,
}

impl GraphRef {
    /// The graph's name.
    pub fn graph(&self) -> &str {
        &self.text[..self.at]
    }

    /// The variant's name.
    pub fn variant(&self) -> &str {
        &self.text[self.at + 1..]
    }

    /// Both: `graph@variant`.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl FromStr for GraphRef {
    type Err = &'static str;

    /// Reads `graph` or `graph@variant`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (graph, variant) = text.split_once('@').unwrap_or((text, DEFAULT_VARIANT));
        if is_name(graph) && is_name(variant) {
            Ok(Self { text: format!("{graph}@{variant}"), at: graph.len() })
        } else {
            Err("a graph is named as in shop or shop@prod: letters, digits, - and _, at most 64 of them")
        }
    }
}

impl fmt::Display for GraphRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for GraphRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

/// Whether a graph, a variant or a subgraph may be called so.
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && text.len() <= LONGEST
}

/// A text that somebody wrote about something: neither too long nor with characters that a terminal obeys.
pub(super) fn remark(what: &str, text: &str, longest: usize) -> Result<(), Refusal> {
    let plain = !text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\t'));
    if plain && text.len() <= longest {
        return Ok(());
    }
    let message = format!("the {what} is too long, or has characters that do not show");
    Err(Refusal::bad_request("INVALID_NAME", message).help(format!("at most {longest} bytes of plain text are kept")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_graph_without_a_variant_is_its_current_one() {
        let name: GraphRef = "shop".parse().unwrap();
        assert_eq!((name.graph(), name.variant(), name.as_str()), ("shop", "current", "shop@current"));
        let name: GraphRef = "shop@prod-eu".parse().unwrap();
        assert_eq!((name.graph(), name.variant()), ("shop", "prod-eu"));
        for bad in ["", "@", "shop@", "@prod", "a@b@c", "a b", "a/b", "*", "-a", "\u{e9}", &"a".repeat(65)] {
            assert!(bad.parse::<GraphRef>().is_err(), "{bad}");
        }
    }
}
