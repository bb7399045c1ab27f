//! The headers of subgraph requests: the client's, by the configured rules, and the trace context.
//!
//! [`OutboundHeaders`] is made once per client request. The rules of a subgraph run when it is first
//! asked; each of its requests then gets a copy with a span id of its own. Headers that belong to one
//! connection, to the body or to the gateway itself never pass, whatever the rules say.

use crate::config::{HeaderRule, is_reserved_header};
use crate::telemetry::TraceContext;
use http::{HeaderMap, HeaderName, header};
use std::sync::{Arc, OnceLock};

/// Room for what every request has: `host`, `content-type`, `content-length`, `accept` and the trace.
const USUAL_HEADERS: usize = 8;

/// The rules of every subgraph, by its index.
#[derive(Debug, Default)]
pub(super) struct SubgraphRules {
    pub(super) of: Box<[Vec<HeaderRule>]>,
}

/// What subgraphs get of one client request's headers.
#[derive(Debug)]
pub struct OutboundHeaders {
    rules: Option<Arc<SubgraphRules>>,
    /// Kept only when there are rules that may want it.
    client: HeaderMap,
    trace: Option<TraceContext>,
    by_subgraph: Box<[OnceLock<HeaderMap>]>,
}

impl OutboundHeaders {
    pub(super) fn new(rules: &Arc<SubgraphRules>, client: &HeaderMap, trace: Option<TraceContext>) -> Self {
        if rules.of.iter().all(Vec::is_empty) {
            return Self { rules: None, client: HeaderMap::new(), trace, by_subgraph: Box::default() };
        }
        let by_subgraph = rules.of.iter().map(|_| OnceLock::new()).collect();
        Self { rules: Some(Arc::clone(rules)), client: client.clone(), trace, by_subgraph }
    }

    /// No headers and no trace, for callers that serve no client.
    pub fn none() -> Self {
        Self { rules: None, client: HeaderMap::new(), trace: None, by_subgraph: Box::default() }
    }

    /// The headers of one more request to `subgraph`.
    pub fn of(&self, subgraph: usize) -> HeaderMap {
        let mut headers = match (&self.rules, self.by_subgraph.get(subgraph)) {
            (Some(rules), Some(ready)) => ready.get_or_init(|| apply(&rules.of[subgraph], &self.client)).clone(),
            _ => HeaderMap::with_capacity(USUAL_HEADERS),
        };
        if let Some(trace) = &self.trace {
            trace.inject(&mut headers);
        }
        headers
    }
}

/// Runs the rules in order.
fn apply(rules: &[HeaderRule], client: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(USUAL_HEADERS);
    let hop = ConnectionHeaders::of(client);
    for rule in rules {
        match rule {
            HeaderRule::Propagate { named, to, default } => {
                if headers.contains_key(to) {
                    continue;
                }
                if client.contains_key(named) && !hop.contains(named) {
                    copy(client, named, &mut headers, to);
                } else if let Some(default) = default {
                    headers.insert(to, default.clone());
                }
            }
            HeaderRule::PropagateMatching(pattern) => {
                for name in client.keys() {
                    let wanted = pattern.is_match(name.as_str()) && !headers.contains_key(name);
                    if wanted && !is_reserved_header(name) && !hop.contains(name) {
                        copy(client, name, &mut headers, name);
                    }
                }
            }
            HeaderRule::Insert { name, value } => {
                headers.insert(name, value.clone());
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
