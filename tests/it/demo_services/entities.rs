//! `_entities`: order kept, types mixed, null for what is missing, one SQL query per batch.

use serde_json::{Value, json};
use weft::demo::Service;

use super::{answer, entities, own, shared};

#[tokio::test]
async fn entities_come_back_in_the_order_asked_for() {
    let users = json!([
        { "__typename": "User", "id": "7" },
        { "__typename": "User", "id": "3" },
        { "__typename": "User", "id": "7" },
    ]);
    let found = entities(shared(Service::Users), users, "... on User { id }").await;
    assert_eq!(found, json!([{ "id": "7" }, { "id": "3" }, { "id": "7" }]));
}

#[tokio::test]
async fn a_missing_entity_is_null_at_its_place() {
    let users = json!([
        { "__typename": "User", "id": "1" },
        { "__typename": "User", "id": "999999" },
        { "__typename": "User", "id": "not a number" },
        { "__typename": "User", "email": "nobody@example.com" },
        { "__typename": "User", "id": "2" },
    ]);
    let found = entities(shared(Service::Users), users, "... on User { id }").await;
    assert_eq!(found, json!([{ "id": "1" }, null, null, null, { "id": "2" }]));
}

#[tokio::test]
async fn entities_of_several_types_are_mixed_in_one_batch() {
    let things = json!([
        { "__typename": "Brand", "id": "1" },
        { "__typename": "Product", "id": "12" },
        { "__typename": "Category", "slug": "knives" },
        { "__typename": "Product", "sku": "WF-00012" },
        { "__typename": "Warehouse", "id": "99" },
        { "__typename": "StockItem", "warehouse": { "id": "1" }, "product": { "id": "12" } },
    ]);
    let selection = "__typename ... on Brand { name } ... on Product { id sku } ... on Category { name }
                     ... on StockItem { warehouse { name } product { id } }";
    let found = entities(shared(Service::Products), things, selection).await;
    assert_eq!(found[0], json!({ "__typename": "Brand", "name": "Alderhof" }));
    assert_eq!(found[1], json!({ "__typename": "Product", "id": "12", "sku": "WF-00012" }));
    assert_eq!(found[2], json!({ "__typename": "Category", "name": "Knives" }));
    assert_eq!(found[3], found[1]);
    assert_eq!(found[4], Value::Null);
    assert_eq!(
        found[5],
        json!({ "__typename": "StockItem", "warehouse": { "name": "Leipzig" }, "product": { "id": "12" } })
    );
}

#[tokio::test]
async fn every_key_names_the_same_entity() {
    let orders = json!([
        { "__typename": "Order", "id": "20" },
        { "__typename": "Order", "number": "W100020" },
        { "__typename": "OrderItem", "order": { "id": "20" }, "line": 1 },
        { "__typename": "OrderItem", "order": { "id": "20" }, "line": 77 },
    ]);
    let selection = "... on Order { id number } ... on OrderItem { line order { number } product { name } }";
    let found = entities(shared(Service::Orders), orders, selection).await;
    assert_eq!(found[0], json!({ "id": "20", "number": "W100020" }));
    assert_eq!(found[1], found[0]);
    assert_eq!(found[2]["order"]["number"], "W100020");
    assert!(found[2]["product"]["name"].is_string(), "the name is provided: {found}");
    assert_eq!(found[3], Value::Null);
    let payments =
        json!([{ "__typename": "Payment", "id": "5" }, { "__typename": "Payment", "reference": "WEFT-00000005" }]);
    let found = entities(shared(Service::Payments), payments, "... on Payment { id reference }").await;
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn required_fields_come_with_the_representation() {
    let products = json!([
        { "__typename": "Product", "id": "1", "price": "50.00", "weight": 500 },
        { "__typename": "Product", "id": "1", "price": "150.00", "weight": 500 },
    ]);
    let selection = "... on Product { shippingCost abroad: shippingCost(to: FR) }";
    let found = entities(shared(Service::Orders), products, selection).await;
    assert_eq!(found[0], json!({ "shippingCost": "4.90", "abroad": "9.90" }));
    assert_eq!(found[1], json!({ "shippingCost": "0.00", "abroad": "9.90" }));
    let orders = json!([{ "__typename": "Order", "id": "999999", "total": "12.30" }]);
    let found = entities(shared(Service::Payments), orders, "... on Order { amountDue payment { id } }").await;
    assert_eq!(found, json!([{ "amountDue": "12.30", "payment": null }]));
    let users = json!([
        { "__typename": "User", "id": "1", "riskScore": 10 },
        { "__typename": "User", "id": "1", "riskScore": 90 },
    ]);
    let found = entities(shared(Service::Payments), users, "... on User { mayPayByInvoice }").await;
    assert_eq!(found, json!([{ "mayPayByInvoice": true }, { "mayPayByInvoice": false }]));
}

#[tokio::test]
async fn a_required_field_that_is_not_sent_costs_only_its_own_entity() {
    let query = "query ($r: [_Any!]!) { _entities(representations: $r) { ... on Product { id shippingCost } } }";
    let products = json!([{ "__typename": "Product", "id": "1" }, { "__typename": "Product", "id": "2", "price": "1.00", "weight": 1 }]);
    let answer = answer(shared(Service::Orders), query, json!({ "r": products })).await;
    assert_eq!(answer["data"]["_entities"][1], json!({ "id": "2", "shippingCost": "4.90" }));
    assert_eq!(answer["errors"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn methods_have_the_type_that_they_are_asked_for_as() {
    let service = shared(Service::Payments);
    let ids: Vec<Value> = (1..=30).map(|id| json!({ "__typename": "Card", "id": id.to_string() })).collect();
    let cards = entities(service, json!(ids), "__typename ... on Card { id last4 }").await;
    let found: Vec<&Value> = cards.as_array().unwrap().iter().filter(|card| !card.is_null()).collect();
    assert!((1..30).contains(&found.len()), "some of the ids are cards: {cards}");
    for card in found {
        assert_eq!(card["__typename"], "Card");
        let as_wallet = json!([{ "__typename": "Wallet", "id": card["id"] }]);
        assert_eq!(entities(service, as_wallet, "__typename").await, json!([null]));
    }
}

/// How many SQL queries one request for these entities takes.
async fn queries(service: Service, representations: Vec<Value>, selection: &str) -> u64 {
    let service = own(service).await;
    let count = representations.len();
    let before = service.statements();
    let found = entities(&service, json!(representations), selection).await;
    let queries = service.statements() - before;
    assert_eq!(found.as_array().unwrap().len(), count);
    assert!(found.as_array().unwrap().iter().all(|entity| !entity.is_null()));
    service.stop().await;
    queries
}

fn numbered(typename: &str, ids: std::ops::RangeInclusive<i64>) -> Vec<Value> {
    ids.map(|id| json!({ "__typename": typename, "id": id.to_string() })).collect()
}

#[tokio::test]
async fn a_batch_of_entities_is_one_query() {
    assert_eq!(queries(Service::Users, numbered("User", 1..=1000), "... on User { name }").await, 1);
    assert_eq!(queries(Service::Products, numbered("Product", 1..=5000), "... on Product { name price }").await, 1);
    assert_eq!(queries(Service::Orders, numbered("Order", 1..=6000), "... on Order { total }").await, 1);
    assert_eq!(queries(Service::Payments, numbered("Payment", 1..=6000), "... on Payment { amount }").await, 1);
}

#[tokio::test]
async fn each_nested_field_is_one_query_more() {
    let selection =
        "... on User { orders(first: 3) { nodes { id items { line order { number } } } totalCount } totalSpent }";
    // Orders by customer, their counts, the sums, the items, and the orders of the items.
    assert_eq!(queries(Service::Orders, numbered("User", 1..=1000), selection).await, 5);
    let selection = "... on Product { brand { name } category { name parent { name } } stock { quantity warehouse { name } } inStock }";
    // Products, brands, categories, their parents, stock, warehouses.
    assert_eq!(queries(Service::Products, numbered("Product", 1..=2000), selection).await, 6);
    let selection = "... on Order { payment { method { label } refunds { amount } timeline { __typename } } }";
    // Payments, methods, refunds.
    assert_eq!(queries(Service::Payments, numbered("Order", 1..=2000), selection).await, 3);
    let selection = "... on User { addresses { city } defaultAddress { city } notifications(first: 2) { text } }";
    // Users, addresses, notifications.
    assert_eq!(queries(Service::Users, numbered("User", 1..=1000), selection).await, 3);
}

#[tokio::test]
async fn keys_of_different_kinds_are_one_query_each() {
    let mut products = numbered("Product", 1..=100);
    products.extend((1..=100).map(|id| json!({ "__typename": "Product", "sku": format!("WF-{id:05}") })));
    assert_eq!(queries(Service::Products, products, "... on Product { name }").await, 2);
}
