//! Following: new versions are taken into service, whatever happens in between.

use super::fake::{FakeRegistry, Mood};
use crate::process::{Folder, Weft};
use crate::reload::supergraph;
use serde_json::{Value, json};
use std::fs;
use std::time::{Duration, Instant};

fn start(folder: &Folder, registry: &FakeRegistry) -> (Weft, crate::process::Endpoint) {
    folder.serve(&["--registry", &registry.url, "--graph", "shop@prod"])
}

#[test]
fn a_published_version_serves_within_a_second() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry);
    let mut fastest = Duration::MAX;
    for round in 0..5 {
        let fields = if round % 2 == 0 { vec!["a", "b"] } else { vec!["a"] };
        let published = Instant::now();
        let number = registry.publish(&supergraph(&fields));
        let line = weft.wait_for("\"reloaded\"");
        fastest = fastest.min(published.elapsed());
        assert!(line.contains(&format!("\"version\":{number}")), "{line}");
        assert_eq!(endpoint.query_fields(), fields);
    }
    assert!(fastest < Duration::from_secs(1), "{fastest:?}");
    registry.wait_until_served(6);
    let copy = fs::read_to_string(folder.path().join(".weft/shop@prod.graphql")).unwrap();
    assert!(copy.contains("version 6\n"), "what serves is what is kept: {copy}");
}

#[test]
fn health_and_metrics_name_the_version() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry);
    let health = |registry: &str, version: u64| {
        let expected =
            json!({ "status": "UP", "supergraph": { "graph": "shop@prod", "version": version }, "registry": registry });
        let latest = Instant::now() + Duration::from_secs(20);
        loop {
            let found: Value = serde_json::from_str(&endpoint.health("/health")).unwrap();
            if found == expected {
                return;
            }
            assert!(Instant::now() < latest, "{found} is not {expected}");
            std::thread::sleep(Duration::from_millis(20));
        }
    };
    health("UP", 1);
    registry.publish(&supergraph(&["b"]));
    weft.wait_for("\"reloaded\"");
    health("UP", 2);
    assert!(endpoint.health("/metrics").contains("\nweft_supergraph_version 2\n"));
    registry.feel(Mood::Refusing);
    health("DOWN", 2);
    let metrics = endpoint.health("/metrics");
    assert!(metrics.contains("\nweft_registry_up 0\n"), "{metrics}");
    assert!(metrics.contains("weft_registry_requests_total{result=\"new\"} 2\n"), "{metrics}");
}

#[test]
fn what_serves_goes_on_serving_while_the_registry_is_unwell() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new().with(
        "weft.yaml",
        &format!("supergraph:\n  registry:\n    url: {}\n    graph: shop@prod\n    max_bytes: 1MB\n", registry.url),
    );
    let (mut weft, endpoint) = folder.serve(&["--config", "weft.yaml"]);
    let mut fields = vec!["a", "b"];
    for mood in [Mood::Page, Mood::Truncated, Mood::Broken, Mood::WrongHash, Mood::Endless, Mood::Refusing] {
        registry.feel(mood);
        registry.publish(&supergraph(&fields));
        weft.wait_for("what serves goes on serving");
        assert_ne!(endpoint.query_fields(), fields, "{mood:?}");
        registry.feel(Mood::Well);
        weft.wait_for("\"reloaded\"");
        assert_eq!(endpoint.query_fields(), fields, "{mood:?}");
        fields.reverse();
    }
    registry.feel(Mood::Flapping);
    registry.publish(&supergraph(&["c"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["c"]);
}

#[test]
fn a_version_that_does_not_build_is_told_and_not_asked_for_again() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry);
    registry.publish("type Query { broken: ");
    let line = weft.wait_for("the last good version keeps serving");
    assert!(line.contains("shop@prod version 2:1:"), "where it is broken: {line}");
    let next = registry.wait_for(|question| question.header("weft-serving") == "1");
    assert_eq!(endpoint.query_fields(), ["a"]);
    assert!(endpoint.health("/metrics").contains("weft_supergraph_loads_total{result=\"refused\"} 1\n"));
    assert_ne!(next.header("if-none-match"), "");
    registry.publish(&supergraph(&["b"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["b"]);
    let copy = fs::read_to_string(folder.path().join(".weft/shop@prod.graphql")).unwrap();
    assert!(copy.contains("version 3\n"), "{copy}");
    let known = registry.questions().iter().filter(|question| question.header("if-none-match").is_empty()).count();
    assert_eq!(known, 1, "only the first question knows nothing");
}

#[test]
fn a_version_taken_back_serves_again() {
    let (one, two) = (supergraph(&["a"]), supergraph(&["b"]));
    let registry = FakeRegistry::start(&one);
    let folder = Folder::new();
    let (mut weft, endpoint) = start(&folder, &registry);
    for (sdl, field) in [(&two, "b"), (&one, "a")] {
        registry.publish(sdl);
        weft.wait_for("\"reloaded\"");
        assert_eq!(endpoint.query_fields(), [field]);
    }
}

#[test]
fn a_token_file_is_read_for_every_question_and_told_to_nobody_else() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let yaml = format!(
        "supergraph:\n  registry:\n    url: {}\n    graph: shop@prod\n    token_file: token\ntelemetry: {{ logging: {{ level: trace }} }}\n",
        registry.url
    );
    let folder = Folder::new().with("weft.yaml", &yaml).with("token", "first-s3cret\n");
    let (mut weft, _) = folder.serve(&["--config", "weft.yaml"]);
    assert_eq!(registry.questions()[0].header("authorization"), "Bearer first-s3cret");
    folder.write("token", "second-s3cret");
    registry.publish(&supergraph(&["b"]));
    weft.wait_for("\"reloaded\"");
    registry.wait_for(|question| question.header("authorization") == "Bearer second-s3cret");
    assert!(!weft.saw("s3cret"));
}

#[test]
fn another_variant_is_followed_when_the_configuration_says_so() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let yaml = |graph: &str| format!("supergraph:\n  registry:\n    url: {}\n    graph: {graph}\n", registry.url);
    let folder = Folder::new().with("weft.yaml", &yaml("shop@prod"));
    let (mut weft, _) = folder.serve(&["--config", "weft.yaml"]);
    folder.write("weft.yaml", &yaml("shop@test"));
    weft.wait_for("\"reloaded\"");
    let asked = registry.wait_for(|question| question.path.contains("shop@test"));
    assert_eq!(asked.header("if-none-match"), "", "what is known of one variant says nothing of another");
}
