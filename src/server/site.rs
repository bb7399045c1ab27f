//! Everything on the clients' listener: the endpoint, the playground and its assets, compression.

use super::connections::Respond;
use super::data;
use super::gateway::Gateway;
use super::request;
use crate::config::ClientTls;
use axum::Router;
use axum::body::Body;
use futures::FutureExt;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_TYPE, HeaderValue};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use std::convert::Infallible;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{Predicate, SizeAbove};

/// Bodies smaller than this are sent as they are: they fit one packet anyway.
const COMPRESS_FROM: u64 = 1024;

/// Answers what comes in on the clients' listener.
pub(super) struct Site {
    gateway: Arc<Gateway>,
    pages: Router,
}

impl Site {
    pub fn new(gateway: Arc<Gateway>) -> Self {
        let pages = if gateway.pages.at_root || gateway.pages.at_endpoint {
            gateway.pages.playground.clone().router()
        } else {
            Router::new()
        };
        Self { gateway, pages }
    }

    async fn route(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        if request.uri().path() == self.gateway.endpoint {
            return request::answer(&self.gateway, request, peer).await;
        }
        if let Some(name) = request.uri().path().strip_prefix(data::ROUTE)
            && (self.gateway.pages.at_root || self.gateway.pages.at_endpoint)
        {
            let name = name.to_owned();
            return data::answer(&self.gateway, &name, request).await;
        }
        if request.uri().path() == "/" && !self.gateway.pages.at_root {
            return plain(StatusCode::NOT_FOUND, "not found\n");
        }
        self.pages.clone().oneshot(request).await.unwrap_or_else(|never| match never {})
    }

    /// A panic is a defect; it costs this request an error, and not the connection's others.
    async fn route_safely(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        AssertUnwindSafe(self.route(request, peer)).catch_unwind().await.unwrap_or_else(|_| {
            tracing::error!("a panic while a request was answered");
            plain(StatusCode::INTERNAL_SERVER_ERROR, "internal error\n")
        })
    }
}

impl Respond for Site {
    fn tls(&self) -> Option<ClientTls> {
        self.gateway.tls()
    }

    async fn respond(&self, request: Request<Incoming>, peer: IpAddr) -> Response<Body> {
        if !request.headers().contains_key(ACCEPT_ENCODING) {
            return self.route_safely(request, peer).await;
        }
        let compression = CompressionLayer::new()
            .quality(CompressionLevel::Fastest)
            .compress_when(SizeAbove::new(COMPRESS_FROM).and(is_text));
        let route = service_fn(|request| async { Ok::<_, Infallible>(self.route_safely(request, peer).await) });
        match compression.layer(route).oneshot(request).await {
            Ok(response) => response.map(Body::new),
            Err(never) => match never {},
        }
    }
}

/// What shrinks; fonts and images are compressed already. Events would wait in the compressor for those after them.
fn is_text(_: StatusCode, _: http::Version, headers: &http::HeaderMap, _: &http::Extensions) -> bool {
    let text =
        |value: &HeaderValue| value.as_bytes().starts_with(b"application/") || value.as_bytes().starts_with(b"text/");
    let events = |value: &HeaderValue| value.as_bytes().starts_with(b"text/event-stream");
    !headers.contains_key(CONTENT_ENCODING)
        && headers.get(CONTENT_TYPE).is_some_and(|value| text(value) && !events(value))
}

fn plain(status: StatusCode, text: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}
