//! Answers as HTTP responses.

use super::negotiation::MediaType;
use super::rejection::Rejection;
use crate::cache::AnswerTags;
use crate::config::SurrogateHeader;
use crate::execute::Lifetime;
use crate::prepare::ClientError;
use axum::body::Body;
use bytes::Bytes;
use http::header::{
    AGE, AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, COOKIE, ETAG, HeaderMap, HeaderValue, IF_NONE_MATCH, VARY,
    X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Response, StatusCode};
use sha2::{Digest, Sha256};

/// An answer of the executor, partial or whole. Only who asks by GET can ask whether it is still the same, and
/// naming the text costs more than to send it.
pub(super) fn executed(
    method: &Method,
    media: MediaType,
    body: Bytes,
    lifetime: Option<Lifetime>,
    tags: AnswerTags,
) -> Response<Body> {
    let Some(lifetime) = lifetime else { return json(StatusCode::OK, media, body) };
    let tag = if *method == Method::GET { entity_tag(&body) } else { None };
    let mut response = json(StatusCode::OK, media, body);
    response.headers_mut().extend(tag.map(|tag| (ETAG, tag)));
    // For whoever says who may keep it.
    response.extensions_mut().insert(Keepable { lifetime, tags });
    response
}

/// Names the text of an answer. Weak, as it is the same for whatever encoding it goes out in.
fn entity_tag(body: &[u8]) -> Option<HeaderValue> {
    let digest = Sha256::digest(body);
    let digits: String = digest.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    HeaderValue::from_str(&format!("W/\"{digits}\"")).ok()
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

/// An answer that may be kept.
#[derive(Clone)]
struct Keepable {
    lifetime: Lifetime,
    tags: AnswerTags,
}

/// What of a request decides who may keep its answer.
#[derive(Debug, Clone)]
pub(super) struct Keeping {
    /// The client says who it is, so that what it gets may be for it alone.
    personal: bool,
    /// `If-None-Match`.
    known: Option<HeaderValue>,
    /// Where tags are told.
    surrogate_keys: Option<SurrogateHeader>,
}

impl Keeping {
    /// Of a request with these headers.
    pub fn of(headers: &HeaderMap, surrogate_keys: Option<SurrogateHeader>) -> Self {
        let personal = headers.contains_key(AUTHORIZATION) || headers.contains_key(COOKIE);
        Self { personal, known: headers.get(IF_NONE_MATCH).cloned(), surrogate_keys }
    }
}

/// Says who may keep an answer, and for how long. Without a cache nothing is known of that, and answers to GET are
/// kept out of caches, which would not know whom they are for.
pub(super) fn say_who_may_keep(method: &Method, keeping: Option<&Keeping>, response: &mut Response<Body>) {
    if *method == Method::GET {
        response.headers_mut().append(VARY, HeaderValue::from_static("accept"));
    }
    let keepable = response.extensions_mut().remove::<Keepable>();
    match (keeping, keepable) {
        (Some(keeping), Some(Keepable { lifetime, tags })) => {
            let private = lifetime.private || keeping.personal || tags == AnswerTags::Untold;
            let scope = if private { "private" } else { "public" };
            let control = format!("max-age={}, {scope}", lifetime.max_age + lifetime.age);
            response.headers_mut().extend(HeaderValue::from_str(&control).ok().map(|value| (CACHE_CONTROL, value)));
            response.headers_mut().insert(AGE, HeaderValue::from(lifetime.age));
            if let (false, Some(header), AnswerTags::Told(names)) = (private, keeping.surrogate_keys, tags) {
                let value = HeaderValue::from_str(&names.replace(',', header.separator())).ok();
                response.headers_mut().extend(value.map(|value| (header.name(), value)));
            }
            if *method == Method::GET {
                tell_if_known(keeping, response);
            }
        }
        (keeping, _) if keeping.is_some() || *method == Method::GET => {
            response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
        _ => {}
    }
}

/// Leaves the body out when the client has it.
fn tell_if_known(keeping: &Keeping, response: &mut Response<Body>) {
    let known = keeping.known.as_ref().and_then(|known| known.to_str().ok()).unwrap_or_default();
    let own = response.headers().get(ETAG).and_then(|tag| tag.to_str().ok()).map(|tag| tag.trim_start_matches("W/"));
    let same =
        known.split(',').map(|tag| tag.trim().trim_start_matches("W/")).any(|tag| tag == "*" || Some(tag) == own);
    if same {
        *response.status_mut() = StatusCode::NOT_MODIFIED;
        *response.body_mut() = Body::empty();
        response.headers_mut().remove(CONTENT_TYPE);
    }
}
