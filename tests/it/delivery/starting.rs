//! Starting: with the registry, without it, and with one that talks nonsense.

use super::fake::{FakeRegistry, Mood};
use super::usage::wait_until;
use crate::process::{Folder, told};
use crate::reload::supergraph;
use std::fs;

const QUICK: &str =
    "supergraph:\n  registry:\n    url: ${env.URL}\n    graph: shop@prod\n    start_timeout: 1s\n    max_bytes: 1MB\n";
const COPY: &str = ".weft/shop@prod.graphql";

/// Moods in which nothing is delivered.
const BAD: [Mood; 7] =
    [Mood::Slow, Mood::Page, Mood::Truncated, Mood::Broken, Mood::WrongHash, Mood::Endless, Mood::Refusing];

#[test]
fn a_gateway_starts_with_what_the_registry_has() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let (_weft, endpoint) = folder.serve(&["--registry", &registry.url, "--graph", "shop@prod", "--token", "s3cret"]);
    assert_eq!(endpoint.query_fields(), ["a"]);
    let asked = &registry.questions()[0];
    assert_eq!(asked.path, "/v1/graphs/shop@prod/supergraph");
    assert_eq!(asked.header("authorization"), "Bearer s3cret");
    assert_eq!(asked.header("weft-gateway-release"), env!("CARGO_PKG_VERSION"));
    assert!(!asked.header("weft-gateway").is_empty());
    assert_eq!((asked.header("if-none-match"), asked.header("prefer")), ("", ""), "nothing is known yet");
    let copy = fs::read_to_string(folder.path().join(COPY)).unwrap();
    assert!(copy.contains("# graph shop@prod version 1\n") && copy.ends_with(&supergraph(&["a"])), "{copy}");
}

#[test]
fn the_last_good_copy_serves_while_the_registry_does_not() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new().with("weft.yaml", QUICK);
    let url = registry.url.clone();
    let url = [("URL", url.as_str())];
    drop(folder.serve_with(&["--config", "weft.yaml"], &url));
    registry.publish(&supergraph(&["a", "b"]));
    for mood in BAD {
        registry.feel(mood);
        let (mut weft, endpoint) = folder.serve_with(&["--config", "weft.yaml"], &url);
        assert_eq!(endpoint.query_fields(), ["a"], "{mood:?}");
        assert!(weft.saw("the last good copy serves"), "{mood:?}");
        if mood == Mood::Refusing {
            registry.feel(Mood::Well);
            weft.wait_for("\"reloaded\"");
            assert_eq!(endpoint.query_fields(), ["a", "b"], "as soon as the registry is well, its version serves");
            registry.publish(&supergraph(&["a"]));
            registry.wait_until_served(3);
            // The registry hears what serves before the copy is on disk, and the end of this round is a kill.
            let copy = || fs::read_to_string(folder.path().join(COPY)).unwrap_or_default();
            wait_until(|| copy().ends_with(&supergraph(&["a"])));
        }
    }
    drop(registry);
    let (mut weft, endpoint) = folder.serve_with(&["--config", "weft.yaml"], &url);
    assert_eq!(endpoint.query_fields(), ["a"], "nobody listens there any more");
    assert!(weft.saw("the last good copy serves"));
}

#[test]
fn what_is_on_disk_already_is_not_sent_again() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let arguments = ["--registry", registry.url.as_str(), "--graph", "shop@prod"];
    let (weft, _) = folder.serve(&arguments);
    let tag = registry.wait_for(|question| question.header("prefer") == "wait=30").header("if-none-match").to_owned();
    drop(weft);
    registry.forget();
    let (mut weft, endpoint) = folder.serve(&arguments);
    assert_eq!(endpoint.query_fields(), ["a"]);
    assert!(!weft.saw("the last good copy serves"), "the registry has confirmed it");
    let first = &registry.questions()[0];
    assert_eq!((first.header("if-none-match"), first.header("prefer")), (tag.as_str(), ""));
}

#[test]
fn the_last_good_copy_serves_when_the_registry_has_what_does_not_build() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let arguments = ["--registry", registry.url.as_str(), "--graph", "shop@prod"];
    drop(folder.serve(&arguments));
    registry.publish("\u{0}nonsense {");
    let (mut weft, endpoint) = folder.serve(&arguments);
    assert_eq!(endpoint.query_fields(), ["a"]);
    assert!(weft.saw("shop@prod version 2:1:1"), "what is wrong with it");
    registry.wait_until_served(1);
    registry.publish(&supergraph(&["b"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["b"]);
}

#[test]
fn without_registry_and_copy_nothing_starts_and_it_is_said_why() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new().with("weft.yaml", &QUICK.replace("${env.URL}", &registry.url));
    for (mood, reason) in [
        (Mood::Slow, "did not answer within 1.0 s"),
        (Mood::Page, "not what a registry answers"),
        (Mood::Truncated, "does not have the hash that it names"),
        (Mood::Endless, "larger than 1000000 bytes"),
        (Mood::Refusing, "HTTP 401: the fake registry says no"),
    ] {
        registry.feel(mood);
        let output = folder.run(&["serve", "--config", "weft.yaml", "--listen", "127.0.0.1:0"]);
        let told = told(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("error[REGISTRY_UNAVAILABLE]") && told.contains(reason), "{mood:?}: {told}");
        assert!(told.contains("there is no last good copy to start from"), "{told}");
        assert_eq!(told.contains("ask it nicely"), mood == Mood::Refusing, "{told}");
    }
}

#[test]
fn a_damaged_copy_is_refused() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new().with("weft.yaml", &QUICK.replace("${env.URL}", &registry.url));
    drop(folder.serve(&["--config", "weft.yaml"]));
    let path = folder.path().join(COPY);
    let copy = fs::read_to_string(&path).unwrap();
    fs::write(&path, copy.replace("a: Int", "b: Int")).unwrap();

    registry.feel(Mood::Slow);
    let told = told(&folder.run(&["serve", "--config", "weft.yaml", "--listen", "127.0.0.1:0"]));
    assert!(told.contains("is damaged: it does not have the hash that it names"), "{told}");

    registry.feel(Mood::Well);
    let (mut weft, endpoint) = folder.serve(&["--config", "weft.yaml"]);
    assert_eq!(endpoint.query_fields(), ["a"]);
    assert!(weft.saw("the last good copy is of no use"));
    assert_eq!(fs::read_to_string(&path).unwrap(), copy, "and is replaced");
}

#[test]
fn a_copy_of_another_variant_is_refused() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new();
    let start = |graph: &str| {
        let url = registry.url.as_str();
        folder.serve(&["--registry", url, "--graph", graph, "--last-good", "copy.graphql"])
    };
    drop(start("shop@prod"));
    let (mut weft, _) = start("shop@test");
    assert!(weft.saw("is of shop@prod, not of shop@test"));
}

#[test]
fn a_copy_that_cannot_be_written_costs_a_warning_only() {
    let registry = FakeRegistry::start(&supergraph(&["a"]));
    let folder = Folder::new().with("file", "no folder");
    let arguments = ["--registry", &registry.url, "--graph", "shop@prod", "--last-good", "file/copy.graphql"];
    let (mut weft, endpoint) = folder.serve(&arguments);
    assert!(weft.saw("the last good copy cannot be written"));
    registry.publish(&supergraph(&["b"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["b"]);
}

#[test]
fn the_next_address_is_tried_when_one_fails() {
    let (sick, well) = (FakeRegistry::start(&supergraph(&["old"])), FakeRegistry::start(&supergraph(&["a"])));
    sick.feel(Mood::Slow);
    let urls = format!("http://127.0.0.1:1,{},{}", sick.url, well.url);
    let folder = Folder::new();
    let (mut weft, endpoint) = folder.serve(&["--registry", &urls, "--graph", "shop@prod"]);
    assert_eq!(endpoint.query_fields(), ["a"]);
    sick.forget();
    well.publish(&supergraph(&["b"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["b"]);
    assert!(sick.questions().is_empty(), "the one that answered is asked first");
}

#[test]
fn a_file_and_a_registry_are_one_too_many() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let arguments = ["serve", "--supergraph", "graph.graphql", "--registry", "http://127.0.0.1:1", "--graph", "a@b"];
    assert_eq!(folder.run(&arguments).status.code(), Some(2));
    assert_eq!(folder.run(&["serve", "--registry", "http://127.0.0.1:1"]).status.code(), Some(2), "which graph?");
}
