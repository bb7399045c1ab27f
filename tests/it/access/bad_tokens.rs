//! Tokens that are wrong in one thing each: all are answered alike, and no subgraph hears of them.

use super::accepted::issuer;
use super::issuer::{AUDIENCE, ISSUER, KEYS, SigningKey, claims_at, claims_but, now, set};
use crate::serving::gateway::{Answer, Running, always};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

const QUERY: &str = r#"{"query":"{ __typename me: __typename }"}"#;

/// The corpus, each with what is wrong.
fn corpus() -> Vec<(&'static str, String)> {
    let key = &KEYS.p256;
    let header = json!({ "alg": "ES256", "kid": "ec", "typ": "at+jwt" });
    let good = key.token(&header, &claims_at(now()));
    let with_header = |header: Value| key.token(&header, &claims_at(now()));
    let with_claims = |changes: Value| key.token(&header, &claims_but(changes));
    let parts: Vec<&str> = good.split('.').collect();
    let other_claims = URL_SAFE_NO_PAD.encode(claims_but(json!({ "sub": "admin" })).to_string());
    let none = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
    let signed_by_the_public_key = SigningKey::Secret(KEYS.rsa.public_der());
    let pem =
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(KEYS.rsa.public_der()));
    let signed_by_the_pem = SigningKey::Secret(pem.into_bytes());
    let point = URL_SAFE_NO_PAD.decode(KEYS.p256.jwk("")["x"].as_str().unwrap()).unwrap();
    let mut flipped = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
    flipped[10] ^= 1;
    let claims_text = claims_at(now()).to_string();
    let twice = claims_text.replacen('{', r#"{"sub":"admin","#, 1);
    vec![
        ("no token", String::new()),
        ("one part", "abc".into()),
        ("two parts", format!("{}.{}", parts[0], parts[1])),
        ("four parts", format!("{good}.x")),
        ("five parts, as of an encrypted token", format!("{good}.x.y")),
        ("only dots", "..".into()),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("another signature", format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode([0; 64]))),
        ("a signature cut short", good[..good.len() - 4].into()),
        ("one bit of the signature", format!("{}.{}.{}", parts[0], parts[1], URL_SAFE_NO_PAD.encode(&flipped))),
        (
            "a signature of the right length in another alphabet",
            format!("{}.{}.{}", parts[0], parts[1], "+/".repeat(43)),
        ),
        ("other claims under the signature", format!("{}.{other_claims}.{}", parts[0], parts[2])),
        ("another key's signature", SigningKey::p256().token(&header, &claims_at(now()))),
        ("padding", format!("{good}=")),
        ("a header that is no base64", format!("!!!.{}.{}", parts[1], parts[2])),
        ("a header that is no JSON", key.token_of_text("not json", &claims_text)),
        ("a header that is a list", key.token_of_text("[]", &claims_text)),
        ("claims that are no JSON", key.token_of_text(&header.to_string(), "{")),
        ("claims that are a string", key.token_of_text(&header.to_string(), "\"x\"")),
        (
            "claims that are not UTF-8",
            format!("{}.{}.{}", parts[0], URL_SAFE_NO_PAD.encode(b"{\"sub\":\"\xff\"}"), parts[2]),
        ),
        ("a claim twice", key.token_of_text(&header.to_string(), &twice)),
        ("an algorithm twice", key.token_of_text(r#"{"alg":"none","alg":"ES256","kid":"ec"}"#, &claims_text)),
        ("claims nested without end", key.token_of_text(&header.to_string(), &"[".repeat(4_000))),
        ("alg none", format!("{none}.{}.", parts[1])),
        ("alg none with a signature", format!("{none}.{}.{}", parts[1], parts[2])),
        ("alg None", with_header(json!({ "alg": "None", "kid": "ec" }))),
        ("no alg", with_header(json!({ "kid": "ec" }))),
        ("alg that is a number", with_header(json!({ "alg": 256, "kid": "ec" }))),
        ("alg in lower case", with_header(json!({ "alg": "es256", "kid": "ec" }))),
        ("an algorithm that nobody knows", with_header(json!({ "alg": "XS256", "kid": "ec" }))),
        ("alg of another key type", with_header(json!({ "alg": "RS256", "kid": "ec" }))),
        ("alg of another curve", with_header(json!({ "alg": "ES384", "kid": "ec" }))),
        (
            "an algorithm that its key is not pinned to",
            KEYS.rsa.token(&json!({ "alg": "RS512", "kid": "pinned" }), &claims_at(now())),
        ),
        (
            "HS256 signed by the public key",
            signed_by_the_public_key.token(&json!({ "alg": "HS256", "kid": "rsa" }), &claims_at(now())),
        ),
        (
            "HS256 signed by the public key as PEM",
            signed_by_the_pem.token(&json!({ "alg": "HS256", "kid": "rsa" }), &claims_at(now())),
        ),
        (
            "HS256 signed by a coordinate of the point",
            SigningKey::Secret(point).token(&json!({ "alg": "HS256", "kid": "ec" }), &claims_at(now())),
        ),
        (
            "HS256 signed by nothing",
            SigningKey::Secret(vec![]).token(&json!({ "alg": "HS256", "kid": "rsa" }), &claims_at(now())),
        ),
        (
            "HS256 with a secret that is in the set, but not asked for",
            KEYS.secret.token(&json!({ "alg": "HS256", "kid": "secret" }), &claims_at(now())),
        ),
        ("a key that is to encrypt with", KEYS.p384.token(&json!({ "alg": "ES384", "kid": "enc" }), &claims_at(now()))),
        ("an unknown key", with_header(json!({ "alg": "ES256", "kid": "unknown" }))),
        (
            "a key id full of path characters",
            with_header(json!({ "alg": "ES256", "kid": "../../../../dev/null\u{0}'; --" })),
        ),
        ("a key id of ten thousand characters", with_header(json!({ "alg": "ES256", "kid": "k".repeat(10_000) }))),
        ("a key id that is a number", with_header(json!({ "alg": "ES256", "kid": 1 }))),
        ("an empty key id", with_header(json!({ "alg": "ES256", "kid": "" }))),
        ("a key that it brings itself", {
            let own = SigningKey::p256();
            own.token(
                &json!({ "alg": "ES256", "kid": "own", "jwk": own.jwk("own"), "jku": "http://127.0.0.1:1/keys" }),
                &claims_at(now()),
            )
        }),
        ("crit", with_header(json!({ "alg": "ES256", "kid": "ec", "crit": ["exp"], "exp": 1 }))),
        ("an empty crit", with_header(json!({ "alg": "ES256", "kid": "ec", "crit": [] }))),
        ("b64", with_header(json!({ "alg": "ES256", "kid": "ec", "b64": false }))),
        ("a compressed one", with_header(json!({ "alg": "ES256", "kid": "ec", "zip": "DEF" }))),
        ("a token for logging out", with_header(json!({ "alg": "ES256", "kid": "ec", "typ": "logout+jwt" }))),
        ("a proof of possession", with_header(json!({ "alg": "ES256", "kid": "ec", "typ": "dpop+jwt" }))),
        ("expired", with_claims(json!({ "exp": now() - 11 }))),
        ("exp in the year 1970", with_claims(json!({ "exp": 0 }))),
        ("a negative exp", with_claims(json!({ "exp": -1 }))),
        ("exp that is a string", with_claims(json!({ "exp": (now() + 300).to_string() }))),
        ("exp that is a list", with_claims(json!({ "exp": [now() + 300] }))),
        ("no exp", with_claims(json!({ "exp": null }))),
        ("not valid yet", with_claims(json!({ "nbf": now() + 60 }))),
        ("nbf that is a string", with_claims(json!({ "nbf": "0" }))),
        ("iat that is a string", with_claims(json!({ "iat": "0" }))),
        ("another issuer", with_claims(json!({ "iss": "https://evil.example" }))),
        ("an issuer with a slash more", with_claims(json!({ "iss": format!("{ISSUER}/") }))),
        ("an issuer that is a list", with_claims(json!({ "iss": [ISSUER] }))),
        ("no issuer", with_claims(json!({ "iss": null }))),
        ("another audience", with_claims(json!({ "aud": "https://other.example" }))),
        ("two other audiences", with_claims(json!({ "aud": ["https://other.example", "x"] }))),
        ("an audience with ours in it", with_claims(json!({ "aud": format!("{AUDIENCE}.evil.example") }))),
        ("an audience that is an object", with_claims(json!({ "aud": { "0": AUDIENCE } }))),
        ("audiences that are not all strings", with_claims(json!({ "aud": [AUDIENCE, 1] }))),
        ("no audience", with_claims(json!({ "aud": null }))),
        ("a subject that is a number", with_claims(json!({ "sub": 1 }))),
        ("17 kB", with_claims(json!({ "filler": "x".repeat(17_000) }))),
    ]
}

async fn ask(gateway: &Running, authorization: &str) -> Answer {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    Answer::of(request.header("authorization", authorization).body(QUERY)).await
}

async fn gateway() -> Running {
    let pinned = {
        let mut key = KEYS.rsa.jwk("pinned");
        key["alg"] = json!("RS256");
        key
    };
    let encrypting = {
        let mut key = KEYS.p384.jwk("enc");
        key["use"] = json!("enc");
        key
    };
    let keys = set(&[KEYS.p256.jwk("ec"), KEYS.rsa.jwk("rsa"), KEYS.secret.jwk("secret"), pinned, encrypting]);
    let answer = always(json!({ "data": {} }));
    Running::with(|config| config.authentication.issuers.push(issuer(keys)), |_| {}, answer).await
}

#[tokio::test]
async fn all_bad_tokens_are_answered_alike() {
    let gateway = gateway().await;
    let good = KEYS.p256.token(&json!({ "alg": "ES256", "kid": "ec", "typ": "at+jwt" }), &claims_at(now()));
    assert_eq!(ask(&gateway, &format!("Bearer {good}")).await.status, 200);
    let corpus = corpus();
    assert!(corpus.len() >= 40, "{}", corpus.len());
    for (what, token) in &corpus {
        let answer = ask(&gateway, &format!("Bearer {token}")).await;
        assert_refused(&answer, what);
    }
    for header in ["Basic dXNlcjpwYXNz", &good, "Bearer", &format!("Bearer {good} {good}"), &format!("Token {good}")] {
        assert_refused(&ask(&gateway, header).await, header);
    }
    assert!(gateway.asked.lock().unwrap().is_empty(), "no subgraph is asked");
}

fn assert_refused(answer: &Answer, what: &str) {
    assert_eq!(answer.status, 401, "{what}: {}", answer.text());
    assert_eq!(answer.header("www-authenticate"), "Bearer", "{what}");
    let body = r#"{"errors":[{"message":"the credential is missing, wrong or expired","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
    assert_eq!(answer.text(), body, "{what}");
}

#[tokio::test]
async fn a_token_of_100_kb_ends_with_its_head() {
    let gateway = gateway().await;
    let answer = ask(&gateway, &format!("Bearer {}", "a".repeat(100_000))).await;
    assert_eq!(answer.status, 431, "{}", answer.text());
}

#[tokio::test]
async fn a_header_that_comes_twice_is_refused() {
    let gateway = gateway().await;
    let good = KEYS.p256.token(&json!({ "alg": "ES256", "kid": "ec" }), &claims_at(now()));
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json").body(QUERY);
    let authorization = format!("Bearer {good}");
    let answer =
        Answer::of(request.header("authorization", &authorization).header("authorization", &authorization)).await;
    assert_refused(&answer, "twice");
}
