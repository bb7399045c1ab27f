//! `cargo bench --bench micro`: the stages of a request one by one, over the gateway benchmark's large query.
//!
//! - **prepare**: the look-up of a cached operation, and everything that a new one costs before it is planned;
//! - **plan**: the search for the plan;
//! - **represent**: the request that asks most entities, written;
//! - **ingest**: the largest reply, taken in;
//! - **project**: the answer, written.
//!
//! Throughput is in bytes of what is written or read.

#![allow(clippy::unwrap_used)]

#[path = "../gateway/answer.rs"]
mod answer;
#[path = "../gateway/graph.rs"]
mod graph;
#[path = "../gateway/workload.rs"]
#[allow(dead_code)]
mod workload;

use apollo_compiler::ExecutableDocument;
use bytes::Bytes;
use criterion::{BatchSize, Criterion, Throughput};
use std::hint::black_box;
use std::sync::Arc;
use weft::compose::compose;
use weft::config::Config;
use weft::diagnostic::Source;
use weft::execute::stages::Stages;
use weft::graph::{LabelSet, QueryGraph};
use weft::operation::{Operation, Variables};
use weft::plan::{self, Plan};
use weft::prepare::{Pool, Preparer};
use weft::subgraph::Subgraph;
use weft::supergraph::{self, PossibleTypes, Supergraph};
use weft::telemetry::Metrics;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    let query = workload::WORKLOADS.iter().find(|workload| workload.name == "large").unwrap().query;
    let supergraph = Arc::new(composed());
    prepare(&mut criterion, &supergraph, query);
    let plan = planned(&mut criterion, &supergraph, query);
    stages(&mut criterion, &Arc::new(plan));
    criterion.final_summary();
}

fn composed() -> Supergraph {
    let subgraph = |&(name, sdl): &(&str, &str)| {
        Subgraph::parse(name, "http://127.0.0.1:1/graphql", Source::new(format!("{name}.graphql"), sdl)).unwrap()
    };
    let subgraphs: Vec<Subgraph> = graph::SERVICES.iter().map(subgraph).collect();
    compose(&subgraphs).unwrap().supergraph
}

fn prepare(criterion: &mut Criterion, supergraph: &Arc<Supergraph>, query: &str) {
    let api = Arc::new(supergraph::api_schema(supergraph).unwrap());
    let pool = Arc::new(Pool::start(Some(1)).unwrap());
    let config = Config::default();
    let preparer = Preparer::new(Arc::clone(supergraph), Arc::clone(&api), &config, pool, Arc::new(Metrics::new()));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let labels = LabelSet::new();
    runtime.block_on(preparer.prepare(query, None, &labels)).unwrap();
    criterion.bench_function("prepare/look-up", |bencher| {
        bencher.iter(|| runtime.block_on(preparer.prepare(black_box(query), None, &labels)).unwrap());
    });
    let possible = PossibleTypes::new(supergraph);
    criterion.bench_function("prepare/parse, validate, normalize", |bencher| {
        bencher.iter(|| {
            let document = ExecutableDocument::parse_and_validate(&api, black_box(query), "query.graphql").unwrap();
            let operation = document.operations.get(None).unwrap();
            Operation::normalize(supergraph, &possible, &document, operation).unwrap()
        });
    });
}

fn planned(criterion: &mut Criterion, supergraph: &Supergraph, query: &str) -> Plan {
    let api = supergraph::api_schema(supergraph).unwrap();
    let document = ExecutableDocument::parse_and_validate(&api, query, "query.graphql").unwrap();
    let operation = document.operations.get(None).unwrap();
    let operation = Operation::normalize(supergraph, &PossibleTypes::new(supergraph), &document, operation).unwrap();
    let graph = QueryGraph::build(supergraph);
    criterion.bench_function("plan", |bencher| {
        bencher.iter(|| plan::plan(supergraph, &graph, black_box(&operation)).unwrap());
    });
    plan::plan(supergraph, &graph, &operation).unwrap()
}

fn stages(criterion: &mut Criterion, plan: &Arc<Plan>) {
    let mut stages = Stages::new(Arc::clone(plan), Variables::default());
    let (mut largest_request, mut largest_reply) = (None, None);
    let mut most = (0, 0);
    for fetch in 0..plan.fetches.len() {
        let before = stages.clone();
        let Some(request) = stages.represent(fetch) else { continue };
        if request.len() > most.0 {
            most.0 = request.len();
            largest_request = Some((before, fetch));
        }
        let reply = Bytes::from(answer::answer(&request));
        if reply.len() > most.1 {
            most.1 = reply.len();
            largest_reply = Some((stages.clone(), fetch, reply.clone()));
        }
        assert!(stages.ingest(fetch, &reply), "a reply is not what was asked");
    }
    let mut group = criterion.benchmark_group("execute");
    let (before, fetch) = largest_request.unwrap();
    group.throughput(Throughput::Bytes(most.0 as u64));
    group.bench_function("represent", |bencher| {
        let again = || before.clone();
        bencher.iter_batched_ref(again, |stages| stages.represent(fetch), BatchSize::SmallInput);
    });
    let (before, fetch, reply) = largest_reply.unwrap();
    group.throughput(Throughput::Bytes(most.1 as u64));
    group.bench_function("ingest", |bencher| {
        let again = || before.clone();
        bencher.iter_batched_ref(again, |stages| assert!(stages.ingest(fetch, &reply)), BatchSize::SmallInput);
    });
    group.throughput(Throughput::Bytes(stages.project().unwrap().data().len() as u64));
    group.bench_function("project", |bencher| bencher.iter(|| stages.project().unwrap()));
    group.finish();
}
