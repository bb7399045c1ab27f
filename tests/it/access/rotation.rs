//! Keys that change, and providers that fail.

use super::accepted::{authenticator, with_token};
use super::issuer::{AUDIENCE, ISSUER, KEYS, SigningKey, claims_at, millis, set};
use super::provider::Provider;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use weft::access::{Authenticator, Clock};
use weft::config::{Authentication, KeyLocation, TokenIssuer};

const START: i64 = 1_800_000_000;
const KEYS_PATH: &str = "/keys";

fn at(location: KeyLocation) -> TokenIssuer {
    let mut issuer = TokenIssuer::new(location);
    issuer.issuers = vec![ISSUER.into()];
    issuer.audiences = vec![AUDIENCE.into()];
    issuer
}

fn at_url(provider: &Provider) -> TokenIssuer {
    let headers = vec![("x-tenant".parse().unwrap(), "t1".parse().unwrap())];
    at(KeyLocation::Url { url: provider.url(KEYS_PATH), headers })
}

fn token(key: &SigningKey, id: &str) -> String {
    long_token(key, id, 300)
}

fn long_token(key: &SigningKey, id: &str, lifetime: i64) -> String {
    let mut claims = claims_at(START);
    claims["exp"] = json!(START + lifetime);
    key.token(&json!({ "alg": "ES256", "kid": id }), &claims)
}

async fn accepts(authenticator: &Authenticator, token: &str) -> bool {
    with_token(authenticator, token).await.is_ok()
}

/// Waits until something is so; what polls does it on its own time.
async fn until(mut is: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !is().await {
        assert!(start.elapsed() < Duration::from_secs(5), "it does not come about");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn a_new_key_is_picked_up_with_its_first_token() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at_url(&provider)]);
    assert!(accepts(&authenticator, &token(&KEYS.p256, "one")).await);
    assert_eq!(provider.last().0["x-tenant"], "t1");

    let new = SigningKey::p256();
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one"), new.jwk("two")]));
    assert!(accepts(&authenticator, &token(&new, "two")).await);
    assert_eq!(provider.asked(KEYS_PATH), 2);
}

#[tokio::test]
async fn a_flood_of_unknown_keys_is_one_request_in_30_seconds() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at_url(&provider)]);
    assert!(accepts(&authenticator, &token(&KEYS.p256, "one")).await);
    let tokens: Vec<String> = (0..50).map(|n| token(&KEYS.p256, &format!("unknown {n}"))).collect();
    let flood = async || {
        let all = futures::future::join_all(tokens.iter().map(|token| accepts(&authenticator, token))).await;
        assert!(all.iter().all(|accepted| !accepted));
    };
    flood().await;
    flood().await;
    assert_eq!(provider.asked(KEYS_PATH), 2);
    clock.advance(Duration::from_millis(29_999));
    flood().await;
    assert_eq!(provider.asked(KEYS_PATH), 2);
    clock.advance(Duration::from_millis(1));
    flood().await;
    assert_eq!(provider.asked(KEYS_PATH), 3);
    assert!(accepts(&authenticator, &token(&KEYS.p256, "one")).await, "known keys go on");
}

#[tokio::test]
async fn a_key_that_leaves_takes_its_tokens_along() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at_url(&provider)]);
    let token = token(&KEYS.p256, "one");
    assert!(accepts(&authenticator, &token).await && accepts(&authenticator, &token).await);
    provider.answer(KEYS_PATH, 200, set(&[SigningKey::p256().jwk("two")]));
    clock.advance(Duration::from_secs(60));
    until(async || !accepts(&authenticator, &token).await).await;
}

#[tokio::test]
async fn an_outage_is_survived_for_a_day_by_known_keys_only() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at_url(&provider)]);
    let token = long_token(&KEYS.p256, "one", 200_000);
    assert!(accepts(&authenticator, &token).await);
    provider.answer(KEYS_PATH, 503, "");
    clock.advance(Duration::from_secs(24 * 3_600 - 1));
    until(async || provider.asked(KEYS_PATH) >= 2).await;
    assert!(accepts(&authenticator, &token).await);
    let fresh = long_token(&KEYS.p256, "one", 199_999);
    assert!(accepts(&authenticator, &fresh).await, "also one that is not remembered");
    assert!(!accepts(&authenticator, &long_token(&SigningKey::p256(), "two", 200_000)).await);
    clock.advance(Duration::from_secs(1));
    assert!(!accepts(&authenticator, &token).await && !accepts(&authenticator, &fresh).await);
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    clock.advance(Duration::from_secs(60));
    until(async || accepts(&authenticator, &token).await).await;
}

#[tokio::test]
async fn a_provider_that_is_down_at_the_start_is_asked_again() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 500, "");
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at_url(&provider)]);
    let token = token(&KEYS.p256, "one");
    assert!(!accepts(&authenticator, &token).await);
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    clock.advance(Duration::from_secs(30));
    assert!(accepts(&authenticator, &token).await);
}

#[tokio::test]
async fn sets_that_are_no_good_leave_the_old_one_in_place() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    provider.answer("/elsewhere", 200, set(&[SigningKey::p256().jwk("two")]));
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at_url(&provider)]);
    let known = token(&KEYS.p256, "one");
    assert!(accepts(&authenticator, &known).await);
    let many: Vec<Value> = (0..300).map(|n| KEYS.rsa.jwk(&format!("{n}"))).collect();
    let many = set(&many);
    assert!(many.len() > 100_000);
    let bad = [
        (200, many),
        (200, format!("{{\"keys\":[],\"filler\":\"{}\"}}", "x".repeat(300_000))),
        (200, "<html>".into()),
        (200, "{\"keys\": {}}".into()),
        (200, String::new()),
        (404, set(&[])),
        (301, provider.url("/elsewhere").to_string()),
        (302, provider.url("/elsewhere").to_string()),
    ];
    for (asked, (status, body)) in (2..).zip(bad) {
        provider.answer(KEYS_PATH, status, body);
        clock.advance(Duration::from_secs(30));
        assert!(!accepts(&authenticator, &token(&KEYS.p256, "unknown")).await);
        assert_eq!(provider.asked(KEYS_PATH), asked);
        assert!(accepts(&authenticator, &known).await, "{status}");
    }
    assert_eq!(provider.asked("/elsewhere"), 0, "no redirect is followed");
}

#[tokio::test]
async fn a_slow_provider_slows_nobody_whose_key_is_known() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at_url(&provider)]);
    assert!(accepts(&authenticator, &token(&KEYS.p256, "one")).await);
    provider.delay(Duration::from_secs(60));
    clock.advance(Duration::from_secs(60));
    until(async || provider.asked(KEYS_PATH) == 2).await;
    let unknown = token(&KEYS.p256, "unknown");
    let start = Instant::now();
    let waiting = accepts(&authenticator, &unknown);
    let known = async {
        let start = Instant::now();
        let fresh = long_token(&KEYS.p256, "one", 299);
        assert!(accepts(&authenticator, &fresh).await);
        assert!(start.elapsed() < Duration::from_millis(500), "{:?}", start.elapsed());
    };
    let (unknown, ()) = tokio::join!(waiting, known);
    assert!(!unknown);
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

#[tokio::test]
async fn discovery_finds_the_keys_from_the_issuer_alone() {
    let provider = Provider::start().await;
    let document = |issuer: &str, keys: &str| json!({ "issuer": issuer, "jwks_uri": keys }).to_string();
    let configuration = "/tenant/.well-known/openid-configuration";
    let issuer = format!("{}/tenant", provider.origin());
    let keys = provider.url(KEYS_PATH).to_string();
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    let mut claims = claims_at(START);
    claims["iss"] = json!(issuer);
    let token = KEYS.p256.token(&json!({ "alg": "ES256", "kid": "one" }), &claims);
    for (document, accepted) in [
        (document(&issuer, &keys), true),
        (document(&format!("{issuer}/"), &keys), false),
        (document("https://other.example", &keys), false),
        (document(&issuer, "file:///etc/passwd"), false),
        (document(&issuer, "/keys"), false),
        ("{}".to_owned(), false),
    ] {
        provider.answer(configuration, 200, document.clone());
        let mut config = at(KeyLocation::Discovery { issuer: issuer.clone() });
        config.issuers = vec![issuer.clone()];
        let authenticator = authenticator(&Clock::at(millis(START)), vec![config]);
        assert_eq!(accepts(&authenticator, &token).await, accepted, "{document}");
    }
}

#[tokio::test]
async fn a_file_of_keys_is_read_again() {
    let folder = std::env::temp_dir().join(format!("weft-keys-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("keys.json");
    std::fs::write(&file, set(&[KEYS.p256.jwk("one")])).unwrap();
    let clock = Clock::at(millis(START));
    let authenticator = authenticator(&clock, vec![at(KeyLocation::File(file.clone()))]);
    assert!(accepts(&authenticator, &token(&KEYS.p256, "one")).await);
    let new = SigningKey::p256();
    std::fs::write(&file, set(&[new.jwk("two")])).unwrap();
    assert!(accepts(&authenticator, &token(&new, "two")).await);
    assert!(!accepts(&authenticator, &token(&KEYS.p256, "one")).await);
    std::fs::remove_dir_all(&folder).unwrap();
    let gone = Authentication { issuers: vec![at(KeyLocation::File(file))], ..Authentication::default() };
    assert!(Authenticator::new(&gone, clock, None).is_err(), "what is missing at the start is said at the start");
}

#[tokio::test]
async fn a_reload_keeps_the_keys_of_issuers_that_stay() {
    let provider = Provider::start().await;
    provider.answer(KEYS_PATH, 200, set(&[KEYS.p256.jwk("one")]));
    let clock = Clock::at(millis(START));
    let first = authenticator(&clock, vec![at_url(&provider)]);
    let token = token(&KEYS.p256, "one");
    assert!(accepts(&first, &token).await);
    provider.answer(KEYS_PATH, 503, "");
    let mut config = Authentication { issuers: vec![at_url(&provider)], ..Authentication::default() };
    config.issuers[0].audiences = vec!["another".into()];
    let second = Authenticator::new(&config, clock.clone(), Some(&first)).unwrap();
    drop(first);
    assert!(!accepts(&second, &token).await, "the audience is checked anew");
    config.issuers[0].audiences.push(AUDIENCE.into());
    let third = Authenticator::new(&config, clock, Some(&second)).unwrap();
    assert!(accepts(&third, &token).await);
    assert_eq!(provider.asked(KEYS_PATH), 1);
}
