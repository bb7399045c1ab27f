//! Usage: what the registry is told of who asks what.

use super::fake::{FakeRegistry, Mood, Question};
use crate::process::{Endpoint, Folder, Weft};
use crate::reload::supergraph;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use weft::config::{GraphRef, RegistrySettings, UsageSettings};
use weft::operation::Footprint;
use weft::telemetry::Metrics;
use weft::usage::{Client, Usage};

/// Starts with reports as this says.
fn start(folder: &Folder, registry: &FakeRegistry, usage: &str) -> (Weft, Endpoint) {
    let url = &registry.url;
    let yaml = format!("supergraph:\n  registry:\n    url: {url}\n    graph: shop@prod\n    usage: {usage}\n");
    folder.write("weft.yaml", &yaml);
    folder.serve(&["--config", "weft.yaml"])
}

fn is_report(question: &Question) -> bool {
    question.path == "/v1/graphs/shop@prod/usage"
}

/// What the registry was told in all, each report counted once: by operation and client, count and errors.
fn counted(questions: &[Question]) -> BTreeMap<String, (u64, u64)> {
    let reports: BTreeMap<String, Value> = questions
        .iter()
        .filter(|question| is_report(question))
        .map(|question| (question.header("weft-report").to_owned(), serde_json::from_slice(&question.body).unwrap()))
        .collect();
    let mut counted = BTreeMap::<String, (u64, u64)>::new();
    for operation in reports.values().flat_map(|report| report["operations"].as_array().unwrap()) {
        let name = format!(
            "{} by {}",
            operation["name"].as_str().unwrap_or("-"),
            operation["client"]["name"].as_str().unwrap()
        );
        let sums = counted.entry(name).or_default();
        sums.0 += operation["count"].as_u64().unwrap();
        sums.1 += operation["errors"].as_u64().unwrap();
    }
    counted
}

#[test]
fn operations_are_reported_with_their_clients_and_what_they_touch() {
    let registry = FakeRegistry::start(&supergraph(&["a", "b"]));
    let folder = Folder::new();
    let (_weft, endpoint) = start(&folder, &registry, "{ interval: 200ms }");
    for _ in 0..3 {
        endpoint.ask_as("web", "1.2", "query Both { a b }");
    }
    let report = registry.wait_for(is_report);
    assert!(report.header("weft-report").len() == 36 && !report.header("weft-gateway").is_empty());
    let body: Value = serde_json::from_slice(&report.body).unwrap();
    let first = &body["operations"][0];
    assert_eq!(first["hash"].as_str().unwrap().len(), 64);
    assert_eq!((&first["name"], &first["client"]), (&json!("Both"), &json!({ "name": "web", "version": "1.2" })));
    assert_eq!(first["coordinates"], json!(["Query", "Query.a", "Query.b"]));
    assert!(body["from"].as_u64().unwrap() <= body["to"].as_u64().unwrap());
    // Nobody listens where the subgraph should be.
    wait_until(|| counted(&registry.questions()) == BTreeMap::from([("Both by web".to_owned(), (3, 3))]));
}

#[test]
fn a_registry_that_is_away_loses_nothing() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry, "{ interval: 100ms }");
    registry.feel(Mood::Refusing);
    for round in 0..3 {
        endpoint.ask_as("web", "1", "query One { __typename }");
        endpoint.ask_as("ios", "1", "query One { __typename }");
        if round == 0 {
            weft.wait_for("usage cannot be reported");
        }
    }
    let refused = registry.wait_for(is_report).header("weft-report").to_owned();
    registry.forget();
    registry.feel(Mood::Well);
    let all = BTreeMap::from([("One by ios".to_owned(), (3, 0)), ("One by web".to_owned(), (3, 0))]);
    wait_until(|| counted(&registry.questions()) == all);
    assert_eq!(registry.wait_for(is_report).header("weft-report"), refused, "the same report has the same id");
}

#[test]
fn the_last_counts_are_sent_when_the_gateway_stops() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry, "{ interval: 10m }");
    endpoint.ask_as("", "", "{ __typename }");
    weft.signal("TERM");
    assert_eq!(weft.wait(), Some(0));
    assert_eq!(counted(&registry.questions()), BTreeMap::from([("- by ".to_owned(), (1, 0))]));
}

#[test]
fn nothing_is_reported_where_that_is_off() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry, "false");
    endpoint.ask_as("web", "1", "{ __typename }");
    weft.signal("TERM");
    weft.wait();
    assert!(!registry.questions().iter().any(is_report));
}

#[test]
fn values_never_leave() {
    let registry = FakeRegistry::start(&supergraph(&["a(in: String)"]));
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry, "{ interval: 10m }");
    endpoint.ask_as("web", "1", "query Q { a(in: \"s3cret\") }");
    weft.signal("TERM");
    weft.wait();
    let report = registry.wait_for(is_report);
    let text = String::from_utf8(report.body).unwrap();
    assert!(text.contains("\"Query.a(in:)\"") && !text.contains("s3cret"), "{text}");
}

#[tokio::test]
async fn a_request_that_is_counted_again_allocates_nothing() {
    let url = "http://127.0.0.1:1".parse().unwrap();
    let settings = RegistrySettings::new(vec![url], GraphRef::parse("shop@prod").unwrap());
    let often = UsageSettings { interval: Duration::from_secs(600), max_entries: 10 };
    let usage = Usage::start(&settings, often, Metrics::new().registry()).unwrap();
    let footprint = Arc::new(Footprint { hash: "h".into(), name: None, coordinates: Box::new([]) });
    let client = Client { name: "web", version: "1" };
    let count = || usage.count(&footprint, client).unwrap().failed();
    count();
    assert_eq!(crate::execute::allocations::counted(|| (0..100).for_each(|_| count())), 0);
}

pub(super) fn wait_until(mut holds: impl FnMut() -> bool) {
    let latest = std::time::Instant::now() + Duration::from_secs(20);
    while !holds() {
        assert!(std::time::Instant::now() < latest, "it never comes to it");
        std::thread::sleep(Duration::from_millis(10));
    }
}
