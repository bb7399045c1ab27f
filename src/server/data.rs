//! What the playground's panels show, as JSON, for those who may see how requests are answered.
//!
//! | path | content |
//! |---|---|
//! | `/playground-data/session` | who asks, and which panels there are for them |
//! | `/playground-data/graph` | the subgraphs, the types, and which subgraph resolves which field |
//! | `/playground-data/subgraphs` | how requests to each subgraph went since the process began, and how its addresses are |
//! | `/playground-data/history/...` | the versions of the graph, where it comes from a registry: see `history` |
//!
//! They stand where the playground stands, take the credentials that the endpoint takes, and are never kept. Pages of
//! other origins cannot read them, for they say nothing of CORS.

use super::gateway::Gateway;
use super::{history, insight};
use crate::access::{Claims, Credential};
use crate::snapshot::Snapshot;
use crate::telemetry::{BreakerState, DurationHistogram, Metrics, SubgraphRequests};
use crate::upstream::AddressState;
use axum::body::Body;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;
use serde_json::{Value, json};
use std::sync::Arc;

/// Where they are.
pub(super) const ROUTE: &str = "/playground-data/";

/// Answers a request for what is called `name`.
pub(super) async fn answer(gateway: &Gateway, name: &str, request: Request<Incoming>) -> Response<Body> {
    let about_history = name.strip_prefix("history/");
    if request.method() != Method::GET && about_history.is_none() {
        let mut response = told(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "GET only" }));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET"));
        return response;
    }
    let Some(snapshot) = gateway.current() else {
        return match name {
            "session" => told(StatusCode::OK, &json!({ "ready": false, "panels": [] })),
            _ => told(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "there is no schema yet" })),
        };
    };
    let headers = request.headers();
    let claims = snapshot.authenticator.authenticate(headers).await.ok();
    let permitted =
        claims.as_ref().is_some_and(|claims| insight::is_permitted(gateway, &snapshot.config.insight, headers, claims));
    match name {
        "session" => told(StatusCode::OK, &session(&snapshot, claims.as_deref(), permitted)),
        _ if !permitted => {
            told(StatusCode::FORBIDDEN, &json!({ "error": "this is for those who may see how requests are answered" }))
        }
        "graph" => {
            // Of a large graph there is much to say, which is not for a thread that serves.
            let describing = tokio::task::spawn_blocking(move || super::ownership::json(&snapshot));
            describing.await.map_or_else(
                |_| told(StatusCode::INTERNAL_SERVER_ERROR, &json!({ "error": "internal error" })),
                |graph| told(StatusCode::OK, &graph),
            )
        }
        "subgraphs" => told(StatusCode::OK, &subgraphs(&snapshot, gateway.metrics())),
        _ => match about_history.zip(snapshot.config.supergraph.registry.as_ref()) {
            Some((what, registry)) => history::answer(&gateway.history, registry, what, request).await,
            None => told(StatusCode::NOT_FOUND, &json!({ "error": "not found" })),
        },
    }
}

/// Who asks, as far as the gateway takes their word, and what there is for them to see.
fn session(snapshot: &Snapshot, claims: Option<&Claims>, permitted: bool) -> Value {
    let caller = claims.map(|claims| {
        json!({
            "by": match &claims.credential {
                Credential::None => Value::Null,
                Credential::Token { .. } => "token".into(),
                Credential::Key { .. } => "key".into(),
            },
            "subject": claims.subject,
            "tier": claims.tier,
            "scopes": claims.scopes().collect::<Vec<_>>(),
        })
    });
    let config = &snapshot.config;
    let panels = [
        ("plan", true),
        ("trace", true),
        ("cost", snapshot.demand.is_some()),
        ("cache", config.response_cache.enabled),
        ("graph", true),
        ("health", true),
        ("history", config.supergraph.registry.is_some()),
    ];
    let shown: Vec<&str> = panels.iter().filter(|(_, there)| permitted && *there).map(|(name, _)| *name).collect();
    // Names of subgraphs are for whoever may see the graph.
    let names = permitted.then(|| snapshot.supergraph.subgraphs.iter().map(|subgraph| &*subgraph.name).collect());
    let subgraphs: Vec<&str> = names.unwrap_or_default();
    json!({
        "ready": true,
        "schema": snapshot.schema_id,
        "caller": caller,
        "panels": shown,
        "subgraphs": subgraphs,
        "variant": config.supergraph.registry.as_ref().filter(|_| permitted).map(|registry| &registry.graph),
    })
}

/// How requests to the subgraphs went. Durations are counted in buckets, so that whoever asks again can tell what was
/// in between.
fn subgraphs(snapshot: &Snapshot, metrics: &Arc<Metrics>) -> Value {
    let subgraphs = snapshot.supergraph.subgraphs.iter().enumerate().map(|(index, subgraph)| {
        let SubgraphRequests { active, ended } = metrics.requests_to(&subgraph.name);
        let ended = ended.into_iter().map(|(outcome, durations)| {
            json!({ "outcome": &*outcome, "counts": durations.counts(), "micros": durations.total_micros() })
        });
        let retries = metrics.retries_of(&subgraph.name).into_iter();
        let retries = retries.map(|(reason, count)| json!({ "reason": &*reason, "count": count }));
        json!({
            "name": subgraph.name,
            "active": active,
            "ended": ended.collect::<Vec<_>>(),
            "retries": retries.collect::<Vec<_>>(),
            "addresses": snapshot.upstream.addresses(index).iter().map(address).collect::<Vec<_>>(),
        })
    });
    json!({ "bounds": DurationHistogram::bounds(), "subgraphs": subgraphs.collect::<Vec<_>>() })
}

fn address(state: &AddressState) -> Value {
    json!({ "url": state.url, "breaker": state.breaker.map(BreakerState::name), "inFlight": state.in_flight })
}

pub(super) fn told(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}
