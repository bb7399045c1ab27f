//! The registry that a graph comes from, and what it is told of how the graph is used.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;
use url::Url;

/// Where the supergraph comes from, when it comes from a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrySettings {
    /// Where it is; tried in turn, the first one first. Never empty.
    pub urls: Vec<Url>,
    /// The variant to follow.
    pub graph: GraphRef,
    /// What proves who asks.
    pub token: Option<RegistryToken>,
    /// How long one question may be held until there is news.
    pub wait: Duration,
    /// How long the start may wait for the registry before the last good copy has to do.
    pub start_timeout: Duration,
    /// Bytes of a supergraph.
    pub max_bytes: usize,
    /// The file of the last good copy; none: none is kept.
    pub last_good: Option<PathBuf>,
    /// What is told of how the graph is used; none: nothing.
    pub usage: Option<UsageSettings>,
}

impl RegistrySettings {
    /// [`Self::wait`] where nothing else is said.
    pub const WAIT: Duration = Duration::from_secs(30);
    /// [`Self::start_timeout`] where nothing else is said.
    pub const START_TIMEOUT: Duration = Duration::from_secs(5);

    /// A variant at these places, and the defaults for all else.
    pub fn new(urls: Vec<Url>, graph: GraphRef) -> Self {
        Self {
            urls,
            last_good: Some(graph.last_good()),
            graph,
            token: None,
            wait: Self::WAIT,
            start_timeout: Self::START_TIMEOUT,
            max_bytes: 64 * 1024 * 1024,
            usage: Some(UsageSettings::default()),
        }
    }
}

/// A variant of a graph: `shop@prod`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
pub struct GraphRef(Box<str>);

/// The variant that is meant where only a graph is named.
const DEFAULT_VARIANT: &str = "current";

impl GraphRef {
    /// Reads `graph@variant`; names have letters, digits, `-`, `_` and `.`, and begin with a letter or digit, so that
    /// they can stand in paths and file names.
    pub fn parse(text: &str) -> Option<Self> {
        let is_name = |name: &str| {
            name.len() <= 64
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
                && name.bytes().next().is_some_and(|first| first.is_ascii_alphanumeric())
        };
        let (graph, variant) = text.split_once('@')?;
        (is_name(graph) && is_name(variant)).then(|| Self(text.into()))
    }

    /// As it is written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The graph's name.
    pub fn graph(&self) -> &str {
        self.0.split_once('@').map_or(&self.0, |(graph, _)| graph)
    }

    /// Where its last good copy is by itself.
    pub fn last_good(&self) -> PathBuf {
        PathBuf::from(".weft").join(format!("{}.graphql", self.0))
    }
}

impl FromStr for GraphRef {
    type Err = &'static str;

    /// Reads `graph`, which is its variant `current`, or `graph@variant`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named =
            if text.contains('@') { Self::parse(text) } else { Self::parse(&format!("{text}@{DEFAULT_VARIANT}")) };
        named.ok_or("a graph is named as in shop or shop@prod: letters, digits, -, _ and ., at most 64 of them")
    }
}

impl fmt::Display for GraphRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What proves to the registry who asks.
#[derive(Clone, PartialEq, Eq)]
pub enum RegistryToken {
    /// The token.
    Text(Box<str>),
    /// The file that holds it, read for every question, so that it can be changed while the gateway runs.
    File(PathBuf),
}

/// Tokens are secret.
impl fmt::Debug for RegistryToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(_) => f.write_str("Text(..)"),
            Self::File(path) => f.debug_tuple("File").field(path).finish(),
        }
    }
}

/// What the registry is told of how the graph is used: counts by operation and client, never values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsageSettings {
    /// How often.
    pub interval: Duration,
    /// How many pairs of operation and client are told apart between two reports.
    pub max_entries: usize,
}

impl Default for UsageSettings {
    fn default() -> Self {
        Self { interval: Duration::from_secs(10), max_entries: 10_000 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_safe_in_paths() {
        assert!(GraphRef::parse("shop@prod").is_some());
        assert!(GraphRef::parse("my-shop_2@v1.0").is_some());
        for wrong in ["shop", "@prod", "shop@", "shop@..", "a/b@c", "shop@prod@x", "shop@a b", ".shop@prod"] {
            assert_eq!(GraphRef::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_graph_without_a_variant_is_its_current_one() {
        let name: GraphRef = "shop".parse().unwrap();
        assert_eq!((name.graph(), name.as_str()), ("shop", "shop@current"));
        for wrong in ["", "@", "*", "-a", "a b", "\u{e9}", &"a".repeat(65)] {
            assert!(wrong.parse::<GraphRef>().is_err(), "{wrong}");
        }
    }
}
