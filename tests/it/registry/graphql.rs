//! The GraphQL API has the same powers and the same guards.

use super::world::{Site, island, products, quarrel};
use http::Method;
use serde_json::{Value, json};
use weft::registry::Role;

async fn ask(site: &Site, token: &str, query: &str, variables: Value) -> Value {
    let body = json!({ "query": query, "variables": variables });
    site.send(Method::POST, "/graphql", token, &body).await.json()
}

const PUBLISH: &str = "mutation($subgraphs: [SubgraphInput!]!) {
    publish(graph: \"shop@prod\", subgraphs: $subgraphs) { changed version { number action subgraphs { name hash } } } }";

fn subgraph(name: &str, sdl: &str) -> Value {
    json!({ "subgraphs": [{ "name": name, "sdl": sdl, "url": format!("http://{name}/graphql") }] })
}

#[tokio::test]
async fn a_graph_is_published_read_and_rolled_back() {
    let site = Site::open().await;
    let token = site.admin().await;
    let first = ask(&site, &token, PUBLISH, subgraph("products", &products("name: String"))).await;
    assert_eq!(first["data"]["publish"]["version"]["number"], 1, "{first}");
    let failed = ask(&site, &token, PUBLISH, subgraph("quarrel", &quarrel())).await;
    let extensions = &failed["errors"][0]["extensions"];
    assert_eq!((extensions["code"].as_str(), extensions["attempt"].as_i64()), (Some("COMPOSITION_FAILED"), Some(1)));
    assert!(extensions["findings"].to_string().contains("FIELD_TYPE_MISMATCH"), "{failed}");
    ask(&site, &token, PUBLISH, subgraph("island", &island("a"))).await;
    let query = "{ graphs { graph version } history(graph: \"shop@prod\") { number author }
        subgraph(graph: \"shop@prod\", name: \"island\") { sdl } supergraph(graph: \"shop@prod\", version: 1)
        schema(graph: \"shop@prod\") diff(graph: \"shop@prod\") { subgraphs { name } changes { coordinate } }
        attempts(graph: \"shop@prod\") { number errors { code } } gateways(graph: \"shop@prod\") { instance }
        check(graph: \"shop@prod\", delete: [\"island\"], message: \"may it go?\") { verdict changes { rule criticality } } }";
    let answer = ask(&site, &token, query, Value::Null).await;
    let data = &answer["data"];
    assert_eq!(data["graphs"][0]["version"], 2, "{answer}");
    assert_eq!(data["history"][0]["author"], "team-a");
    assert_eq!(data["subgraph"]["sdl"], island("a"));
    assert!(data["supergraph"].as_str().unwrap().contains("join__"));
    assert!(!data["schema"].as_str().unwrap().contains("join__"));
    assert_eq!(data["diff"]["changes"][0]["coordinate"], "Query.a");
    assert!(data["attempts"][0]["errors"].to_string().contains("FIELD_TYPE_MISMATCH"));
    assert_eq!(
        data["check"],
        json!({ "verdict": "FAILED", "changes": [{ "rule": "FIELD_REMOVED", "criticality": "breaking" }] })
    );
    let query =
        "{ checks(graph: \"shop@prod\", limit: 1) { number author message verdict version counts { breaking } } }";
    let past = ask(&site, &token, query, Value::Null).await;
    assert_eq!(
        past["data"]["checks"],
        json!([{ "number": 1, "author": "team-a", "message": "may it go?", "verdict": "FAILED", "version": 2,
            "counts": { "breaking": 1 } }]),
        "{past}"
    );
    let rollback = "mutation { rollback(graph: \"shop@prod\") { version { number action } } }";
    let back = ask(&site, &token, rollback, Value::Null).await;
    assert_eq!(back["data"]["rollback"]["version"]["action"], "rollback to 1", "{back}");
    let gone = ask(&site, &token, "mutation { deleteGraph(graph: \"shop@prod\") }", Value::Null).await;
    assert_eq!(gone["data"]["deleteGraph"], true);
}

#[tokio::test]
async fn the_guards_are_the_same() {
    let site = Site::open().await;
    let reader = site.token(Role::Reader, &["shop"], &[]).await;
    let refused = ask(&site, &reader, PUBLISH, subgraph("products", &products("name: String"))).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let stranger = site.send(Method::POST, "/graphql", "x", &json!({ "query": "{ __typename }" })).await;
    assert_eq!((stranger.status, stranger.code()), (401, "UNAUTHENTICATED".into()));
    let deep = "{ __schema { types { fields { type { ofType { ofType { ofType { ofType { ofType { ofType { ofType
        { ofType { name } } } } } } } } } } } } }";
    let answer = ask(&site, &reader, deep, Value::Null).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("nested too deep"), "{answer}");
    let many: String =
        (0..12).map(|alias| format!("a{alias}: check(graph: \"shop\", delete: [\"x\"]) {{ verdict }} ")).collect();
    let answer = ask(&site, &reader, &format!("{{ {many} }}"), Value::Null).await;
    assert!(answer["errors"][0]["message"].as_str().unwrap().contains("too complex"), "{answer}");
}

#[tokio::test]
async fn large_texts_are_not_multiplied_by_aliases() {
    let site = Site::open().await;
    let reader = site.token(Role::Reader, &["shop"], &[]).await;
    let member = "number";
    for field in [
        "supergraph(graph: \"shop\")".to_owned(),
        "schema(graph: \"shop\")".to_owned(),
        "subgraph(graph: \"shop\", name: \"a\") { sdl }".to_owned(),
        "diff(graph: \"shop\") { from }".to_owned(),
        format!("version(graph: \"shop\") {{ {member} }}"),
        format!("history(graph: \"shop\") {{ {member} }}"),
        format!("attempts(graph: \"shop\") {{ {member} }}"),
        format!("checks(graph: \"shop\") {{ {member} }}"),
    ] {
        let many: String = (0..12).map(|alias| format!("a{alias}: {field} ")).collect();
        let answer = ask(&site, &reader, &format!("{{ {many} }}"), Value::Null).await;
        assert!(answer["errors"][0]["message"].as_str().unwrap().contains("too complex"), "{field}: {answer}");
    }
}

/// Two kilobytes, four million selections: what counts them by opening them is busy for many seconds.
#[tokio::test]
async fn fragments_that_open_into_millions_of_selections_are_refused_unopened() {
    let site = Site::open().await;
    let reader = site.token(Role::Reader, &["shop"], &[]).await;
    let levels: String =
        (0..22).map(|level| format!("fragment f{level} on Query {{ ...f{0} ...f{0} }} ", level + 1)).collect();
    let query = format!("{{ ...f0 }} {levels} fragment f22 on Query {{ graphs {{ graph }} }}");
    let answer = site.send(Method::POST, "/graphql", &reader, &json!({ "query": query })).await;
    assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST".into()), "{}", answer.text);
    let long = format!("{{ __typename }} {}", "#".repeat(256 * 1024));
    let answer = site.send(Method::POST, "/graphql", &reader, &json!({ "query": long })).await;
    assert_eq!((answer.status, answer.code()), (400, "INVALID_REQUEST".into()), "{}", answer.text);
}
