//! Streams of events: how a subgraph's is opened, and what comes of it.
//!
//! A subscription has a connection of its own, which ends with it: dropping an [`EventStream`] closes it. What is
//! waited for is bounded by the caller's patience, what is read by the subgraph's `max_response_bytes`; while nobody
//! asks for the next event nothing is read, so the connection holds the subgraph back. It takes no place among the
//! requests that `concurrency_limit` bounds, which it would hold for as long as it lasts.

use super::connection::{self, Client, Connector};
use super::error::Failure;
use super::lane::PerLane;
use super::response::{self, EndlessResponse};
use super::websocket::WebSocket;
use super::{FetchError, FetchReply};
use crate::config::{Http2, SubgraphSettings, SubscriptionProtocol};
use bytes::Bytes;
use http::uri::{PathAndQuery, Scheme};
use http::{HeaderMap, StatusCode, Uri};
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How long a subgraph may take to hear that nobody listens any more.
const FAREWELL: Duration = Duration::from_secs(1);

/// What to subscribe to.
#[derive(Debug, Clone)]
pub struct SubscribeRequest {
    /// The subgraph, by its index in the supergraph (`SubgraphId::index`).
    pub subgraph: usize,
    /// The whole request body, JSON.
    pub body: Bytes,
    /// What goes out beside the gateway's own headers.
    pub headers: HeaderMap,
    /// When the stream must be open; the subgraph's own timeout may end sooner.
    pub deadline: Instant,
}

/// How streams of one subgraph are opened.
pub(super) enum Streams {
    /// Over WebSocket; the URL is that of an upgrade.
    WebSocket { connector: Connector, uri: Uri, settings: Box<SubgraphSettings> },
    /// As responses that do not end.
    Http { clients: PerLane<Client>, uri: Uri, limit: usize },
}

/// The events of one subscription, as they come.
pub struct EventStream {
    source: Source,
    /// The subgraph's name, for the log.
    subgraph: Box<str>,
}

enum Source {
    WebSocket(Box<WebSocket>),
    Response(Box<EndlessResponse>),
    /// There is but one answer, for instance that it cannot be subscribed to.
    Once(Option<FetchReply>),
}

impl Streams {
    pub(super) fn new(settings: &SubgraphSettings, uri: &Uri) -> Result<Self, rustls::Error> {
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        let uri = settings.subscription.path.as_deref().map_or_else(|| uri.clone(), |path| with_path(uri, path));
        if settings.subscription.protocol == SubscriptionProtocol::Http {
            let connector = connection::connector(settings, secure)?;
            let clients = PerLane::new(|| connection::build(settings, connector.clone()));
            return Ok(Self::Http { clients, uri, limit: settings.max_response_bytes });
        }
        // An upgrade is something of HTTP/1.1.
        let settings = Box::new(SubgraphSettings { http2: Http2::Disable, ..settings.clone() });
        let connector = connection::connector(&settings, secure)?;
        Ok(Self::WebSocket { connector, uri, settings })
    }

    /// Opens a stream of the events that `body` asks for; the log knows the subgraph as `name`.
    pub(super) async fn open(&self, name: &str, headers: HeaderMap, body: Bytes) -> Result<EventStream, Failure> {
        let source = match self {
            Self::WebSocket { connector, uri, settings } => {
                let socket = WebSocket::open(connector.clone(), uri, &headers, &body, settings).await?;
                Source::WebSocket(Box::new(socket))
            }
            Self::Http { clients, uri, limit } => {
                match response::open(clients.mine(), uri, headers, body, *limit).await? {
                    response::Opened::Stream(stream) => Source::Response(Box::new(stream)),
                    response::Opened::Answer(reply) => Source::Once(Some(reply)),
                }
            }
        };
        Ok(EventStream { source, subgraph: name.into() })
    }
}

impl EventStream {
    /// The next event, a GraphQL response. None: the subgraph has said that there are no more. After that, and after
    /// an error, nothing comes. Nothing is lost when this is dropped before it is done.
    pub async fn next(&mut self) -> Option<Result<FetchReply, FetchError>> {
        let event = match &mut self.source {
            Source::WebSocket(socket) => socket.next().await?,
            Source::Response(response) => response.next().await?,
            Source::Once(reply) => return reply.take().map(Ok),
        };
        Some(event.map(reply).map_err(|failure| {
            let (subgraph, error, causes) = (&*self.subgraph, failure.error, failure.causes());
            tracing::warn!(subgraph, %error, causes, "a subgraph's stream of events broke");
            error
        }))
    }

    /// The status of the one answer that there is in place of a stream; of a stream, that all is well.
    pub(super) fn status(&self) -> StatusCode {
        match &self.source {
            Source::Once(Some(reply)) => reply.status,
            _ => StatusCode::OK,
        }
    }

    /// Tells the subgraph that nobody listens any more, if it can be told at once; either way the connection ends.
    pub async fn leave(self) {
        if let Source::WebSocket(socket) = self.source {
            let _ = timeout(FAREWELL, socket.leave()).await;
        }
    }
}

/// An event as if it had been fetched.
fn reply(body: Bytes) -> FetchReply {
    FetchReply { status: StatusCode::OK, headers: HeaderMap::new(), body }
}

fn with_path(uri: &Uri, path: &str) -> Uri {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = path.parse::<PathAndQuery>().ok().or(parts.path_and_query);
    Uri::from_parts(parts).unwrap_or_else(|_| uri.clone())
}
