//! The gallery in `query-plans/`: every query's plan is the one beside it, with the rules of its fields, and a query
//! that has some has the headers that meet them. `WEFT_BLESS=1` writes the plans anew.

use apollo_compiler::ExecutableDocument;
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};
use weft::access::{self, Rules};
use weft::compose::compose;
use weft::demo::credentials;
use weft::diagnostic::Source;
use weft::graph::QueryGraph;
use weft::operation::Operation;
use weft::plan::{Plan, checker, explain, plan};
use weft::subgraph::Subgraph;
use weft::supergraph::{PossibleTypes, Supergraph, api_schema, parse};

#[test]
fn every_query_has_the_plan_beside_it() {
    let supergraph = shop();
    let bless = std::env::var_os("WEFT_BLESS").is_some();
    let queries = queries();
    assert!(queries.len() >= 15, "the gallery has shrunk");
    let mut changed = Vec::new();
    for query in queries {
        let golden = query.with_extension("plan.txt");
        let listed = rules_in(&supergraph, &query);
        let text = format!("{}{listed}", explain::text(&plan_of(&supergraph, &query), &supergraph));
        assert_eq!(key_of(&query).as_deref(), (!listed.is_empty()).then_some(credentials::PAYMENTS_KEY), "{query:?}");
        if bless {
            fs::write(&golden, &text).unwrap();
        } else if fs::read_to_string(&golden).ok().as_deref() != Some(&text) {
            changed.push(format!("{}:\n{text}", golden.display()));
        }
    }
    assert!(changed.is_empty(), "WEFT_BLESS=1 writes these plans anew:\n{}", changed.join("\n"));
}

#[test]
fn planning_twice_gives_the_same_plan() {
    let supergraph = shop();
    for query in queries() {
        let (first, second) = (plan_of(&supergraph, &query), plan_of(&supergraph, &query));
        assert_eq!(format!("{first:?}"), format!("{second:?}"), "{}", query.display());
    }
}

#[test]
fn what_a_condition_leaves_out_is_not_asked_for() {
    let supergraph = shop();
    let query = folder().join("skip-and-include.graphql");
    let plan = plan_of(&supergraph, &query);
    let conditions: Vec<Option<String>> = plan.fetches.iter().map(|fetch| plan.condition(fetch.live)).collect();
    assert_eq!(conditions, [None, Some("$payments".to_owned()), None]);
}

#[test]
fn plans_have_text_json_dot_and_mermaid_forms() {
    let supergraph = shop();
    let plan = plan_of(&supergraph, &folder().join("same-service-twice.graphql"));
    let json = explain::json(&plan, &supergraph);
    assert_eq!(json["node"]["nodes"][1]["kind"], "BatchFetch");
    assert!(explain::dot(&plan, &supergraph).contains("f0 -> f2;"));
    assert!(explain::mermaid(&plan, &supergraph).contains("f1 --> f2"));
}

/// Where objects are the root again, nothing is sent for them.
#[test]
fn the_root_again_has_its_forms() {
    let subgraph = |name: &str, sdl: &str| {
        let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\"])";
        let source = Source::of_subgraph(name, name, format!("{link}\n{sdl}"));
        Subgraph::parse(name, &format!("http://{name}"), source).unwrap()
    };
    let subgraphs = [
        subgraph("a", "type Query { me: Me t: T } type Me { query: Query } type T @key(fields: \"id\") { id: ID }"),
        subgraph("b", "type Query { count: Int } type T @key(fields: \"id\") { id: ID name: String }"),
    ];
    let supergraph = compose(&subgraphs).unwrap().supergraph;
    let alone = plan_of_text(&supergraph, "{ me { query { count } } }");
    let flatten = &explain::json(&alone, &supergraph)["node"]["nodes"][1];
    assert_eq!(flatten["path"], json!(["me", "query"]));
    assert_eq!(flatten["node"]["operation"], "query{count }");
    assert_eq!(flatten["node"].get("requires"), None);
    let batch = plan_of_text(&supergraph, "{ me { query { count } } t { name } }");
    let batches = &explain::json(&batch, &supergraph)["node"]["nodes"][1]["batches"];
    assert_eq!(batches[0], json!({ "alias": "_e0", "path": ["t"], "requires": "... on T { __typename id }" }));
    assert_eq!(batches[1], json!({ "alias": null, "path": ["me", "query"], "requires": null }));
    let mermaid = explain::mermaid(&batch, &supergraph);
    assert!(mermaid.contains("b<br/>entities at t<br/>root fields at me.query"), "{mermaid}");
}

fn plan_of(supergraph: &Supergraph, query: &Path) -> Plan {
    plan_of_text(supergraph, &fs::read_to_string(query).unwrap())
}

fn plan_of_text(supergraph: &Supergraph, text: &str) -> Plan {
    let operation = operation_of(supergraph, &rules_of(supergraph), text);
    let plan = plan(supergraph, &QueryGraph::build(supergraph), &operation).unwrap();
    let possible = PossibleTypes::new(supergraph);
    assert_eq!(checker::check(supergraph, &possible, &operation, &plan), [""; 0], "{text}");
    plan
}

fn rules_of(supergraph: &Supergraph) -> Rules {
    let graph = QueryGraph::build(supergraph);
    Rules::new(supergraph, graph.possible(), |field| graph.reads(field))
}

/// The rules of a query's fields, as `weft plan` lists them.
fn rules_in(supergraph: &Supergraph, query: &Path) -> String {
    let rules = rules_of(supergraph);
    let operation = operation_of(supergraph, &rules, &fs::read_to_string(query).unwrap());
    access::explain::text(&access::explain::guarded(supergraph, &rules, &operation))
}

/// The API key in the headers beside a query.
fn key_of(query: &Path) -> Option<String> {
    let headers = fs::read_to_string(query.with_extension("headers.json")).ok()?;
    let headers: serde_json::Value = serde_json::from_str(&headers).unwrap();
    headers["x-api-key"].as_str().map(ToOwned::to_owned)
}

fn operation_of(supergraph: &Supergraph, rules: &Rules, text: &str) -> Operation {
    let api = api_schema(supergraph).unwrap();
    let document = ExecutableDocument::parse_and_validate(&api, text, "query")
        .unwrap_or_else(|error| panic!("{text}: {}", error.errors));
    let operation = document.operations.iter().next().unwrap();
    let possible = PossibleTypes::new(supergraph);
    Operation::normalize_behind(rules.gates(), supergraph, &possible, &document, operation).unwrap()
}

fn shop() -> Supergraph {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/supergraph.graphql");
    parse(&Source::new("supergraph.graphql", fs::read_to_string(path).unwrap())).unwrap()
}

fn queries() -> Vec<PathBuf> {
    let mut queries: Vec<PathBuf> = fs::read_dir(folder())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "graphql"))
        .collect();
    queries.sort();
    queries
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("query-plans")
}
