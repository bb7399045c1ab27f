//! What subgraphs are told of whoever asks, and that no client has a say in it.

use super::accepted::issuer;
use super::issuer::{KEYS, claims_but, set};
use super::provider::Provider;
use crate::serving::gateway::{Answer, Running};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair, UnparsedPublicKey,
};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use http::HeaderMap;
use serde_json::{Value, json};
use std::path::Path;
use std::time::Duration;
use weft::config::Config;
use weft::diagnostic::Source;
use weft::store::secret::NewKey;

const RULES: &str = r#"
authentication:
  api_keys: { keys: [] }
headers:
  all:
    request:
      - propagate: { matching: ".*" }
      - propagate: { named: x-nickname, rename: x-user-id }
      - propagate: { named: x-user-id, rename: x-copied, default: none }
      - insert: { name: x-user-id, claim: sub }
      - insert: { name: x-roles, claim: roles, join: "|" }
      - insert: { name: x-org, claim: /org/name }
"#;

/// A gateway over one subgraph that says who it was told is asking, under these rules.
async fn gateway(provider: &Provider, rules: &str) -> Running {
    provider.answer("/subgraph", 200, r#"{"data":{"me":{"id":"{x-user-id}"}}}"#);
    let source = Source::new("weft.yaml", rules);
    let read = Config::from_yaml(&source, &|_| None, Path::new("/")).unwrap_or_else(|errors| panic!("{errors:?}"));
    let url = provider.url("/subgraph");
    Running::configured(move |config| {
        config.headers = read.headers;
        config.authentication = read.authentication;
        config.router.deduplicate = true;
        config.authentication.issuers.push(issuer(set(&[KEYS.p256.jwk("k")])));
        config.subgraphs.change_all(|settings| settings.urls = vec![url.clone()]);
    })
    .await
}

fn token(changes: Value) -> String {
    format!("Bearer {}", KEYS.p256.token(&json!({ "alg": "ES256", "kid": "k" }), &claims_but(changes)))
}

async fn ask(gateway: &Running, headers: &[(&'static str, &str)]) -> Value {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = Answer::of(request.body(r#"{"query":"{ me { id } }"}"#)).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"]["me"]["id"].clone()
}

fn values<'a>(headers: &'a HeaderMap, name: &str) -> Vec<&'a str> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap()).collect()
}

#[tokio::test]
async fn claims_go_out_and_forged_ones_do_not() {
    let provider = Provider::start().await;
    let gateway = gateway(&provider, RULES).await;
    let forged =
        [("x-user-id", "admin"), ("X-User-Id", "root"), ("x-roles", "admin"), ("x-nickname", "admin"), ("x-else", "1")];
    let token = token(json!({ "roles": ["a", "b"], "org": { "name": "acme" } }));
    let mut headers = forged.to_vec();
    headers.push(("authorization", &token));
    assert_eq!(ask(&gateway, &headers).await, "user-1");
    let (seen, _) = provider.last();
    assert_eq!(values(&seen, "x-user-id"), ["user-1"]);
    assert_eq!(values(&seen, "x-roles"), ["a|b"]);
    assert_eq!(values(&seen, "x-org"), ["acme"]);
    assert_eq!(values(&seen, "x-copied"), ["none"]);
    assert_eq!(values(&seen, "x-else"), ["1"], "other headers pass by their rules");

    // Of nobody nothing is said, whatever they say themselves; nor does naming a header in `connection` strip it.
    ask(&gateway, &forged).await;
    let (seen, _) = provider.last();
    assert!(!seen.contains_key("x-user-id") && !seen.contains_key("x-roles") && !seen.contains_key("x-org"));
    headers.push(("connection", "x-user-id"));
    assert_eq!(ask(&gateway, &headers).await, "user-1");
}

#[tokio::test]
async fn api_keys_stay_at_the_gateway() {
    let provider = Provider::start().await;
    let made = NewKey::make().unwrap();
    let (id, hash) = (&made.id, &made.hash);
    let keys = format!("keys: [{{ id: {id}, sha256: \"{hash}\", owner: team-a, scopes: [a, b] }}]");
    let gateway = gateway(&provider, &RULES.replace("keys: []", &keys)).await;
    assert_eq!(ask(&gateway, &[("x-api-key", &made.text)]).await, "team-a");
    let (seen, _) = provider.last();
    assert!(!seen.contains_key("x-api-key"), "{seen:?}");
}

#[tokio::test]
async fn a_subgraph_can_check_what_is_signed() {
    let provider = Provider::start().await;
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    let pkcs8 = pair.to_pkcs8v1().unwrap();
    let pem =
        format!("-----BEGIN PRIVATE KEY-----\\n{}\\n-----END PRIVATE KEY-----\\n", STANDARD.encode(pkcs8.as_ref()));
    let rules = format!(
        "authentication:\n  signing: {{ algorithm: ES256, key: \"{pem}\", key_id: one, issuer: https://graph.example }}\n\
         headers:\n  all:\n    request:\n      - propagate: {{ matching: \".*\" }}\n      \
         - insert: {{ name: x-identity, signed: [sub, scope, iss] }}\n"
    );
    let gateway = gateway(&provider, &rules).await;
    ask(&gateway, &[("authorization", &token(json!({}))), ("x-identity", "forged")]).await;
    let (seen, _) = provider.last();
    let [signed] = values(&seen, "x-identity")[..] else { panic!("{seen:?}") };
    let (message, signature) = signed.rsplit_once('.').unwrap();
    let public = UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, pair.public_key().as_ref().to_vec());
    public.verify(message.as_bytes(), &URL_SAFE_NO_PAD.decode(signature).unwrap()).unwrap();
    let [header, claims] = message
        .split('.')
        .map(|part| serde_json::from_slice::<Value>(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap())
        .collect::<Vec<_>>()
        .try_into()
        .unwrap();
    assert_eq!(header, json!({ "alg": "ES256", "typ": "JWT", "kid": "one" }));
    assert_eq!((&claims["sub"], &claims["scope"]), (&json!("user-1"), &json!("orders:read payments:read")));
    assert_eq!(claims["iss"], "https://graph.example", "the gateway vouches, not whoever made the token");
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 60);
    assert!(!claims["aud"].as_str().unwrap().is_empty());
    ask(&gateway, &[("x-identity", "forged")]).await;
    assert!(!provider.last().0.contains_key("x-identity"));
}

#[tokio::test]
async fn nothing_crosses_between_identities() {
    let provider = Provider::start().await;
    let rules = RULES.replace("      - propagate: { matching: \".*\" }\n", "");
    let gateway = gateway(&provider, &rules).await;
    provider.delay(Duration::from_millis(200));
    let tokens: Vec<(String, String)> =
        (0..4).map(|n| (format!("user-{n}"), token(json!({ "sub": format!("user-{n}") })))).collect();
    let all = (0..80).map(|n| {
        let (user, token) = &tokens[n % tokens.len()];
        let gateway = &gateway;
        async move { (user.clone(), ask(gateway, &[("authorization", token)]).await) }
    });
    for (user, seen) in futures::future::join_all(all).await {
        assert_eq!(seen, user.as_str());
    }
    // They were shared, but each only by its own: four identities, and a few that came too late for one.
    let asked = provider.asked("/subgraph");
    assert!((4..40).contains(&asked), "{asked}");
}
