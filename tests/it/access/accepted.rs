//! Tokens that are good, by every algorithm and from every place.

use super::issuer::{AUDIENCE, ISSUER, KEYS, SigningKey, claims_at, millis, now, set};
use http::HeaderMap;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::Duration;
use weft::access::{Authenticator, Claims, Clock, Credential, Unauthenticated};
use weft::config::{Authentication, KeyLocation, TokenAlgorithm, TokenIssuer, TokenPlace};

/// An issuer with this set of keys, for the test's tokens.
pub fn issuer(keys: impl Into<String>) -> TokenIssuer {
    let mut issuer = TokenIssuer::new(KeyLocation::Inline(keys.into()));
    issuer.issuers = vec![ISSUER.into()];
    issuer.audiences = vec![AUDIENCE.into()];
    issuer
}

/// An authenticator at this time for tokens of these issuers.
pub fn authenticator(clock: &Clock, issuers: Vec<TokenIssuer>) -> Authenticator {
    let config = Authentication { issuers, ..Authentication::default() };
    Authenticator::new(&config, clock.clone(), None).unwrap()
}

pub async fn with_token(authenticator: &Authenticator, token: &str) -> Result<Arc<Claims>, Unauthenticated> {
    let mut headers = HeaderMap::new();
    headers.insert("authorization", format!("Bearer {token}").parse().unwrap());
    authenticator.authenticate(&headers).await
}

#[tokio::test]
async fn every_algorithm_verifies() {
    let keys = &KEYS;
    let pairs: [(&SigningKey, &str); 12] = [
        (&keys.rsa, "RS256"),
        (&keys.rsa, "RS384"),
        (&keys.rsa, "RS512"),
        (&keys.rsa, "PS256"),
        (&keys.rsa, "PS384"),
        (&keys.rsa, "PS512"),
        (&keys.p256, "ES256"),
        (&keys.p384, "ES384"),
        (&keys.ed25519, "EdDSA"),
        (&keys.secret, "HS256"),
        (&keys.secret, "HS384"),
        (&keys.secret, "HS512"),
    ];
    for (key, algorithm) in pairs {
        let mut issuer = issuer(set(&[key.jwk("k")]));
        issuer.algorithms.extend([TokenAlgorithm::HS256, TokenAlgorithm::HS384, TokenAlgorithm::HS512]);
        let authenticator = authenticator(&Clock::System, vec![issuer]);
        let token = key.token(&json!({ "alg": algorithm, "kid": "k", "typ": "JWT" }), &claims_at(now()));
        let claims = with_token(&authenticator, &token).await.unwrap_or_else(|_| panic!("{algorithm} is refused"));
        assert_eq!(claims.credential, Credential::Token { issuer: ISSUER.into() });
        assert_eq!(claims.subject.as_deref(), Some("user-1"));
        assert!(claims.has_scope("payments:read") && claims.has_scope("orders:read") && !claims.has_scope("orders"));
        // The second time it is remembered.
        assert!(Arc::ptr_eq(&claims, &with_token(&authenticator, &token).await.unwrap()));
    }
}

#[tokio::test]
async fn shared_secrets_are_for_those_who_ask_for_them() {
    let authenticator = authenticator(&Clock::System, vec![issuer(set(&[KEYS.secret.jwk("k")]))]);
    let token = KEYS.secret.token(&json!({ "alg": "HS256", "kid": "k" }), &claims_at(now()));
    assert!(with_token(&authenticator, &token).await.is_err());
}

#[tokio::test]
async fn a_token_without_a_key_id_is_tried_with_the_keys_of_its_algorithm() {
    let other = SigningKey::p256();
    let keys = [KEYS.rsa.jwk("r"), other.jwk("a"), KEYS.p256.jwk("b")];
    let authenticator = authenticator(&Clock::System, vec![issuer(set(&keys))]);
    let token = KEYS.p256.token(&json!({ "alg": "ES256" }), &claims_at(now()));
    assert!(with_token(&authenticator, &token).await.is_ok());
}

#[tokio::test]
async fn several_issuers_each_speak_for_themselves() {
    let mut second = issuer(set(&[KEYS.ed25519.jwk("k")]));
    second.issuers = vec!["https://second.example".into()];
    let authenticator = authenticator(&Clock::System, vec![issuer(set(&[KEYS.p256.jwk("k")])), second]);
    let mut claims = claims_at(now());
    let of =
        |key: &SigningKey, algorithm: &str, claims: &Value| key.token(&json!({ "alg": algorithm, "kid": "k" }), claims);
    assert!(with_token(&authenticator, &of(&KEYS.p256, "ES256", &claims)).await.is_ok());
    assert!(with_token(&authenticator, &of(&KEYS.ed25519, "EdDSA", &claims)).await.is_err());
    claims["iss"] = json!("https://second.example");
    assert!(with_token(&authenticator, &of(&KEYS.ed25519, "EdDSA", &claims)).await.is_ok());
    assert!(with_token(&authenticator, &of(&KEYS.p256, "ES256", &claims)).await.is_err());
}

#[tokio::test]
async fn what_is_remembered_ends_with_the_token_exactly() {
    let clock = Clock::at(millis(1_000_000));
    let authenticator = authenticator(&clock, vec![issuer(set(&[KEYS.p256.jwk("k")]))]);
    let header = json!({ "alg": "ES256", "kid": "k" });
    let early =
        KEYS.p256.token(&header, &json!({ "iss": ISSUER, "aud": AUDIENCE, "nbf": 1_000_011, "exp": 1_000_100 }));
    assert!(with_token(&authenticator, &early).await.is_err(), "the leeway is 10 s");
    clock.advance(Duration::from_secs(1));
    assert!(with_token(&authenticator, &early).await.is_ok());
    clock.advance(Duration::from_millis(108_999));
    assert!(with_token(&authenticator, &early).await.is_ok());
    clock.advance(Duration::from_millis(1));
    assert!(with_token(&authenticator, &early).await.is_err());
}

#[tokio::test]
async fn tokens_come_in_headers_and_cookies() {
    let config = Authentication {
        issuers: vec![issuer(set(&[KEYS.p256.jwk("k")]))],
        token_places: vec![
            TokenPlace::Header { name: "x-token".parse().unwrap(), prefix: "".into() },
            TokenPlace::Cookie { name: "session".into() },
        ],
        ..Authentication::default()
    };
    let authenticator = Authenticator::new(&config, Clock::System, None).unwrap();
    let token = KEYS.p256.token(&json!({ "alg": "ES256", "kid": "k" }), &claims_at(now()));
    for (name, value) in [("x-token", token.clone()), ("cookie", format!("a=b; session={token}; c=d"))] {
        let mut headers = HeaderMap::new();
        headers.insert(name, value.parse().unwrap());
        assert!(authenticator.authenticate(&headers).await.unwrap().is_authenticated(), "{name}");
    }
    assert!(!with_token(&authenticator, &token).await.unwrap().is_authenticated(), "that header is nothing here");
}
