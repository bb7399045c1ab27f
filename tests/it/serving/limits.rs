//! Hostile requests: each is refused fast, and the gateway answers the next one.

use super::gateway::{Answer, Running};
use serde_json::json;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Generous, for a build without optimization on a busy machine; refusals take milliseconds.
const FAST: Duration = Duration::from_secs(3);

async fn refused(gateway: &Running, query: &str, code: &str) {
    let started = Instant::now();
    let answer = gateway.query(query).await;
    assert!(started.elapsed() < FAST, "{code}: {:?}", started.elapsed());
    assert_eq!((answer.status, answer.code().as_str()), (400, code), "{}", answer.text());
    assert!(answer.body.len() < 20_000, "{code}: {} bytes", answer.body.len());
}

#[tokio::test]
async fn query_bombs_are_refused_before_they_expand() {
    let gateway = Running::start().await;
    let nested = |levels: usize| format!("{}{}", "{ me { friends ".repeat(levels), "}}".repeat(levels));
    refused(&gateway, &nested(20_000), "TOKEN_LIMIT_EXCEEDED").await;
    refused(&gateway, &nested(300), "MAX_DEPTH_LIMIT").await;
    let deep = format!("{{ me {{ {} id {} }} }}", "friends {".repeat(120), "}".repeat(120));
    refused(&gateway, &deep, "MAX_DEPTH_LIMIT").await;
    let mut doubling = String::from("{ ...F0 } fragment F40 on Query { me { id } }");
    for i in 0..40 {
        write!(doubling, " fragment F{i} on Query {{ ...F{0} ...F{0} }}", i + 1).unwrap();
    }
    refused(&gateway, &doubling, "MAX_HEIGHT_LIMIT").await;
    let mut chain = String::from("{ ...F0 } fragment F600 on Query { me { id } }");
    for i in 0..600 {
        write!(chain, " fragment F{i} on Query {{ ...F{} }}", i + 1).unwrap();
    }
    refused(&gateway, &chain, "MAX_DEPTH_LIMIT").await;
    let cycle = "{ me { ...A } } fragment A on User { id friends { ...B } } fragment B on User { ...A }";
    refused(&gateway, cycle, "GRAPHQL_VALIDATION_FAILED").await;
    let aliases: String = (0..2500).map(|i| format!("a{i}: id ")).collect();
    refused(&gateway, &format!("{{ me {{ {aliases} }} }}"), "MAX_ALIASES_LIMIT").await;
    refused(&gateway, &format!("{{ {} }}", "__typename ".repeat(3000)), "MAX_ROOT_FIELDS_LIMIT").await;
    let list = "1,".repeat(5000);
    refused(&gateway, &format!("{{ echo(tags: [{list}]) }}"), "GRAPHQL_VALIDATION_FAILED").await;
    refused(&gateway, &format!("{{ echo(tags: {}1{}) }}", "[".repeat(2000), "]".repeat(2000)), "MAX_DEPTH_LIMIT").await;
    refused(&gateway, &"a ".repeat(500_000), "TOKEN_LIMIT_EXCEEDED").await;
    refused(&gateway, &format!("{{ __typename {} }}", "@a".repeat(3000)), "GRAPHQL_VALIDATION_FAILED").await;
    assert!(gateway.asked.lock().unwrap().is_empty());
    assert_eq!(gateway.query("{ __typename }").await.status, 200);
}

#[tokio::test]
async fn list_elements_are_counted_in_documents_and_variables() {
    let gateway = Running::configured(|config| config.limits.max_list_items = 10).await;
    refused(
        &gateway,
        "{ echo(tags: [\"1\", \"2\", \"3\", \"4\", \"5\", \"6\", \"7\", \"8\", \"9\", \"0\", \"1\"]) }",
        "REQUEST_LIMIT_EXCEEDED",
    )
    .await;
    let query = "query($t: [String!]) { echo(tags: $t) }";
    let ask = |count: usize| gateway.ask(json!({ "query": query, "variables": { "t": vec!["x"; count] } }));
    assert_eq!(ask(11).await.code(), "REQUEST_LIMIT_EXCEEDED");
    assert_eq!(ask(10).await.status, 200);
}

#[tokio::test]
async fn deep_and_huge_variables_are_refused() {
    let gateway = Running::start().await;
    let deep = format!(
        r#"{{"query":"query($f: Filter) {{ echo(filter: $f) }}","variables":{{"f":{}{}}}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    let started = Instant::now();
    assert_eq!(gateway.post(deep).await.code(), "VALIDATION_INVALID_TYPE_VARIABLE");
    let query = "query($t: [String!]) { echo(tags: $t) }";
    let huge = json!({ "query": query, "variables": { "t": vec![""; 300_000] } });
    assert_eq!(gateway.ask(huge).await.code(), "REQUEST_LIMIT_EXCEEDED");
    assert!(started.elapsed() < FAST);
}

#[tokio::test]
async fn a_body_over_the_limit_is_413() {
    let gateway = Running::start().await;
    let large = json!({ "query": format!("{{ __typename }} #{}", "x".repeat(3 << 20)) }).to_string();
    let answer = gateway.post(large.clone()).await;
    assert_eq!((answer.status, answer.code().as_str()), (413, "PAYLOAD_TOO_LARGE"));
    // Without a length the bytes are counted as they come.
    let chunks = futures::stream::iter(large.into_bytes().chunks(100_000).map(<[u8]>::to_vec).collect::<Vec<_>>());
    let body = reqwest::Body::wrap(http_body_util::StreamBody::new(futures::StreamExt::map(chunks, |chunk| {
        Ok::<_, std::convert::Infallible>(hyper::body::Frame::data(bytes::Bytes::from(chunk)))
    })));
    assert_eq!(gateway.post(body).await.status, 413);
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let packed = Answer::of(request.header("content-encoding", "gzip").body(vec![0_u8; 70_000])).await;
    assert_eq!((packed.status, packed.header("accept-encoding")), (415, "identity"));
}

#[tokio::test]
async fn requests_beyond_the_concurrency_limit_are_503() {
    let gateway = Running::configured(|config| config.router.concurrency_limit = Some(0)).await;
    let answer = gateway.query("{ __typename }").await;
    assert_eq!((answer.status, answer.header("retry-after")), (503, "1"));
    assert_eq!(answer.code(), "REQUEST_CONCURRENCY_LIMITED");
}

#[tokio::test]
async fn identical_new_queries_are_prepared_once() {
    let gateway = Running::start().await;
    let all = (0..20).map(|_| gateway.query("{ __typename }"));
    for answer in futures::future::join_all(all).await {
        assert_eq!(answer.status, 200);
    }
    let metrics = Answer::of(gateway.client.get(format!("http://{}/metrics", gateway.health))).await.text();
    assert!(metrics.contains("graphql_operation_planning_duration_seconds_count{} 1\n"), "{metrics}");
}
