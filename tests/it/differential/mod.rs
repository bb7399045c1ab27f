//! Random graphs, data and operations: what the gateway answers is what one service with all the data would.
//!
//! A seed makes a schema ([`monolith`]), a split of it into subgraphs ([`split`]) and operations
//! ([`operations`]). The subgraphs ([`service`]) are as strict as can be about what they are asked; the
//! answer is compared with that of the plain [`interpret`]er: byte for byte, but for the order of keys
//! under conditions.
//!
//! `WEFT_SEEDS=100000` tries more, `WEFT_SEED=n` one.

#![allow(clippy::unwrap_used)]

mod interpret;
mod monolith;
mod operations;
mod random;
mod service;
mod split;

use apollo_compiler::ExecutableDocument;
use apollo_compiler::validation::Valid;
use bytes::Bytes;
use futures::StreamExt;
use http::HeaderMap;
use interpret::Interpreter;
use monolith::{Monolith, World};
use operations::Operations;
use random::Random;
use serde_json::{Map, Value as Json};
use service::Services;
use split::Split;
use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::time::Instant;
use weft::compose::compose;
use weft::diagnostic::{Source, Style, render_all};
use weft::execute::{ExecutionLimits, ExecutionRequest, ExecutionSettings, SubgraphSettings, run};
use weft::graph::QueryGraph;
use weft::operation::{Operation, Variables};
use weft::plan::{explain, plan};
use weft::subgraph::Subgraph;
use weft::supergraph::{PossibleTypes, Supergraph, api_schema};

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\", \
                    \"@external\", \"@requires\", \"@provides\", \"@shareable\", \"@interfaceObject\"])\n";

/// Seeds that show faults which are not mended yet; they are left out unless `WEFT_SEED` asks for one.
const OPEN: &[u64] = &[110];

#[test]
fn answers_are_those_of_one_service() {
    let number = |name: &str| std::env::var(name).ok().map(|value| value.parse::<u64>().unwrap());
    let seeds = match number("WEFT_SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("WEFT_SEEDS").unwrap_or(300),
    };
    let mut wrong = Vec::new();
    let mut failed = Vec::new();
    let single = number("WEFT_SEED").is_some();
    for seed in seeds.filter(|seed| single || !OPEN.contains(seed)) {
        let outcome = catch_unwind(AssertUnwindSafe(|| try_seed(seed))).unwrap_or_else(|_| Err("panicked".into()));
        if let Err(report) = outcome {
            failed.push(seed);
            if wrong.len() < 3 {
                wrong.push(format!("WEFT_SEED={seed}\n{report}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}\nseeds {failed:?}", wrong.join("\n\n"));
}

fn try_seed(seed: u64) -> Result<(), String> {
    let random = &mut Random::new(seed);
    let mut monolith = Monolith::generate(random);
    let split = Split::generate(random, &mut monolith);
    let world = World::generate(random, &monolith, &split);
    let sdls: Vec<(String, String)> = split.parts.iter().map(|part| (part.name.clone(), part.sdl(&monolith))).collect();
    let shown: String = sdls.iter().map(|(name, sdl)| format!("=== subgraph {name}\n{sdl}")).collect();
    let supergraph = composed(&sdls).map_err(|report| format!("{shown}\n{report}"))?;
    let case = Case { monolith, split, world, api: api_schema(&supergraph).unwrap(), supergraph };
    let graph = QueryGraph::build(&case.supergraph);
    let mut done = 0;
    for _ in 0..40 {
        let (query, variables) = Operations::generate(random, &case.api);
        let Ok(document) = ExecutableDocument::parse_and_validate(&case.api, &query, "query") else { continue };
        case.compare(&graph, &document, &variables)
            .map_err(|report| format!("{shown}=== query\n{query}{}\n{report}", Json::from(variables)))?;
        done += 1;
        if done == 3 {
            break;
        }
    }
    Ok(())
}

fn composed(sdls: &[(String, String)]) -> Result<Supergraph, String> {
    let subgraphs: Result<Vec<Subgraph>, _> = sdls
        .iter()
        .map(|(name, sdl)| {
            let source = Source::of_subgraph(name.as_str(), name.as_str(), format!("{LINK}{sdl}"));
            Subgraph::parse(name, &format!("http://{name}"), source)
        })
        .collect();
    let composed = subgraphs.and_then(|subgraphs| compose(&subgraphs));
    composed.map(|composed| composed.supergraph).map_err(|errors| render_all(&errors, Style::Plain))
}

struct Case {
    monolith: Monolith,
    split: Split,
    world: World,
    supergraph: Supergraph,
    api: Valid<apollo_compiler::Schema>,
}

impl Case {
    /// What is wrong with the gateway's answer.
    fn compare(
        &self,
        graph: &QueryGraph,
        document: &Valid<ExecutableDocument>,
        values: &Map<String, Json>,
    ) -> Result<(), String> {
        let interpreter = Interpreter {
            monolith: &self.monolith,
            world: &self.world,
            schema: &self.api,
            document,
            variables: values,
            part: None,
            faults: RefCell::default(),
        };
        let expected = interpreter.answer().to_string();
        let operation = document.operations.iter().next().unwrap();
        let possible = PossibleTypes::new(&self.supergraph);
        let operation = Operation::normalize(&self.supergraph, &possible, document, operation)
            .map_err(|error| format!("not normalized: {error}"))?;
        let plan = Arc::new(plan(&self.supergraph, graph, &operation).map_err(|error| format!("no plan: {error}"))?);
        let variables = Variables::new(
            operation
                .variables
                .iter()
                .map(|variable| values.get(variable.name.as_str()).map(|value| Bytes::from(value.to_string())))
                .collect(),
        );
        let services = self.services();
        let request = ExecutionRequest {
            liveness: plan.liveness(&variables.conditions()),
            plan: Arc::clone(&plan),
            variables,
            introspection: Vec::new(),
            headers: |_| HeaderMap::new(),
            deadline: Instant::now() + Duration::from_secs(60),
            settings: Arc::new(self.settings()),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let parts: Vec<_> = runtime.block_on(run(request, &services).collect());
        let answer = String::from_utf8(parts[0].data().to_vec()).unwrap();
        let errors = serde_json::to_string(&parts[0].errors).unwrap();
        let faults = services.faults.into_inner().unwrap();
        // Where keys stand does not hang on the values of variables, so skipped fields may keep a place for
        // later ones of their key: with conditions the order is not compared.
        let conditional = document.to_string().contains("$b");
        let parsed = |text: &str| serde_json::from_str::<Json>(text).unwrap();
        let same = answer == expected || (conditional && parsed(&answer) == parsed(&expected));
        if same && faults.is_empty() && parts[0].errors.is_empty() {
            return Ok(());
        }
        Err(format!(
            "{}{}\n--- faults\n{}\n--- errors\n{errors}\n--- answer\n{answer}\n--- expected\n{expected}",
            operation.print(&self.supergraph),
            explain::text(&plan, &self.supergraph),
            faults.join("\n"),
        ))
    }

    fn services(&self) -> Services<'_> {
        let parts = self.supergraph.subgraphs.iter().map(|subgraph| {
            let part = self.split.parts.iter().find(|part| *part.name == *subgraph.name).unwrap();
            (part, service::schema(part, &self.monolith))
        });
        Services { monolith: &self.monolith, world: &self.world, parts: parts.collect(), faults: Mutex::default() }
    }

    fn settings(&self) -> ExecutionSettings {
        let subgraphs = self.supergraph.subgraphs.iter();
        ExecutionSettings {
            subgraphs: subgraphs
                .map(|subgraph| SubgraphSettings { name: subgraph.name.as_str().into(), show_errors: true })
                .collect(),
            limits: ExecutionLimits::default(),
        }
    }
}
