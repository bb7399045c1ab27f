//! A set of public keys (RFC 7517) -> the keys that signatures can be checked with.
//!
//! Every key is pinned to algorithms here: to its own `alg`, or to those of its type. A token chooses among
//! them and can not add one, so that an RSA key is never taken for a shared secret.

use crate::access::clock::Millis;
use crate::config::TokenAlgorithm::{self, ES256, ES384, EdDSA, HS256, HS384, HS512};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Deserialize;
use serde_json::{Map, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Keys that a set may have; the large providers have fewer than ten.
pub(super) const MOST: usize = 100;

const RSA: &[TokenAlgorithm] = &[
    TokenAlgorithm::RS256,
    TokenAlgorithm::RS384,
    TokenAlgorithm::RS512,
    TokenAlgorithm::PS256,
    TokenAlgorithm::PS384,
    TokenAlgorithm::PS512,
];

/// One key.
pub(in crate::access) struct Key {
    id: Option<Box<str>>,
    algorithms: Vec<TokenAlgorithm>,
    verifying: DecodingKey,
    /// As the set had it: the same text is the same key.
    written: Map<String, Value>,
    /// From when on nothing is to be believed that it has signed.
    valid_until: AtomicI64,
}

impl Key {
    /// Whether it may be used now. It may not once it has left its set, nor when that was not seen for long.
    pub fn is_valid(&self, now: Millis) -> bool {
        now < self.valid_until.load(Ordering::Relaxed)
    }

    /// Whether it may be used with this algorithm.
    pub fn is_for(&self, algorithm: TokenAlgorithm) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether the signature of `signed` is this key's.
    pub fn verifies(&self, signed: &str, signature: &str, algorithm: TokenAlgorithm) -> bool {
        let algorithm = library_name(algorithm);
        jsonwebtoken::crypto::verify(signature, signed.as_bytes(), &self.verifying, algorithm).unwrap_or(false)
    }

    fn set_valid_until(&self, time: Millis) {
        self.valid_until.store(time, Ordering::Relaxed);
    }
}

/// Why a set can not be used.
#[derive(Debug, thiserror::Error)]
pub(in crate::access) enum KeySetError {
    #[error("it is no JSON object with a list of `keys`")]
    NotASet,
    #[error("it has more than {MOST} keys")]
    TooMany,
}

/// The keys of one source.
#[derive(Default)]
pub(in crate::access) struct KeySet {
    keys: Vec<Arc<Key>>,
}

impl KeySet {
    /// Reads a set, leaving out keys of unknown kinds and for other uses, as RFC 7517, section 5, asks.
    pub fn read(json: &[u8]) -> Result<Self, KeySetError> {
        #[derive(Deserialize)]
        struct Written {
            keys: Vec<Value>,
        }
        let Written { keys } = serde_json::from_slice(json).map_err(|_| KeySetError::NotASet)?;
        if keys.len() > MOST {
            return Err(KeySetError::TooMany);
        }
        let keys = keys.into_iter().filter_map(|key| match key {
            Value::Object(written) => read_key(written),
            _ => None,
        });
        Ok(Self { keys: keys.map(Arc::new).collect() })
    }

    /// Takes the place of `old`: keys that stayed are the same ones, and those that are gone are valid no more.
    #[must_use]
    pub fn replacing(mut self, old: &Self, valid_until: Millis) -> Self {
        for key in &mut self.keys {
            if let Some(known) = old.keys.iter().find(|known| known.written == key.written) {
                *key = Arc::clone(known);
            }
            key.set_valid_until(valid_until);
        }
        let stays = |key: &Arc<Key>| self.keys.iter().any(|kept| Arc::ptr_eq(kept, key));
        old.keys.iter().filter(|key| !stays(key)).for_each(|key| key.set_valid_until(0));
        self
    }

    /// The keys with this id; for a token that names none, all of them.
    pub fn named<'a>(&'a self, id: Option<&'a str>) -> impl Iterator<Item = &'a Arc<Key>> {
        self.keys.iter().filter(move |key| id.is_none_or(|id| key.id.as_deref() == Some(id)))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.keys.len()
    }
}

fn read_key(written: Map<String, Value>) -> Option<Key> {
    let text = |member: &str| written.get(member).and_then(Value::as_str);
    let bytes = |member: &str| URL_SAFE_NO_PAD.decode(text(member)?).ok();
    if written.get("use").is_some_and(|purpose| purpose != "sig") {
        return None;
    }
    if let Some(operations) = written.get("key_ops")
        && !operations.as_array()?.iter().any(|operation| operation == "verify")
    {
        return None;
    }
    let (verifying, possible): (DecodingKey, Vec<TokenAlgorithm>) = match text("kty")? {
        "RSA" => (rsa(&bytes("n")?, &bytes("e")?)?, RSA.to_vec()),
        "EC" => {
            let (length, algorithm) = match text("crv")? {
                "P-256" => (32, ES256),
                "P-384" => (48, ES384),
                _ => return None,
            };
            (point(&bytes("x")?, &bytes("y")?, length)?, vec![algorithm])
        }
        "OKP" if text("crv")? == "Ed25519" => {
            let x = bytes("x").filter(|x| x.len() == 32)?;
            (DecodingKey::from_ed_der(&x), vec![EdDSA])
        }
        "oct" => {
            let secret = bytes("k")?;
            // A secret is as long as the hash at least (RFC 7518, section 3.2).
            let strong =
                [(HS256, 32), (HS384, 48), (HS512, 64)].into_iter().filter(|(_, least)| secret.len() >= *least);
            (DecodingKey::from_secret(&secret), strong.map(|(algorithm, _)| algorithm).collect())
        }
        _ => return None,
    };
    let algorithms = match written.get("alg") {
        None => possible,
        Some(named) => {
            let named = algorithm(named.as_str()?).filter(|named| possible.contains(named))?;
            vec![named]
        }
    };
    let id = text("kid").map(Into::into);
    (!algorithms.is_empty()).then_some(Key { id, algorithms, verifying, written, valid_until: AtomicI64::new(0) })
}

/// Of 2048 to 8192 bits: shorter ones are broken sooner or later, longer ones take long.
fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<DecodingKey> {
    let significant = modulus.iter().skip_while(|byte| **byte == 0).count();
    (256..=1_024).contains(&significant).then(|| DecodingKey::from_rsa_raw_components(modulus, exponent))
}

/// An uncompressed point of a curve (SEC 1, section 2.3.3).
fn point(x: &[u8], y: &[u8], length: usize) -> Option<DecodingKey> {
    (x.len() == length && y.len() == length).then(|| DecodingKey::from_ec_der(&[&[4], x, y].concat()))
}

/// An algorithm by its name in a header or a key; `Ed25519` is RFC 9864's name for the one curve of EdDSA
/// that there is here.
pub(in crate::access) fn algorithm(name: &str) -> Option<TokenAlgorithm> {
    Some(match name {
        "RS256" => TokenAlgorithm::RS256,
        "RS384" => TokenAlgorithm::RS384,
        "RS512" => TokenAlgorithm::RS512,
        "PS256" => TokenAlgorithm::PS256,
        "PS384" => TokenAlgorithm::PS384,
        "PS512" => TokenAlgorithm::PS512,
        "ES256" => ES256,
        "ES384" => ES384,
        "EdDSA" | "Ed25519" => EdDSA,
        "HS256" => HS256,
        "HS384" => HS384,
        "HS512" => HS512,
        _ => return None,
    })
}

const fn library_name(algorithm: TokenAlgorithm) -> Algorithm {
    match algorithm {
        TokenAlgorithm::RS256 => Algorithm::RS256,
        TokenAlgorithm::RS384 => Algorithm::RS384,
        TokenAlgorithm::RS512 => Algorithm::RS512,
        TokenAlgorithm::PS256 => Algorithm::PS256,
        TokenAlgorithm::PS384 => Algorithm::PS384,
        TokenAlgorithm::PS512 => Algorithm::PS512,
        ES256 => Algorithm::ES256,
        ES384 => Algorithm::ES384,
        EdDSA => Algorithm::EdDSA,
        HS256 => Algorithm::HS256,
        HS384 => Algorithm::HS384,
        HS512 => Algorithm::HS512,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn oct(id: &str, more: Value) -> Value {
        let mut key = json!({ "kty": "oct", "kid": id, "k": URL_SAFE_NO_PAD.encode([7; 48]) });
        key.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        key
    }

    fn set(keys: &[Value]) -> KeySet {
        KeySet::read(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
    }

    #[test]
    fn keys_that_are_for_something_else_are_left_out() {
        let keys = [
            oct("usable", json!({})),
            oct("to encrypt", json!({ "use": "enc" })),
            oct("to sign only", json!({ "key_ops": ["sign"] })),
            oct("of another type", json!({ "alg": "RS256" })),
            oct("too short", json!({ "alg": "HS512" })),
            oct("of no algorithm here", json!({ "alg": "A128KW" })),
            json!({ "kty": "EC", "crv": "secp256k1", "kid": "another curve", "x": "AA", "y": "AA" }),
            json!({ "kty": "EC", "crv": "P-256", "kid": "no point", "x": "AA", "y": "AA" }),
            json!({ "kty": "RSA", "kid": "weak", "n": URL_SAFE_NO_PAD.encode([255; 128]), "e": "AQAB" }),
            json!({ "kty": "future", "kid": "x" }),
            json!("no key"),
        ];
        let set = set(&keys);
        assert_eq!(set.len(), 1);
        let key = set.named(Some("usable")).next().unwrap();
        assert!(key.is_for(HS256) && key.is_for(HS384) && !key.is_for(HS512) && !key.is_for(TokenAlgorithm::RS256));
    }

    #[test]
    fn what_is_no_set_is_refused() {
        for text in ["", "[]", "{}", r#"{"keys":{}}"#, "<html>", r#"{"keys":[]"#] {
            assert!(matches!(KeySet::read(text.as_bytes()), Err(KeySetError::NotASet)), "{text}");
        }
        let many = vec![oct("a", json!({})); MOST + 1];
        let text = json!({ "keys": many }).to_string();
        assert!(matches!(KeySet::read(text.as_bytes()), Err(KeySetError::TooMany)));
    }

    #[test]
    fn a_key_is_valid_until_it_leaves() {
        let first = set(&[oct("a", json!({})), oct("b", json!({}))]).replacing(&KeySet::default(), 100);
        let [a, b] = ["a", "b"].map(|id| Arc::clone(first.named(Some(id)).next().unwrap()));
        assert!(a.is_valid(99) && !a.is_valid(100));
        let second = set(&[oct("b", json!({})), oct("c", json!({}))]).replacing(&first, 200);
        assert!(!a.is_valid(0) && b.is_valid(199));
        assert!(Arc::ptr_eq(&b, second.named(Some("b")).next().unwrap()));
    }
}
