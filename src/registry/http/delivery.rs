//! `GET /v1/graphs/{graph}/supergraph`: what gateways poll.
//!
//! `If-None-Match: "HASH"` with `Prefer: wait=30` (RFC 7240) waits so many seconds for another supergraph. The answer
//! is the SDL with `ETag: "HASH"`, its SHA-256, and `Weft-Version: N`; or 304 with the same headers. A gateway says who
//! it is: `Weft-Gateway`, `Weft-Gateway-Release`, `Weft-Serving`. `?version=N` gives another version, for people.

use super::Door;
use super::caller::{Caller, Named, Numbers};
use crate::registry::access::Deed;
use crate::registry::{Access, Delivery, GraphRef, Refusal};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use std::time::Duration;

const PREFER: HeaderName = HeaderName::from_static("prefer");
const VERSION: HeaderName = HeaderName::from_static("weft-version");

pub(super) async fn supergraph(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    numbers: Numbers,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if let Some(version) = numbers.get("version") {
        let (version, sdl) = door.registry.supergraph(&access, &graph, Some(version)).await?;
        return Ok(sdl_response(&Delivery {
            version: version.number,
            hash: version.supergraph,
            body: Some(sdl.into()),
        }));
    }
    let known = text(&headers, &header::IF_NONE_MATCH).map(etag);
    let place = door.waiting.try_acquire();
    let wait = if place.is_ok() { wait(&headers) } else { Duration::ZERO };
    // Who may report usage is a gateway, or an admin who tries one out.
    if access.admit(&graph, Deed::Report).is_ok() {
        note(&door, &access, &graph, &headers);
    }
    let delivering = door.registry.deliver(&access, &graph, known, wait);
    let delivery = tokio::select! {
        delivery = delivering => delivery?,
        // The end is near: what can be said at once is said.
        () = door.stop.cancelled() => door.registry.deliver(&access, &graph, known, Duration::ZERO).await?,
    };
    Ok(sdl_response(&delivery))
}

/// Notes who follows, if they may.
fn note(door: &Door, access: &Access, graph: &GraphRef, headers: &HeaderMap) {
    let named = |name: &'static str| text(headers, &HeaderName::from_static(name)).unwrap_or_default();
    let serving = named("weft-serving").parse().unwrap_or_default();
    door.registry.note_gateway(access, graph, named("weft-gateway"), named("weft-gateway-release"), serving);
}

fn sdl_response(delivery: &Delivery) -> Response {
    let mut response = match &delivery.body {
        Some(body) => {
            let content_type = [(header::CONTENT_TYPE, "application/graphql; charset=utf-8")];
            (content_type, body.clone()).into_response()
        }
        None => StatusCode::NOT_MODIFIED.into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(etag) = HeaderValue::from_str(&format!("\"{}\"", delivery.hash)) {
        headers.insert(header::ETAG, etag);
    }
    headers.insert(VERSION, delivery.version.into());
    // No cache in between may answer for the registry.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// The hash in `"HASH"`, or in `W/"HASH"` where a proxy has compressed.
fn etag(text: &str) -> &str {
    text.trim().trim_start_matches("W/").trim_matches('"')
}

/// The seconds of `Prefer: wait=30, ...`.
fn wait(headers: &HeaderMap) -> Duration {
    let preferences = headers.get_all(PREFER).into_iter().filter_map(|value| value.to_str().ok());
    let mut preferences = preferences.flat_map(|value| value.split([',', ';']));
    let wait =
        preferences.find_map(|preference| preference.trim().strip_prefix("wait=")?.trim_matches('"').parse().ok());
    Duration::from_secs(wait.unwrap_or_default())
}
