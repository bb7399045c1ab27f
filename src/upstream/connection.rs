//! Connections to subgraphs: how they are opened, and who keeps them.
//!
//! Where HTTP/1.1 is certain, that is without TLS or with HTTP/2 turned off, connections are [`Direct`]'s.
//! Where HTTP/2 may come of it, hyper's pooled client keeps them, one client per lane; subgraphs
//! whose connections are alike share it.

use super::direct::Direct;
use super::lane::PerLane;
use super::{FetchError, tls};
use crate::config::{Http2, SubgraphSettings};
use bytes::Bytes;
use http::uri::Scheme;
use http::{HeaderName, HeaderValue, Uri};
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::error::Error;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpStream;

/// How often an HTTP/2 connection in use is asked whether it lives.
const HTTP2_PING: Duration = Duration::from_secs(20);

/// When the system asks whether the other side of a connection on which nothing happens is still there: a stream of
/// events may be quiet for hours.
const KEEPALIVE: Duration = Duration::from_secs(60);

/// Opens connections, with TLS where the URL asks for it.
pub(super) type Connector = HttpsConnector<HttpConnector>;
/// What it gives.
pub(super) type Stream = MaybeHttpsStream<TokioIo<TcpStream>>;
/// A client; clones share the pool.
pub(super) type Client = legacy::Client<Connector, Full<Bytes>>;

/// How requests get to a subgraph.
pub(super) enum Transport {
    /// HTTP/1.1.
    Direct(Direct),
    /// Either version.
    Pooled(Arc<PerLane<Client>>),
}

/// The clients made so far, with the settings each was made for.
#[derive(Default)]
pub(super) struct Clients {
    made: Vec<(SubgraphSettings, bool, Arc<PerLane<Client>>)>,
}

impl Clients {
    /// The way to the subgraph at `uri`, all of whose requests have the headers `own`.
    pub(super) fn of(
        &mut self,
        settings: &SubgraphSettings,
        uri: &Uri,
        own: &[(HeaderName, HeaderValue)],
    ) -> Result<Transport, rustls::Error> {
        let secure = uri.scheme() == Some(&Scheme::HTTPS);
        let version_1 = if secure { settings.http2 == Http2::Disable } else { settings.http2 != Http2::Http2Only };
        if version_1 {
            let connector = connector(settings, secure)?;
            let (most, longest) = (settings.pool_max_idle, settings.pool_idle_timeout);
            return Ok(Transport::Direct(Direct::new(uri.clone(), own, connector, most, longest)));
        }
        let alike = |(made, tls, _): &&(SubgraphSettings, bool, Arc<PerLane<Client>>)| {
            *tls == secure
                && made.http2 == settings.http2
                && made.connect_timeout == settings.connect_timeout
                && made.pool_max_idle == settings.pool_max_idle
                && made.pool_idle_timeout == settings.pool_idle_timeout
                && made.certificate_authorities == settings.certificate_authorities
        };
        if let Some((_, _, clients)) = self.made.iter().find(alike) {
            return Ok(Transport::Pooled(Arc::clone(clients)));
        }
        let connector = connector(settings, secure)?;
        let clients = Arc::new(PerLane::new(|| build(settings, connector.clone())));
        self.made.push((settings.clone(), secure, Arc::clone(&clients)));
        Ok(Transport::Pooled(clients))
    }
}

/// A client of its own.
pub(super) fn build(settings: &SubgraphSettings, connector: Connector) -> Client {
    legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.pool_idle_timeout)
        .pool_max_idle_per_host(settings.pool_max_idle.div_ceil(super::lane::lanes()))
        .retry_canceled_requests(true)
        .http2_only(settings.http2 == Http2::Http2Only)
        .http2_keep_alive_interval(HTTP2_PING)
        .build(connector)
}

pub(super) fn connector(settings: &SubgraphSettings, secure: bool) -> Result<Connector, rustls::Error> {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(settings.connect_timeout));
    tcp.set_keepalive(Some(KEEPALIVE));
    tcp.enforce_http(false);
    // Without an https URL the roots stay unread: they cost milliseconds at start.
    let authorities = if secure { settings.certificate_authorities.as_deref() } else { Some(&[][..]) };
    let builder = HttpsConnectorBuilder::new().with_tls_config(tls::client(authorities)?).https_or_http();
    Ok(match settings.http2 {
        Http2::Enable => builder.enable_http1().enable_http2().wrap_connector(tcp),
        Http2::Disable => builder.enable_http1().wrap_connector(tcp),
        Http2::Http2Only => builder.enable_http2().wrap_connector(tcp),
    })
}

/// What an error of the client means.
pub(super) fn meaning(error: &legacy::Error) -> FetchError {
    if error.is_connect() { meaning_of_connect(error) } else { FetchError::Interrupted }
}

/// What it means that no connection came about.
pub(super) fn meaning_of_connect(error: &(dyn Error + 'static)) -> FetchError {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if is_tls(error) {
            return FetchError::Tls;
        }
        cause = error.source();
    }
    FetchError::Connect
}

/// An `io::Error` hides the error it is made of from `source`, and TLS errors come wrapped twice.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    if error.is::<rustls::Error>() {
        return true;
    }
    let inner = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
    inner.is_some_and(|inner| is_tls(inner))
}
