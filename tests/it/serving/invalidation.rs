//! Mutations that make what is cached stale, by the schema and by the configuration.

use super::gateway::{Resolver, Running};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use weft::config::Config;

const SDL: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cacheTag"])
type Query { price(id: ID!): Int @cacheControl(maxAge: 60) @cacheTag(format: "price-{$args.id}") }
type Mutation {
  reprice(id: ID!): Int @cacheInvalidate(tag: "price-{$args.id}")
  discount(input: Discount!): Int
}
input Discount { product: ID! }
"#;

/// A shop whose mutations raise the price of everything.
async fn shop(configure: impl FnOnce(&mut Config)) -> Running {
    let price = AtomicU64::new(1);
    let resolver: Resolver = Arc::new(move |body: Value| {
        let query = body["query"].as_str().unwrap_or_default();
        let at = |by| price.fetch_add(by, Ordering::SeqCst);
        let data = match query {
            _ if query.contains("reprice") => json!({ "reprice": at(1) + 1 }),
            _ if query.contains("discount") => json!({ "discount": at(1) + 1 }),
            _ => json!({ "price": at(0) }),
        };
        Box::pin(std::future::ready(json!({ "data": data })))
    });
    let configure = |config: &mut Config| {
        config.response_cache.enabled = true;
        configure(config);
    };
    Running::composed(configure, &[("shop", SDL, resolver)]).await
}

async fn price(shop: &Running) -> Value {
    shop.query(r#"{ price(id: "1") }"#).await.json()["data"]["price"].take()
}

#[tokio::test]
async fn what_a_mutation_names_is_fetched_anew() {
    let shop = shop(|_| {}).await;
    for _ in 0..3 {
        assert_eq!(price(&shop).await, 1);
    }
    assert_eq!(shop.query(r#"mutation { reprice(id: "2") }"#).await.json(), json!({ "data": { "reprice": 2 } }));
    assert_eq!(price(&shop).await, 1, "another product's price is still served");
    let body = json!({ "query": "mutation ($id: ID!) { reprice(id: $id) }", "variables": { "id": 1 } });
    assert_eq!(shop.ask(body).await.json(), json!({ "data": { "reprice": 3 } }));
    for _ in 0..3 {
        assert_eq!(price(&shop).await, 3);
    }
    assert_eq!(shop.asked.lock().unwrap().len(), 4);
}

#[tokio::test]
async fn what_the_configuration_says_of_a_mutation_counts_too() {
    let plain = shop(|_| {}).await;
    let told = shop(|config| {
        let tags = vec!["price-{$args.input.product}".to_owned()];
        config.response_cache.mutations.insert("discount".to_owned(), tags);
    });
    let told = told.await;
    for (shop, after) in [(&plain, 1), (&told, 2)] {
        assert_eq!(price(shop).await, 1);
        let mutation = r#"mutation { discount(input: { product: "1" }) }"#;
        assert!(shop.query(mutation).await.json()["errors"].is_null());
        assert_eq!(price(shop).await, after);
    }
}
