//! The text of a token -> its parts (JWS compact serialization, RFC 7515).
//!
//! Nothing here is believed yet. Everything is bounded by the length of the text, and what two readers
//! could take for two things is refused: padding, other alphabets, members that come twice.

use crate::access::Refusal;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt;

/// Longer tokens are not read; those of the large providers have 1 to 4 KiB.
const LONGEST: usize = 16 * 1024;

/// A token, taken apart.
#[derive(Debug)]
pub(in crate::access) struct Compact<'a> {
    /// `alg`.
    pub algorithm: Box<str>,
    /// `kid`.
    pub key_id: Option<Box<str>>,
    /// The claims.
    pub claims: Map<String, Value>,
    /// What is signed: header and claims, as sent.
    pub signed: &'a str,
    /// The signature, as sent.
    pub signature: &'a str,
}

impl<'a> Compact<'a> {
    /// Takes a token apart.
    pub(in crate::access) fn parse(token: &'a str) -> Result<Self, Refusal> {
        if token.len() > LONGEST {
            return Err(Refusal::TooLong);
        }
        let (signed, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed("it has one part"))?;
        let (header, claims) = signed.split_once('.').ok_or(Refusal::Malformed("it has two parts"))?;
        if claims.contains('.') {
            return Err(Refusal::Malformed("it has more than three parts"));
        }
        let mut header = object(header, "its header is not a JSON object in base64url, or has a member twice")?;
        for extension in ["crit", "b64", "zip", "enc"] {
            if header.contains_key(extension) {
                return Err(Refusal::Extension(extension));
            }
        }
        let mut text = |member: &'static str| match header.remove(member) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.into_boxed_str())),
            Some(_) => Err(Refusal::Malformed("a member of its header is not a string")),
        };
        let algorithm = text("alg")?.ok_or(Refusal::Malformed("its header has no `alg`"))?;
        let key_id = text("kid")?;
        if text("typ")?.is_some_and(|kind| !is_access_token(&kind)) {
            return Err(Refusal::Type);
        }
        let claims = object(claims, "its claims are not a JSON object in base64url, or one comes twice")?;
        Ok(Self { algorithm, key_id, claims, signed, signature })
    }
}

/// Media types of tokens that may be shown to a service; others are for logging out, for proofs of possession
/// and the like (RFC 9068, section 2.1).
fn is_access_token(kind: &str) -> bool {
    let kind = kind.strip_prefix("application/").unwrap_or(kind);
    ["jwt", "at+jwt"].iter().any(|known| kind.eq_ignore_ascii_case(known))
}

fn object(part: &str, otherwise: &'static str) -> Result<Map<String, Value>, Refusal> {
    let json = URL_SAFE_NO_PAD.decode(part).map_err(|_| Refusal::Malformed(otherwise))?;
    serde_json::from_slice::<Unique>(&json).map(|unique| unique.0).map_err(|_| Refusal::Malformed(otherwise))
}

/// An object each of whose members comes once (RFC 7519, section 4, allows to ask that).
struct Unique(Map<String, Value>);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UniqueVisitor;
        impl<'de> Visitor<'de> for UniqueVisitor {
            type Value = Unique;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Unique, A::Error> {
                let mut map = Map::new();
                while let Some((name, value)) = members.next_entry::<String, Value>()? {
                    if map.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member comes twice"));
                    }
                }
                Ok(Unique(map))
            }
        }
        deserializer.deserialize_map(UniqueVisitor)
    }
}
