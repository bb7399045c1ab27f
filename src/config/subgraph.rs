//! What is configured for one subgraph: its addresses, timeouts, limits, trust, what clients see of its errors, and
//! what is done about them.

use super::{CircuitBreaker, Retry, SubgraphSubscription};
use rustls_pki_types::CertificateDer;
use schemars::JsonSchema;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// How one subgraph is reached.
#[derive(Debug, Clone, PartialEq)]
pub struct SubgraphSettings {
    /// Its URLs instead of the supergraph's (`override_subgraph_url`), each http or https, with a host. None: the
    /// supergraph's holds. Several are copies of the same service.
    pub urls: Vec<url::Url>,
    /// How long one request to it may take, retries included.
    pub timeout: Duration,
    /// How long a connection may take to open.
    pub connect_timeout: Duration,
    /// Bytes of one answer.
    pub max_response_bytes: usize,
    /// Requests to it that may be under way; more wait, within their timeout.
    pub concurrency_limit: Option<usize>,
    /// Idle connections kept.
    pub pool_max_idle: usize,
    /// How long an idle connection is kept.
    pub pool_idle_timeout: Duration,
    /// Which version of HTTP it is asked in.
    pub http2: Http2,
    /// Whether identical queries that are under way together are sent once.
    pub deduplicate: bool,
    /// The issuers trusted instead of the system's.
    pub certificate_authorities: Option<Arc<[CertificateDer<'static>]>>,
    /// Whether clients see the messages and extensions of its errors.
    pub include_errors: bool,
    /// How requests that failed are sent again, if they are.
    pub retry: Option<Retry>,
    /// When an address is left alone, if one ever is.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// How it is asked for events.
    pub subscription: SubgraphSubscription,
}

impl Default for SubgraphSettings {
    fn default() -> Self {
        Self {
            urls: Vec::new(),
            timeout: Duration::from_secs(30),
            connect_timeout: Duration::from_secs(5),
            max_response_bytes: 64 * 1024 * 1024,
            concurrency_limit: None,
            pool_max_idle: 1024,
            pool_idle_timeout: Duration::from_secs(30),
            http2: Http2::Enable,
            deduplicate: true,
            certificate_authorities: None,
            include_errors: false,
            retry: None,
            circuit_breaker: None,
            subscription: SubgraphSubscription::default(),
        }
    }
}

/// Which version of HTTP a subgraph is asked in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Http2 {
    /// HTTP/2 where TLS agrees on it, else HTTP/1.1.
    #[default]
    Enable,
    /// HTTP/1.1 only.
    Disable,
    /// HTTP/2 only, also without TLS.
    Http2Only,
}
