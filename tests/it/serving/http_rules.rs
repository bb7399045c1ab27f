//! GraphQL over HTTP: methods, media types, statuses, guards, what goes around the answer.

use super::gateway::{Answer, Running, always};
use serde_json::json;
use weft::config::{CorsPolicy, Origins};

const GRAPHQL: &str = "application/graphql-response+json; charset=utf-8";
const JSON: &str = "application/json; charset=utf-8";

#[tokio::test]
async fn a_query_is_answered() {
    let gateway = Running::over(always(json!({ "data": { "me": { "id": "1", "name": "Ada" } } }))).await;
    let answer = gateway.query("{ me { id name } }").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, GRAPHQL));
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(answer.text(), r#"{"data":{"me":{"id":"1","name":"Ada"}}}"#);
    let plain = gateway.post(r#"{"query":"{ me { id } }"}"#).await;
    assert_eq!((plain.status, plain.header("content-type")), (200, JSON));
}

#[tokio::test]
async fn the_status_of_a_refused_operation_depends_on_the_media_type() {
    let gateway = Running::start().await;
    for (query, code) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
        ("query($id: Int!) { echo(number: $id) }", "VALIDATION_INVALID_TYPE_VARIABLE"),
        ("query A { me { id } } query B { me { id } }", "GRAPHQL_UNKNOWN_OPERATION_NAME"),
    ] {
        let body = json!({ "query": query });
        let strict = gateway.ask(body.clone()).await;
        assert_eq!((strict.status, strict.code().as_str()), (400, code), "{query}");
        assert!(strict.json().get("data").is_none());
        let lenient = gateway.post(body.to_string()).await;
        assert_eq!((lenient.status, lenient.code().as_str()), (200, code), "{query}");
    }
}

#[tokio::test]
async fn errors_of_a_document_have_places() {
    let gateway = Running::start().await;
    let answer = gateway.query("{\n  me { nothing }\n}").await;
    assert_eq!(
        answer.text(),
        r#"{"errors":[{"message":"type `User` does not have a field `nothing`","locations":[{"line":2,"column":8}],"extensions":{"code":"GRAPHQL_VALIDATION_FAILED"}}]}"#
    );
}

#[tokio::test]
async fn variables_reach_the_subgraph() {
    let gateway = Running::over(always(json!({ "data": { "echo": "x" } }))).await;
    let query = "query($f: Filter, $n: Int = 3) { echo(filter: $f, number: $n) }";
    let answer = gateway.ask(json!({ "query": query, "variables": { "f": { "name": "é", "any": [] } } })).await;
    assert_eq!(answer.text(), r#"{"data":{"echo":"x"}}"#);
    assert_eq!(gateway.asked.lock().unwrap()[0]["variables"], json!({ "f": { "name": "é", "any": [] }, "n": 3 }));
}

#[tokio::test]
async fn messages_that_are_no_requests_are_400() {
    let gateway = Running::start().await;
    for (body, code) in [
        ("{ \"not json", "INVALID_GRAPHQL_REQUEST"),
        ("", "INVALID_GRAPHQL_REQUEST"),
        ("{\"query\":1}", "INVALID_GRAPHQL_REQUEST"),
        ("{\"query\":\"{a}\",\"variables\":[]}", "INVALID_GRAPHQL_REQUEST"),
        ("[{\"query\":\"{a}\"}]", "BATCHING_NOT_ENABLED"),
        ("{\"extensions\":{\"persistedQuery\":{\"version\":1}}}", "INVALID_GRAPHQL_REQUEST"),
    ] {
        let answer = gateway.post(body).await;
        assert_eq!((answer.status, answer.code().as_str()), (400, code), "{body}");
    }
    let malformed = gateway.post(vec![b'{', b'"', 0xff, b'"', b'}']).await;
    assert_eq!(malformed.status, 400);
}

#[tokio::test]
async fn media_types_are_negotiated() {
    let gateway = Running::start().await;
    let post = |content_type: &'static str, accept: &'static str| {
        let request = gateway.client.post(&gateway.url).header("content-type", content_type).header("accept", accept);
        Answer::of(request.body(r#"{"query":"{ __typename }"}"#))
    };
    assert_eq!(post("application/json", "text/csv").await.status, 406);
    assert_eq!(post("text/plain", "*/*").await.status, 415);
    assert_eq!(post("application/json; charset=latin1", "*/*").await.status, 415);
    let answer = post("application/json;charset=utf-8", "application/graphql-response+json;q=0.5, */*;q=0.1").await;
    assert_eq!((answer.status, answer.header("content-type")), (200, GRAPHQL));
}

#[tokio::test]
async fn get_is_for_queries_that_pass_the_csrf_guard() {
    let gateway = Running::start().await;
    let query = "/graphql?query=%7B__typename%7D";
    let preflighted = [("apollo-require-preflight", "1")];
    let answer = gateway.get(query, &preflighted).await;
    assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"data":{"__typename":"Query"}}"#));
    assert_eq!((answer.header("cache-control"), answer.header("vary")), ("no-store", "accept"));
    assert_eq!(gateway.get(query, &[("accept", "application/json")]).await.status, 200);
    let simple = gateway.get(query, &[]).await;
    assert_eq!((simple.status, simple.code().as_str()), (403, "CSRF_ERROR"));
    for mutation in [
        "/graphql?query=mutation%7Bbump%7D",
        "/graphql?query=query+A%7B__typename%7D+mutation+B%7Bbump%7D&operationName=B",
        // Also when the operation is not even valid.
        "/graphql?query=mutation%7Bnothing%7D",
    ] {
        let answer = gateway.get(mutation, &preflighted).await;
        assert_eq!((answer.status, answer.header("allow")), (405, "POST"), "{mutation}");
    }
    assert!(gateway.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn other_methods_are_405() {
    let gateway = Running::start().await;
    let answer = Answer::of(gateway.client.put(&gateway.url).body("x")).await;
    assert_eq!((answer.status, answer.header("allow")), (405, "GET, POST, OPTIONS"));
}

#[tokio::test]
async fn a_browser_gets_the_playground() {
    let gateway = Running::start().await;
    for path in ["/", "/graphql"] {
        let page = gateway.get(path, &[("accept", "text/html,*/*;q=0.8")]).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
    }
    assert_eq!(gateway.get("/nowhere", &[]).await.status, 404);
    let hidden = Running::configured(|config| {
        config.playground.at_root = false;
        config.playground.at_endpoint = false;
    })
    .await;
    assert_eq!(hidden.get("/", &[("accept", "text/html")]).await.status, 404);
    assert_eq!(hidden.get("/graphql", &[("accept", "text/html")]).await.status, 406);
}

#[tokio::test]
async fn introspection_is_answered_by_the_gateway_unless_it_is_off() {
    let query = "query($n: String!) { __type(name: $n) { name fields { name } } __schema { queryType { name } } }";
    let ask = json!({ "query": query, "variables": { "n": "User" } });
    let gateway = Running::start().await;
    let answer = gateway.ask(ask.clone()).await;
    assert_eq!(
        answer.text(),
        r#"{"data":{"__type":{"name":"User","fields":[{"name":"id"},{"name":"name"},{"name":"friends"}]},"__schema":{"queryType":{"name":"Query"}}}}"#
    );
    let closed = Running::configured(|config| config.supergraph.introspection = false).await;
    assert_eq!(closed.ask(ask).await.code(), "INTROSPECTION_DISABLED");
    assert_eq!(closed.query("{ __typename }").await.status, 200);
}

#[tokio::test]
async fn the_query_plan_is_shown_on_request() {
    let gateway = Running::over(always(json!({ "data": { "me": { "id": "1" } } }))).await;
    let ask = |value: &'static str| {
        let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
        Answer::of(request.header("weft-expose-query-plan", value).body(r#"{"query":"{ me { id } }"}"#))
    };
    let dry = ask("dry-run").await.json();
    assert_eq!(dry["data"], json!(null));
    assert!(dry["extensions"]["queryPlan"].is_object(), "{dry}");
    assert!(gateway.asked.lock().unwrap().is_empty());
    let beside = ask("true").await.json();
    assert_eq!(beside["data"]["me"]["id"], "1");
    assert_eq!(beside["extensions"], dry["extensions"]);
    assert!(ask("false").await.json().get("extensions").is_none());
}

#[tokio::test]
async fn long_answers_are_compressed_for_who_asks() {
    let name = "x".repeat(5000);
    let gateway = Running::over(always(json!({ "data": { "me": { "name": name } } }))).await;
    let ask = |encodings: &'static str, query: &'static str| {
        let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
        Answer::of(request.header("accept-encoding", encodings).body(json!({ "query": query }).to_string()))
    };
    for encoding in ["gzip", "br", "zstd"] {
        let answer = ask(encoding, "{ me { name } }").await;
        assert_eq!((answer.header("content-encoding"), answer.header("vary")), (encoding, "accept-encoding"));
        assert!(answer.body.len() < 500, "{encoding}: {}", answer.body.len());
    }
    assert_eq!(ask("gzip", "{ __typename }").await.header("content-encoding"), "");
    assert_eq!(ask("identity", "{ me { name } }").await.header("content-encoding"), "");
}

#[tokio::test]
async fn pages_of_known_origins_may_ask() {
    let gateway = Running::configured(|config| {
        config.cors.policies = vec![CorsPolicy {
            origins: Origins::Some { listed: vec!["https://shop.example".parse().unwrap()], matching: Vec::new() },
            allow_credentials: false,
            allow_headers: None,
            expose_headers: Vec::new(),
            methods: vec![http::Method::POST],
            max_age: None,
        }];
    })
    .await;
    let preflight = |origin: &'static str| {
        let request = gateway.client.request(http::Method::OPTIONS, &gateway.url).header("origin", origin);
        let request = request.header("access-control-request-method", "POST");
        Answer::of(request.header("access-control-request-headers", "content-type"))
    };
    let known = preflight("https://shop.example").await;
    assert_eq!(known.status, 204);
    assert_eq!(known.header("access-control-allow-origin"), "https://shop.example");
    assert_eq!(known.header("access-control-allow-headers"), "content-type");
    assert_eq!(preflight("https://evil.example").await.header("access-control-allow-origin"), "");
    let headers = [("origin", "https://shop.example"), ("apollo-require-preflight", "1")];
    let answer = gateway.get("/graphql?query=%7B__typename%7D", &headers).await;
    assert_eq!(answer.header("access-control-allow-origin"), "https://shop.example");
}

#[tokio::test]
async fn health_and_metrics_have_a_listener_of_their_own() {
    let gateway = Running::start().await;
    gateway.query("{ __typename }").await;
    let get = |path: &str| Answer::of(gateway.client.get(format!("http://{}{path}", gateway.health)));
    for path in ["/health", "/health?live", "/health?ready"] {
        let answer = get(path).await;
        assert_eq!((answer.status, answer.text().as_str()), (200, r#"{"status":"UP"}"#), "{path}");
    }
    let metrics = get("/metrics").await.text();
    assert!(metrics.contains("graphql_operation_type=\"query\"} 1"), "{metrics}");
    assert_eq!(get("/graphql").await.status, 404);
}
