//! Lists of documents: asked for by their ids, and what else may be asked beside them.

use super::gateway::{Answer, Running};
use crate::process::Folder;
use serde_json::{Value, json};
use std::sync::Arc;
use weft::config::{Config, PersistedDocuments, Safelist};

const SHOP: &str = "type Query { a: Int b: Int c(id: Int): Int }";
const LIST: &str = r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [
    { "id": "a", "name": "A", "type": "query", "body": "query A { a }" },
    { "id": "b", "name": "B", "type": "query", "body": "query B { b }", "clientName": "web" },
    { "id": "c", "name": "C", "type": "query", "body": "query C($id: Int) { c(id: $id) }" } ] }"#;
/// No request of another client, and no document.
const MAP: &str = r#"{ "both": "query A { a } query B { b }", "broken": "{" }"#;

/// A gateway over a service that answers with what it was asked, and its folder.
async fn shop(configure: impl FnOnce(&mut Config, PersistedDocuments)) -> (Running, Folder) {
    let folder = Folder::new().with("apollo.json", LIST).with("map.json", MAP);
    let manifests = ["apollo.json", "map.json"].map(|name| folder.path().join(name)).to_vec();
    let lists = PersistedDocuments { manifests, ..PersistedDocuments::default() };
    let answer: super::gateway::Resolver =
        Arc::new(|_| Box::pin(async { json!({ "data": { "a": 1, "b": 2, "c": 3 } }) }));
    let gateway = Running::composed(|config| configure(config, lists), &[("shop", SHOP, answer)]).await;
    (gateway, folder)
}

async fn shop_with(safelist: Safelist) -> (Running, Folder) {
    shop(|config, lists| config.persisted_documents = Some(PersistedDocuments { safelist, ..lists })).await
}

async fn ask(gateway: &Running, body: Value) -> Answer {
    ask_as(gateway, "", body).await
}

async fn ask_as(gateway: &Running, client: &str, body: Value) -> Answer {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    Answer::of(request.header("apollographql-client-name", client).body(body.to_string())).await
}

fn hash(id: &str) -> Value {
    json!({ "extensions": { "persistedQuery": { "version": 1, "sha256Hash": id } } })
}

#[tokio::test]
async fn a_document_is_asked_for_by_its_id() {
    let (gateway, _folder) = shop_with(Safelist::Off).await;
    for body in [json!({ "documentId": "a" }), json!({ "doc_id": "a" }), hash("a")] {
        assert_eq!(ask(&gateway, body.clone()).await.json(), json!({ "data": { "a": 1 } }), "{body}");
    }
    let with_variables = json!({ "documentId": "c", "variables": { "id": 7 } });
    assert_eq!(ask(&gateway, with_variables).await.json()["data"]["c"], 3);
    assert_eq!(gateway.asked.lock().unwrap().last().unwrap()["variables"]["id"], 7);
    let chosen = json!({ "documentId": "both", "operationName": "B" });
    assert_eq!(ask(&gateway, chosen).await.json(), json!({ "data": { "b": 2 } }));
    let url = format!("{}?documentId=a", gateway.url);
    let get = gateway.client.get(&url).header("apollo-require-preflight", "1");
    assert_eq!(Answer::of(get).await.json(), json!({ "data": { "a": 1 } }));
}

#[tokio::test]
async fn an_id_that_is_on_no_list_is_not_found() {
    let (gateway, _folder) = shop_with(Safelist::Off).await;
    for id in ["d", "broken", &"x".repeat(10_000)] {
        let answer = ask(&gateway, json!({ "documentId": id })).await;
        assert_eq!((answer.status, answer.code().as_str()), (404, "PERSISTED_QUERY_NOT_IN_LIST"));
        assert!(answer.body.len() < 400, "the id is not sent back whole");
    }
    let both = ask(&gateway, json!({ "documentId": "a", "query": "{ a }" })).await;
    assert_eq!((both.status, both.code().as_str()), (400, "CANNOT_SEND_PQ_ID_AND_BODY"));
}

#[tokio::test]
async fn an_id_may_be_for_one_client() {
    let (gateway, _folder) = shop_with(Safelist::Off).await;
    assert_eq!(ask_as(&gateway, "web", json!({ "documentId": "b" })).await.json()["data"]["b"], 2);
    assert_eq!(ask_as(&gateway, "ios", json!({ "documentId": "b" })).await.status, 404);
}

#[tokio::test]
async fn without_a_safelist_anything_may_be_asked_and_hashes_are_learned() {
    let (gateway, _folder) = shop_with(Safelist::Off).await;
    assert_eq!(ask(&gateway, json!({ "query": "{ a b }" })).await.json()["data"], json!({ "a": 1, "b": 2 }));
    let sha = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    assert_eq!(ask(&gateway, hash(sha)).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    let mut whole = hash(sha);
    whole["query"] = "{__typename}".into();
    assert_eq!(ask(&gateway, whole).await.json()["data"]["__typename"], "Query");
    assert_eq!(ask(&gateway, hash(sha)).await.json()["data"]["__typename"], "Query");
}

#[tokio::test]
async fn with_a_safelist_only_listed_documents_are_executed() {
    let (gateway, _folder) = shop_with(Safelist::Documents).await;
    for known in ["query A { a }", "query A {\n  a # the first\n}", "query B{b}"] {
        let answer = ask(&gateway, json!({ "query": known, "operationName": &known[6..7] })).await;
        assert_eq!(answer.status, 200, "{known}: {}", answer.text());
    }
    assert_eq!(ask(&gateway, json!({ "documentId": "a" })).await.status, 200);
    let asked = gateway.asked.lock().unwrap().len();
    // Again, so that what is kept of a refusal is answered in the same way.
    for _ in 0..2 {
        for unknown in ["{ a }", "query A { a b }", "{ __schema { types { name } } }", "query A { nothing }"] {
            let answer = ask(&gateway, json!({ "query": unknown })).await;
            assert_eq!((answer.status, answer.code().as_str()), (403, "QUERY_NOT_IN_SAFELIST"), "{unknown}");
        }
    }
    // A hash that is learned opens no way around.
    let sha = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    let mut whole = hash(sha);
    whole["query"] = "{__typename}".into();
    assert_eq!(ask(&gateway, whole).await.code(), "QUERY_NOT_IN_SAFELIST");
    assert_eq!(ask(&gateway, hash(sha)).await.code(), "QUERY_NOT_IN_SAFELIST");
    assert_eq!(gateway.asked.lock().unwrap().len(), asked, "no service was asked");
}

#[tokio::test]
async fn where_ids_are_required_no_text_is_executed() {
    let (gateway, _folder) = shop_with(Safelist::Ids).await;
    assert_eq!(ask(&gateway, json!({ "documentId": "a" })).await.status, 200);
    assert_eq!(ask(&gateway, hash("a")).await.status, 200);
    assert_eq!(ask(&gateway, hash("unknown")).await.code(), "PERSISTED_QUERY_NOT_IN_LIST");
    let mut with_text = hash("a");
    with_text["query"] = "query A { a }".into();
    for body in [json!({ "query": "query A { a }" }), with_text, json!({ "extensions": {} })] {
        let answer = ask(&gateway, body.clone()).await;
        assert_eq!((answer.status, answer.code().as_str()), (403, "PERSISTED_QUERY_ID_REQUIRED"), "{body}");
    }
}

#[tokio::test]
async fn without_lists_an_id_stands_for_nothing() {
    let (gateway, _folder) = shop(|_, _| {}).await;
    let answer = ask(&gateway, json!({ "documentId": "a" })).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "PERSISTED_QUERY_NOT_SUPPORTED"));
}
