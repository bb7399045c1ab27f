//! Reloading as a process does it: watched files and SIGHUP, good and bad versions.

use super::process::Folder;
use serde_json::{Value, json};
use std::fmt::Write;
use std::fs;
use std::time::Duration;

/// A supergraph of one subgraph whose query type has these fields.
pub fn supergraph(fields: &[&str]) -> String {
    let fields = fields.iter().fold(String::new(), |mut all, field| {
        let _ = writeln!(all, "  {field}: Int");
        all
    });
    format!(
        r#"schema
  @link(url: "https://specs.apollo.dev/link/v1.0")
  @link(url: "https://specs.apollo.dev/join/v0.5", for: EXECUTION)
{{
  query: Query
}}

directive @link(url: String, as: String, for: link__Purpose, import: [link__Import]) repeatable on SCHEMA
directive @join__graph(name: String!, url: String!) on ENUM_VALUE
directive @join__type(graph: join__Graph!, key: join__FieldSet, extension: Boolean! = false, resolvable: Boolean! = true, isInterfaceObject: Boolean! = false) repeatable on OBJECT | INTERFACE | UNION | ENUM | INPUT_OBJECT | SCALAR
directive @join__field(graph: join__Graph, requires: join__FieldSet, provides: join__FieldSet, type: String, external: Boolean, override: String, usedOverridden: Boolean, overrideLabel: String) repeatable on FIELD_DEFINITION | INPUT_FIELD_DEFINITION
directive @join__implements(graph: join__Graph!, interface: String!) repeatable on OBJECT | INTERFACE
directive @join__unionMember(graph: join__Graph!, member: String!) repeatable on UNION
directive @join__enumValue(graph: join__Graph!) repeatable on ENUM_VALUE

scalar link__Import
scalar join__FieldSet

enum link__Purpose {{
  SECURITY
  EXECUTION
}}

enum join__Graph {{
  ONE @join__graph(name: "one", url: "http://127.0.0.1:1/graphql")
}}

type Query @join__type(graph: ONE) {{
{fields}}}
"#
    )
}

#[test]
fn a_changed_supergraph_is_swapped_in() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let (mut weft, endpoint) = folder.serve(&["--supergraph", "graph.graphql"]);
    assert_eq!(endpoint.query_fields(), ["a"]);
    folder.write("graph.graphql", &supergraph(&["a", "b"]));
    let line = weft.wait_for("\"reloaded\"");
    assert!(line.contains("\"warmed\":1"), "what was asked is prepared before it serves: {line}");
    assert_eq!(endpoint.query_fields(), ["a", "b"]);
}

#[test]
fn a_bad_supergraph_is_reported_and_the_last_good_one_keeps_serving() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let (mut weft, endpoint) = folder.serve(&["--supergraph", "graph.graphql"]);
    folder.write("graph.graphql", &supergraph(&["a", "b: {"]));
    let line = weft.wait_for("the last good version keeps serving");
    assert!(line.contains("graph.graphql:"), "file and line: {line}");
    assert_eq!(endpoint.query_fields(), ["a"]);
    folder.write("graph.graphql", &supergraph(&["c"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["c"]);
}

#[test]
fn a_supergraph_that_disappears_does_not_take_the_gateway_with_it() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let (mut weft, endpoint) = folder.serve(&["--supergraph", "graph.graphql"]);
    fs::remove_file(folder.path().join("graph.graphql")).unwrap();
    weft.wait_for("the last good version keeps serving");
    assert_eq!(endpoint.query_fields(), ["a"]);
    folder.write("graph.graphql", &supergraph(&["b"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["b"]);
}

#[test]
fn the_same_bytes_again_are_no_reload() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let (mut weft, _) = folder.serve(&["--supergraph", "graph.graphql"]);
    folder.write("graph.graphql", &supergraph(&["a"]));
    assert_eq!(weft.wait_at_most(Duration::from_millis(500), "reloaded"), None);
}

#[test]
fn sighup_reads_everything_again() {
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"]));
    let (mut weft, endpoint) = folder.serve(&["--supergraph", "graph.graphql"]);
    weft.signal("HUP");
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["a"]);
}

#[test]
fn a_changed_configuration_is_swapped_in_and_a_bad_one_is_not() {
    let folder = Folder::new()
        .with("graph.graphql", &supergraph(&["a"]))
        .with("weft.yaml", "supergraph:\n  path: graph.graphql\n");
    let (mut weft, endpoint) = folder.serve(&["--config", "weft.yaml"]);
    assert_eq!(endpoint.query_fields(), ["a"]);

    folder.write("weft.yaml", "supergraph:\n  path: graph.graphql\n  introspektion: false\n");
    let line = weft.wait_for("the last good version keeps serving");
    assert!(line.contains("weft.yaml:3:3"), "{line}");
    assert_eq!(endpoint.query_fields(), ["a"]);

    folder.write("weft.yaml", "supergraph:\n  path: graph.graphql\n  introspection: false\n");
    weft.wait_for("\"reloaded\"");
    let refused = endpoint.ask("{ __schema { queryType { name } } }");
    assert!(refused["errors"][0]["message"].is_string(), "{refused}");
}

#[test]
fn a_list_of_documents_is_taken_up_when_its_file_changes() {
    let config = "persisted_queries: { local_manifests: [list.json], safelist: { enabled: true } }\n";
    let folder = Folder::new().with("graph.graphql", &supergraph(&["a"])).with("weft.yaml", config);
    folder.write("list.json", r#"{ "1": "query One { __typename }" }"#);
    let (mut weft, endpoint) = folder.serve(&["--supergraph", "graph.graphql", "--config", "weft.yaml"]);
    let ask = |id: &str| endpoint.post(&json!({ "documentId": id }));
    let code = |answer: &Value| answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned();
    assert_eq!(code(&ask("2")), "PERSISTED_QUERY_NOT_IN_LIST");
    folder.write("list.json", "{\n  \"2\": 7\n}");
    let line = weft.wait_for("the last good version keeps serving");
    assert!(line.contains("list.json:2:"), "file and line: {line}");
    assert_eq!(ask("1")["data"]["__typename"], "Query");
    folder.write("list.json", r#"{ "2": "query Two { __typename }" }"#);
    weft.wait_for("\"reloaded\"");
    assert_eq!(ask("2")["data"]["__typename"], "Query");
    assert_eq!(code(&endpoint.ask("query One { __typename }")), "QUERY_NOT_IN_SAFELIST");
}

#[test]
fn a_configuration_that_waits_for_its_schema_is_not_lost() {
    let folder = Folder::new()
        .with("one.graphql", &supergraph(&["one"]))
        .with("weft.yaml", "supergraph:\n  path: one.graphql\n");
    let (mut weft, endpoint) = folder.serve(&["--config", "weft.yaml"]);
    folder.write("weft.yaml", "supergraph:\n  path: two.graphql\n");
    let line = weft.wait_for("the last good version keeps serving");
    assert!(line.contains("two.graphql"), "{line}");
    folder.write("two.graphql", &supergraph(&["two"]));
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["two"]);
}

#[test]
fn a_subgraph_of_a_supergraph_yaml_is_watched_too() {
    let folder = Folder::new().with("one.graphql", "type Query {\n  a: Int\n}\n").with(
        "supergraph.yaml",
        "subgraphs:\n  one:\n    routing_url: http://127.0.0.1:1/\n    schema:\n      file: one.graphql\n",
    );
    let (mut weft, endpoint) = folder.serve(&["--supergraph", "supergraph.yaml"]);
    assert_eq!(endpoint.query_fields(), ["a"]);
    folder.write("one.graphql", "type Query {\n  a: Int\n  b: Int\n}\n");
    weft.wait_for("\"reloaded\"");
    assert_eq!(endpoint.query_fields(), ["a", "b"]);
}
