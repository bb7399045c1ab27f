//! The headers of subgraph requests: the client's, by the configured rules, and the trace context.
//!
//! [`OutboundHeaders`] is made once per client request. The rules of a subgraph run when it is first
//! asked; each of its requests then gets a copy with a span id of its own. Headers that belong to one
//! connection, to the body or to the gateway itself never pass, whatever the rules say; nor do a client's under
//! a name that the gateway vouches for.

use crate::config::{HeaderRule, is_reserved_header};
use crate::telemetry::TraceContext;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use regex::Regex;
use std::sync::{Arc, OnceLock};

/// Room for what every request has: `host`, `content-type`, `content-length`, `accept` and the trace.
const USUAL_HEADERS: usize = 8;

/// What the gateway vouches for of whoever asks, as values of headers.
pub trait Identity {
    /// One claim; a list with `join` between its elements. Nothing when there is no such claim.
    fn claim(&self, name: &str, join: &str) -> Option<HeaderValue>;
    /// Some claims, signed for one subgraph. Nothing when nobody has proved who they are.
    fn signed(&self, subgraph: usize, claims: &[Box<str>]) -> Option<HeaderValue>;
}

/// Of nobody is anything known.
#[derive(Debug, Clone, Copy)]
pub struct Nobody;

impl Identity for Nobody {
    fn claim(&self, _: &str, _: &str) -> Option<HeaderValue> {
        None
    }

    fn signed(&self, _: usize, _: &[Box<str>]) -> Option<HeaderValue> {
        None
    }
}

/// The rules of every subgraph, by its index.
#[derive(Debug, Default)]
pub(super) struct SubgraphRules {
    pub(super) of: Box<[Vec<HeaderRule>]>,
    /// Headers that no client's are passed on under: those that the gateway vouches for, and that of its own keys.
    pub(super) own: Box<[HeaderName]>,
}

/// What subgraphs get of one client request's headers.
#[derive(Debug)]
pub struct OutboundHeaders<I> {
    rules: Option<Arc<SubgraphRules>>,
    /// Kept only when there are rules that may want it.
    client: HeaderMap,
    identity: I,
    trace: Option<TraceContext>,
    by_subgraph: Box<[OnceLock<HeaderMap>]>,
}

impl<I: Identity> OutboundHeaders<I> {
    pub(super) fn new(
        rules: &Arc<SubgraphRules>,
        client: &HeaderMap,
        identity: I,
        trace: Option<TraceContext>,
    ) -> Self {
        if rules.of.iter().all(Vec::is_empty) {
            return Self { rules: None, client: HeaderMap::new(), identity, trace, by_subgraph: Box::default() };
        }
        let by_subgraph = rules.of.iter().map(|_| OnceLock::new()).collect();
        let mut client = client.clone();
        rules.own.iter().for_each(|name| drop(client.remove(name)));
        Self { rules: Some(Arc::clone(rules)), client, identity, trace, by_subgraph }
    }

    /// The headers of one more request to `subgraph`.
    pub fn of(&self, subgraph: usize) -> HeaderMap {
        let mut headers = match (&self.rules, self.by_subgraph.get(subgraph)) {
            (Some(rules), Some(ready)) => ready.get_or_init(|| self.apply(rules, subgraph)).clone(),
            _ => HeaderMap::with_capacity(USUAL_HEADERS),
        };
        if let Some(trace) = &self.trace {
            trace.inject(&mut headers);
        }
        headers
    }

    /// Runs the rules in order.
    fn apply(&self, rules: &SubgraphRules, subgraph: usize) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
        let hop = ConnectionHeaders::of(&self.client);
        for rule in &rules.of[subgraph] {
            match rule {
                HeaderRule::Propagate { to, .. } if rules.own.contains(to) => {}
                HeaderRule::Propagate { named, to, default } => {
                    propagate(&self.client, &hop, named, to, default.as_ref(), &mut headers);
                }
                HeaderRule::PropagateMatching(pattern) => propagate_matching(&self.client, &hop, pattern, &mut headers),
                HeaderRule::Insert { name, value } => {
                    headers.insert(name, value.clone());
                }
                HeaderRule::Claim { name, claim, join } => {
                    if let Some(value) = self.identity.claim(claim, join) {
                        headers.insert(name, value);
                    }
                }
                HeaderRule::Signed { name, claims } => {
                    if let Some(value) = self.identity.signed(subgraph, claims) {
                        headers.insert(name, value);
                    }
                }
                HeaderRule::Remove(name) => {
                    headers.remove(name);
                }
                HeaderRule::RemoveMatching(pattern) => {
                    let matched: Vec<HeaderName> =
                        headers.keys().filter(|name| pattern.is_match(name.as_str())).cloned().collect();
                    for name in matched {
                        headers.remove(name);
                    }
                }
            }
        }
        headers
    }
}

fn propagate(
    client: &HeaderMap,
    hop: &ConnectionHeaders<'_>,
    named: &HeaderName,
    to: &HeaderName,
    default: Option<&HeaderValue>,
    headers: &mut HeaderMap,
) {
    if headers.contains_key(to) {
        return;
    }
    if client.contains_key(named) && !hop.contains(named) {
        copy(client, named, headers, to);
    } else if let Some(default) = default {
        headers.insert(to, default.clone());
    }
}

fn propagate_matching(client: &HeaderMap, hop: &ConnectionHeaders<'_>, pattern: &Regex, headers: &mut HeaderMap) {
    for name in client.keys() {
        let wanted = pattern.is_match(name.as_str()) && !headers.contains_key(name);
        if wanted && !is_reserved_header(name) && !hop.contains(name) {
            copy(client, name, headers, name);
        }
    }
}

/// Copies every value of a header.
fn copy(from: &HeaderMap, name: &HeaderName, to: &mut HeaderMap, new_name: &HeaderName) {
    for value in from.get_all(name) {
        to.append(new_name, value.clone());
    }
}

/// The headers that the client's `Connection` header names: they end here (RFC 9110, section 7.6.1).
struct ConnectionHeaders<'a>(Vec<&'a str>);

impl<'a> ConnectionHeaders<'a> {
    fn of(client: &'a HeaderMap) -> Self {
        let values = client.get_all(header::CONNECTION).iter().filter_map(|value| value.to_str().ok());
        Self(values.flat_map(|value| value.split(',')).map(str::trim).collect())
    }

    fn contains(&self, name: &HeaderName) -> bool {
        self.0.iter().any(|listed| listed.eq_ignore_ascii_case(name.as_str()))
    }
}
