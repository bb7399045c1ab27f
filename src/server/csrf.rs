//! The guard against cross-site request forgery.
//!
//! A web page of any origin can make a browser send a GET, or a form, together with the user's
//! cookies, unless the browser has to ask first (a CORS preflight). POST bodies are only read as
//! `application/json`, for which a browser must ask, so what is left is GET: it must carry something
//! that an element of a page cannot send, which is one of
//!
//! - a header of the configured list (`apollo-require-preflight`, ...), for which a browser must ask;
//! - `content-type: application/json`, likewise; any other content type is refused, also those that a
//!   browser may take for simple (GHSA-hff2-gcpx-8f4p);
//! - an `Accept` that names a GraphQL response type, as GraphQL over HTTP clients send it, in a request
//!   that a browser does not mark as coming from another site (`Sec-Fetch-Site`).

use super::negotiation::{is_json, names_a_response_type};
use super::rejection::Rejection;
use crate::config::Csrf;
use http::StatusCode;
use http::header::{CONTENT_TYPE, HeaderMap};

/// Lets a GET request pass or not.
pub(super) fn check(headers: &HeaderMap, csrf: &Csrf) -> Result<(), Rejection> {
    if !csrf.enabled || csrf.required_headers.iter().any(|name| headers.contains_key(name)) {
        return Ok(());
    }
    let safe = match headers.contains_key(CONTENT_TYPE) {
        true => is_json(headers),
        false => names_a_response_type(headers) && !comes_from_another_site(headers),
    };
    if safe {
        return Ok(());
    }
    Err(Rejection::new(
        StatusCode::FORBIDDEN,
        "CSRF_ERROR",
        "a GET request must have one of the headers that need a CORS preflight, such as apollo-require-preflight, \
         or accept application/graphql-response+json",
    ))
}

fn comes_from_another_site(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none")
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    #[test]
    fn simple_requests_are_refused() {
        for (headers, passes) in [
            (&[][..], false),
            (&[("accept", "*/*")], false),
            (&[("accept", "text/html")], false),
            (&[("content-type", "text/plain"), ("accept", "application/json")], false),
            (&[("content-type", "message/rfc822")], false),
            (&[("content-type", "application/json")], true),
            (&[("apollo-require-preflight", "")], true),
            (&[("accept", "application/json")], true),
            (&[("accept", "application/json"), ("sec-fetch-site", "cross-site")], false),
            (&[("accept", "application/json"), ("sec-fetch-site", "same-origin")], true),
        ] {
            let map = headers
                .iter()
                .map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value)))
                .collect();
            assert_eq!(check(&map, &Csrf::default()).is_ok(), passes, "{headers:?}");
        }
    }
}
