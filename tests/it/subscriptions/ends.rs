//! How subscriptions end, from all sides.

use super::listener::Form;
use super::service::{Speech, Step};
use super::{PLACED, World, code, patiently, placed, shown};
use crate::access::{accepted::issuer, issuer as tokens};
use serde_json::{Value, json};
use std::time::Duration;
use weft::config::CircuitBreaker;

#[tokio::test]
async fn a_subgraph_that_dies_is_an_error_and_the_end() {
    for speech in Speech::ALL {
        let mut world = World::new(speech).await;
        let mut client = world.listen(Form::Multipart, PLACED).await;
        let source = world.orders.opened().await;
        source.sends(placed(3, "ada"));
        assert_eq!(client.next().await, shown(3, "ADA"));
        source.does(Step::Break);
        let answer = client.next().await;
        assert_eq!(answer["data"], json!({ "orderPlaced": null }), "{speech:?}: {answer}");
        assert_eq!((code(&answer), &answer["errors"][0]["path"]), ("SUBREQUEST_HTTP_ERROR", &json!(["orderPlaced"])));
        assert_eq!(client.next().await, Value::Null);
        let line = "weft_subscriptions_ended_total{reason=\"subgraph_error\"} 1";
        assert!(world.gateway.metrics().contains(line), "{}", world.gateway.metrics());
    }
}

#[tokio::test]
async fn a_subgraph_that_is_not_there_is_an_error_and_the_end() {
    let nobody = |config: &mut weft::config::Config| {
        config.subgraphs.change("orders", |orders| orders.urls = vec!["http://127.0.0.1:1/".parse().unwrap()]);
    };
    for speech in [Speech::WebSocket, Speech::Multipart] {
        let world = World::with(speech, nobody).await;
        let mut client = world.listen(Form::ServerSent, PLACED).await;
        assert_eq!(code(&client.next().await), "SUBREQUEST_HTTP_ERROR");
        assert_eq!(client.next().await, Value::Null);
    }
}

#[tokio::test]
async fn a_subgraph_that_is_left_alone_is_not_subscribed_at() {
    let nobody = |config: &mut weft::config::Config| {
        config.subgraphs.change("orders", |orders| {
            orders.urls = vec!["http://127.0.0.1:1/".parse().unwrap()];
            orders.circuit_breaker = Some(CircuitBreaker { volume_threshold: 2, ..CircuitBreaker::default() });
        });
    };
    for speech in [Speech::WebSocket, Speech::Multipart] {
        let world = World::with(speech, nobody).await;
        let (failed, rejected) = ("SUBREQUEST_HTTP_ERROR", "SUBGRAPH_CIRCUIT_BREAKER_REJECTED");
        for expected in [failed, failed, rejected] {
            let mut client = world.listen(Form::ServerSent, PLACED).await;
            assert_eq!(code(&client.next().await), expected, "{speech:?}");
        }
    }
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_stream_of_the_subgraph() {
    for speech in Speech::ALL {
        let mut world = World::new(speech).await;
        let mut client = world.listen(Form::ServerSent, PLACED).await;
        let source = world.orders.opened().await;
        source.sends(placed(3, "ada"));
        assert_eq!(client.next().await, shown(3, "ADA"));
        drop(client);
        let said = source.left().await;
        match speech {
            Speech::WebSocket => assert_eq!(said, [json!({ "id": "1", "type": "complete" })]),
            Speech::OldWebSocket => assert_eq!(said, [json!({ "id": "1", "type": "stop" })]),
            _ => {}
        }
    }
}

#[tokio::test]
async fn a_client_that_does_not_read_is_left() {
    for speech in [Speech::WebSocket, Speech::ServerSent] {
        let mut world = World::with(speech, |config| config.subscription.queue_capacity = 4).await;
        let mut client = world.listen(Form::ServerSent, PLACED).await;
        let source = world.orders.opened().await;
        // More than the sockets between take, so that the queue fills.
        let long = "x".repeat(1 << 20);
        for _ in 0..40 {
            source.sends(placed(3, &long));
        }
        source.left().await;
        let (mut answers, mut last) = (0, Value::Null);
        loop {
            match client.next().await {
                Value::Null => break,
                answer => (answers, last) = (answers + 1, answer),
            }
        }
        assert!((4..40).contains(&answers), "{answers}");
        assert_eq!(code(&last), "SUBSCRIPTION_CLIENT_TOO_SLOW");
    }
}

#[tokio::test]
async fn a_credential_that_expires_ends_it() {
    let mut world = World::with(Speech::WebSocket, |config| {
        config.authentication.issuers = vec![issuer(tokens::set(&[tokens::KEYS.p256.jwk("k")]))];
    })
    .await;
    let claims = tokens::claims_but(json!({ "exp": tokens::now() + 2 }));
    let token = tokens::KEYS.p256.token(&json!({ "alg": "ES256", "kid": "k" }), &claims);
    let headers = [("authorization", &*format!("Bearer {token}"))];
    let mut client = world.listen_with(Form::Multipart, json!({ "query": PLACED }), &headers).await;
    let source = world.orders.opened().await;
    source.sends(placed(3, "ada"));
    assert_eq!(client.next().await, shown(3, "ADA"));
    assert_eq!(code(&client.next().await), "UNAUTHENTICATED");
    assert_eq!(client.next().await, Value::Null);
    source.left().await;
    assert!(tokens::now() >= claims["exp"].as_i64().unwrap());
}

#[tokio::test]
async fn another_schema_or_configuration_ends_it() {
    for (schema, expected) in [("another", "SUBSCRIPTION_SCHEMA_RELOAD"), ("test", "SUBSCRIPTION_CONFIG_RELOAD")] {
        let mut world = World::new(Speech::WebSocket).await;
        let mut client = world.listen(Form::ServerSent, PLACED).await;
        let source = world.orders.opened().await;
        world.gateway.reload(schema);
        assert_eq!(code(&client.next().await), expected);
        assert_eq!(client.next().await, Value::Null);
        source.left().await;
        // And what is opened then is of the new one.
        let mut again = world.listen(Form::ServerSent, PLACED).await;
        world.orders.opened().await.sends(placed(3, "ada"));
        assert_eq!(again.next().await, shown(3, "ADA"));
    }
}

#[tokio::test]
async fn a_snapshot_is_not_kept_by_a_client_that_does_not_read() {
    let mut world = World::new(Speech::WebSocket).await;
    let _client = world.listen(Form::ServerSent, PLACED).await;
    let source = world.orders.opened().await;
    let long = "x".repeat(1 << 20);
    for _ in 0..20 {
        source.sends(placed(3, &long));
    }
    let old = world.gateway.snapshot();
    world.gateway.reload("another");
    source.left().await;
    patiently(async {
        while old.strong_count() > 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
}

#[tokio::test]
async fn a_shutdown_ends_it_and_waits_for_no_client() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.listen(Form::ServerSent, PLACED).await;
    let source = world.orders.opened().await;
    world.gateway.stop();
    assert_eq!(code(&client.next().await), "SUBSCRIPTION_GATEWAY_SHUTDOWN");
    assert_eq!(client.next().await, Value::Null);
    source.left().await;
    assert!(world.gateway.stopped().await);
}

#[tokio::test]
async fn it_lasts_no_longer_than_configured() {
    let lifetime = Duration::from_millis(200);
    let mut world = World::with(Speech::WebSocket, |config| config.subscription.max_lifetime = Some(lifetime)).await;
    let mut client = world.listen(Form::Multipart, PLACED).await;
    let source = world.orders.opened().await;
    assert_eq!(code(&client.next().await), "SUBSCRIPTION_MAX_LIFETIME_EXCEEDED");
    assert_eq!(client.next().await, Value::Null);
    source.left().await;
}
