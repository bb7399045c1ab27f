//! What is configured of the response cache.

use http::HeaderName;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::time::Duration;

/// The cache of what subgraphs answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseCache {
    /// Whether it is on.
    pub enabled: bool,
    /// Bytes in memory.
    pub max_bytes: u64,
    /// Nothing is kept for longer, whoever says so.
    pub max_ttl: Duration,
    /// Whether it is shared through Redis, where that is configured.
    pub shared: bool,
    /// The header of the client's request that says for whom private values are.
    pub private_id: Option<HeaderName>,
    /// Whether clients that ask for it are told what was cached.
    pub debug: bool,
    /// By which header answers tell caches between here and the client the tags that are in them.
    pub surrogate_keys: Option<SurrogateHeader>,
    /// The endpoint for invalidation, if there is one.
    pub invalidation: Option<Invalidation>,
    /// The tags that fields of the mutation make stale, beside those that the schema names.
    pub mutations: BTreeMap<String, Vec<String>>,
    pub(super) all: CachedSubgraph,
    pub(super) by_name: BTreeMap<String, CachedSubgraph>,
}

/// A header in which caches look for the tags of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
pub enum SurrogateHeader {
    /// With commas between the tags, as Cloudflare has it.
    #[serde(rename = "Cache-Tag")]
    CacheTag,
    /// The same in the plural.
    #[serde(rename = "Cache-Tags")]
    CacheTags,
    /// With spaces between the tags, as Fastly and Varnish have it.
    #[serde(rename = "Surrogate-Key")]
    SurrogateKey,
}

impl SurrogateHeader {
    /// Its name.
    pub const fn name(self) -> HeaderName {
        match self {
            Self::CacheTag => HeaderName::from_static("cache-tag"),
            Self::CacheTags => HeaderName::from_static("cache-tags"),
            Self::SurrogateKey => HeaderName::from_static("surrogate-key"),
        }
    }

    /// What stands between tags.
    pub const fn separator(self) -> &'static str {
        match self {
            Self::CacheTag | Self::CacheTags => ",",
            Self::SurrogateKey => " ",
        }
    }
}

/// The endpoint for invalidation, on the listener of the health check.
#[derive(Clone, PartialEq, Eq)]
pub struct Invalidation {
    /// Its path; starts with a slash.
    pub path: String,
    /// What has to stand in `Authorization`.
    pub shared_key: String,
}

impl std::fmt::Debug for Invalidation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Invalidation").field("path", &self.path).finish_non_exhaustive()
    }
}

/// How answers of one subgraph are kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CachedSubgraph {
    /// Whether they are kept at all.
    pub enabled: bool,
    /// For how long what has no `@cacheControl` is kept.
    pub ttl: Duration,
    /// In place of what the schema says, by `Type` or `Type.field`.
    pub ttls: BTreeMap<String, Duration>,
    /// For how long it is remembered that there is no such entity.
    pub missing_ttl: Duration,
    /// For how long a value is served afterwards, while a new one is fetched.
    pub stale_while_revalidate: Duration,
    /// For how long a value is served afterwards, when a new one cannot be had.
    pub stale_if_error: Duration,
    /// Headers of the subgraph's requests that its answers depend on, beside those that it names itself in `Vary`.
    pub vary: Vec<HeaderName>,
}

impl Default for ResponseCache {
    fn default() -> Self {
        Self {
            enabled: false,
            max_bytes: 256 * 1024 * 1024,
            max_ttl: Duration::from_secs(24 * 3_600),
            shared: true,
            private_id: None,
            debug: false,
            surrogate_keys: None,
            invalidation: None,
            mutations: BTreeMap::new(),
            all: CachedSubgraph::default(),
            by_name: BTreeMap::new(),
        }
    }
}

impl Default for CachedSubgraph {
    fn default() -> Self {
        Self {
            enabled: true,
            ttl: Duration::ZERO,
            ttls: BTreeMap::new(),
            missing_ttl: Duration::ZERO,
            stale_while_revalidate: Duration::ZERO,
            stale_if_error: Duration::ZERO,
            vary: Vec::new(),
        }
    }
}

impl ResponseCache {
    /// On, with defaults.
    pub fn switched_on() -> Self {
        Self { enabled: true, ..Self::default() }
    }

    /// What holds for the subgraph `name`.
    pub fn of(&self, name: &str) -> &CachedSubgraph {
        self.by_name.get(name).unwrap_or(&self.all)
    }

    /// Changes what holds for one subgraph.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut CachedSubgraph)) {
        change(self.by_name.entry(name.to_owned()).or_insert_with(|| self.all.clone()));
    }

    /// Changes what holds for all subgraphs, also for those with settings of their own.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut CachedSubgraph)) {
        change(&mut self.all);
        self.by_name.values_mut().for_each(change);
    }
}
