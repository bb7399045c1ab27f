//! Answers as HTTP responses.

use super::negotiation::MediaType;
use super::rejection::Rejection;
use crate::prepare::ClientError;
use axum::body::Body;
use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderValue, VARY, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Response, StatusCode};

/// An answer of the executor, partial or whole.
pub(super) fn executed(media: MediaType, body: Bytes) -> Response<Body> {
    json(StatusCode::OK, media, body)
}

/// A request that was turned away: `errors` and no `data`.
pub(super) fn rejected(media: MediaType, rejection: &Rejection) -> Response<Body> {
    #[derive(serde::Serialize)]
    struct Refused<'a> {
        errors: &'a [ClientError],
    }
    let body = serde_json::to_vec(&Refused { errors: rejection.errors() }).unwrap_or_default();
    let mut response = json(rejection.status(media), media, body.into());
    if let Some((name, value)) = rejection.header() {
        response.headers_mut().insert(name, value.clone());
    }
    response
}

fn json(status: StatusCode, media: MediaType, body: Bytes) -> Response<Body> {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, media.header());
    response.headers_mut().insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    response
}

/// Keeps answers to GET out of caches, which would not know whom they are for.
pub(super) fn keep_private(method: &Method, response: &mut Response<Body>) {
    if *method == Method::GET {
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    }
}
