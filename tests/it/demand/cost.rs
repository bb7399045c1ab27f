//! What operations cost: `cases/*.txt` hold a subgraph, and operations with their costs, field by field.
//! `WEFT_BLESS=1` writes the costs anew.

use crate::execute::allocations::counted;
use apollo_compiler::ExecutableDocument;
use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use std::fs;
use std::path::Path;
use weft::compose::compose;
use weft::demand::cost::{CostModel, OperationCost, Prices};
use weft::diagnostic::{Source, Style, render_all};
use weft::operation::{Operation, Variables};
use weft::prepare::coerce;
use weft::subgraph::Subgraph;
use weft::supergraph::{PossibleTypes, Supergraph, api_schema};

#[test]
fn every_case_has_its_cost() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/demand/cases");
    let bless = std::env::var_os("WEFT_BLESS").is_some();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 7, "cases are missing");
    let mut changed = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let outcome = costs(&text);
        if bless {
            fs::write(&path, outcome).unwrap();
        } else if outcome != text {
            changed.push(format!("{}:\n{}", path.display(), outcome));
        }
    }
    assert!(changed.is_empty(), "WEFT_BLESS=1 writes these anew:\n{}", changed.join("\n"));
}

/// A case: `=== subgraph`, then `=== query` and perhaps `=== variables`, each followed by its `=== cost`.
fn costs(text: &str) -> String {
    let mut out = String::new();
    let mut graph = None;
    let (mut query, mut variables) = ("", "");
    for section in text.split("=== ").skip(1) {
        let (head, body) = section.split_once('\n').unwrap();
        match head.split(' ').next().unwrap() {
            "subgraph" => graph = Some(Graph::of(body)),
            "query" => (query, variables) = (body, ""),
            "variables" => variables = body,
            "cost" => {
                let graph = graph.as_ref().expect("a subgraph comes first");
                out.push_str("=== cost\n");
                out.push_str(&graph.explain(query, variables));
                out.push('\n');
                continue;
            }
            other => panic!("unknown section {other}"),
        }
        out.push_str("=== ");
        out.push_str(section);
    }
    out.trim_end().to_owned() + "\n"
}

/// A composed graph, with ten elements in a list of which nothing is known.
pub struct Graph {
    pub supergraph: Supergraph,
    pub possible: PossibleTypes,
    api: Valid<Schema>,
    pub model: CostModel,
}

impl Graph {
    /// Of one subgraph's SDL.
    pub fn of(sdl: &str) -> Self {
        let subgraph = Subgraph::parse("s", "http://s/", Source::of_subgraph("s", "s", sdl));
        let subgraph = subgraph.unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)));
        let composed = compose(&[subgraph]).unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)));
        let supergraph = composed.supergraph;
        let model = CostModel::new(&supergraph, 10);
        Self { possible: PossibleTypes::new(&supergraph), api: api_schema(&supergraph).unwrap(), model, supergraph }
    }

    pub fn operation(&self, query: &str) -> Operation {
        let document = ExecutableDocument::parse_and_validate(&self.api, query, "query")
            .unwrap_or_else(|error| panic!("{query}\n{}", error.errors));
        let operation = document.operations.iter().next().unwrap();
        Operation::normalize(&self.supergraph, &self.possible, &document, operation).unwrap()
    }

    pub fn variables(&self, operation: &Operation, json: &str) -> Variables {
        let json = Some(json).filter(|json| !json.trim().is_empty());
        coerce(&self.api, &operation.variables, json, 10_000).unwrap_or_else(|refusal| panic!("{refusal}"))
    }

    pub fn cost(&self, operation: &Operation) -> OperationCost {
        self.model.operation(&self.supergraph, &self.possible, operation, Prices::Points)
    }

    fn explain(&self, query: &str, variables: &str) -> String {
        let operation = self.operation(query);
        let variables = self.variables(&operation, variables);
        let cost = self.cost(&operation);
        let mut text = self.model.explain(&self.supergraph, &self.possible, &operation, &variables).text();
        // The program of the hot path and the explanation agree.
        assert!(text.starts_with(&format!("cost {}\n", cost.estimate(&variables))), "{text}");
        if let Some(why) = cost.unsized_list(&variables) {
            text.push_str(&why);
            text.push('\n');
        }
        text
    }
}

#[test]
fn costs_without_variables_are_constants() {
    let graph = Graph::of("type Query { items(first: Int): [Item] } type Item { items: [Item] }");
    let constant = |query: &str| graph.cost(&graph.operation(query)).constant();
    assert_eq!(constant("{ items { items { items { __typename } } } }"), Some(1_110));
    assert_eq!(constant("{ __typename }"), Some(0));
    assert_eq!(constant("query($a: Boolean!) { items @skip(if: $a) { __typename } }"), None);
}

#[test]
fn an_estimate_does_not_allocate() {
    let graph = Graph::of(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@cost\", \"@listSize\"])
         type Query { items(page: Page, first: Int): [Item] @listSize(slicingArguments: [\"page.first\", \"first\"], requireOneSlicingArgument: false) }
         input Page { first: Int after: String @cost(weight: 3) }
         type Item { items(first: Int): [Item] @listSize(slicingArguments: [\"first\"]) }",
    );
    let query = "query($p: Page, $n: Int, $b: Boolean!) {
        items(page: $p) { items(first: $n) { __typename items @skip(if: $b) { __typename } } }
    }";
    let operation = graph.operation(query);
    let variables = graph.variables(&operation, r#"{"p": {"after": "x", "first": 3}, "n": 4, "b": false}"#);
    let cost = graph.cost(&operation);
    let mut estimate = 0;
    assert_eq!(counted(|| estimate = cost.estimate(&variables)), 0);
    // The page object and its cursor, and 3 x (1 + 4 x (1 + 10)).
    assert_eq!(estimate, 4 + 3 * (1 + 4 * 11));
}

#[test]
fn a_variable_that_is_named_often_is_looked_into_once() {
    let graph = Graph::of("type Query { f(in: In): Int } input In { more: [In!] }");
    let aliases: String = (0..2_000).map(|number| format!("a{number}: f(in: $v) ")).collect();
    let operation = graph.operation(&format!("query($v: In) {{ {aliases} }}"));
    let large = format!(r#"{{"v": {{"more": [{}{{}}]}}}}"#, "{},".repeat(9_000));
    let (variables, cost) = (graph.variables(&operation, &large), graph.cost(&operation));
    let start = std::time::Instant::now();
    assert_eq!(cost.estimate(&variables), 2_000 * 9_002);
    // Some 18 million objects, if it were looked into each time.
    assert!(start.elapsed() < std::time::Duration::from_millis(500), "{:?}", start.elapsed());
}

#[test]
fn nothing_overflows() {
    let graph = Graph::of(
        "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.9\", import: [\"@cost\", \"@listSize\"])
         type Query { items(first: Int): [Item] @listSize(slicingArguments: [\"first\"]) @cost(weight: 2147483647) }
         type Item { items(first: Int): [Item] @listSize(slicingArguments: [\"first\"]) @cost(weight: 2147483647) }",
    );
    let open = "items(first: $n) { ".repeat(60);
    let query = format!("query($n: Int) {{ {open} __typename {} }}", "}".repeat(60));
    let operation = graph.operation(&query);
    let cost = graph.cost(&operation);
    assert_eq!(cost.estimate(&graph.variables(&operation, r#"{"n": 2147483647}"#)), u64::MAX);
    assert_eq!(cost.estimate(&graph.variables(&operation, r#"{"n": 0}"#)), 0);
    assert_eq!(cost.estimate(&graph.variables(&operation, r#"{"n": -5}"#)), 0);
    let operation = graph.operation(&query.replace("$n)", "2147483647)").replace("($n: Int)", ""));
    assert_eq!(graph.cost(&operation).constant(), Some(u64::MAX));
}
