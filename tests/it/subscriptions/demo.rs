//! The demo's subscription: a real service over WebSocket, and entities of three others.

use super::Form;
use super::listener::Listener;
use crate::process::Folder;
use serde_json::json;
use std::time::Duration;

const ORDER: &str = r#"mutation { placeOrder(input: { customerId: "1", items: [{ productId: "1", quantity: 2 }],
  shippingAddress: { recipient: "Julia Weber", street: "Ring 1", city: "Köln", postalCode: "50667", country: DE } }) {
    order { number } problems { message } } }"#;

#[tokio::test]
async fn an_order_that_is_placed_is_told_with_its_customer_and_products() {
    let folder = Folder::new();
    let mut demo = folder.start(&["demo", "--port", "0"]);
    let url = demo.wait_for("GraphQL ").split_whitespace().last().unwrap().to_owned();
    let client = reqwest::Client::new();
    let ask = |accept: &str, query: &str| {
        let request = client.post(&url).header("content-type", "application/json").header("accept", accept);
        request.body(json!({ "query": query }).to_string()).send()
    };
    let query =
        "subscription { orderChanged { number status customer { name } items { quantity product { name inStock } } } }";
    let response = ask(Form::ServerSent.accept(), query).await.unwrap();
    let mut listener = Listener::of(response, Form::ServerSent).await;
    // Nothing tells when the service listens, so there are orders until one is heard of.
    let event = loop {
        let place = async {
            let placed = ask("application/json", ORDER).await.unwrap().text().await.unwrap();
            tokio::time::sleep(Duration::from_millis(100)).await;
            serde_json::from_str::<serde_json::Value>(&placed).unwrap()
        };
        tokio::select! {
            event = listener.next() => break event,
            placed = place => assert_eq!(placed["data"]["placeOrder"]["problems"], json!([]), "{placed}"),
        }
    };
    let order = &event["data"]["orderChanged"];
    assert_eq!(
        (&order["status"], &order["customer"]),
        (&json!("PLACED"), &json!({ "name": "Julia Weber" })),
        "{event}"
    );
    assert!(order["number"].as_str().is_some_and(|number| number.starts_with('W')), "{event}");
    assert_eq!(order["items"][0]["quantity"], 2);
    assert!(
        order["items"][0]["product"]["name"].is_string() && order["items"][0]["product"]["inStock"].is_boolean(),
        "{event}"
    );
}
