//! The cache behind gates: what somebody may not have is neither looked up for them nor served, whoever had it before.

use super::access::with_key;
use super::gateway::{Answer, Resolver, Running};
use serde_json::{Value, json};
use std::sync::Arc;
use weft::demo::credentials;

const SDL: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.12\", \
                   import: [\"@requiresScopes\", \"@cacheTag\", \"@key\"])\n\
                   type Query { open: Int @cacheControl(maxAge: 60) \
                   paid: Int @requiresScopes(scopes: [[\"payments:read\"]]) @cacheControl(maxAge: 60) \
                   order: Order @cacheControl(maxAge: 60) }\n\
                   type Order { number: Int paid: Int @requiresScopes(scopes: [[\"payments:read\"]]) }";

async fn gateway() -> Running {
    let resolver: Resolver = Arc::new(|body| {
        let query = body["query"].as_str().unwrap().to_owned();
        let mut data = json!({ "open": 1, "paid": 1, "order": { "number": 7, "paid": 8 } });
        let root = data.as_object_mut().unwrap();
        root.retain(|field, _| query.contains(field.as_str()));
        Box::pin(std::future::ready(json!({ "data": data })))
    });
    let configure = |config: &mut weft::config::Config| {
        config.authentication = credentials::authentication();
        config.router.deduplicate = true;
        config.response_cache.enabled = true;
        config.response_cache.debug = true;
    };
    Running::composed(configure, &[("a", SDL, resolver)]).await
}

fn asked(gateway: &Running) -> usize {
    gateway.asked.lock().unwrap().len()
}

/// The data of an answer without a key.
async fn stranger(gateway: &Running, query: &str) -> Value {
    gateway.query(query).await.json()["data"].clone()
}

#[tokio::test]
async fn what_was_cached_for_others_is_not_served_through_a_closed_gate() {
    let gateway = gateway().await;
    for _ in 0..2 {
        let mine = with_key(&gateway, credentials::PAYMENTS_KEY, "{ open paid }").await;
        assert_eq!(mine.json(), json!({ "data": { "open": 1, "paid": 1 } }));
    }
    assert_eq!(asked(&gateway), 1);
    for query in ["{ open paid }", "{ open paid }", "{ paid open }"] {
        let theirs = gateway.query(query).await;
        assert_eq!(theirs.json()["data"]["paid"], Value::Null, "{query}");
        assert_eq!(theirs.json()["data"]["open"], 1, "{query}");
        assert_eq!(theirs.json()["errors"][0]["path"], json!(["paid"]), "{query}");
        let plain = with_key(&gateway, credentials::PLAIN_KEY, query).await;
        assert_eq!(plain.json()["data"]["paid"], Value::Null, "{query}");
    }
    assert_eq!(stranger(&gateway, "{ paid }").await, json!({ "paid": null }));
    assert_eq!(asked(&gateway), 1, "nobody is asked for what is withheld");
}

#[tokio::test]
async fn what_is_behind_a_closed_gate_is_not_looked_up() {
    let gateway = gateway().await;
    with_key(&gateway, credentials::PAYMENTS_KEY, "{ open paid }").await;
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let body = json!({ "query": "{ open paid }" }).to_string();
    let told = Answer::of(request.header("weft-cache-debug", "1").body(body)).await.json();
    let open = json!({ "field": "Query.open", "subgraph": "a", "hits": 1, "misses": 0, "stale": 0, "maxAge": 60 });
    assert_eq!(told["extensions"]["cache"], json!({ "hits": 1, "stale": 0, "misses": 0, "fields": [open] }));
}

#[tokio::test]
async fn what_is_withheld_is_not_kept_as_null_for_others() {
    let gateway = gateway().await;
    for _ in 0..2 {
        assert_eq!(stranger(&gateway, "{ open paid }").await, json!({ "open": 1, "paid": null }));
        assert_eq!(
            stranger(&gateway, "{ order { number paid } }").await,
            json!({ "order": { "number": 7, "paid": null } })
        );
    }
    assert_eq!(asked(&gateway), 2);
    for _ in 0..2 {
        let mine = with_key(&gateway, credentials::PAYMENTS_KEY, "{ open paid }").await;
        assert_eq!(mine.json(), json!({ "data": { "open": 1, "paid": 1 } }));
        let mine = with_key(&gateway, credentials::PAYMENTS_KEY, "{ order { number paid } }").await;
        assert_eq!(mine.json(), json!({ "data": { "order": { "number": 7, "paid": 8 } } }));
    }
    assert_eq!(asked(&gateway), 4);
    // And not the other way round.
    assert_eq!(
        stranger(&gateway, "{ order { number paid } }").await,
        json!({ "order": { "number": 7, "paid": null } })
    );
    assert_eq!(asked(&gateway), 4);
}
