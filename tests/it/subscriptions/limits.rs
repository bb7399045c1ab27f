//! What is refused: too many, too dear, turned off, or asked for by a client that could not read it.

use super::listener::Form;
use super::service::Speech;
use super::{PLACED, World, code, config, patiently, placed, shown};
use serde_json::Value;
use std::sync::atomic::Ordering;
use std::time::Duration;

#[tokio::test]
async fn no_more_are_open_than_configured() {
    let mut world = World::with(Speech::WebSocket, |config| config.subscription.max_opened = 1).await;
    let first = world.listen(Form::ServerSent, PLACED).await;
    let source = world.orders.opened().await;
    let refused = world.refused("text/event-stream", PLACED).await;
    assert_eq!((refused.status, refused.code().as_str()), (503, "SUBSCRIPTION_LIMIT_EXCEEDED"));
    assert_eq!(refused.header("retry-after"), "1");
    assert!(world.gateway.metrics().contains("\nweft_subscriptions_open 1\n"), "{}", world.gateway.metrics());
    drop(first);
    source.left().await;
    patiently(async {
        while !world.gateway.metrics().contains("\nweft_subscriptions_open 0\n") {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    world.listen(Form::ServerSent, PLACED).await;
    for line in [
        "weft_subscriptions_ended_total{reason=\"client_disconnect\"}",
        "weft_subscriptions_ended_total{reason=\"max_opened_subscriptions_limit_reached\"} 1",
    ] {
        assert!(world.gateway.metrics().contains(line), "{line}\nis not in\n{}", world.gateway.metrics());
    }
}

#[tokio::test]
async fn who_cannot_read_a_stream_is_told_so() {
    let world = World::new(Speech::WebSocket).await;
    for accept in ["application/json", "*/*", "application/graphql-response+json, multipart/mixed"] {
        let refused = world.refused(accept, PLACED).await;
        assert_eq!((refused.status, refused.code().as_str()), (406, "NOT_ACCEPTABLE"), "{accept}");
        assert!(refused.text().contains("text/event-stream"), "{}", refused.text());
    }
    assert_eq!(world.orders.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn where_they_are_turned_off_there_are_none() {
    let world = World::with(Speech::WebSocket, |config| config.subscription.enabled = false).await;
    let refused = world.refused("text/event-stream, application/graphql-response+json", PLACED).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "SUBSCRIPTIONS_NOT_SUPPORTED"));
}

#[tokio::test]
async fn each_event_is_charged_like_a_query() {
    let yaml = "demand_control: { mode: enforce, budget: { points: 5, refill_per_second: 1 } }";
    let demand = config(yaml).demand_control;
    let mut world = World::with(Speech::WebSocket, move |config| config.demand_control = demand).await;
    let mut client = world.listen(Form::Multipart, PLACED).await;
    let source = world.orders.opened().await;
    let mut answers = 0;
    let last = loop {
        source.sends(placed(3, "ada"));
        let answer = client.next().await;
        if answer != shown(3, "ADA") {
            break answer;
        }
        answers += 1;
    };
    // Each costs two objects.
    assert!((2..5).contains(&answers), "{answers}");
    assert_eq!(code(&last), "REQUEST_RATE_LIMITED");
    assert_eq!(client.next().await, Value::Null);
    source.left().await;
    let refused = world.refused("text/event-stream", PLACED).await;
    assert_eq!((refused.status, refused.code().as_str()), (429, "REQUEST_RATE_LIMITED"));
}

#[tokio::test]
async fn a_plan_is_told_without_subscribing() {
    let world = World::new(Speech::WebSocket).await;
    let body = serde_json::json!({ "query": PLACED }).to_string();
    let request = world.gateway.client.post(&world.gateway.url).header("content-type", "application/json");
    let request = request.header("weft-expose-query-plan", "dry-run").body(body);
    let answer = crate::serving::gateway::Answer::of(request).await;
    let text = answer.json()["extensions"]["queryPlan"]["text"].as_str().unwrap().to_owned();
    assert!(text.contains("Fetch(service: \"users\")"), "{text}");
    assert_eq!(world.orders.connections.load(Ordering::SeqCst), 0);
}
