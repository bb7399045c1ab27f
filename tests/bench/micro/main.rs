//! `cargo bench --bench micro`: the stages of a request one by one, over the gateway benchmark's large query.
//!
//! - **prepare**: the look-up of a cached operation, and everything that a new one costs before it is planned;
//! - **plan**: the search for the plan;
//! - **represent**: the request that asks most entities, written;
//! - **ingest**: the largest reply, taken in;
//! - **project**: the answer, written;
//! - **demand**: the estimate of its cost, and the whole of what demand adds to a request: verdict, reservation in a
//!   local budget, and settling by the objects in the answer.
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
use futures::FutureExt;
use std::hint::black_box;
use std::sync::Arc;
use weft::access::Claims;
use weft::compose::compose;
use weft::config::Config;
use weft::demand::budget::Clock;
use weft::demand::{Asker, Demand, Tariff, Told};
use weft::diagnostic::Source;
use weft::execute::stages::Stages;
use weft::graph::{LabelSet, QueryGraph};
use weft::operation::{Operation, Variables};
use weft::plan::{self, Plan};
use weft::prepare::{Pool, Preparer, coerce};
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
    demand(&mut criterion, &supergraph);
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
    let preparer =
        Preparer::new(Arc::clone(supergraph), Arc::clone(&api), &config, None, pool, Arc::new(Metrics::new()));
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

/// An operation whose cost depends on variables, as most do.
const PAGED: &str = "query($n: Int!, $more: Boolean!) {
  catalogue(first: $n) { sku title maker { name } opinions(first: $n) @include(if: $more) { __typename } }
}";

fn demand(criterion: &mut Criterion, supergraph: &Supergraph) {
    let yaml = "demand_control: { mode: enforce, strategy: { static_estimated: { max: 100000 } }, \
                budget: { points: 1000000000000, refill_per_second: 1000000 } }";
    let config = Config::from_yaml(&Source::new("weft.yaml", yaml), &|_| None, "".as_ref()).unwrap();
    let api = supergraph::api_schema(supergraph).unwrap();
    let possible = PossibleTypes::new(supergraph);
    let document = ExecutableDocument::parse_and_validate(&api, PAGED, "query.graphql").unwrap();
    let operation = document.operations.get(None).unwrap();
    let operation = Operation::normalize(supergraph, &possible, &document, operation).unwrap();
    let tariff = Tariff::new(supergraph, &possible, config.demand_control.as_ref().unwrap());
    let known = Arc::new(tariff.operation(supergraph, &possible, &operation));
    let variables = coerce(&api, &operation.variables, Some(r#"{"n": 20, "more": true}"#), 100).unwrap();
    let metrics = Metrics::new();
    let demand = Demand::new(&config, supergraph, None, Clock::default(), None, &metrics).map(Arc::new).unwrap();
    let mut group = criterion.benchmark_group("demand");
    group.bench_function("compile", |bencher| {
        bencher.iter(|| tariff.operation(supergraph, &possible, black_box(&operation)));
    });
    group.bench_function("estimate", |bencher| bencher.iter(|| known.cost.estimate(black_box(&variables))));
    let (claims, headers) = (Claims::anonymous(), http::HeaderMap::new());
    let asker = Asker { claims: &claims, headers: &headers, peer: "192.0.2.1".parse().unwrap() };
    let objects = vec![20; operation.sets.len()];
    group.bench_function("admit and settle", |bencher| {
        bencher.iter(|| {
            let mut told = Told::default();
            let admitted =
                demand.admit(&known, black_box(&variables).into(), &[], asker, &mut told).now_or_never().unwrap();
            let mut admission = admitted.unwrap();
            admission.begin();
            admission.settle(&objects)
        });
    });
    group.finish();
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
