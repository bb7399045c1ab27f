//! The dev loop as a person meets it: a new project, saves good and bad, services that come and change.

use super::process::{Endpoint, Folder, Weft, told};
use serde_json::json;
use std::fs;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// Starts `weft dev` on a free port; the endpoint is what it prints first.
fn dev(folder: &Folder, arguments: &[&str]) -> (Weft, Endpoint) {
    let mut weft = folder.start(&[&["dev", "--listen", "127.0.0.1:0", "--poll", "0.05"], arguments].concat());
    let line = weft.wait_for("GraphQL ");
    let graphql = line.split_whitespace().last().unwrap().to_owned();
    (weft, Endpoint { graphql, health: String::new() })
}

fn started() -> Folder {
    let folder = Folder::new();
    let output = folder.run(&["init"]);
    assert!(output.status.success(), "{}", told(&output));
    folder
}

/// Replaces a part of a file, as an editor does.
fn edit(folder: &Folder, name: &str, from: &str, to: &str) {
    let path = folder.path().join(name);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{name} has no {from:?}");
    let beside = path.with_extension("new");
    fs::write(&beside, text.replace(from, to)).unwrap();
    fs::rename(beside, path).unwrap();
}

#[test]
fn a_new_project_answers_from_made_up_services() {
    let folder = started();
    let (mut weft, endpoint) = dev(&folder, &["--mock", "products,reviews"]);
    weft.wait_for("composed: 2 subgraphs");
    let query = fs::read_to_string(folder.path().join("queries/products.graphql")).unwrap();
    let answer = endpoint.ask(&query);
    assert_eq!(answer.get("errors"), None, "{answer}");
    let products = answer["data"]["products"].as_array().unwrap();
    assert_eq!(products.len(), 2);
    assert!(products.iter().all(|product| product["reviews"][0]["stars"].is_u64()), "{answer}");
}

#[test]
fn init_overwrites_nothing() {
    let folder = Folder::new().with("weft.yaml", "mine");
    let output = folder.run(&["init"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(told(&output).contains("weft.yaml exists already"), "{}", told(&output));
    assert_eq!(fs::read_to_string(folder.path().join("weft.yaml")).unwrap(), "mine");
    assert!(!folder.path().join("schemas").exists(), "nothing is written by halves");
    let output = folder.run(&["init", "shop"]);
    assert!(told(&output).contains("cd shop && weft dev"), "{}", told(&output));
}

#[test]
fn a_save_is_taken_into_service_and_a_bad_one_is_shown_while_the_last_good_graph_serves() {
    let folder = started();
    let (mut weft, endpoint) = dev(&folder, &["--mock", "products,reviews"]);
    weft.wait_for("composed: 2 subgraphs");
    edit(&folder, "schemas/products.graphql", "  price: Int!\n", "  price: Int!\n  reviews: String\n");
    weft.wait_for("INVALID_FIELD_SHARING");
    weft.wait_for("schemas/products.graphql:");
    weft.wait_for("the last good graph keeps serving");
    assert_eq!(endpoint.query_fields(), ["product", "products"]);
    edit(&folder, "schemas/products.graphql", "  reviews: String\n", "  stock: Int!\n");
    weft.wait_for("composed again");
    let answer = endpoint.ask("{ product(id: \"1\") { stock } }");
    assert!(answer["data"]["product"]["stock"].is_u64(), "the mock follows the schema: {answer}");
}

#[test]
fn a_graph_that_does_not_compose_is_waited_for() {
    let folder = started();
    edit(&folder, "schemas/products.graphql", "type Query {", "type Query {{");
    let (mut weft, endpoint) = dev(&folder, &[]);
    weft.wait_for("nothing is served yet");
    let answer = endpoint.ask("{ __typename }");
    assert_eq!(answer["errors"][0]["extensions"]["code"], "SERVICE_UNAVAILABLE", "{answer}");
    edit(&folder, "schemas/products.graphql", "type Query {{", "type Query {");
    weft.wait_for("composed: 2 subgraphs");
    assert_eq!(endpoint.query_fields(), ["product", "products"]);
}

#[test]
fn a_mock_of_no_subgraph_is_named() {
    let folder = started();
    let (mut weft, _) = dev(&folder, &["--mock", "prodcuts"]);
    let line = weft.wait_for("--mock prodcuts");
    assert!(line.contains("products, reviews"), "{line}");
}

/// A service that answers `_service` with an SDL that changes.
fn service(sdl: &str) -> (String, Arc<Mutex<String>>) {
    let sdl = Arc::new(Mutex::new(sdl.to_owned()));
    let shared = Arc::clone(&sdl);
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let answer = move || {
                let sdl = shared.lock().unwrap().clone();
                async move { json!({ "data": { "_service": { "sdl": sdl } } }).to_string() }
            };
            let router = axum::Router::new().route("/graphql", axum::routing::post(answer));
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            tell.send(listener.local_addr().unwrap()).unwrap();
            axum::serve(listener, router).await.unwrap();
        });
    });
    (format!("http://{}/graphql", told.recv().unwrap()), sdl)
}

#[test]
fn running_services_are_polled() {
    let (url, sdl) = service("type Query { a: Int }");
    let folder =
        Folder::new().with("supergraph.yaml", &format!("subgraphs:\n  one:\n    schema:\n      subgraph_url: {url}\n"));
    let (mut weft, endpoint) = dev(&folder, &[]);
    weft.wait_for("composed: 1 subgraphs");
    assert_eq!(endpoint.query_fields(), ["a"]);
    *sdl.lock().unwrap() = "type Query { a: Int b: Int }".to_owned();
    weft.wait_for("composed again");
    assert_eq!(endpoint.query_fields(), ["a", "b"]);
    *sdl.lock().unwrap() = "type Query { a: Nothing }".to_owned();
    weft.wait_for("the last good graph keeps serving");
    assert_eq!(endpoint.query_fields(), ["a", "b"]);
    let output = folder.run(&["subgraph", "introspect", &url]);
    assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), "type Query { a: Nothing }");
}

#[test]
fn a_service_that_is_not_there_is_named() {
    let output = Folder::new().run(&["subgraph", "introspect", "http://127.0.0.1:1/graphql"]);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains("http://127.0.0.1:1/graphql") && text.contains("cannot be reached"), "{text}");
}

#[test]
fn codes_are_explained_with_an_example() {
    let folder = Folder::new();
    let explain = |code: &str| told(&folder.run(&["explain", code]));
    let sharing = explain("invalid_field_sharing");
    assert!(sharing.contains("Several subgraphs resolve a field") && sharing.contains("= help:"), "{sharing}");
    assert!(explain("GATEWAY_TIMEOUT").contains("traffic_shaping"), "what to do");
    assert!(explain("INVALID_FIELD_SHARIN").contains("did you mean INVALID_FIELD_SHARING?"));
    let list = told(&folder.run(&["explain"]));
    assert!(list.lines().count() > 100, "{list}");
    let json: serde_json::Value = serde_json::from_slice(&folder.run(&["explain", "--format", "json"]).stdout).unwrap();
    assert!(json.as_array().unwrap().iter().all(|it| it["meaning"].is_string()));
}

#[test]
fn every_code_of_an_answer_can_be_explained() {
    let output = Folder::new().run(&["explain"]);
    let known = String::from_utf8(output.stdout).unwrap();
    let known: Vec<&str> = known.lines().filter_map(|line| line.split_whitespace().next()).collect();
    for room in ["server", "prepare", "execute", "upstream"] {
        for (file, code) in codes_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src").join(room)) {
            assert!(known.contains(&code.as_str()), "{code} of {file} is not in src/cli/explain/requests.rs");
        }
    }
}

/// Texts in a room that look like codes: `"SEVERAL_WORDS"` in capitals.
fn codes_in(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(codes_in(&path));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        let code =
            text.lines().filter(|line| !line.contains("env!")).flat_map(|line| line.split('"').skip(1).step_by(2));
        let is_code = |text: &&str| {
            text.contains('_') && text.len() > 6 && text.chars().all(|c| c.is_ascii_uppercase() || c == '_')
        };
        found.extend(code.filter(is_code).map(|code| (path.display().to_string(), code.to_owned())));
    }
    found
}

#[test]
fn completions_know_the_verbs() {
    for shell in ["bash", "zsh", "fish"] {
        let output = Folder::new().run(&["completions", shell]);
        assert!(String::from_utf8(output.stdout).unwrap().contains("compose"), "{shell}");
    }
}

#[test]
fn lint_names_what_is_not_in_the_usual_case() {
    let sdl = "type Query {\n  getThings(Filter: thing_filter): [thing!] @deprecated(reason: \"\")\n}\n\
        type thing {\n  Id: ID!\n  kind: Kind\n}\nenum Kind {\n  small\n  LARGE\n}\ninput thing_filter {\n  name: String\n}\n";
    let folder = Folder::new().with("things.graphql", sdl);
    let output = folder.run(&["subgraph", "lint", "things.graphql"]);
    assert!(output.status.success(), "warnings do not fail: {}", told(&output));
    let text = told(&output);
    for (code, help) in [
        ("RESTYLE_QUERY_FIELD_NAMES", "call it `things`"),
        ("INPUT_ARGUMENT_NAMES_SHOULD_BE_CAMEL_CASE", "call it `filter`"),
        ("DEPRECATED_DIRECTIVE_SHOULD_HAVE_REASON", "say what to use instead"),
        ("TYPE_NAMES_SHOULD_BE_PASCAL_CASE", "call it `ThingFilter`"),
        ("FIELD_NAMES_SHOULD_BE_CAMEL_CASE", "call it `id`"),
        ("ENUM_VALUES_SHOULD_BE_SCREAMING_SNAKE_CASE", "call it `SMALL`"),
        ("INPUT_TYPE_SUFFIX", "call it thing_filterInput"),
        ("ALL_ELEMENTS_REQUIRE_DESCRIPTION", "say in a sentence"),
    ] {
        assert!(text.contains(code) && text.contains(help), "{code}, {help}:\n{text}");
    }
    assert_eq!(folder.run(&["subgraph", "lint", "--strict", "things.graphql"]).status.code(), Some(1));
    assert!(folder.run(&["subgraph", "lint", "../nowhere.graphql"]).status.code() == Some(1));
}
