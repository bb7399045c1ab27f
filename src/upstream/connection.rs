//! HTTP clients with their pools; subgraphs whose connections are alike share one.
//!
//! hyper's own client: of all that a fetch needs, it is the part that moves bytes, without the
//! layers of redirects, cookies and decompression that a general client puts above it.

use super::{FetchError, tls};
use crate::config::{Http2, SubgraphSettings};
use bytes::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::{self, connect::HttpConnector};
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::error::Error;
use std::io;
use std::time::Duration;

/// How often an HTTP/2 connection in use is asked whether it lives.
const HTTP2_PING: Duration = Duration::from_secs(20);

/// A client; clones share the pool.
pub(super) type Client = legacy::Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The clients made so far, with the settings each was made for.
#[derive(Default)]
pub(super) struct Clients {
    made: Vec<(SubgraphSettings, bool, Client)>,
}

impl Clients {
    /// The client for a subgraph; `secure` when its URL is https.
    pub(super) fn of(&mut self, settings: &SubgraphSettings, secure: bool) -> Result<Client, rustls::Error> {
        let alike = |(made, tls, _): &&(SubgraphSettings, bool, Client)| {
            *tls == secure
                && made.http2 == settings.http2
                && made.connect_timeout == settings.connect_timeout
                && made.pool_max_idle == settings.pool_max_idle
                && made.pool_idle_timeout == settings.pool_idle_timeout
                && made.certificate_authorities == settings.certificate_authorities
        };
        if let Some((_, _, client)) = self.made.iter().find(alike) {
            return Ok(client.clone());
        }
        let client = build(settings, secure)?;
        self.made.push((settings.clone(), secure, client.clone()));
        Ok(client)
    }
}

fn build(settings: &SubgraphSettings, secure: bool) -> Result<Client, rustls::Error> {
    let client = legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(settings.pool_idle_timeout)
        .pool_max_idle_per_host(settings.pool_max_idle)
        .retry_canceled_requests(true)
        .http2_only(settings.http2 == Http2::Http2Only)
        .http2_keep_alive_interval(HTTP2_PING)
        .build(connector(settings, secure)?);
    Ok(client)
}

fn connector(settings: &SubgraphSettings, secure: bool) -> Result<HttpsConnector<HttpConnector>, rustls::Error> {
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(settings.connect_timeout));
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
    if !error.is_connect() {
        return FetchError::Interrupted;
    }
    let mut cause = error.source();
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
