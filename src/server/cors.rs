//! CORS: which pages of other origins may ask and read (the Fetch standard, section 3.2).
//!
//! The first policy that knows the origin decides. Without one the answer carries no CORS header, and
//! a browser keeps it from the page; the request itself is run like any other, for it is the CSRF
//! guard that keeps requests out.

use crate::config::{Cors, CorsPolicy, Origins};
use axum::body::Body;
use http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS,
    ALLOW, HeaderMap, HeaderName, HeaderValue, ORIGIN, VARY,
};
use http::{Response, StatusCode};

/// Answers OPTIONS: a preflight, or the question which methods there are.
pub(super) fn preflight(cors: &Cors, headers: &HeaderMap, allow: &'static str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let out = response.headers_mut();
    out.insert(ALLOW, HeaderValue::from_static(allow));
    if let Some(policy) = headers.get(ORIGIN).and_then(|origin| cors.policy_for(origin)) {
        insert_list(out, ACCESS_CONTROL_ALLOW_METHODS, policy.methods.iter().map(|method| method.as_str()));
        match &policy.allow_headers {
            Some(names) => insert_list(out, ACCESS_CONTROL_ALLOW_HEADERS, names.iter().map(HeaderName::as_str)),
            None => {
                if let Some(asked) = headers.get(ACCESS_CONTROL_REQUEST_HEADERS) {
                    out.insert(ACCESS_CONTROL_ALLOW_HEADERS, asked.clone());
                }
                out.append(VARY, HeaderValue::from_static("access-control-request-headers"));
            }
        }
        if let Some(max_age) = policy.max_age {
            out.insert(ACCESS_CONTROL_MAX_AGE, max_age.as_secs().into());
        }
    }
    share(cors, headers.get(ORIGIN), out);
    response
}

/// Lets the page that asked read the answer, if its origin may.
pub(super) fn share(cors: &Cors, origin: Option<&HeaderValue>, response: &mut HeaderMap) {
    if cors.policies.is_empty() {
        return;
    }
    let wildcard = matches!(&*cors.policies, [CorsPolicy { origins: Origins::Any, allow_credentials: false, .. }]);
    if !wildcard {
        response.append(VARY, HeaderValue::from_static("origin"));
    }
    let Some(origin) = origin else { return };
    let Some(policy) = cors.policy_for(origin) else { return };
    let allowed = if wildcard { HeaderValue::from_static("*") } else { origin.clone() };
    response.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
    if policy.allow_credentials {
        response.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
    }
    insert_list(response, ACCESS_CONTROL_EXPOSE_HEADERS, policy.expose_headers.iter().map(HeaderName::as_str));
}

fn insert_list<'a>(headers: &mut HeaderMap, name: HeaderName, values: impl Iterator<Item = &'a str>) {
    let list = values.collect::<Vec<_>>().join(", ");
    if let (false, Ok(value)) = (list.is_empty(), HeaderValue::from_str(&list)) {
        headers.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;
    use std::time::Duration;

    fn cors(origins: Origins, allow_credentials: bool) -> Cors {
        let policy = CorsPolicy {
            origins,
            allow_credentials,
            allow_headers: None,
            expose_headers: vec![HeaderName::from_static("x-cost")],
            methods: vec![Method::GET, Method::POST],
            max_age: Some(Duration::from_secs(60)),
        };
        Cors { policies: vec![policy] }
    }

    fn shop() -> Origins {
        Origins::Some { listed: vec![HeaderValue::from_static("https://shop.example")], matching: Vec::new() }
    }

    fn from(origin: &'static str) -> HeaderMap {
        HeaderMap::from_iter([
            (ORIGIN, HeaderValue::from_static(origin)),
            (ACCESS_CONTROL_REQUEST_HEADERS, HeaderValue::from_static("content-type")),
        ])
    }

    #[test]
    fn a_known_origin_is_echoed_and_a_stranger_gets_nothing() {
        let cors = cors(shop(), true);
        let known = preflight(&cors, &from("https://shop.example"), "GET, POST");
        assert_eq!(known.headers()[ACCESS_CONTROL_ALLOW_ORIGIN], "https://shop.example");
        assert_eq!(known.headers()[ACCESS_CONTROL_ALLOW_CREDENTIALS], "true");
        assert_eq!(known.headers()[ACCESS_CONTROL_ALLOW_HEADERS], "content-type");
        assert_eq!(known.headers()[ACCESS_CONTROL_ALLOW_METHODS], "GET, POST");
        assert_eq!(known.headers()[ACCESS_CONTROL_MAX_AGE], "60");
        let stranger = preflight(&cors, &from("https://evil.example"), "GET, POST");
        assert!(!stranger.headers().contains_key(ACCESS_CONTROL_ALLOW_ORIGIN));
        assert_eq!(stranger.headers()[VARY], "origin");
    }

    #[test]
    fn any_origin_without_credentials_is_a_wildcard() {
        let mut headers = HeaderMap::new();
        share(&cors(Origins::Any, false), from("https://a.example").get(ORIGIN), &mut headers);
        assert_eq!(headers[ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(headers[ACCESS_CONTROL_EXPOSE_HEADERS], "x-cost");
        assert!(!headers.contains_key(VARY));
    }
}
