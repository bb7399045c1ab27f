//! Who asks on a connection.
//!
//! A script cannot set headers of a handshake, so clients put into the payload of `connection_init` what would stand
//! there, by the names of the headers or in an object `headers`. The gateway takes from it what is the client's own to
//! say: its credentials, and how it calls itself. All else is what the handshake brought, which a proxy before the
//! gateway may have set or taken out, and is to be believed.

use crate::access::permission;
use crate::config::{Config, TokenPlace};
use bytes::Bytes;
use http::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};
use std::net::IpAddr;

/// How programs call themselves.
const NAMES: [HeaderName; 4] = [
    HeaderName::from_static("apollographql-client-name"),
    HeaderName::from_static("apollographql-client-version"),
    HeaderName::from_static("graphql-client-name"),
    HeaderName::from_static("graphql-client-version"),
];

/// See the module.
#[derive(Debug)]
pub(super) struct Client {
    /// As if each of its operations had come with them.
    pub(super) headers: HeaderMap,
    pub(super) peer: IpAddr,
}

impl Client {
    /// Whoever shook hands with `headers` and began with `payload`. None: that is no object.
    pub(super) fn new(config: &Config, mut headers: HeaderMap, peer: IpAddr, payload: Option<&Bytes>) -> Option<Self> {
        let payload = match payload.map(|payload| serde_json::from_slice(payload)) {
            None => Map::new(),
            Some(Ok(Value::Object(payload))) => payload,
            Some(Ok(Value::Null)) => Map::new(),
            Some(_) => return None,
        };
        let nested = payload.get("headers").and_then(Value::as_object);
        for (name, value) in payload.iter().chain(nested.into_iter().flatten()) {
            let name = HeaderName::try_from(name).ok().filter(|name| may_be_said(config, name));
            let value = value.as_str().and_then(|value| HeaderValue::from_str(value).ok());
            if let Some((name, value)) = name.zip(value) {
                headers.entry(name).or_insert(value);
            }
        }
        Some(Self { headers, peer })
    }
}

fn may_be_said(config: &Config, name: &HeaderName) -> bool {
    let authentication = &config.authentication;
    let is_place = |place: &TokenPlace| matches!(place, TokenPlace::Header { name: own, .. } if own == name);
    *name == AUTHORIZATION
        || NAMES.contains(name)
        || name.as_str() == permission::HEADER
        || authentication.token_places.iter().any(is_place)
        || authentication.api_keys.as_ref().is_some_and(|keys| keys.header == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn client(payload: &'static str) -> Option<Vec<(String, String)>> {
        let shaken = HeaderMap::from_iter([(NAMES[0].clone(), HeaderValue::from_static("web"))]);
        let payload = Bytes::from_static(payload.as_bytes());
        let client = Client::new(&Config::default(), shaken, Ipv4Addr::LOCALHOST.into(), Some(&payload))?;
        let text = |value: &HeaderValue| value.to_str().unwrap().to_owned();
        Some(client.headers.iter().map(|(name, value)| (name.to_string(), text(value))).collect())
    }

    #[test]
    fn credentials_are_the_clients_to_say_and_nothing_that_a_proxy_may_have_said() {
        let known = |more: &[(&str, &str)]| {
            let all = [("apollographql-client-name", "web")].iter().chain(more);
            Some(all.map(|&(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>())
        };
        let bearer = [("authorization", "Bearer x")];
        assert_eq!(client(r#"{"Authorization":"Bearer x"}"#), known(&bearer));
        assert_eq!(client(r#"{"headers":{"authorization":"Bearer x"},"authToken":"y"}"#), known(&bearer));
        assert_eq!(
            client(r#"{"apollographql-client-name":"other","x-forwarded-for":"1.2.3.4","cookie":"a=b"}"#),
            known(&[])
        );
        assert_eq!(client(r#"{"authorization":["x"],"":"","\n":"x"}"#), known(&[]));
        assert_eq!(client("null"), known(&[]));
        assert_eq!(client("[]"), None);
        assert_eq!(client("1"), None);
    }
}
