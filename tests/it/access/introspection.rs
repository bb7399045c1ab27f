//! Tokens that only whoever made them can say something of.

use super::accepted::{issuer, with_token};
use super::issuer::{AUDIENCE, KEYS, claims_but, millis, now, set};
use super::provider::Provider;
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weft::access::{Authenticator, Clock};
use weft::config::{Authentication, Introspection};

const PATH: &str = "/introspect";
const START: i64 = 1_800_000_000;

fn asking(provider: &Provider, clock: &Clock, change: impl FnOnce(&mut Authentication)) -> Authenticator {
    let mut server = Introspection::new(provider.url(PATH));
    server.client = Some(("we:ft".into(), "s3 cret".into()));
    server.audiences = vec![AUDIENCE.into()];
    server.timeout = Duration::from_millis(300);
    let mut config = Authentication { introspection: vec![server], ..Authentication::default() };
    change(&mut config);
    Authenticator::new(&config, clock.clone(), None).unwrap()
}

fn active(changes: Value) -> String {
    let mut answer = json!({
        "active": true, "sub": "user-1", "scope": "a b", "aud": AUDIENCE, "exp": START + 20, "client_id": "app",
    });
    answer.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    answer.to_string()
}

#[tokio::test]
async fn an_active_token_is_believed_for_a_while_and_never_past_its_end() {
    let provider = Provider::start().await;
    provider.answer(PATH, 200, active(json!({})));
    let clock = Clock::at(millis(START));
    let authenticator = asking(&provider, &clock, |config| config.leeway = Duration::ZERO);
    let claims = with_token(&authenticator, "opaque&token=1").await.unwrap();
    assert_eq!(claims.subject.as_deref(), Some("user-1"));
    assert!(claims.has_scope("a") && claims.has_scope("b"));
    let (headers, body) = provider.last();
    assert_eq!(body, "token=opaque%26token%3D1&token_type_hint=access_token");
    // The name and the secret as in a form: `we%3Aft:s3+cret`.
    assert_eq!(headers["authorization"], "Basic d2UlM0FmdDpzMytjcmV0");
    assert!(Arc::ptr_eq(&claims, &with_token(&authenticator, "opaque&token=1").await.unwrap()));
    assert_eq!(provider.asked(PATH), 1);
    clock.advance(Duration::from_millis(19_999));
    assert!(with_token(&authenticator, "opaque&token=1").await.is_ok());
    assert_eq!(provider.asked(PATH), 1);
    clock.advance(Duration::from_millis(1));
    assert!(with_token(&authenticator, "opaque&token=1").await.is_err());
    assert_eq!(provider.asked(PATH), 2);
}

#[tokio::test]
async fn a_token_taken_back_is_refused_after_the_configured_time() {
    let provider = Provider::start().await;
    provider.answer(PATH, 200, active(json!({ "exp": START + 10_000 })));
    let clock = Clock::at(millis(START));
    let authenticator = asking(&provider, &clock, |_| {});
    assert!(with_token(&authenticator, "t").await.is_ok());
    provider.answer(PATH, 200, r#"{"active":false}"#);
    clock.advance(Duration::from_millis(29_999));
    assert!(with_token(&authenticator, "t").await.is_ok());
    clock.advance(Duration::from_millis(1));
    assert!(with_token(&authenticator, "t").await.is_err());
    // That it is not active is remembered too.
    assert!(with_token(&authenticator, "t").await.is_err());
    assert_eq!(provider.asked(PATH), 2);
    provider.answer(PATH, 200, active(json!({ "exp": START + 10_000 })));
    clock.advance(Duration::from_secs(10));
    assert!(with_token(&authenticator, "t").await.is_ok());
}

#[tokio::test]
async fn answers_that_say_no_or_nothing_prove_nothing() {
    let provider = Provider::start().await;
    let clock = Clock::at(millis(START));
    for body in [
        r#"{"active":false}"#.to_owned(),
        active(json!({ "active": "true" })),
        active(json!({ "active": 1 })),
        "{}".into(),
        "[]".into(),
        "true".into(),
        String::new(),
        active(json!({ "aud": "another" })),
        active(json!({ "exp": START - 60 })),
        active(json!({ "exp": "9999999999" })),
        active(json!({ "nbf": START + 60 })),
        active(json!({ "sub": 1 })),
        active(json!({ "filler": "x".repeat(300_000) })),
    ] {
        let authenticator = asking(&provider, &clock, |_| {});
        provider.answer(PATH, 200, body.clone());
        assert!(with_token(&authenticator, "t").await.is_err(), "{body:.100}");
    }
}

#[tokio::test]
async fn a_hundred_requests_with_one_token_are_one_question() {
    let provider = Provider::start().await;
    provider.answer(PATH, 200, active(json!({})));
    provider.delay(Duration::from_millis(100));
    let authenticator = asking(&provider, &Clock::at(millis(START)), |_| {});
    let all = futures::future::join_all((0..100).map(|_| with_token(&authenticator, "t"))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(provider.asked(PATH), 1);
}

#[tokio::test]
async fn a_failing_server_is_left_alone_and_tried_again() {
    let provider = Provider::start().await;
    provider.answer(PATH, 503, "");
    let clock = Clock::at(millis(START));
    let authenticator = asking(&provider, &clock, |_| {});
    for n in 0..20 {
        assert!(with_token(&authenticator, &format!("token-{n}")).await.is_err());
    }
    assert_eq!(provider.asked(PATH), 5);
    provider.answer(PATH, 200, active(json!({})));
    assert!(with_token(&authenticator, "token-1").await.is_err(), "not yet");
    clock.advance(Duration::from_secs(5));
    assert!(with_token(&authenticator, "token-1").await.is_ok(), "a failure is not remembered as an answer");
}

#[tokio::test]
async fn a_slow_server_costs_its_timeout_and_no_more() {
    let provider = Provider::start().await;
    provider.answer(PATH, 200, active(json!({})));
    provider.delay(Duration::from_secs(60));
    let authenticator = asking(&provider, &Clock::at(millis(START)), |config| {
        config.introspection[0].concurrency_limit = 5;
    });
    let start = Instant::now();
    let tokens: Vec<String> = (0..50).map(|n| format!("token-{n}")).collect();
    let all = futures::future::join_all(tokens.iter().map(|token| with_token(&authenticator, token))).await;
    assert!(all.iter().all(Result::is_err));
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
    // A place that gets free in the last moment may be taken once more.
    assert!(provider.asked(PATH) <= 10, "{}", provider.asked(PATH));
    let start = Instant::now();
    assert!(with_token(&authenticator, "another").await.is_err());
    assert!(start.elapsed() < Duration::from_millis(100), "the server is left alone: {:?}", start.elapsed());
}

#[tokio::test]
async fn a_flood_of_tokens_is_not_taken_for_the_servers_failure() {
    let provider = Provider::start().await;
    provider.answer(PATH, 200, active(json!({})));
    provider.delay(Duration::from_millis(300));
    let authenticator = asking(&provider, &Clock::at(millis(START)), |config| {
        config.introspection[0].concurrency_limit = 1;
        config.introspection[0].timeout = Duration::from_millis(700);
    });
    let tokens: Vec<String> = (0..50).map(|n| format!("token-{n}")).collect();
    let all = futures::future::join_all(tokens.iter().map(|token| with_token(&authenticator, token))).await;
    assert!(all.iter().filter(|outcome| outcome.is_err()).count() > 40, "most wait for too long");
    assert!(with_token(&authenticator, "another").await.is_ok(), "the server is asked all the same");
}

#[tokio::test]
async fn tokens_of_known_issuers_stay_here() {
    let provider = Provider::start().await;
    provider.answer(PATH, 200, active(json!({ "exp": now() + 100 })));
    let authenticator =
        asking(&provider, &Clock::System, |config| config.issuers.push(issuer(set(&[KEYS.p256.jwk("k")]))));
    let header = json!({ "alg": "ES256", "kid": "k" });
    assert!(with_token(&authenticator, &KEYS.p256.token(&header, &claims_but(json!({})))).await.is_ok());
    for claims in [claims_but(json!({ "exp": 1 })), claims_but(json!({ "aud": "x" }))] {
        assert!(with_token(&authenticator, &KEYS.p256.token(&header, &claims)).await.is_err());
    }
    assert!(with_token(&authenticator, "a.b.c").await.is_err());
    assert_eq!(provider.asked(PATH), 0);
    let foreign = KEYS.p256.token(&header, &claims_but(json!({ "iss": "https://another.example" })));
    assert!(with_token(&authenticator, &foreign).await.is_ok());
    assert!(with_token(&authenticator, "opaque").await.is_ok());
    assert_eq!(provider.asked(PATH), 2);
}
