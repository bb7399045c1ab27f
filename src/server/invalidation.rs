//! The endpoint at which others say what is not good any more: `POST`, with a secret.

use super::gateway::Gateway;
use crate::cache::Invalidation;
use crate::config;
use axum::body::Body;
use http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Limited};
use hyper::body::Incoming;
use serde_json::{Value, json};

/// Bytes of a request.
const LARGEST: usize = 1 << 20;

/// The settings of the endpoint, when a path is its.
pub(super) fn settings(gateway: &Gateway, path: &str) -> Option<config::Invalidation> {
    let snapshot = gateway.current()?;
    let cache = &snapshot.config.response_cache;
    cache.invalidation.clone().filter(|settings| cache.enabled && settings.path == path)
}

/// Answers a request.
pub(super) async fn answer(
    gateway: &Gateway,
    settings: &config::Invalidation,
    request: Request<Incoming>,
) -> Response<Body> {
    if request.method() != Method::POST {
        let mut response = told(StatusCode::METHOD_NOT_ALLOWED, &json!({ "error": "POST only" }));
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let given = request.headers().get(AUTHORIZATION).map(HeaderValue::as_bytes).unwrap_or_default();
    if !is_same(given, settings.shared_key.as_bytes()) {
        return told(StatusCode::UNAUTHORIZED, &json!({ "error": "the header Authorization is not the shared key" }));
    }
    let Ok(body) = Limited::new(request.into_body(), LARGEST).collect().await else {
        return told(StatusCode::PAYLOAD_TOO_LARGE, &json!({ "error": "the body is too large, or broke off" }));
    };
    match Invalidation::parse(&body.to_bytes()) {
        Ok(all) => invalidate(gateway, &all),
        Err(error) => told(StatusCode::BAD_REQUEST, &json!({ "error": error })),
    }
}

fn invalidate(gateway: &Gateway, all: &[Invalidation]) -> Response<Body> {
    let (Some(snapshot), Some(cache)) = (gateway.current(), gateway.cache.get()) else {
        // Nothing has been asked yet, so there is nothing to forget here; other gateways hear of it by theirs.
        return told(StatusCode::ACCEPTED, &json!({ "invalidations": all.len() }));
    };
    let names: Vec<&str> = snapshot.supergraph.subgraphs.iter().map(|subgraph| subgraph.name.as_str()).collect();
    let slots: Vec<u32> = all.iter().flat_map(|one| one.slots(&names)).collect();
    cache.invalidate(&slots);
    tracing::info!(invalidations = all.len(), "cached answers were invalidated");
    told(StatusCode::ACCEPTED, &json!({ "invalidations": all.len() }))
}

/// Compares in a time that tells nothing of where they differ.
fn is_same(given: &[u8], wanted: &[u8]) -> bool {
    let differences = given.iter().zip(wanted).fold(0, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differences) == 0 && given.len() == wanted.len()
}

fn told(status: StatusCode, body: &Value) -> Response<Body> {
    let mut response = Response::new(Body::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}
