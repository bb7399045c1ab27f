//! Traces: which requests are recorded, and where what was recorded goes.

use http::{HeaderName, HeaderValue};
use std::fmt;
use std::time::Duration;
use url::Url;

/// Spans of requests, exported by OTLP over HTTP.
#[derive(Clone, PartialEq)]
pub struct Tracing {
    /// Where spans go, with the path.
    pub endpoint: Url,
    /// What is sent along.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// How long one export may take.
    pub timeout: Duration,
    /// The service that the spans are of.
    pub service_name: String,
    /// What else is told of it: attributes of the resource.
    pub resource: Vec<(String, String)>,
    /// Which requests are recorded.
    pub sampling: Sampling,
}

/// Which requests are recorded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampling {
    /// The share of the traces that begin here, from 0 to 1.
    pub share: f64,
    /// Whether a client that brings a trace decides for its own.
    pub follows_parent: bool,
}

impl Default for Sampling {
    fn default() -> Self {
        Self { share: 1.0, follows_parent: true }
    }
}

/// Without the headers' values, which may be secrets.
impl fmt::Debug for Tracing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { endpoint, headers, timeout, service_name, resource, sampling } = self;
        let headers: Vec<&HeaderName> = headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("Tracing")
            .field("endpoint", &endpoint.as_str())
            .field("headers", &headers)
            .field("timeout", timeout)
            .field("service_name", service_name)
            .field("resource", resource)
            .field("sampling", sampling)
            .finish()
    }
}
