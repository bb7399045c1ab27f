//! The tags of answers, for caches between the gateway and the client.

use super::gateway::{Answer, Resolver, Running};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::Arc;
use weft::config::SurrogateHeader;

const PRODUCTS: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cacheTag", "@key"])
type Query {
  product(id: ID!): Product @cacheControl(maxAge: 60) @cacheTag(format: "product({$args.id})")
  mine: Int @cacheControl(maxAge: 60, scope: PRIVATE) @cacheTag(format: "mine")
  none: Int @cacheTag(format: "none")
  plain: Int @cacheControl(maxAge: 60)
}
type Product @key(fields: "id") { id: ID! name: String }
"#;

const STOCK: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@cacheTag", "@key"])
type Product @key(fields: "id") @cacheControl(maxAge: 60) @cacheTag(format: "stock-{$key.id}") { id: ID! left: Int place: String }
"#;

async fn gateway(header: Option<SurrogateHeader>) -> Running {
    let products: Resolver = Arc::new(|body: Value| {
        let query = body["query"].as_str().unwrap_or_default();
        let product = json!({ "id": body["variables"]["id"], "name": "Chair" });
        let data = match query {
            _ if query.contains("product") => json!({ "product": product, "none": 2 }),
            _ => json!({ "mine": 1, "none": 2, "plain": 3 }),
        };
        Box::pin(std::future::ready(json!({ "data": data })))
    });
    let stock: Resolver = Arc::new(|body: Value| {
        let mut entity = json!({ "left": 1, "place": "A" });
        let query = body["query"].as_str().unwrap_or_default();
        entity.as_object_mut().unwrap().retain(|field, _| query.contains(field.as_str()));
        Box::pin(std::future::ready(json!({ "data": { "_entities": [entity] } })))
    });
    let configure = |config: &mut weft::config::Config| {
        config.response_cache.enabled = true;
        config.response_cache.debug = true;
        config.response_cache.surrogate_keys = header;
        config.response_cache.private_id = Some(http::HeaderName::from_static("x-user"));
    };
    Running::composed(configure, &[("products", PRODUCTS, products), ("stock", STOCK, stock)]).await
}

async fn product(gateway: &Running, id: &str, fields: &str) -> Answer {
    let query = format!("query ($id: ID!) {{ product(id: $id) {{ {fields} }} }}");
    gateway.ask(json!({ "query": query, "variables": { "id": id } })).await
}

fn tags<'a>(answer: &'a Answer, header: &str, separator: char) -> BTreeSet<&'a str> {
    answer.header(header).split(separator).filter(|tag| !tag.is_empty()).collect()
}

#[tokio::test]
async fn an_answer_carries_the_tags_of_all_that_is_in_it_however_it_was_served() {
    let gateway = gateway(Some(SurrogateHeader::CacheTag)).await;
    let all = BTreeSet::from(["product(1)", "stock-1"]);
    // Fetched; served value by value, since other fields were asked for; fetched in part; served whole.
    for fields in ["name left", "left", "name left place", "name left place", "name left"] {
        let answer = product(&gateway, "1", fields).await;
        assert_eq!(tags(&answer, "cache-tag", ','), all, "{fields} {answer:?}");
        assert!(answer.header("cache-control").ends_with(", public"), "{answer:?}");
    }
    assert_eq!(gateway.asked.lock().unwrap().len(), 3);
    assert_eq!(
        tags(&product(&gateway, "2", "left").await, "cache-tag", ','),
        BTreeSet::from(["product(2)", "stock-2"])
    );
    assert_eq!(product(&gateway, "1", "name").await.header("cache-tag"), "product(1)");
    assert_eq!(gateway.query("{ plain }").await.header("cache-tag"), "");
}

#[tokio::test]
async fn the_header_is_the_configured_one_and_none_without_it() {
    for (header, name, separator) in [
        (Some(SurrogateHeader::SurrogateKey), "surrogate-key", ' '),
        (Some(SurrogateHeader::CacheTags), "cache-tags", ','),
        (None, "", ','),
    ] {
        let gateway = gateway(header).await;
        for _ in 0..3 {
            let answer = product(&gateway, "1", "left").await;
            for other in ["cache-tag", "cache-tags", "surrogate-key"] {
                let expected = if other == name { BTreeSet::from(["product(1)", "stock-1"]) } else { BTreeSet::new() };
                assert_eq!(tags(&answer, other, separator), expected, "{other}");
            }
            assert!(answer.header("cache-control").ends_with(", public"), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn what_no_shared_cache_may_keep_has_no_tags() {
    let gateway = gateway(Some(SurrogateHeader::CacheTag)).await;
    for query in ["{ none }", "{ mine }", "{ mine plain }"] {
        assert_eq!(gateway.query(query).await.header("cache-tag"), "", "{query}");
    }
    let request = gateway.client.post(&gateway.url).header("authorization", "Bearer x");
    let body = json!({ "query": r#"{ product(id: "1") { left } }"# }).to_string();
    let own = Answer::of(request.header("content-type", "application/json").body(body)).await;
    assert!(own.header("cache-control").ends_with(", private"), "{own:?}");
    assert_eq!(own.header("cache-tag"), "");
}

#[tokio::test]
async fn who_could_not_be_told_all_tags_must_not_keep_the_answer() {
    let gateway = gateway(Some(SurrogateHeader::CacheTag)).await;
    // The client chooses what is in a tag: neither may it make two of one, nor a header that is too long.
    for id in ["1,stock-2".to_owned(), "1 2".to_owned(), "é".to_owned(), "x".repeat(20_000)] {
        for _ in 0..2 {
            let answer = product(&gateway, &id, "left").await;
            assert!(answer.header("cache-control").ends_with(", private"), "{answer:?}");
            assert_eq!(answer.header("cache-tag"), "");
        }
    }
    let asked = gateway.asked.lock().unwrap().len();
    assert_eq!(asked, 8, "the gateway keeps them all the same");
}

#[tokio::test]
async fn fields_are_counted_one_by_one() {
    let gateway = gateway(None).await;
    let told = |answer: &Answer| answer.json()["extensions"]["cache"].clone();
    let debugged = async |fields: &str| {
        let query = format!("query ($id: ID!) {{ product(id: $id) {{ {fields} }} none }}");
        let request = gateway.client.post(&gateway.url).header("weft-cache-debug", "1");
        let body = json!({ "query": query, "variables": { "id": "1" } }).to_string();
        told(&Answer::of(request.header("content-type", "application/json").body(body)).await)
    };
    let row = |field: &str, subgraph: &str, hits: u64, misses: u64| json!({ "field": field, "subgraph": subgraph, "hits": hits, "misses": misses, "stale": 0, "maxAge": 60 });
    let first = debugged("left").await;
    let fields = json!([row("Query.product", "products", 0, 1), row("Product.left", "stock", 0, 1)]);
    assert_eq!(first, json!({ "hits": 0, "stale": 0, "misses": 3, "fields": fields }));
    let second = debugged("left place").await;
    let fields = json!([
        row("Query.product", "products", 1, 0),
        row("Product.left", "stock", 1, 0),
        row("Product.place", "stock", 0, 1)
    ]);
    assert_eq!(second, json!({ "hits": 2, "stale": 0, "misses": 2, "fields": fields }));
    // Put together, then twice whole.
    for _ in 0..3 {
        product(&gateway, "1", "place").await;
    }
    let metrics = gateway.client.get(format!("http://{}/metrics", gateway.health)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "weft_response_cache_field_values_total{field=\"Product.place\",result=\"hit\"} 3",
        "weft_response_cache_field_values_total{field=\"Product.place\",result=\"miss\"} 1",
        "weft_response_cache_field_values_total{field=\"Product.place\",result=\"stale\"} 0",
        "weft_response_cache_field_values_total{field=\"Query.product\",result=\"hit\"} 4",
        // `"A"`, three times.
        "weft_response_cache_field_bytes_total{field=\"Product.place\"} 9",
        "weft_response_cache_field_bytes_total{field=\"Product.left\"} 1",
    ] {
        assert!(metrics.lines().any(|other| other == line), "{line} is not in\n{metrics}");
    }
    assert!(!metrics.contains("field=\"Query.none\""), "{metrics}");
}
