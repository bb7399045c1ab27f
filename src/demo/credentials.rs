//! Who the demo knows: two API keys, and the maker of one token. All of it is public: the demo listens on the
//! loopback interface only, and has nothing to hide.

use crate::access::{Claims, Clock, Credential, Signer};
use crate::config::{
    ApiKeys, Authentication, FixedKey, KeyLocation, Signing, SigningAlgorithm, TokenAlgorithm, TokenIssuer,
};
use crate::server::playground::SignIn;
use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderName;
use serde_json::{Map, json};
use std::time::Duration;

/// The key of somebody who may see and make payments.
pub const PAYMENTS_KEY: &str = "weft_demopayments_thisdemokeyisnosecretandmayseepayments";
/// The key of somebody who may not.
pub const PLAIN_KEY: &str = "weft_demoplain_thisdemokeyisnosecretandhasnoscopesatall";

/// What demo keys pay for; the demo's configuration gives it a budget of its own.
const TIER: &str = "demo";
/// What the first one is for.
pub const PAYMENTS_SCOPES: [&str; 2] = ["payments:read", "payments:write"];

const ISSUER: &str = "https://demo.weft.example";
const AUDIENCE: &str = "weft-demo";
const KEY_ID: &str = "demo";
/// How long the token is good for, from when the demo starts.
const LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// The seed of the key that signs the token.
const SEED: &[u8; 32] = b"the demos signing key, no secret";

/// How the demo's clients prove who they are.
pub fn authentication() -> Authentication {
    let mut keys = ApiKeys::new(HeaderName::from_static("x-api-key"));
    keys.fixed = vec![fixed("payments-team", PAYMENTS_KEY, &PAYMENTS_SCOPES), fixed("somebody", PLAIN_KEY, &[])];
    let mut issuer = TokenIssuer::new(KeyLocation::Inline(key_set()));
    issuer.issuers = vec![ISSUER.to_owned()];
    issuer.audiences = vec![AUDIENCE.to_owned()];
    issuer.algorithms = vec![TokenAlgorithm::EdDSA];
    Authentication { api_keys: Some(keys), issuers: vec![issuer], ..Authentication::default() }
}

/// As whom the demo's playground offers to ask.
pub fn sign_ins() -> Vec<SignIn> {
    let with = |name: &str, about: String, value: &str| SignIn {
        name: name.to_owned(),
        about,
        header: "x-api-key".to_owned(),
        value: value.to_owned(),
    };
    let scopes = PAYMENTS_SCOPES.join(", ");
    vec![
        with("Payments team", format!("sees payments: {scopes}"), PAYMENTS_KEY),
        with("Somebody", "known, without scopes".to_owned(), PLAIN_KEY),
    ]
}

/// A token with the scopes for payments.
pub fn token() -> Option<String> {
    let config = Signing {
        algorithm: SigningAlgorithm::EdDSA,
        key: pkcs8(),
        key_id: Some(KEY_ID.to_owned()),
        issuer: ISSUER.to_owned(),
        lifetime: LIFETIME,
    };
    let mut values = Map::new();
    values.insert("sub".to_owned(), json!("1"));
    let scopes = PAYMENTS_SCOPES.map(Into::into).to_vec();
    let claims = Claims::new(Credential::Token { issuer: ISSUER.into() }, Some("1".into()), scopes, values);
    let signed = Signer::new(&config, Clock::System)?.sign(&claims, &["sub".into(), "scope".into()], AUDIENCE)?;
    signed.to_str().ok().map(ToOwned::to_owned)
}

fn fixed(owner: &str, key: &str, scopes: &[&str]) -> FixedKey {
    let id = key.split('_').nth(1).expect("a key has an id between underscores").to_owned();
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, key.as_bytes()).as_ref());
    let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
    FixedKey { id, hash, owner: owner.to_owned(), scopes, tier: Some(TIER.to_owned()) }
}

fn key_set() -> String {
    let pair = Ed25519KeyPair::from_seed_unchecked(SEED).expect("a seed has 32 bytes");
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    json!({ "keys": [{ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid": KEY_ID, "x": x }] }).to_string()
}

/// The seed in the frame of a private key (RFC 8410, section 7).
fn pkcs8() -> Vec<u8> {
    const FRAME: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    [&FRAME, &SEED[..]].concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Authenticator;
    use http::HeaderMap;

    #[tokio::test]
    async fn what_the_demo_prints_is_what_it_takes() {
        let authenticator = Authenticator::new(&authentication(), Clock::System, None).unwrap();
        let bearer = format!("Bearer {}", token().unwrap());
        for (name, value, reads) in
            [("x-api-key", PAYMENTS_KEY, true), ("x-api-key", PLAIN_KEY, false), ("authorization", &bearer, true)]
        {
            let mut headers = HeaderMap::new();
            headers.insert(name, value.parse().unwrap());
            let claims = authenticator.authenticate(&headers).await.unwrap();
            assert_eq!((claims.is_authenticated(), claims.has_scope("payments:read")), (true, reads), "{value}");
        }
    }
}
