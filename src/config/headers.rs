//! The rules by which a subgraph's request gets its headers.
//!
//! Rules run in the order written, those of `all` before the subgraph's own. Without rules nothing of
//! the client's request reaches a subgraph but its trace context.

use http::{HeaderName, HeaderValue};
use regex::Regex;
use std::collections::BTreeMap;

/// All header rules.
#[derive(Debug, Clone, Default)]
pub struct HeaderRules {
    pub(super) all: Vec<HeaderRule>,
    pub(super) by_name: BTreeMap<String, Vec<HeaderRule>>,
}

impl HeaderRules {
    /// The rules for one subgraph, in the order they run.
    pub fn of(&self, subgraph: &str) -> Vec<HeaderRule> {
        self.all.iter().chain(self.by_name.get(subgraph).into_iter().flatten()).cloned().collect()
    }
}

/// One rule.
#[derive(Debug, Clone)]
pub enum HeaderRule {
    /// Passes one header on.
    Propagate {
        /// Its name in the client's request.
        named: HeaderName,
        /// Its name in the subgraph's; the same when nothing else is said.
        to: HeaderName,
        /// What is sent when the client sent none.
        default: Option<HeaderValue>,
    },
    /// Passes on every header whose whole name matches.
    PropagateMatching(Regex),
    /// Sends a header of the gateway's own, in place of one passed on so far.
    Insert {
        /// Its name.
        name: HeaderName,
        /// Its value.
        value: HeaderValue,
    },
    /// Sends a claim of whoever asks; nothing when there is none.
    Claim {
        /// The header's name.
        name: HeaderName,
        /// The claim's name, or a JSON pointer.
        claim: Box<str>,
        /// What stands between the elements of a list.
        join: Box<str>,
    },
    /// Sends claims of whoever asks, signed by the gateway; nothing when nobody has proved who they are.
    Signed {
        /// The header's name.
        name: HeaderName,
        /// The claims' names.
        claims: Box<[Box<str>]>,
    },
    /// Takes back a header that an earlier rule passed on.
    Remove(HeaderName),
    /// Takes back every header whose whole name matches.
    RemoveMatching(Regex),
}

impl HeaderRules {
    /// The headers with claims, of all subgraphs: what a client sends under these names goes to none of them.
    pub fn vouched(&self) -> impl Iterator<Item = &HeaderName> {
        self.all.iter().chain(self.by_name.values().flatten()).filter_map(|rule| match rule {
            HeaderRule::Claim { name, .. } | HeaderRule::Signed { name, .. } => Some(name),
            _ => None,
        })
    }

    /// Whether any header is signed.
    pub fn signs(&self) -> bool {
        let mut rules = self.all.iter().chain(self.by_name.values().flatten());
        rules.any(|rule| matches!(rule, HeaderRule::Signed { .. }))
    }
}

/// Headers that no rule may pass on or set: they belong to one connection, to the body, or are the
/// gateway's own word on what it sends and accepts.
pub fn is_reserved_header(name: &HeaderName) -> bool {
    use http::header as h;
    const RESERVED: &[HeaderName] = &[
        h::ACCEPT,
        h::ACCEPT_ENCODING,
        h::CONNECTION,
        h::CONTENT_ENCODING,
        h::CONTENT_LENGTH,
        h::CONTENT_TYPE,
        h::EXPECT,
        h::HOST,
        h::PROXY_AUTHENTICATE,
        h::PROXY_AUTHORIZATION,
        h::TE,
        h::TRAILER,
        h::TRANSFER_ENCODING,
        h::UPGRADE,
    ];
    RESERVED.contains(name)
        || matches!(name.as_str(), "keep-alive" | "proxy-connection" | "http2-settings")
        || name.as_str().starts_with("sec-websocket-")
}

/// Headers that say which trace a request belongs to and nothing else: requests that differ only in these are the
/// same, so whatever tells clients apart must not go by one of their names.
pub fn is_trace_header(name: &HeaderName) -> bool {
    const TRACE: &[&str] = &[
        "traceparent",
        "tracestate",
        "b3",
        "x-b3-traceid",
        "x-b3-spanid",
        "x-b3-parentspanid",
        "x-b3-sampled",
        "x-b3-flags",
        "uber-trace-id",
        "x-amzn-trace-id",
        "x-cloud-trace-context",
    ];
    TRACE.contains(&name.as_str())
}
