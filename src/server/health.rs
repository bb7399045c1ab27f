//! Health, readiness and metrics, on a listener of their own that outlives the draining of the clients'.
//!
//! `/health` and `/health?live` say that the process runs. `/health?ready` is 503 before there is a
//! schema and from the moment draining begins, so that load balancers look elsewhere. A registry that does not answer
//! is shown and makes nothing unhealthy: what serves goes on serving.

use super::connections::Respond;
use super::gateway::Gateway;
use super::invalidation;
use crate::telemetry::METRICS_CONTENT_TYPE;
use axum::body::Body;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::json;
use std::net::IpAddr;
use std::sync::Arc;

/// Answers health checks.
pub(super) struct Health {
    pub gateway: Arc<Gateway>,
    /// Where the check is.
    pub path: String,
    /// Where metrics are, if they are served.
    pub metrics: Option<String>,
}

impl Respond for Health {
    async fn respond(&self, request: Request<Incoming>, _: IpAddr) -> Response<Body> {
        if let Some(settings) = invalidation::settings(&self.gateway, request.uri().path()) {
            return invalidation::answer(&self.gateway, &settings, request).await;
        }
        let uri = request.uri();
        let read = matches!(*request.method(), Method::GET | Method::HEAD);
        let known = uri.path() == self.path || self.metrics.as_deref() == Some(uri.path());
        let mut response = match (known, read) {
            (false, _) => text(StatusCode::NOT_FOUND, "text/plain; charset=utf-8", "not found\n"),
            (true, false) => text(StatusCode::METHOD_NOT_ALLOWED, "text/plain; charset=utf-8", "GET only\n"),
            (true, true) if uri.path() == self.path => self.check(uri.query()),
            (true, true) => text(StatusCode::OK, METRICS_CONTENT_TYPE, self.measured()),
        };
        if response.status() == StatusCode::METHOD_NOT_ALLOWED {
            response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        }
        response
    }
}

impl Health {
    /// That it runs; and which version serves, where that comes from a registry, and whether that answers.
    fn up(&self) -> String {
        let snapshot = self.gateway.current();
        let Some(version) = snapshot.as_ref().and_then(|snapshot| snapshot.version.as_ref()) else {
            return r#"{"status":"UP"}"#.to_owned();
        };
        let registry = if self.gateway.metrics().registry().up.get() == 1 { "UP" } else { "DOWN" };
        let supergraph = json!({ "graph": version.graph.as_str(), "version": version.number });
        json!({ "status": "UP", "supergraph": supergraph, "registry": registry }).to_string()
    }

    fn measured(&self) -> String {
        if let Some(cache) = self.gateway.cache.get() {
            cache.settle_counts();
            let (entries, bytes) = cache.size();
            self.gateway.metrics().response_cache_size(entries, bytes);
        }
        self.gateway.metrics().encode()
    }

    /// `?live`, `?live=` and `?live=true` are the same question, whatever the case.
    fn check(&self, query: Option<&str>) -> Response<Body> {
        let asks = |what: &str| {
            query.is_some_and(|query| {
                query.split('&').any(|pair| pair.split('=').next().is_some_and(|name| name.eq_ignore_ascii_case(what)))
            })
        };
        if asks("ready") && !self.gateway.is_ready() {
            return text(StatusCode::SERVICE_UNAVAILABLE, "application/json", "{\"status\":\"DOWN\"}");
        }
        text(StatusCode::OK, "application/json", self.up())
    }
}

fn text(status: StatusCode, content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
