//! What is in an answer: errors at their places, nulls that go up, and nothing that is not for the client.

use super::listener::Form;
use super::service::{Speech, Step};
use super::{PLACED, World, code, placed};
use serde_json::{Value, json};
use std::sync::atomic::Ordering;
use weft::demo::credentials;

#[tokio::test]
async fn errors_of_an_event_have_the_clients_paths() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.listen(Form::ServerSent, "subscription { new: orderPlaced { total buyer { name } } }").await;
    let source = world.orders.opened().await;
    source.sends(json!({
        "data": { "new": { "total": 1, "buyer": null } },
        "errors": [{ "message": "who?", "path": ["new", "buyer"] }],
    }));
    let answer = client.next().await;
    assert_eq!(answer["data"], json!({ "new": { "total": 1, "buyer": null } }));
    assert_eq!(answer["errors"][0]["path"], json!(["new", "buyer"]));
    assert_eq!(answer["errors"][0]["message"], "who?");
    // The next one is an answer of its own.
    source.sends(json!({ "data": { "new": { "total": 2, "buyer": { "__typename": "User", "id": "ada" } } } }));
    assert_eq!(client.next().await, json!({ "data": { "new": { "total": 2, "buyer": { "name": "ADA" } } } }));
}

#[tokio::test]
async fn a_null_that_may_not_be_goes_up_and_the_stream_goes_on() {
    let mut world = World::new(Speech::Multipart).await;
    let mut client = world.listen(Form::Multipart, "subscription { ticks }").await;
    let source = world.orders.opened().await;
    source.sends(json!({ "data": null, "errors": [{ "message": "no tick" }] }));
    let answer = client.next().await;
    assert_eq!((&answer["data"], &answer["errors"][0]["message"]), (&Value::Null, &json!("no tick")));
    source.sends(json!({ "data": { "ticks": "nine" } }));
    assert_eq!(client.next().await["data"], Value::Null);
    source.sends(json!({ "data": { "ticks": 9 } }));
    assert_eq!(client.next().await, json!({ "data": { "ticks": 9 } }));
}

#[tokio::test]
async fn an_entity_that_is_not_there_is_null_in_its_event() {
    let mut world = World::new(Speech::WebSocket).await;
    let mut client = world.listen(Form::ServerSent, PLACED).await;
    let source = world.orders.opened().await;
    source.sends(placed(3, "nobody"));
    let answer = client.next().await;
    assert_eq!(answer["data"], json!({ "orderPlaced": { "total": 3, "buyer": null } }));
    assert_eq!(answer["errors"][0]["path"], json!(["orderPlaced", "buyer", "name"]));
}

#[tokio::test]
async fn a_root_that_is_not_for_the_client_is_never_subscribed_to() {
    let world = World::new(Speech::WebSocket).await;
    let mut client = world.listen(Form::ServerSent, "subscription { secret }").await;
    let answer = client.next().await;
    assert_eq!(answer["data"], json!({ "secret": null }));
    assert_eq!((code(&answer), &answer["errors"][0]["path"]), ("UNAUTHORIZED_FIELD_OR_TYPE", &json!(["secret"])));
    assert_eq!(client.next().await, Value::Null);
    assert_eq!(world.orders.connections.load(Ordering::SeqCst), 0);
    let world =
        World::with(Speech::WebSocket, |config| config.authorization.directives.reject_unauthorized = true).await;
    let refused = world.refused("text/event-stream", "subscription { secret }").await;
    assert_eq!((refused.status, refused.code().as_str()), (403, "UNAUTHORIZED_FIELD_OR_TYPE"));
    assert_eq!(world.orders.connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn what_is_not_for_the_client_is_not_asked_for_and_null_in_every_event() {
    let query = "subscription { orderPlaced { total note } }";
    let mut world =
        World::with(Speech::WebSocket, |config| config.authentication = credentials::authentication()).await;
    let mut client = world.listen(Form::ServerSent, query).await;
    let source = world.orders.opened().await;
    assert!(!source.request["query"].as_str().unwrap().contains("note"), "{}", source.request);
    for total in 1..3 {
        source.sends(json!({ "data": { "orderPlaced": { "total": total, "note": "for staff" } } }));
        let answer = client.next().await;
        assert_eq!(answer["data"], json!({ "orderPlaced": { "total": total, "note": null } }));
        assert_eq!(code(&answer), "UNAUTHORIZED_FIELD_OR_TYPE");
    }
    let body = json!({ "query": query });
    let mut known = world.listen_with(Form::ServerSent, body, &[("x-api-key", credentials::PLAIN_KEY)]).await;
    let source = world.orders.opened().await;
    source.sends(json!({ "data": { "orderPlaced": { "total": 1, "note": "for staff" } } }));
    assert_eq!(known.next().await["data"]["orderPlaced"]["note"], "for staff");
    source.does(Step::Complete);
    assert_eq!(known.next().await, Value::Null);
}
