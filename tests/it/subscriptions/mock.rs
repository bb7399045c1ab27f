//! Services that do not exist yet have events too.

use super::listener::{Form, Listener};
use crate::serving::gateway::Running;
use serde_json::json;
use weft::diagnostic::Source;
use weft::mock::{Mock, Mocks};

const SDL: &str =
    "type Query { now: Int }\ntype Subscription { ticks(every: Int): Tick! }\ntype Tick { at: String! }\n";

#[tokio::test]
async fn a_mock_has_an_event_at_once() {
    let mocks = Mocks::start().await.unwrap();
    mocks.replace([("clock".to_owned(), Mock::new("clock", &Source::new("clock.graphql", SDL)).unwrap())]);
    let gateway = Running::over_url(|_| {}, ("clock", SDL, &mocks.url("clock"))).await;
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = request.header("accept", Form::ServerSent.accept());
    let body = json!({ "query": "subscription($n: Int) { ticks(every: $n) { at } }", "variables": { "n": 1 } });
    let response = request.body(body.to_string()).send().await.unwrap();
    let event = Listener::of(response, Form::ServerSent).await.next().await;
    assert!(event["data"]["ticks"]["at"].is_string(), "{event}");
    assert_eq!(event.get("errors"), None);
}
