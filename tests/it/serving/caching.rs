//! The response cache at the gateway: what clients and caches between are told, and who may empty it.

use super::gateway::{Answer, Running, always};
use serde_json::json;
use weft::config::{Config, Invalidation};

const SDL: &str = r#"
directive @cacheControl(maxAge: Int, scope: CacheControlScope, inheritMaxAge: Boolean) on FIELD_DEFINITION | OBJECT | INTERFACE | UNION
enum CacheControlScope { PUBLIC PRIVATE }
type Query { a: Int @cacheControl(maxAge: 60) b: Int c: Int @cacheControl(maxAge: 60, scope: PRIVATE) }
"#;

fn cached(config: &mut Config) {
    config.response_cache.enabled = true;
    config.response_cache.debug = true;
    config.response_cache.private_id = Some(http::HeaderName::from_static("x-user"));
    config.response_cache.invalidation =
        Some(Invalidation { path: "/invalidation".into(), shared_key: "secret".into() });
}

async fn gateway(configure: impl FnOnce(&mut Config)) -> Running {
    Running::composed(configure, &[("a", SDL, always(json!({ "data": { "a": 1, "b": 2, "c": 3 } })))]).await
}

fn asked(gateway: &Running) -> usize {
    gateway.asked.lock().unwrap().len()
}

/// A second may pass on the way.
fn is_good_for_a_minute(answer: &Answer, scope: &str) -> bool {
    ["60", "59", "58"].iter().any(|seconds| answer.header("cache-control") == format!("max-age={seconds}, {scope}"))
}

async fn get(gateway: &Running, query: &str, headers: &[(&'static str, &str)]) -> Answer {
    let preflight = [("apollo-require-preflight", "1")];
    gateway.get(&format!("/graphql?query={query}"), &[&preflight[..], headers].concat()).await
}

#[tokio::test]
async fn answers_say_for_how_long_they_are_good() {
    let gateway = gateway(cached).await;
    let first = get(&gateway, "{a}", &[]).await;
    assert!(is_good_for_a_minute(&first, "public"), "{first:?}");
    let again = get(&gateway, "{x:a}", &[]).await;
    assert_eq!(again.json(), json!({ "data": { "x": 1 } }));
    assert_eq!(asked(&gateway), 1);
    let tag = first.header("etag").to_owned();
    let known = get(&gateway, "{a}", &[("if-none-match", &tag)]).await;
    assert_eq!((known.status, known.body.len(), known.header("etag")), (304, 0, &*tag));
    assert_eq!(get(&gateway, "{a}", &[("if-none-match", "\"other\"")]).await.status, 200);
    // Whoever says who they are may get what is theirs alone.
    let personal = get(&gateway, "{a}", &[("authorization", "Bearer x")]).await;
    assert!(personal.header("cache-control").ends_with(", private"), "{personal:?}");
    for uncached in ["{b}", "{a b}"] {
        assert_eq!(get(&gateway, uncached, &[]).await.header("cache-control"), "no-store", "{uncached}");
    }
    let before = asked(&gateway);
    for user in [&[("x-user", "ann")][..], &[("x-user", "ann")], &[("x-user", "bob")], &[], &[]] {
        let own = get(&gateway, "{c}", user).await;
        assert!(is_good_for_a_minute(&own, "private"), "{own:?}");
    }
    // Ann's second answer is the only one that was known; for nobody in particular nothing is kept.
    assert_eq!(asked(&gateway) - before, 4);
}

#[tokio::test]
async fn without_a_cache_answers_to_get_are_not_kept_and_nothing_is() {
    let gateway = gateway(|_| {}).await;
    for _ in 0..2 {
        let answer = get(&gateway, "{a}", &[]).await;
        assert_eq!((answer.header("cache-control"), answer.header("etag")), ("no-store", ""));
        assert_eq!(gateway.query("{a}").await.header("cache-control"), "");
    }
    assert_eq!(asked(&gateway), 4);
}

#[tokio::test]
async fn clients_that_ask_are_told_how_the_cache_served_them() {
    let gateway = gateway(cached).await;
    for (hits, misses) in [(0, 1), (1, 0)] {
        let answer = get(&gateway, "{a}", &[("apollo-cache-debugging", "true")]).await;
        let told = &answer.json()["extensions"]["cache"];
        let a =
            json!({ "field": "Query.a", "subgraph": "a", "hits": hits, "misses": misses, "stale": 0, "maxAge": 60 });
        assert_eq!(*told, json!({ "hits": hits, "stale": 0, "misses": misses, "fields": [a] }));
    }
    assert!(get(&gateway, "{a}", &[]).await.json().get("extensions").is_none());
    let metrics = gateway.client.get(format!("http://{}/metrics", gateway.health)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for line in [
        "weft_response_cache_values_total{result=\"hit\"} 2",
        "weft_response_cache_values_total{result=\"miss\"} 1",
        "weft_response_cache_entries 1",
    ] {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
}

#[tokio::test]
async fn only_who_has_the_secret_can_invalidate() {
    let gateway = gateway(cached).await;
    let invalidate = |key: &'static str, body: &'static str| {
        let request = gateway.client.post(format!("http://{}/invalidation", gateway.health));
        Answer::of(request.header("authorization", key).body(body))
    };
    get(&gateway, "{a}", &[]).await;
    assert_eq!(invalidate("wrong", r#"[{"kind":"subgraph","subgraph":"a"}]"#).await.status, 401);
    assert_eq!(invalidate("secret", r#"[{"kind":"everything"}]"#).await.status, 400);
    get(&gateway, "{a}", &[]).await;
    assert_eq!(asked(&gateway), 1);
    assert_eq!(invalidate("secret", r#"[{"kind":"type","type":"Query","subgraph":"a"}]"#).await.status, 202);
    get(&gateway, "{a}", &[]).await;
    assert_eq!(asked(&gateway), 2);
}

#[tokio::test]
async fn a_query_can_be_asked_by_its_hash() {
    let gateway = gateway(cached).await;
    // Of `{a}`.
    let hash = "460c3a93211614ac783c0f1d1bbbcb45a6da87d6421b5c0771772588f1015ff8";
    let extensions = format!(r#"{{"persistedQuery":{{"version":1,"sha256Hash":"{hash}"}}}}"#);
    let short = json!({ "extensions": serde_json::from_str::<serde_json::Value>(&extensions).unwrap() });
    let unknown = gateway.ask(short.clone()).await;
    assert_eq!((unknown.status, unknown.code()), (200, "PERSISTED_QUERY_NOT_FOUND".to_owned()));
    assert_eq!(unknown.json()["errors"][0]["message"], "PersistedQueryNotFound");
    let mut whole = short.clone();
    whole["query"] = "{a}".into();
    assert_eq!(gateway.ask(whole).await.json(), json!({ "data": { "a": 1 } }));
    assert_eq!(gateway.ask(short).await.json(), json!({ "data": { "a": 1 } }));
    let escaped: String = url::form_urlencoded::byte_serialize(extensions.as_bytes()).collect();
    let by_get = gateway.get(&format!("/graphql?extensions={escaped}"), &[("apollo-require-preflight", "1")]).await;
    assert_eq!(by_get.json(), json!({ "data": { "a": 1 } }));
    let off = self::gateway(|config| config.apq.enabled = false).await;
    let refused = off.ask(json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": hash } } })).await;
    assert_eq!(refused.code(), "PERSISTED_QUERY_NOT_SUPPORTED");
}
