//! Claims -> values of headers for subgraphs: plain, or signed by the gateway.
//!
//! What is signed is a JWT for one subgraph (its name is the `aud`), with a lifetime of a minute or so. It is kept
//! for half of that, so that requests of one identity carry the same header: it costs nothing then, and identical
//! requests of theirs can still be sent once.

use super::Claims;
use super::clock::{Clock, Millis, millis};
use super::remembered::Remembered;
use super::token::claim;
use crate::config::{Signing, SigningAlgorithm};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Map, Value, json};
use std::borrow::Cow;

const REMEMBERED_ENTRIES: u64 = 20_000;
const REMEMBERED_BYTES: u64 = 32 << 20;
const REMEMBERED_FACTOR: usize = 4;

impl Claims {
    /// A claim as the value of a header: a list with `join` between its elements. Nothing when there is none, nor
    /// when it is no text: an object, or a list one of whose elements has `join` in it and would look like two.
    pub fn header(&self, name: &str, join: &str) -> Option<HeaderValue> {
        let text = match &*self.claim(name)? {
            Value::Array(list) => {
                let elements: Vec<Cow<'_, str>> = list.iter().map(scalar).collect::<Option<_>>()?;
                if elements.len() > 1 && elements.iter().any(|element| join.is_empty() || element.contains(join)) {
                    return None;
                }
                elements.join(join)
            }
            value => scalar(value)?.into_owned(),
        };
        HeaderValue::from_bytes(text.as_bytes()).ok()
    }

    /// A claim by its name or JSON pointer. `scope` is all scopes, wherever they came from, and `tier` the tier.
    pub(super) fn claim(&self, name: &str) -> Option<Cow<'_, Value>> {
        match name {
            "scope" if self.scopes().len() > 0 => {
                Some(Cow::Owned(Value::from(self.scopes().collect::<Vec<_>>().join(" "))))
            }
            "tier" => self.tier.as_deref().map(|tier| Cow::Owned(Value::from(tier))),
            _ => claim(&self.values, name).map(Cow::Borrowed),
        }
    }
}

pub(super) fn scalar(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(number) => Some(Cow::Owned(number.to_string())),
        Value::Bool(truth) => Some(Cow::Borrowed(if *truth { "true" } else { "false" })),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Signs claims with the gateway's key.
pub struct Signer {
    algorithm: Algorithm,
    key: EncodingKey,
    header: String,
    issuer: String,
    lifetime: Millis,
    clock: Clock,
    remembered: Remembered<(HeaderValue, Millis)>,
}

impl Signer {
    /// With this key, if it is one of its algorithm.
    pub fn new(config: &Signing, clock: Clock) -> Option<Self> {
        let (name, algorithm, key) = match config.algorithm {
            SigningAlgorithm::ES256 => ("ES256", Algorithm::ES256, EncodingKey::from_ec_der(&config.key)),
            SigningAlgorithm::EdDSA => ("EdDSA", Algorithm::EdDSA, EncodingKey::from_ed_der(&config.key)),
            SigningAlgorithm::HS256 => ("HS256", Algorithm::HS256, EncodingKey::from_secret(&config.key)),
        };
        jsonwebtoken::crypto::sign(b"", &key, algorithm).ok()?;
        let mut header = json!({ "alg": name, "typ": "JWT" });
        if let Some(id) = &config.key_id {
            header["kid"] = Value::from(id.as_str());
        }
        Some(Self {
            algorithm,
            key,
            header: URL_SAFE_NO_PAD.encode(header.to_string()),
            issuer: config.issuer.clone(),
            lifetime: millis(config.lifetime),
            clock,
            remembered: Remembered::new(REMEMBERED_ENTRIES, REMEMBERED_BYTES, REMEMBERED_FACTOR),
        })
    }

    /// The named claims for one subgraph; nothing for whoever has proved nothing.
    pub fn sign(&self, claims: &Claims, names: &[Box<str>], subgraph: &str) -> Option<HeaderValue> {
        if !claims.is_authenticated() {
            return None;
        }
        let mut payload = Map::new();
        for name in names {
            if let Some(value) = claims.claim(name) {
                payload.insert(name.trim_start_matches('/').replace('/', "."), value.into_owned());
            }
        }
        // Last, so that they are the gateway's whatever the names are.
        payload.insert("iss".into(), Value::from(self.issuer.as_str()));
        payload.insert("aud".into(), Value::from(subgraph));
        let now = self.clock.now();
        let same = Value::Object(payload.clone()).to_string();
        if let Some((value, _)) = self.remembered.get(&same).filter(|(_, until)| now < *until) {
            return Some(value);
        }
        let seconds = now.div_euclid(1_000);
        payload.insert("iat".into(), Value::from(seconds));
        payload.insert("exp".into(), Value::from(seconds.saturating_add(self.lifetime / 1_000)));
        let mut value = self.token(&Value::Object(payload).to_string())?;
        value.set_sensitive(true);
        self.remembered.keep(&same, (value.clone(), now.saturating_add(self.lifetime / 2)));
        Some(value)
    }

    fn token(&self, payload: &str) -> Option<HeaderValue> {
        let message = format!("{}.{}", self.header, URL_SAFE_NO_PAD.encode(payload));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &self.key, self.algorithm).ok()?;
        HeaderValue::try_from(format!("{message}.{signature}")).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Credential;

    fn claims(values: Value) -> Claims {
        let Value::Object(values) = values else { panic!("claims are an object") };
        Claims::new(Credential::Token { issuer: "me".into() }, Some("u1".into()), vec!["b".into(), "a".into()], values)
    }

    #[test]
    fn claims_are_texts_or_lists_of_texts() {
        let claims = claims(json!({
            "sub": "u1", "n": 3, "yes": true, "roles": ["x", "y"], "sly": ["x,admin", "y"], "one": ["x,y"],
            "deep": { "name": "Zo\u{eb}" }, "lines": "a\r\nx-admin: 1", "nothing": null,
        }));
        let header =
            |name: &str| claims.header(name, ",").map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let texts = ["sub", "n", "yes", "roles", "one", "/deep/name", "scope"].map(|name| header(name).unwrap());
        assert_eq!(texts, ["u1", "3", "true", "x,y", "x,y", "Zo\u{eb}", "a b"]);
        for none in ["missing", "nothing", "deep", "lines", "sly", "tier"] {
            assert_eq!(header(none), None, "{none}");
        }
    }

    #[test]
    fn a_signature_is_made_anew_before_its_time_is_over() {
        let clock = Clock::at(1_000_000);
        let config = Signing {
            algorithm: SigningAlgorithm::HS256,
            key: vec![7; 32],
            key_id: Some("k".into()),
            issuer: "weft".into(),
            lifetime: std::time::Duration::from_secs(60),
        };
        let signer = Signer::new(&config, clock.clone()).unwrap();
        let names = ["sub".into(), "iss".into()];
        let ours = claims(json!({ "sub": "u1", "iss": "forged" }));
        let first = signer.sign(&ours, &names, "orders").unwrap();
        clock.advance(std::time::Duration::from_secs(29));
        assert_eq!(signer.sign(&ours, &names, "orders").unwrap(), first);
        assert_ne!(signer.sign(&ours, &names, "payments").unwrap(), first);
        clock.advance(std::time::Duration::from_secs(1));
        let second = signer.sign(&ours, &names, "orders").unwrap();
        assert_ne!(second, first);
        let payload = second.to_str().unwrap().split('.').nth(1).unwrap().to_owned();
        let payload: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
        assert_eq!(payload, json!({ "sub": "u1", "iss": "weft", "aud": "orders", "iat": 1_030, "exp": 1_090 }));
        assert_eq!(signer.sign(&Claims::anonymous(), &names, "orders"), None);
    }
}
