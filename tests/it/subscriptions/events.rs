//! Events on their way from every protocol into every form.

use super::service::{Speech, Step};
use super::{Form, PLACED, World, placed, shown};
use serde_json::{Value, json};
use std::time::Duration;
use tokio_tungstenite::tungstenite::Message;

#[tokio::test]
async fn an_event_is_completed_with_entities_in_every_protocol() {
    for speech in Speech::ALL {
        for form in Form::ALL {
            let mut world = World::new(speech).await;
            let body = json!({ "query": PLACED, "variables": { "by": "7" } });
            let mut client = world.listen_with(form, body, &[]).await;
            let source = world.orders.opened().await;
            let asked = source.request["query"].as_str().unwrap();
            assert!(asked.starts_with("subscription Placed__orders__0($by:ID") && !asked.contains("name"), "{asked}");
            assert_eq!(source.request["variables"], json!({ "by": "7" }));
            source.sends(placed(3, "ada"));
            assert_eq!(client.next().await, shown(3, "ADA"), "{speech:?} {form:?}");
            source.sends(placed(4, "bob"));
            assert_eq!(client.next().await, shown(4, "BOB"));
            source.does(Step::Complete);
            assert_eq!(client.next().await, Value::Null);
            assert_eq!(world.users.asked.lock().unwrap().len(), 2);
        }
    }
}

#[tokio::test]
async fn a_subgraph_gets_the_headers_that_are_configured_also_where_it_cannot_read_headers() {
    let rules = "headers: { all: { request: [{ propagate: { named: authorization } }] } }";
    let mut world = World::with(Speech::WebSocket, |config| config.headers = super::config(rules).headers).await;
    let headers = [("authorization", "Bearer me"), ("x-other", "1")];
    let _client = world.listen_with(Form::ServerSent, json!({ "query": PLACED }), &headers).await;
    let source = world.orders.opened().await;
    assert_eq!(source.headers["authorization"], "Bearer me");
    assert!(source.headers.get("x-other").is_none());
    assert_eq!(source.init, json!({ "authorization": "Bearer me", "connectionParams": { "token": "Bearer me" } }));
}

#[tokio::test]
async fn a_subgraph_is_answered_while_an_event_is() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.listen(Form::ServerSent, PLACED).await;
    let source = world.orders.opened().await;
    source.sends(placed(1, "late"));
    source.does(Step::Frame(Message::text(r#"{"type":"ping"}"#)));
    source.sends(placed(2, "ada"));
    super::patiently(async {
        while *source.said.lock().unwrap() != [json!({ "type": "pong" })] {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    world.users.late.add_permits(1);
    assert_eq!(client.next().await, shown(1, "LATE"));
    assert_eq!(client.next().await, shown(2, "ADA"));
}

#[tokio::test]
async fn an_operation_that_the_subgraph_refuses_is_answered_once() {
    for speech in Speech::ALL {
        let mut world = World::new(speech).await;
        let mut client = world.listen(Form::Multipart, PLACED).await;
        let source = world.orders.opened().await;
        source.does(Step::Refuse(json!([{ "message": "no such orders", "extensions": { "code": "NO" } }])));
        let answer = client.next().await;
        assert_eq!(answer["data"], json!({ "orderPlaced": null }), "{speech:?}: {answer}");
        assert_eq!(answer["errors"][0]["message"], "no such orders");
        assert_eq!(answer["errors"][0]["path"], json!(["orderPlaced"]));
        assert_eq!(answer["errors"][0]["extensions"]["service"], "orders");
        if matches!(speech, Speech::ServerSent | Speech::Multipart) {
            source.does(Step::Complete);
        }
        assert_eq!(client.next().await, Value::Null);
    }
}

#[tokio::test]
async fn a_client_that_reads_only_streams_gets_queries_as_one() {
    let world = World::new(Speech::WebSocket).await;
    for (accept, expected) in [
        ("text/event-stream", "event: next\ndata: {\"data\":{\"__typename\":\"Query\"}}\n\nevent: complete\ndata:\n\n"),
        (
            "multipart/mixed;subscriptionSpec=1.0",
            "--graphql\r\ncontent-type: application/json\r\n\r\n{\"payload\":{\"data\":{\"__typename\":\"Query\"}}}\r\n--graphql--\r\n",
        ),
    ] {
        let answer = world.refused(accept, "{ __typename }").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, expected));
    }
}

#[tokio::test]
async fn a_subscription_may_come_by_get_like_a_query() {
    let mut world = World::new(Speech::ServerSent).await;
    let path = "/graphql?query=subscription%7Bticks%7D";
    let refused = world.gateway.get(path, &[("accept", "text/event-stream")]).await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "CSRF_ERROR"));
    let headers = [("accept", "text/event-stream"), ("apollo-require-preflight", "1")];
    let (answer, ()) = tokio::join!(world.gateway.get(path, &headers), async {
        let source = world.orders.opened().await;
        source.sends(json!({ "data": { "ticks": 1 } }));
        source.does(Step::Complete);
        source.left().await;
    });
    assert_eq!(answer.text(), ":\n\nevent: next\ndata: {\"data\":{\"ticks\":1}}\n\nevent: complete\ndata:\n\n");
}
