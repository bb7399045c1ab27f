//! Which web pages may open a connection.
//!
//! A browser asks nobody before it opens a WebSocket, sends cookies along, and lets any page read what comes. So the
//! gateway has to look at the origin itself: pages of its own origin may, and those that `cors` lets read answers. What
//! a browser adds by itself is left out where the policy lets no credentials pass.

use crate::config::Cors;
use crate::server::rejection::Rejection;
use http::StatusCode;
use http::header::{AUTHORIZATION, COOKIE, HOST, HeaderMap, HeaderValue, ORIGIN};

/// Lets a handshake pass or not; of `headers`, what may not be used is taken out.
pub(super) fn check(cors: &Cors, headers: &mut HeaderMap) -> Result<(), Rejection> {
    // Only browsers send it, and they always do.
    let Some(origin) = headers.get(ORIGIN) else { return Ok(()) };
    if is_own(origin, headers.get(HOST)) {
        return Ok(());
    }
    let Some(policy) = cors.policy_for(origin) else {
        let message = "pages of this origin may not connect; \"cors\" of the gateway's configuration says which may";
        return Err(Rejection::new(StatusCode::FORBIDDEN, "CSRF_ERROR", message));
    };
    if !policy.allow_credentials {
        headers.remove(COOKIE);
        headers.remove(AUTHORIZATION);
    }
    Ok(())
}

/// Whether a page is the gateway's own: both leave out the port that goes without saying.
fn is_own(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let origin = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    let host = host.and_then(|host| host.to_str().ok());
    origin.zip(host).is_some_and(|((_, origin), host)| origin.eq_ignore_ascii_case(host))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{CorsPolicy, Origins};
    use http::HeaderName;

    fn headers(origin: Option<&'static str>) -> HeaderMap {
        let headers = [("host", "shop.example:4000"), ("cookie", "a=b"), ("authorization", "Basic x")];
        let origin = origin.map(|origin| ("origin", origin));
        let header = |(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value));
        headers.into_iter().chain(origin).map(header).collect()
    }

    fn cors(origins: Origins, allow_credentials: bool) -> Cors {
        let policy = CorsPolicy {
            origins,
            allow_credentials,
            allow_headers: None,
            expose_headers: Vec::new(),
            methods: Vec::new(),
            max_age: None,
        };
        Cors { policies: vec![policy] }
    }

    #[test]
    fn pages_of_other_origins_need_a_policy() {
        for (origin, passes) in [
            (None, true),
            (Some("http://shop.example:4000"), true),
            (Some("https://Shop.example:4000"), true),
            (Some("http://shop.example"), false),
            (Some("https://evil.example"), false),
            (Some("null"), false),
        ] {
            assert_eq!(check(&Cors::default(), &mut headers(origin)).is_ok(), passes, "{origin:?}");
        }
        let listed =
            || Origins::Some { listed: vec![HeaderValue::from_static("https://a.example")], matching: Vec::new() };
        let mut known = headers(Some("https://a.example"));
        assert!(check(&cors(listed(), true), &mut known).is_ok() && known.contains_key(COOKIE));
        assert!(check(&cors(listed(), true), &mut headers(Some("https://b.example"))).is_err());
        let mut anybody = headers(Some("https://b.example"));
        assert!(check(&cors(Origins::Any, false), &mut anybody).is_ok());
        assert!(!anybody.contains_key(COOKIE) && !anybody.contains_key(AUTHORIZATION));
    }
}
