//! Arrays of requests: answered side by side, each as if it had come alone.

use super::gateway::{Answer, Resolver, Running};
use serde_json::{Value, json};
use std::sync::Arc;
use std::time::{Duration, Instant};
use weft::config::{Batching, Config, Limits};

const SHOP: &str = "type Query { a(n: Int): Int b: Int! } type Mutation { set: Int }";

/// Over a service that takes a while, and fails for `b`.
async fn shop(configure: impl FnOnce(&mut Config)) -> Running {
    let answer: Resolver = Arc::new(|request| {
        Box::pin(async move {
            tokio::time::sleep(Duration::from_millis(100)).await;
            let query = request["query"].as_str().unwrap();
            let failing = json!({ "data": null, "errors": [{ "message": "no", "path": ["b"] }] });
            if query.contains('b') { failing } else { json!({ "data": { "a": request["variables"]["n"], "set": 1 } }) }
        })
    });
    let configure = |config: &mut Config| {
        config.batching = Some(Batching { maximum_size: 10 });
        configure(config);
    };
    Running::composed(configure, &[("shop", SHOP, answer)]).await
}

async fn post(gateway: &Running, batch: Value) -> Answer {
    gateway.post(batch.to_string()).await
}

#[tokio::test]
async fn answers_come_in_the_order_of_their_requests_and_are_made_side_by_side() {
    let gateway = shop(|_| {}).await;
    let query = "query($n: Int) { a(n: $n) }";
    let requests: Vec<Value> = (0..10).map(|n| json!({ "query": query, "variables": { "n": n } })).collect();
    post(&gateway, json!([requests[0]])).await;
    let start = Instant::now();
    let answer = post(&gateway, json!(requests)).await;
    assert!(
        start.elapsed() < Duration::from_millis(950),
        "one after the other they take a second: {:?}",
        start.elapsed()
    );
    let answers: Vec<Value> = (0..10).map(|n| json!({ "data": { "a": n } })).collect();
    assert_eq!((answer.status, answer.json()), (200, json!(answers)));
    assert_eq!(answer.header("content-type"), "application/json; charset=utf-8");
}

#[tokio::test]
async fn what_is_wrong_with_one_is_not_the_others_business() {
    let gateway = shop(|config| config.limits = Limits { max_aliases: 1, ..config.limits }).await;
    let answer = post(
        &gateway,
        json!([
            { "query": "{ a(n: 1) }" },
            { "query": "{ nothing }" },
            { "query": "{ b }" },
            7,
            { "query": "{ x: a y: a }" },
            { "query": "mutation { set }" },
            { "operationName": "none" },
        ]),
    )
    .await;
    let answers = answer.json();
    assert_eq!(
        (answer.status, &answers[0], &answers[5]["data"]),
        (200, &json!({ "data": { "a": null } }), &json!({ "set": 1 }))
    );
    let codes: Vec<&str> = answers
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default())
        .collect();
    let expected = [
        "",
        "GRAPHQL_VALIDATION_FAILED",
        "DOWNSTREAM_SERVICE_ERROR",
        "INVALID_GRAPHQL_REQUEST",
        "MAX_ALIASES_LIMIT",
        "",
        "INVALID_GRAPHQL_REQUEST",
    ];
    assert_eq!(codes, expected, "{answers}");
}

#[tokio::test]
async fn a_batch_is_bounded_and_is_an_array_of_something() {
    let gateway = shop(|_| {}).await;
    let one = json!({ "query": "{ __typename }" });
    let many = post(&gateway, json!(vec![one.clone(); 11])).await;
    assert_eq!((many.status, many.code().as_str()), (413, "BATCH_LIMIT_EXCEEDED"));
    let none = post(&gateway, json!([])).await;
    assert_eq!((none.status, none.code().as_str()), (400, "INVALID_GRAPHQL_REQUEST"));
    let broken = gateway.post("[{\"query\":\"{ __typename }\"}").await;
    assert_eq!((broken.status, broken.code().as_str()), (400, "INVALID_GRAPHQL_REQUEST"));
    let off = shop(|config| config.batching = None).await;
    let refused = post(&off, json!([one])).await;
    assert_eq!((refused.status, refused.code().as_str()), (400, "BATCHING_NOT_ENABLED"));
}
