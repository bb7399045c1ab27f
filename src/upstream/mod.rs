//! Upstream: one request to one subgraph, or a stream of its events.
//!
//! A [`FetchRequest`] goes in, a [`FetchReply`] or a [`FetchError`] comes out; [`Fetch`] is the
//! trait between, so that execution runs against fakes in tests without dynamic dispatch.
//! [`Upstream`] does it over HTTP/1.1 and HTTP/2, pooled, with TLS. Redirects are not followed, and unless the
//! configuration says so nothing is sent twice but a request that a stale pooled connection never took.
//!
//! In reading order: [`subgraphs`] is the path of one fetch; [`turns`] bound how many are under way; [`flights`] sends
//! what many ask at once only once. A subgraph with retries, breakers or several addresses is [`guarded`]: [`retry`] says
//! what is sent again and when, within a [`budget`]; a [`breaker`] leaves an address alone that fails; [`balance`] chooses
//! among several by their [`load`]; both count in a rolling [`window`]. Any other subgraph pays nothing for that.
//! All this is the process's, not a snapshot's: a reload keeps it for each subgraph whose address and settings are
//! what they were, see [`Upstream::after`].
//!
//! An [`address`] is where a request goes; [`connection`] opens connections, [`direct`] keeps those of HTTP/1.1, per
//! [`lane`]; an [`exchange`] is one request and its reply there, in the form that [`wire`] knows; [`body`] reads a reply of
//! the pooled client; [`headers`] are what subgraphs get of a client's; a [`Witness`] is told what becomes of a fetch.
//!
//! Events come as an [`EventStream`], from a connection for each subscription: [`streams`] opens it, once, [`websocket`] has
//! the conversation in which [`messages`] are exchanged, [`response`] reads a response that does not end, as
//! [`server_sent`] events or as [`multipart`].

mod address;
mod balance;
mod body;
mod breaker;
mod budget;
mod connection;
mod direct;
mod error;
mod exchange;
mod flights;
mod guarded;
mod headers;
mod lane;
mod load;
mod messages;
mod multipart;
mod response;
mod retry;
mod server_sent;
mod streams;
mod subgraphs;
mod tls;
mod turns;
mod websocket;
mod window;
mod wire;
mod witness;

pub use error::{Fault, FetchError};
pub use flights::{FlightKey, Flights};
pub use headers::{Identity, Nobody, OutboundHeaders};
pub use lane::{enter_lane, lanes};
pub use messages::SocketMessage;
pub use retry::RetryReason;
pub use streams::{EventStream, SubscribeRequest};
pub use subgraphs::{AddressState, Upstream, UpstreamError};
pub use witness::{Witness, WitnessedRetry};

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use std::future::Future;
use std::sync::Arc;
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
    /// Whether it only reads, so that it may be sent once for several who ask the same.
    pub shareable: bool,
    /// Whether it may change something, so that it is not sent again where the subgraph may have acted on it.
    pub writes: bool,
    /// What was known when it was made: requests of different epochs are not sent as one, since the answer to the
    /// earlier one may be older than what the later one knows of.
    pub epoch: u64,
    /// Is told what becomes of it, where somebody wants to know.
    pub witness: Option<Arc<Witness>>,
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
