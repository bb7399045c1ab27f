//! Upstream: one request to one subgraph.
//!
//! A [`FetchRequest`] goes in, a [`FetchReply`] or a [`FetchError`] comes out; [`Fetch`] is the
//! trait between, so that execution runs against fakes in tests without dynamic dispatch.
//! [`Upstream`] does it over HTTP/1.1 and HTTP/2, pooled, with TLS. Redirects are not followed, and
//! nothing is sent twice but a request that a stale pooled connection never took.

mod body;
mod connection;
mod error;
mod headers;
mod subgraphs;
mod tls;

pub use error::{Fault, FetchError};
pub use headers::OutboundHeaders;
pub use subgraphs::{Upstream, UpstreamError};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::future::Future;
use tokio::time::Instant;

/// What to ask of a subgraph.
#[derive(Debug, Clone)]
pub struct FetchRequest {
    /// The subgraph, by its index in the supergraph (`SubgraphId::index`).
    pub subgraph: usize,
    /// The whole request body, JSON.
    pub body: Bytes,
    /// What goes out beside `content-type`, `accept` and `host`, which are always the gateway's own.
    pub headers: HeaderMap,
    /// When the whole client request must be over; the subgraph's own timeout may end sooner.
    pub deadline: Instant,
}

/// What a subgraph answered: the status is whatever it was, also 500; the body is complete and not looked at.
#[derive(Debug, Clone)]
pub struct FetchReply {
    /// The status.
    pub status: StatusCode,
    /// The headers.
    pub headers: HeaderMap,
    /// The whole body, within the subgraph's limit.
    pub body: Bytes,
}

/// Sends requests to subgraphs. Dropping the future cancels the request.
pub trait Fetch: Send + Sync {
    /// One request, one reply.
    fn fetch(&self, request: FetchRequest) -> impl Future<Output = Result<FetchReply, FetchError>> + Send;
}
