//! `@context` and `@fromContext` over real sockets: two subgraphs, and many values of one argument.

use super::gateway::{Resolver, Running};
use serde_json::{Value, json};
use std::future::ready;
use std::sync::Arc;

const ORDERS: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key", "@external", "@requires", "@context", "@fromContext"])
type Query { orders: [Order!]! }
type Order @key(fields: "id") @context(name: "order") {
  id: ID!
  currency: String @external
  tax: Int @requires(fields: "currency")
  box: Box
}
type Box { items: [Item!]! }
type Item @key(fields: "id") { id: ID! price(in: String @fromContext(field: "$order { currency }")): String }
"#;

const MONEY: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.8", import: ["@key"])
type Order @key(fields: "id") { id: ID! currency: String }
"#;

/// Answers representations one by one, and all else with `root`.
fn resolver(root: Value, entity: impl Fn(&Value, &Value) -> Value + Send + Sync + 'static) -> Resolver {
    Arc::new(move |body| {
        let variables = &body["variables"];
        let answer = match variables["representations"].as_array() {
            Some(all) => json!({ "_entities": all.iter().map(|it| entity(it, variables)).collect::<Vec<_>>() }),
            None => root.clone(),
        };
        Box::pin(ready(json!({ "data": answer })))
    })
}

/// Orders with two items each; every second pair of orders has the same currency.
async fn running(orders: usize, currencies: usize) -> Running {
    let box_of = |order: usize| json!({ "items": [{ "id": "1" }, { "id": (order % 3 + 2).to_string() }] });
    let all: Vec<Value> = (0..orders).map(|id| json!({ "id": id.to_string(), "box": box_of(id) })).collect();
    let price = |item: &Value, variables: &Value| {
        let value = &variables["contextualArgument_0_0"];
        json!({ "price": format!("{} {}", item["id"].as_str().unwrap(), value.as_str().unwrap_or("nothing")) })
    };
    let currency = move |order: &Value, _: &Value| {
        let id: usize = order["id"].as_str().unwrap().parse().unwrap();
        json!({ "currency": if id.is_multiple_of(currencies) { Value::Null } else { json!(format!("C{}", id % currencies)) } })
    };
    let subgraphs = [
        ("orders", ORDERS, resolver(json!({ "orders": all }), price)),
        ("money", MONEY, resolver(Value::Null, currency)),
    ];
    Running::composed(|_| {}, &subgraphs).await
}

fn prices(orders: usize, currencies: usize) -> Value {
    let value = |order: usize| match order % currencies {
        0 => "nothing".to_owned(),
        currency => format!("C{currency}"),
    };
    let items = |order: usize| {
        let price = |item: usize| json!({ "price": format!("{item} {}", value(order)) });
        json!({ "box": { "items": [price(1), price(order % 3 + 2)] } })
    };
    json!({ "data": { "orders": (0..orders).map(items).collect::<Vec<_>>() } })
}

#[tokio::test]
async fn an_argument_comes_from_the_order_around() {
    let gateway = running(5, 3).await;
    let answer = gateway.query("{ orders { box { items { price } } } }").await;
    assert_eq!(answer.json(), prices(5, 3));
    // One request for the orders, one for their currencies, and one for each of these.
    assert_eq!(gateway.asked.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn many_values_make_many_requests() {
    let gateway = running(300, 150).await;
    let answer = gateway.query("{ orders { box { items { price } } } }").await;
    assert_eq!(answer.json(), prices(300, 150));
    assert_eq!(gateway.asked.lock().unwrap().len(), 152);
}

#[tokio::test]
async fn clients_know_nothing_of_it() {
    let gateway = running(1, 2).await;
    let answer = gateway.query("{ __type(name: \"Item\") { fields { name args { name } } } }").await.json();
    assert_eq!(answer["data"]["__type"]["fields"][1], json!({ "name": "price", "args": [] }));
    let answer = gateway.query("{ orders { box { items { price(in: \"C1\") } } } }").await;
    assert_eq!(answer.code(), "GRAPHQL_VALIDATION_FAILED");
    let query = "query ($p: Boolean!) { orders { box { items { id price @include(if: $p) } } } }";
    let answer = gateway.ask(json!({ "query": query, "variables": { "p": false } })).await.json();
    assert_eq!(answer["data"]["orders"][0]["box"]["items"], json!([{ "id": "1" }, { "id": "2" }]));
    assert_eq!(gateway.asked.lock().unwrap().len(), 1, "neither currency nor price is asked for");
}
