//! The stages, each in a process of its own, so that its peak of memory is its own: a request on the
//! command line in, one line of JSON out.

use super::graph::{self, Size};
use super::measure::{median, memory, once, stage};
use super::{knot, operations};
use apollo_compiler::ast::Document;
use apollo_compiler::parser::Parser;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Value, json};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use weft::diagnostic::{Diagnostic, Source, Style, render_all};
use weft::graph::QueryGraph;
use weft::introspect::Introspector;
use weft::operation::Operation;
use weft::plan::model::Optimality;
use weft::plan::{self, Plan};
use weft::prepare::{Whole, excerpt};
use weft::source::{SubgraphSdl, compose_all};
use weft::supergraph::{self, PossibleTypes, Supergraph};

/// Composes a generated graph into a file.
pub fn compose(size: Size, output: &Path) -> Value {
    let subgraphs: Vec<SubgraphSdl> = graph::subgraphs(size).into_iter().map(subgraph).collect();
    let input: usize = subgraphs.iter().map(|subgraph| subgraph.sdl.text.len()).sum();
    let before = memory("self", "VmRSS");
    let (composed, time) = once(|| right(compose_all(&subgraphs)));
    let sdl = supergraph::render(&composed.supergraph);
    let peak = memory("self", "VmHWM");
    fs::write(output, &sdl).expect("the temporary folder can be written to");
    json!({
        "types": composed.supergraph.types.len(), "input_mb": megabytes(input), "sdl_mb": megabytes(sdl.len()),
        "compose_ms": time, "peak_mb": peak, "before_mb": before,
    })
}

/// Reads a supergraph once, as `weft serve` does at its start, and plans the operations on it.
pub fn load(size: Size, input: &Path) -> Value {
    let (source, read) = once(|| {
        let text = fs::read_to_string(input).expect("the supergraph was written");
        Source::new(input.display().to_string(), text)
    });
    let (supergraph, parse) = once(|| right(supergraph::parse(&source)));
    drop(source);
    let (api, api_time) = once(|| right(supergraph::api_schema(&supergraph)));
    let api = Arc::new(api);
    let (graph, graph_time) = once(|| QueryGraph::build(&supergraph));
    let (rest, rest_time) = once(|| (PossibleTypes::new(&supergraph), Introspector::new(Arc::clone(&api))));
    let (resident, peak) = (memory("self", "VmRSS"), memory("self", "VmHWM"));
    let planner = Planner { supergraph: &supergraph, api: &api, graph: &graph, possible: &rest.0 };
    let operations: Vec<Value> = match size.subgraphs {
        ..20 => Vec::new(),
        _ => operations::all(size).iter().map(|operation| planner.measure(operation.name, &operation.text)).collect(),
    };
    json!({
        "read_ms": read, "parse_ms": parse, "api_ms": api_time, "graph_ms": graph_time, "rest_ms": rest_time,
        "resident_mb": resident, "peak_mb": peak, "operations": operations,
    })
}

/// Plans the operation that is hard to plan.
pub fn hard() -> Value {
    let subgraphs: Vec<SubgraphSdl> = knot::subgraphs().into_iter().map(subgraph).collect();
    let supergraph = right(compose_all(&subgraphs)).supergraph;
    let api = right(supergraph::api_schema(&supergraph));
    let (graph, possible) = (QueryGraph::build(&supergraph), PossibleTypes::new(&supergraph));
    let planner = Planner { supergraph: &supergraph, api: &api, graph: &graph, possible: &possible };
    let document = planner.validate(&parse(&knot::operation()));
    let operation = planner.normalize(&document);
    let (plan, time) = stage(|| planner.plan(&operation));
    let mut row = planner.describe("hard", &operation, &plan);
    row["plan_us"] = json!(time * 1000.0);
    row
}

struct Planner<'a> {
    supergraph: &'a Supergraph,
    api: &'a Valid<Schema>,
    graph: &'a QueryGraph,
    possible: &'a PossibleTypes,
}

impl Planner<'_> {
    /// The stages of preparing an operation that was never seen, each by its median.
    fn measure(&self, name: &str, text: &str) -> Value {
        let document = self.validate(&parse(text));
        let operation = self.normalize(&document);
        let plan = self.plan(&operation);
        let mut row = self.describe(name, &operation, &plan);
        let parsed = parse(text);
        row["parse_us"] = json!(median(|| parse(text)));
        row["validate_us"] = json!(median(|| self.validate(&parsed)));
        row["normalize_us"] = json!(median(|| self.normalize(&document)));
        row["plan_us"] = json!(median(|| self.plan(&operation)));
        row["total_us"] = json!(median(|| {
            let document = self.validate(&parse(text));
            self.plan(&self.normalize(&document))
        }));
        row
    }

    fn describe(&self, name: &str, operation: &Operation, plan: &Plan) -> Value {
        let proof = match plan.optimality {
            Optimality::Optimal => "optimal".to_owned(),
            Optimality::Bounded { bound } => format!("at least {} requests, depth {}", bound.requests, bound.depth),
        };
        let (requests, depth) = (plan.cost.requests, plan.cost.depth);
        json!({ "name": name, "fields": operation.units, "requests": requests, "depth": depth, "proof": proof })
    }

    /// As the gateway does it: against what the document needs of the schema.
    fn validate(&self, document: &Document) -> Valid<ExecutableDocument> {
        let whole = Whole { api: self.api, supergraph: self.supergraph, possible: self.possible };
        let excerpt = excerpt(whole, document);
        match document.to_executable_validate(excerpt.as_ref().unwrap_or(self.api)) {
            Ok(document) => document,
            Err(invalid) => panic!("the operation is not valid: {}", invalid.errors),
        }
    }

    fn normalize(&self, document: &Valid<ExecutableDocument>) -> Operation {
        let operation = document.operations.iter().next().expect("there is one operation");
        Operation::normalize(self.supergraph, self.possible, document, operation).expect("the operation is small")
    }

    fn plan(&self, operation: &Operation) -> Plan {
        plan::plan(self.supergraph, self.graph, operation).expect("the operation can be planned")
    }
}

fn parse(text: &str) -> Document {
    let parsed = Parser::new().token_limit(15_000).recursion_limit(200).parse_ast(text, "query");
    parsed.expect("the operation is GraphQL")
}

fn subgraph((name, sdl): (String, String)) -> SubgraphSdl {
    let sdl = Source::of_subgraph(name.clone(), format!("{name}.graphql"), sdl);
    SubgraphSdl { url: format!("http://127.0.0.1:1/{name}"), name, sdl }
}

fn right<T>(result: Result<T, Vec<Diagnostic>>) -> T {
    result.unwrap_or_else(|errors| panic!("the generated graph is wrong:\n{}", render_all(&errors, Style::Plain)))
}

fn megabytes(bytes: usize) -> f64 {
    bytes as f64 / f64::from(1 << 20)
}
