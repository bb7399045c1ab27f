//! `@override(label:)` decided per request: by share, by configuration, by header.

use super::gateway::{Answer, Running, always};
use serde_json::{Value, json};
use weft::config::{Config, LabelRule};

const A: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key"])
type Query { item: Item }
type Item @key(fields: "id") { id: ID! name: String size: Int other: Int }
"#;

fn b(label: &str) -> String {
    format!(
        r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.7", import: ["@key", "@override"])
type Item @key(fields: "id") {{ id: ID! name: String @override(from: "a", label: "{label}") }}
"#
    )
}

/// A gateway over `a`, whose item is "old", and `b`, which takes the name over under a label and has "new".
async fn running(label: &str, configure: impl FnOnce(&mut Config)) -> Running {
    let old = always(json!({ "data": { "item": { "id": "1", "name": "old", "size": 3 } } }));
    let new = always(json!({ "data": { "_entities": [{ "name": "new" }] } }));
    Running::composed(configure, &[("a", A, old), ("b", &b(label), new)]).await
}

async fn ask(gateway: &Running, headers: &[(&'static str, &'static str)]) -> Value {
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    let answer = Answer::of(request.body(json!({ "query": "{ item { name size } }" }).to_string())).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()["data"].clone()
}

fn item(name: &str) -> Value {
    json!({ "item": { "name": name, "size": 3 } })
}

#[tokio::test]
async fn nought_percent_is_never_and_a_hundred_is_always() {
    let (never, always) = (running("percent(0)", |_| {}).await, running("percent(100)", |_| {}).await);
    for _ in 0..50 {
        assert_eq!(ask(&never, &[]).await, item("old"));
        assert_eq!(ask(&always, &[]).await, item("new"));
    }
    assert_eq!(never.asked.lock().unwrap().len(), 50, "`b` is not asked at all");
    // What `a` is asked depends on who has the name.
    let asked = always.asked.lock().unwrap();
    assert!(asked.iter().all(|body| !body["query"].as_str().unwrap().contains("name size")), "{asked:?}");
}

#[tokio::test]
async fn a_share_gets_its_share() {
    let gateway = running("percent(50)", |_| {}).await;
    let mut new = 0;
    for _ in 0..200 {
        new += usize::from(ask(&gateway, &[]).await == item("new"));
    }
    // Further from the middle than 8 standard deviations.
    assert!((43..157).contains(&new), "{new}");
}

#[tokio::test]
async fn a_label_without_a_rule_is_off() {
    assert_eq!(ask(&running("beta", |_| {}).await, &[]).await, item("old"));
}

#[tokio::test]
async fn configuration_turns_a_label_on() {
    let on =
        |config: &mut Config| config.override_labels.set("beta", LabelRule { always: true, ..LabelRule::default() });
    assert_eq!(ask(&running("beta", on).await, &[]).await, item("new"));
    let share = |config: &mut Config| {
        config.override_labels.set("percent(0)", LabelRule { share: 1.0, ..LabelRule::default() });
    };
    assert_eq!(ask(&running("percent(0)", share).await, &[]).await, item("new"), "a rule wins over the name");
}

#[tokio::test]
async fn a_header_turns_a_label_on() {
    let gateway = running("beta", |config| {
        let value = Some("yes".parse().unwrap());
        let header = Some(("x-beta".parse().unwrap(), value));
        config.override_labels.set("beta", LabelRule { header, ..LabelRule::default() });
    })
    .await;
    for _ in 0..3 {
        assert_eq!(ask(&gateway, &[]).await, item("old"));
        assert_eq!(ask(&gateway, &[("x-beta", "yes")]).await, item("new"));
        assert_eq!(ask(&gateway, &[("x-beta", "no")]).await, item("old"));
    }
}

#[tokio::test]
async fn the_plan_shown_is_that_of_the_request() {
    let gateway = running("percent(100)", |_| {}).await;
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let request = request.header("weft-expose-query-plan", "dry-run");
    let answer = Answer::of(request.body(json!({ "query": "{ item { name } }" }).to_string())).await.json();
    let plan = answer["extensions"]["queryPlan"]["text"].as_str().unwrap();
    assert!(plan.contains("Fetch(service: \"b\")"), "{plan}");
}
