//! What a client may not see, over HTTP: errors and extensions, refusal, dry runs, and the default to deny.

use super::gateway::{Answer, Resolver, Running};
use axum::Router;
use axum::routing::post;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use weft::config::{ClaimTest, Config, Expected, OnPolicyError, PolicyService, WithheldErrors};
use weft::demo::credentials;

const SDL: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", \
                   import: [\"@authenticated\", \"@requiresScopes\", \"@policy\"])\n\
                   type Query { open: Int paid: Int @requiresScopes(scopes: [[\"payments:read\"]])\n\
                   closed: Int @requiresScopes(scopes: [[\"s\"]]) asked: Int @policy(policies: [[\"p\"]]) }";

async fn gateway(configure: impl FnOnce(&mut Config)) -> Running {
    let resolver: Resolver = Arc::new(|body| {
        let query = body["query"].as_str().unwrap().to_owned();
        let fields = ["open", "paid", "closed", "asked"].into_iter().filter(|field| query.contains(field));
        let data: serde_json::Map<String, Value> = fields.map(|field| (field.to_owned(), 1.into())).collect();
        Box::pin(std::future::ready(json!({ "data": data })))
    });
    Running::composed(configure, &[("a", SDL, resolver)]).await
}

fn denied(path: &str) -> Value {
    json!({ "message": "Unauthorized field or type", "path": [path],
            "extensions": { "code": "UNAUTHORIZED_FIELD_OR_TYPE" } })
}

#[tokio::test]
async fn what_is_withheld_is_null_with_an_error() {
    let gateway = gateway(|_| {}).await;
    let answer = gateway.query("{ open closed }").await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.json(), json!({ "data": { "open": 1, "closed": null }, "errors": [denied("closed")] }));
    let asked = gateway.asked.lock().unwrap();
    assert_eq!(asked.len(), 1);
    assert!(!asked[0].to_string().contains("closed"), "{}", asked[0]);
}

/// Asks with an API key.
pub async fn with_key(gateway: &Running, key: &str, query: &str) -> Answer {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    Answer::of(request.header("x-api-key", key).body(json!({ "query": query }).to_string())).await
}

#[tokio::test]
async fn a_key_with_the_scope_opens_what_others_do_not_see() {
    let gateway = gateway(|config| {
        config.authentication = credentials::authentication();
        config.authorization.require_authentication = true;
        config.router.deduplicate = true;
    })
    .await;
    let query = "{ open paid }";
    let answer = with_key(&gateway, credentials::PLAIN_KEY, query).await;
    assert_eq!(answer.json(), json!({ "data": { "open": 1, "paid": null }, "errors": [denied("paid")] }));
    assert!(gateway.asked.lock().unwrap().iter().all(|body| !body.to_string().contains("paid")));
    let answer = with_key(&gateway, credentials::PAYMENTS_KEY, query).await;
    assert_eq!(answer.json(), json!({ "data": { "open": 1, "paid": 1 } }));
    let introspection = with_key(&gateway, credentials::PLAIN_KEY, "{ __schema { queryType { name } } }").await;
    assert_eq!(introspection.status, 200);
    assert_eq!(gateway.query(query).await.status, 401);
}

#[tokio::test]
async fn nobody_is_asked_for_what_is_withheld_alone() {
    let gateway = gateway(|_| {}).await;
    let answer = gateway.query("{ closed }").await;
    assert_eq!(answer.json(), json!({ "data": { "closed": null }, "errors": [denied("closed")] }));
    assert!(gateway.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn errors_may_go_into_extensions_or_nowhere() {
    let extensions = gateway(|config| config.authorization.directives.response = WithheldErrors::Extensions).await;
    let answer = extensions.query("{ open closed }").await.json();
    let expected = json!({ "data": { "open": 1, "closed": null },
                           "extensions": { "authorizationErrors": [denied("closed")] } });
    assert_eq!(answer, expected);
    let nowhere = gateway(|config| config.authorization.directives.response = WithheldErrors::Disabled).await;
    assert_eq!(nowhere.query("{ open closed }").await.json(), json!({ "data": { "open": 1, "closed": null } }));
}

#[tokio::test]
async fn a_dry_run_gives_all_and_tells() {
    let gateway = gateway(|config| config.authorization.directives.dry_run = true).await;
    let answer = gateway.query("{ open closed }").await.json();
    let expected = json!({ "data": { "open": 1, "closed": 1 },
                           "extensions": { "authorizationErrors": [denied("closed")] } });
    assert_eq!(answer, expected);
}

#[tokio::test]
async fn an_operation_may_be_refused_as_a_whole() {
    let gateway = gateway(|config| config.authorization.directives.reject_unauthorized = true).await;
    let query = "query ($no: Boolean! = false) { open other: closed @include(if: $no) }";
    assert_eq!(gateway.query(query).await.json(), json!({ "data": { "open": 1 } }));
    gateway.asked.lock().unwrap().clear();
    let answer = gateway.query("{ open closed }").await;
    assert_eq!(answer.status, 403);
    assert_eq!(answer.json(), json!({ "errors": [denied("closed")] }));
    assert!(gateway.asked.lock().unwrap().is_empty());
}

#[tokio::test]
async fn directives_can_be_turned_off() {
    let gateway = gateway(|config| config.authorization.directives.enabled = false).await;
    assert_eq!(gateway.query("{ closed }").await.json(), json!({ "data": { "closed": 1 } }));
}

#[tokio::test]
async fn everything_may_need_a_credential() {
    let gateway = gateway(|config| config.authorization.require_authentication = true).await;
    for query in ["{ open }", "{ __typename }", "{ __schema { queryType { name } } }", "not GraphQL"] {
        let answer = gateway.query(query).await;
        assert_eq!((answer.status, answer.code().as_str()), (401, "UNAUTHENTICATED"), "{query}");
        assert_eq!(answer.header("www-authenticate"), "Bearer");
    }
    assert!(gateway.asked.lock().unwrap().is_empty());
}

/// A service that grants or not, or fails; and how often it was asked.
async fn policy_service(answer: Result<Value, u16>) -> (PolicyService, Arc<AtomicUsize>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let decide = move |question: String| {
        count.fetch_add(1, Ordering::SeqCst);
        let question: Value = serde_json::from_str(&question).unwrap();
        assert_eq!(question["input"]["policies"], json!(["p"]));
        let answer = answer.clone().map(|answer| answer.to_string());
        std::future::ready(answer.map_err(|code| http::StatusCode::from_u16(code).unwrap()))
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/data/graphql", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/v1/data/graphql", post(decide))).await });
    let (timeout, ttl) = (Duration::from_secs(5), Duration::from_secs(60));
    (PolicyService { url, timeout, ttl, max_entries: 100, on_error: OnPolicyError::Deny }, asked)
}

#[tokio::test]
async fn a_policy_service_decides_and_is_remembered() {
    let (service, asked) = policy_service(Ok(json!({ "result": { "p": true } }))).await;
    let gateway = gateway(|config| config.authorization.policies.service = Some(service)).await;
    assert_eq!(gateway.query("{ open }").await.json(), json!({ "data": { "open": 1 } }));
    assert_eq!(asked.load(Ordering::SeqCst), 0, "it is not asked where there is no policy");
    for query in ["{ asked }", "{ open asked }", "{ again: __typename asked }"] {
        assert_eq!(gateway.query(query).await.json()["data"]["asked"], 1);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn what_the_policy_service_does_not_grant_is_withheld() {
    for answer in [Ok(json!({ "p": false })), Ok(json!({ "result": { "p": "true" } })), Ok(json!([])), Err(500)] {
        let (service, _) = policy_service(answer).await;
        let gateway = gateway(|config| config.authorization.policies.service = Some(service)).await;
        let answer = gateway.query("{ asked }").await;
        assert_eq!(answer.json(), json!({ "data": { "asked": null }, "errors": [denied("asked")] }));
        assert!(gateway.asked.lock().unwrap().is_empty());
    }
}

#[tokio::test]
async fn requests_may_be_refused_while_the_policy_service_fails() {
    let (service, asked) = policy_service(Err(503)).await;
    let service = PolicyService { on_error: OnPolicyError::Reject, ..service };
    let gateway = gateway(|config| config.authorization.policies.service = Some(service)).await;
    for _ in 0..2 {
        assert_eq!(gateway.query("{ asked }").await.status, 503);
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2, "failures are not remembered");
}

#[tokio::test]
async fn a_policy_by_claim_is_not_asked_of_the_service() {
    let (service, asked) = policy_service(Ok(json!({ "p": true }))).await;
    let gateway = gateway(|config| {
        config.authorization.policies.service = Some(service);
        let test = ClaimTest { claim: "vip".into(), expected: Expected::True };
        config.authorization.policies.by_claim.insert("p".into(), test);
    })
    .await;
    assert_eq!(gateway.query("{ asked }").await.json()["data"]["asked"], Value::Null);
    assert_eq!(asked.load(Ordering::SeqCst), 0);
}
