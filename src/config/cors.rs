//! Which web pages of other origins may ask, and how (the Fetch standard's CORS protocol).

use http::{HeaderName, HeaderValue, Method};
use regex::Regex;
use std::time::Duration;

/// The policies; the first that knows an origin decides. Without policies no other origin may ask.
#[derive(Debug, Clone, Default)]
pub struct Cors {
    /// In the order written.
    pub policies: Vec<CorsPolicy>,
}

impl Cors {
    /// The policy for a request of `origin`.
    pub fn policy_for(&self, origin: &HeaderValue) -> Option<&CorsPolicy> {
        self.policies.iter().find(|policy| policy.origins.contains(origin))
    }
}

/// What pages of some origins may do.
#[derive(Debug, Clone)]
pub struct CorsPolicy {
    /// The origins it is for.
    pub origins: Origins,
    /// Whether cookies and credentials may be sent along; never together with [`Origins::Any`].
    pub allow_credentials: bool,
    /// Request headers; none: whichever the preflight asks for.
    pub allow_headers: Option<Vec<HeaderName>>,
    /// Response headers that the page may read.
    pub expose_headers: Vec<HeaderName>,
    /// Methods.
    pub methods: Vec<Method>,
    /// How long a browser may remember the preflight.
    pub max_age: Option<Duration>,
}

/// A set of origins.
#[derive(Debug, Clone)]
pub enum Origins {
    /// Every origin.
    Any,
    /// Those listed and those matched.
    Some {
        /// Such as `https://shop.example`, without a path.
        listed: Vec<HeaderValue>,
        /// Each matches the whole origin.
        matching: Vec<Regex>,
    },
}

impl Origins {
    /// Whether `origin` is one of them.
    pub fn contains(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            Self::Some { listed, matching } => {
                listed.contains(origin)
                    || origin.to_str().is_ok_and(|origin| matching.iter().any(|pattern| pattern.is_match(origin)))
            }
        }
    }
}
