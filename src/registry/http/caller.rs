//! A request's head -> who asks, and about which graph.

use super::Door;
use crate::registry::{Access, GraphRef, Refusal};
use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use http::{HeaderMap, header};

/// Who asks.
pub(super) struct Caller(pub(super) Access);

impl FromRequestParts<Door> for Caller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, door: &Door) -> Result<Self, Refusal> {
        door.registry.authenticate(bearer(&parts.headers)).await.map(Caller)
    }
}

/// The token of a request.
pub(in crate::registry) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

/// The variant that the path names.
pub(super) struct Named(pub(super) GraphRef);

impl<S: Send + Sync> FromRequestParts<S> for Named {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let text = parameter(parts, state, "graph").await;
        text.parse().map(Named).map_err(|why: &str| Refusal::bad_request("INVALID_NAME", why))
    }
}

/// The subgraph that the path names.
pub(super) struct NamedSubgraph(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for NamedSubgraph {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        Ok(Self(parameter(parts, state, "name").await))
    }
}

async fn parameter<S: Send + Sync>(parts: &mut Parts, state: &S, name: &str) -> String {
    let Ok(parameters) = RawPathParams::from_request_parts(parts, state).await else { return String::new() };
    let found = parameters.iter().find(|(key, _)| *key == name);
    found.map(|(_, value)| value.to_owned()).unwrap_or_default()
}

/// The numbers of a query string.
pub(super) struct Numbers(Vec<(String, i64)>);

impl Numbers {
    /// The number of this name.
    pub(super) fn get(&self, name: &str) -> Option<i64> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, number)| *number)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Numbers {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        let query = parts.uri.query().unwrap_or_default();
        let numbers = url::form_urlencoded::parse(query.as_bytes()).map(|(key, value)| match value.parse() {
            Ok(number) => Ok((key.into_owned(), number)),
            Err(_) => Err(Refusal::bad_request("INVALID_REQUEST", format!("the parameter {key:?} is no number"))),
        });
        numbers.collect::<Result<_, _>>().map(Numbers)
    }
}
