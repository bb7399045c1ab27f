//! The command line as a person or a script meets it: help, errors, exit codes, goldens.

use super::process::{Endpoint, Folder, told};
use super::reload::supergraph;
use serde_json::{Value, json};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};
use std::{env, fs, thread};
use weft::demo::credentials;

/// Asserts that a command fails with exit code 1, within a second where nobody else keeps the machine
/// busy, and gives what it says.
fn refused(folder: &Folder, arguments: &[&str]) -> String {
    let mut durations = Vec::new();
    loop {
        let start = Instant::now();
        let output = folder.run(arguments);
        durations.push(start.elapsed());
        assert_eq!(output.status.code(), Some(1), "{}", told(&output));
        assert!(output.stdout.is_empty(), "{}", told(&output));
        if start.elapsed() < Duration::from_secs(1) {
            return String::from_utf8(output.stderr).unwrap();
        }
        assert!(durations.len() < 5, "it took {durations:?}");
    }
}

#[test]
fn help() {
    let folder = Folder::new();
    let mut all = told(&folder.run(&[]));
    for verb in [
        &["serve"][..],
        &["dev"],
        &["init"],
        &["compose"],
        &["plan"],
        &["demo"],
        &["subgraph"],
        &["subgraph", "introspect"],
        &["subgraph", "lint"],
        &["subgraph", "check"],
        &["subgraph", "publish"],
        &["graph"],
        &["graph", "rollback"],
        &["registry"],
        &["registry", "token", "create"],
        &["explain"],
        &["config"],
        &["config", "validate"],
    ] {
        let arguments = [verb, &["--help"]].concat();
        all += &format!("\n$ weft {}\n{}", arguments.join(" "), told(&folder.run(&arguments)));
    }
    insta::assert_snapshot!(all);
}

#[test]
fn version() {
    let output = Folder::new().run(&["--version"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("weft {}\n", env!("CARGO_PKG_VERSION")));
}

#[test]
fn a_wrong_command_exits_with_two() {
    assert_eq!(Folder::new().run(&["server"]).status.code(), Some(2));
}

#[test]
fn serving_nothing_says_what_to_give() {
    insta::assert_snapshot!(refused(&Folder::new(), &["serve"]));
}

#[test]
fn a_missing_supergraph_is_named() {
    insta::assert_snapshot!(refused(&Folder::new(), &["serve", "--supergraph", "gone.graphql"]));
}

#[test]
fn a_broken_configuration_is_shown_with_its_lines() {
    let folder = Folder::new().with("weft.yaml", "supergraph:\n  lisen: 127.0.0.1:4000\nlimits:\n  max_depth: deep\n");
    insta::assert_snapshot!(refused(&folder, &["serve", "--config", "weft.yaml"]));
    insta::assert_snapshot!(refused(&folder, &["config", "validate"]));
}

#[test]
fn a_broken_supergraph_is_shown_with_its_lines() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a: Nowhere #"]));
    insta::assert_snapshot!(refused(&folder, &["serve", "--supergraph", "graph.graphql"]));
}

#[test]
fn a_broken_start_opens_no_port() {
    let folder = Folder::new().with("graph.graphql", "type Query {");
    // Whoever holds the port would be told first, were it opened before the schema is read.
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let text = refused(&folder, &["serve", "--supergraph", "graph.graphql", "--listen", &address]);
    assert!(text.contains("graph.graphql:1:"), "{text}");
}

#[test]
fn a_taken_port_is_named_and_what_to_do() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = holder.local_addr().unwrap().to_string();
    let arguments = ["serve", "--supergraph", "graph.graphql", "--listen", &address, "--health-listen", "off"];
    let output = folder.run(&arguments);
    let text = told(&output);
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert!(text.contains(&address) && text.contains("--listen"), "{text}");
}

#[test]
fn sigterm_ends_it_well() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let (mut weft, _) = folder.serve(&["--supergraph", "graph.graphql"]);
    weft.signal("TERM");
    assert_eq!(weft.wait(), Some(0));
}

#[test]
fn a_second_ctrl_c_does_not_wait_for_requests_under_way() {
    let subgraph = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = subgraph.local_addr().unwrap().to_string();
    let folder =
        Folder::new().with("graph.graphql", &supergraph(&["a"]).replace("127.0.0.1:1/", &format!("{address}/")));
    let (mut weft, endpoint) = folder.serve(&["--supergraph", "graph.graphql"]);
    let asking = thread::spawn(move || endpoint.try_ask("{ a }").is_err());
    // It connects, and is never answered.
    let _held = subgraph.accept().unwrap();
    weft.signal("INT");
    weft.wait_for("stopping");
    weft.signal("INT");
    assert_eq!(weft.wait(), Some(130));
    assert!(asking.join().unwrap(), "the request is cut off");
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let folder = Folder::new()
        .with("file.graphql", &supergraph(&["file"]))
        .with("variable.graphql", &supergraph(&["variable"]))
        .with("flag.graphql", &supergraph(&["flag"]))
        .with("weft.yaml", "supergraph:\n  path: file.graphql\n");
    let (_weft, endpoint) = folder.serve(&["--config", "weft.yaml"]);
    assert_eq!(endpoint.query_fields(), ["file"]);
    let variables = [("WEFT_CONFIG", "weft.yaml"), ("WEFT_SUPERGRAPH", "variable.graphql")];
    let (_weft, endpoint) = folder.serve_with(&[], &variables);
    assert_eq!(endpoint.query_fields(), ["variable"]);
    let (_weft, endpoint) = folder.serve_with(&["--supergraph", "flag.graphql"], &variables);
    assert_eq!(endpoint.query_fields(), ["flag"]);
}

/// The first block of `language` in the README.
fn of_the_readme(language: &str) -> String {
    let readme = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let start = readme.split(&format!("```{language}\n")).nth(1).unwrap();
    start.split("```").next().unwrap().to_owned()
}

#[test]
fn the_demo_answers_as_the_readme_says_and_ctrl_c_stops_it() {
    let mut demo = Folder::new().start(&["demo", "--port", "0"]);
    let line = demo.wait_for("GraphQL ");
    let graphql = line.split_whitespace().last().unwrap().to_owned();
    let endpoint = Endpoint { graphql, health: String::new() };
    let curl = demo.wait_for("-d '{\"query\"");
    let body: Value = serde_json::from_str(curl.trim().trim_start_matches("-d '").trim_end_matches('\'')).unwrap();
    demo.wait_for("Ctrl-C");
    let answer: Value = serde_json::from_str(&of_the_readme("json")).unwrap();
    let query = of_the_readme("graphql");
    assert_eq!(endpoint.ask_with_key(credentials::PAYMENTS_KEY, &query), answer);
    let printed = body["query"].as_str().unwrap();
    assert_eq!(endpoint.ask_with_key(credentials::PAYMENTS_KEY, printed), answer, "the curl that it prints");
    let mut withheld = answer;
    withheld["data"]["user"]["orders"]["nodes"][0]["payment"] = Value::Null;
    let path = ["user", "orders", "nodes", "@", "payment"];
    let extensions = json!({ "code": "UNAUTHORIZED_FIELD_OR_TYPE" });
    withheld["errors"] = json!([{ "message": "Unauthorized field or type", "path": path, "extensions": extensions }]);
    assert_eq!(endpoint.ask(&query), withheld);
    assert_eq!(endpoint.ask_with_key(credentials::PLAIN_KEY, &query), withheld);
    demo.signal("INT");
    assert_eq!(demo.wait(), Some(0));
}

#[test]
fn the_readme_shows_the_plan_of_its_query() {
    let supergraph = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/supergraph.graphql");
    let folder = Folder::new().with("q.graphql", &of_the_readme("graphql"));
    let output =
        folder.run(&["plan", "--supergraph", supergraph.to_str().unwrap(), "q.graphql", "--format", "mermaid"]);
    assert_eq!(String::from_utf8(output.stdout).unwrap(), of_the_readme("mermaid"));
}

#[test]
fn a_plan_is_shown_under_labels() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/composition/override");
    let supergraph = cases.join("field_moves_by_label.supergraph.graphql");
    let folder = Folder::new().with("q.graphql", "{ p { name } }");
    let plan = ["plan", "--supergraph", supergraph.to_str().unwrap(), "q.graphql"];
    let on = told(&folder.run(&[&plan[..], &["--override-label", "percent(25)"]].concat()));
    assert!(on.contains("Fetch(service: \"b\")"), "{on}");
    assert!(!told(&folder.run(&plan)).contains("Fetch(service: \"b\")"));
    let text = refused(&folder, &[&plan[..], &["--override-label", "beta"]].concat());
    assert!(text.contains("no @override label \"beta\"") && text.contains("it has percent(25)"), "{text}");
}

#[test]
fn a_plan_of_a_subscription_says_that_it_is_one_of_an_event() {
    let config = "subgraphs:\n  a:\n    routing_url: http://a\n    schema:\n      file: a.graphql\n";
    let sdl = "type Query { x: Int }\ntype Subscription { y: Int }\n";
    let folder = Folder::new().with("supergraph.yaml", config).with("a.graphql", sdl);
    folder.write("s.graphql", "subscription { y }");
    folder.write("q.graphql", "{ x }");
    let plan = |query| folder.run(&["plan", "--supergraph", "supergraph.yaml", query]);
    let output = plan("s.graphql");
    assert!(output.status.success(), "{}", told(&output));
    assert!(String::from_utf8_lossy(&output.stderr).contains("one event"), "{}", told(&output));
    assert!(!told(&plan("q.graphql")).contains("event"));
}

#[test]
fn a_running_service_is_asked_for_its_schema() {
    let folder = Folder::new();
    let mut users = folder.start(&["demo", "--service", "users", "--port", "0"]);
    let url = users.wait_for("users answers at ").split_whitespace().last().unwrap().to_owned();
    folder.write("supergraph.yaml", &format!("subgraphs:\n  users:\n    schema:\n      subgraph_url: {url}\n"));
    let output = folder.run(&["compose", "--config", "supergraph.yaml"]);
    let text = told(&output);
    assert!(output.status.success() && text.contains(&format!("url: \"{url}\"")), "{text}");
}

#[test]
fn the_stages_of_a_plan_and_its_choices_are_shown() {
    let link =
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\", \"@shareable\"])";
    let folder = Folder::new();
    folder.write(
        "catalog.graphql",
        &format!("{link} type Query {{ top: Product }} type Product @key(fields: \"id\") {{ id: ID! }}"),
    );
    let rest = "type Product @key(fields: \"id\") { id: ID! price: Int @shareable";
    folder.write("prices.graphql", &format!("{link} {rest} }}"));
    folder.write("offers.graphql", &format!("{link} {rest} offers: [Offer] }} type Offer {{ price: Int }}"));
    folder.write("q.graphql", "query Top { top { price offers { price } } }");
    let subgraphs = ["catalog", "offers", "prices"]
        .map(|name| format!("  {name}: {{ routing_url: http://{name}, schema: {{ file: {name}.graphql }} }}\n"));
    folder.write("supergraph.yaml", &format!("federation_version: =2.5.0\nsubgraphs:\n{}", subgraphs.concat()));
    let shown = |arguments: &[&str]| {
        told(&folder.run(&[&["plan", "--supergraph", "supergraph.yaml", "q.graphql"], arguments].concat()))
    };
    for stage in ["operation", "space", "steps", "dag"] {
        insta::assert_snapshot!(format!("stage_{stage}"), shown(&["--stage", stage]));
    }
    insta::assert_snapshot!("choices", shown(&["--explain"]));
    folder.write("q.graphql", "query Top { top { price } }");
    insta::assert_snapshot!("choices_between_equals", shown(&["--explain"]));
    let arguments = ["plan", "--supergraph", "supergraph.yaml", "q.graphql", "--explain", "--format", "json"];
    let json: Value = serde_json::from_slice(&folder.run(&arguments).stdout).unwrap();
    assert_eq!(json["choices"][0]["alternatives"][0]["outcome"]["found"]["requests"], 2);
    assert!(shown(&["--objective", "requests"]).contains("# 2 requests, depth 2, 4 fields, optimal"));
}

#[test]
fn a_plan_is_shown_in_every_form() {
    let supergraph = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/supergraph.graphql");
    let folder =
        Folder::new().with("q.graphql", "{ user(id: 1) { name orders(first: 1) { nodes { payment { status } } } } }");
    let arguments = ["plan", "--supergraph", supergraph.to_str().unwrap(), "q.graphql", "--format"];
    for (format, start) in [("text", "# 3 requests, depth 3"), ("dot", "digraph"), ("mermaid", "flowchart")] {
        let output = folder.run(&[&arguments[..], &[format]].concat());
        assert!(output.status.success() && output.stdout.starts_with(start.as_bytes()), "{}", told(&output));
    }
    let json = folder.run(&[&arguments[..], &["json"]].concat());
    let plan: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert_eq!((&plan["kind"], &plan["cost"]["requests"]), (&"QueryPlan".into(), &3.into()));
}

#[test]
fn what_is_wrong_with_an_operation_is_shown_with_its_lines() {
    let folder = Folder::new()
        .with("graph.graphql", &supergraph(&["a", "b"]))
        .with("wrong.graphql", "query One {\n  a\n  c\n}\n\nquery Two { b(x: 1) }\n")
        .with("several.graphql", "query One { a } query Two { b }")
        .with("none.graphql", "fragment F on Query { a }");
    let plan = |arguments: &[&str]| refused(&folder, &[&["plan", "--supergraph", "graph.graphql"], arguments].concat());
    insta::assert_snapshot!(plan(&["wrong.graphql"]));
    insta::assert_snapshot!(plan(&["several.graphql"]));
    insta::assert_snapshot!(plan(&["several.graphql", "--operation", "Three"]));
    insta::assert_snapshot!(plan(&["none.graphql"]));
    insta::assert_snapshot!(plan(&["gone.graphql"]));
}

/// Two subgraphs that cannot be composed.
fn disagreeing() -> Folder {
    let subgraph = |ty: &str| {
        format!(
            "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@shareable\"])\n\ntype Query {{\n  price: {ty} @shareable\n}}\n"
        )
    };
    Folder::new().with("one.graphql", &subgraph("Int")).with("two.graphql", &subgraph("String")).with(
        "supergraph.yaml",
        "subgraphs:\n  one:\n    routing_url: http://one/\n    schema:\n      file: one.graphql\n  two:\n    routing_url: http://two/\n    schema:\n      file: ./two.graphql\n",
    )
}

#[test]
fn composition_errors_are_shown_with_subgraph_file_and_line() {
    insta::assert_snapshot!(refused(&disagreeing(), &["compose", "--config", "supergraph.yaml"]));
}

#[test]
fn composition_errors_as_json() {
    let output = disagreeing().run(&["compose", "--config", "supergraph.yaml", "--format", "json"]);
    assert_eq!(output.status.code(), Some(1));
    let result: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(result["supergraph"], Value::Null);
    let error = &result["errors"][0];
    assert_eq!(
        (&error["code"], &error["locations"][0]["file"]),
        (&"FIELD_TYPE_MISMATCH".into(), &"one.graphql".into())
    );
}

#[test]
fn an_unreachable_service_is_named_with_the_place_that_asks_for_it() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let yaml = format!("subgraphs:\n  one:\n    schema:\n      subgraph_url: http://{gone}/graphql\n");
    let text = refused(&Folder::new().with("supergraph.yaml", &yaml), &["compose", "--config", "supergraph.yaml"]);
    assert!(text.contains("supergraph.yaml:") && text.contains("\"one\""), "{text}");
}

#[test]
fn the_demo_supergraph_is_up_to_date() {
    let schemas = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas");
    let yaml = schemas.join("supergraph.yaml");
    let output = Folder::new().run(&["compose", "--config", yaml.to_str().unwrap()]);
    assert!(output.status.success(), "{}", told(&output));
    let composed = String::from_utf8(output.stdout).unwrap();
    let golden = schemas.join("supergraph.graphql");
    if env::var_os("WEFT_BLESS").is_some() {
        fs::write(&golden, &composed).unwrap();
    }
    let kept = fs::read_to_string(&golden).unwrap();
    assert!(kept == composed, "schemas/supergraph.graphql is out of date: run the tests with WEFT_BLESS=1");
}
