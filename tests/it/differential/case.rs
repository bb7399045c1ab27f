//! A case: subgraphs made of a seed, composed, with the data behind them; and what is checked of an operation.

use super::PROBLEM;
use super::answer::{Interpreter, Ledger, Notes};
use super::features::Features;
use super::operations::Generated;
use super::random::Random;
use super::schema::Monolith;
use super::service::{Service, Services};
use super::split::Split;
use super::verdict;
use super::world::World;
use apollo_compiler::ExecutableDocument;
use apollo_compiler::validation::Valid;
use bytes::Bytes;
use futures::StreamExt;
use http::HeaderMap;
use serde_json::Value as Json;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::time::Instant;
use weft::cache::{Cache, Clock};
use weft::compose::compose;
use weft::diagnostic::{Source, Style, render_all};
use weft::execute::{
    CacheAccess, CachedSubgraph, ExecutionLimits, ExecutionRequest, ExecutionSettings, GraphqlError, SubgraphSettings,
    run,
};
use weft::graph::QueryGraph;
use weft::operation::{Operation, OperationKind, Variables};
use weft::plan::{CacheRules, Options, Plan, checker, explain, plan_to_cache, plan_with};
use weft::subgraph::Subgraph;
use weft::supergraph::{PossibleTypes, Supergraph, api_schema};

const LINK: &str = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.5\", import: [\"@key\", \
                    \"@external\", \"@requires\", \"@provides\", \"@shareable\", \"@interfaceObject\", \
                    \"@override\", \"@inaccessible\"])\n";

/// What a seed makes, before it is composed.
pub struct Made {
    pub features: Features,
    pub monolith: Monolith,
    pub split: Split,
    pub world: World,
    /// The subgraphs' names and schemas.
    pub sdls: Vec<(String, String)>,
}

pub struct Case<'m> {
    pub made: &'m Made,
    pub api: Valid<apollo_compiler::Schema>,
    supergraph: Supergraph,
    graph: QueryGraph,
    possible: PossibleTypes,
    services: Vec<Service<'m>>,
    runtime: &'m Runtime,
    /// What the operations of the seed have in common.
    cache: CacheAccess,
}

/// What came of a request.
pub struct Outcome {
    pub answer: String,
    pub errors: Vec<GraphqlError>,
    pub faults: Vec<String>,
    requests: u32,
    ledger: Vec<String>,
}

impl Made {
    pub fn new(random: &mut Random) -> Self {
        let features = Features::generate(random);
        let mut monolith = Monolith::generate(random, features);
        let mut split = Split::generate(random, features, &mut monolith);
        if features.again {
            split.add_again(random, &mut monolith);
        }
        let world = World::generate(random, features, &monolith, &split);
        let sdls = split.parts.iter().map(|part| (part.name.clone(), part.sdl(&monolith))).collect();
        Self { features, monolith, split, world, sdls }
    }

    /// The subgraphs as text.
    pub fn shown(&self) -> String {
        self.sdls.iter().map(|(name, sdl)| format!("=== subgraph {name}\n{sdl}")).collect()
    }

    pub fn composed(&self) -> Result<Supergraph, String> {
        let subgraphs: Result<Vec<Subgraph>, _> = self
            .sdls
            .iter()
            .map(|(name, sdl)| {
                let source = Source::of_subgraph(name.as_str(), name.as_str(), format!("{LINK}{sdl}"));
                Subgraph::parse(name, &format!("http://{name}"), source)
            })
            .collect();
        let composed = subgraphs.and_then(|subgraphs| compose(&subgraphs));
        composed.map(|composed| composed.supergraph).map_err(|errors| render_all(&errors, Style::Plain))
    }
}

impl<'m> Case<'m> {
    pub fn new(made: &'m Made, runtime: &'m Runtime) -> Result<Self, String> {
        let supergraph = made.composed()?;
        let services = supergraph.subgraphs.iter().map(|subgraph| {
            let part = made.split.parts.iter().find(|part| *part.name == *subgraph.name).unwrap();
            Service::new(part, &made.monolith)
        });
        let cached = supergraph.subgraphs.iter().map(|subgraph| CachedSubgraph {
            name: subgraph.name.as_str().into(),
            enabled: true,
            missing: 60_000,
            ..CachedSubgraph::default()
        });
        let cache = CacheAccess {
            cache: Arc::new(Cache::new(1 << 20, Clock::default())),
            subgraphs: cached.collect(),
            identity: None,
            tells_tags: true,
            refresh: None,
        };
        Ok(Self {
            cache,
            services: services.collect(),
            api: api_schema(&supergraph).unwrap(),
            graph: QueryGraph::build(&supergraph),
            possible: PossibleTypes::new(&supergraph),
            supergraph,
            made,
            runtime,
        })
    }

    /// What is wrong with the gateway's answer; one of the subgraphs may be out of order.
    pub fn check(
        &self,
        document: &Valid<ExecutableDocument>,
        generated: &Generated,
        options: Options,
        down: Option<usize>,
    ) -> Result<(), String> {
        let operation = document.operations.iter().next().unwrap();
        let operation = Operation::normalize(&self.supergraph, &self.possible, document, operation)
            .map_err(|error| format!("not normalized: {error}"))?;
        let plan = Arc::new(self.plan(&operation, options)?);
        let shown = || format!("{}{}", operation.print(&self.supergraph), explain::text(&plan, &self.supergraph));
        let problems = checker::check(&self.supergraph, &self.possible, &operation, &plan);
        if !problems.is_empty() {
            return Err(format!("{}{PROBLEM}the plan is wrong: {}", shown(), problems.join("\n")));
        }
        let (expected, notes, ledger) = self.expected(document, generated);
        let outcome = self.run(&operation, &plan, generated, None, None);
        let mut wrong = verdict::of_answer(&outcome, &expected, &notes);
        if outcome.requests > plan.cost.requests {
            wrong.push(format!("{} requests, the plan has {}", outcome.requests, plan.cost.requests));
        }
        if operation.kind == OperationKind::Mutation && outcome.ledger != ledger {
            wrong.push(format!("run were {:?} and not {ledger:?}", outcome.ledger));
        }
        if wrong.is_empty() {
            wrong = self
                .check_cached(&operation, options, generated, |outcome| verdict::of_answer(outcome, &expected, &notes));
        }
        if wrong.is_empty()
            && let Some(down) = down.filter(|_| operation.kind == OperationKind::Query)
        {
            let outcome = self.run(&operation, &plan, generated, Some(down), None);
            wrong = verdict::of_outage(&outcome, &expected, self.requires());
            if !wrong.is_empty() {
                wrong.insert(0, format!("with {} out of order:", self.supergraph.subgraphs[down].name));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(format!("{}{PROBLEM}{}", shown(), wrong.join("\n"))) }
    }

    /// The same through the cache, in which there is what earlier operations left, and then what this one did.
    fn check_cached(
        &self,
        operation: &Operation,
        options: Options,
        generated: &Generated,
        verdict: impl Fn(&Outcome) -> Vec<String>,
    ) -> Vec<String> {
        let rules = CacheRules { defaults: vec![60; self.supergraph.subgraphs.len()], ..CacheRules::default() };
        let plan = plan_to_cache(&self.supergraph, &self.graph, operation, options, &rules);
        let plan = Arc::new(plan.expect("it was planned before"));
        for time in ["first", "second"] {
            let outcome = self.run(operation, &plan, generated, None, Some(self.cache.clone()));
            let mut wrong = verdict(&outcome);
            if outcome.requests > plan.cost.requests {
                wrong.push(format!("{} requests, the plan has {}", outcome.requests, plan.cost.requests));
            }
            if !wrong.is_empty() {
                wrong.insert(0, format!("through the cache, for the {time} time:"));
                return wrong;
            }
        }
        Vec::new()
    }

    /// The plan, which is the same each time.
    fn plan(&self, operation: &Operation, options: Options) -> Result<Plan, String> {
        let one = || {
            plan_with(&self.supergraph, &self.graph, operation, options)
                .map_err(|error| format!("{PROBLEM}no plan: {error}"))
        };
        let (first, second) = (one()?, one()?);
        let texts = [&first, &second].map(|plan| explain::text(plan, &self.supergraph));
        if texts[0] != texts[1] {
            return Err(format!("planned differently:\n{}{}", texts[0], texts[1]));
        }
        Ok(first)
    }

    fn expected(&self, document: &Valid<ExecutableDocument>, generated: &Generated) -> (Json, Notes, Vec<String>) {
        let ledger = Ledger::default();
        let interpreter = Interpreter {
            monolith: &self.made.monolith,
            world: &self.made.world,
            schema: &self.api,
            document,
            variables: &generated.values,
            conditional: generated.conditional(),
            part: None,
            ledger: &ledger,
            notes: Default::default(),
        };
        let expected = interpreter.answer();
        let notes = interpreter.notes.take();
        (expected, notes, ledger.0.into_inner().unwrap())
    }

    fn run(
        &self,
        operation: &Operation,
        plan: &Arc<Plan>,
        generated: &Generated,
        down: Option<usize>,
        cache: Option<CacheAccess>,
    ) -> Outcome {
        let value = |name: &str| generated.values.get(name).map(|value| Bytes::from(value.to_string()));
        let variables = Variables::new(operation.variables.iter().map(|variable| value(&variable.name)).collect());
        let services = Services {
            monolith: &self.made.monolith,
            world: &self.made.world,
            services: &self.services,
            down,
            // A field that is known leaves the request, but what it requires stays in the representation.
            conditional: generated.conditional() || cache.is_some(),
            ledger: Ledger::default(),
            requests: AtomicU32::default(),
            faults: Mutex::default(),
        };
        let request = ExecutionRequest {
            trace: None,
            liveness: plan.liveness(&variables.conditions()),
            plan: Arc::clone(plan),
            variables,
            introspection: Vec::new(),
            counts_objects: false,
            headers: |_| HeaderMap::new(),
            deadline: Instant::now() + Duration::from_secs(60),
            settings: Arc::new(self.settings()),
            cache,
        };
        let mut parts: Vec<_> = self.runtime.block_on(run(request, &services).collect());
        Outcome {
            answer: String::from_utf8(parts[0].data().to_vec()).unwrap(),
            errors: std::mem::take(&mut parts[0].errors),
            faults: services.faults.into_inner().unwrap(),
            requests: services.requests.load(Ordering::Relaxed),
            ledger: services.ledger.0.into_inner().unwrap(),
        }
    }

    fn requires(&self) -> bool {
        self.made.sdls.iter().any(|(_, sdl)| sdl.contains("@requires"))
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
