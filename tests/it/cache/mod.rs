//! The cache: what subgraphs are asked when something is known already.
//!
//! `cases/NAME.txt`: a sentence, then sections. `=== subgraph NAME` is a schema, `=== data NAME` what it knows (see
//! [`service`]), `=== cache` for how long what is kept, a line each: `SUBGRAPH TYPE[.FIELD] SECONDS [private]`, and
//! switches; `tag SUBGRAPH TYPE[.FIELD] FORMAT` and `stale SUBGRAPH MUTATION FORMAT` say what is tagged and invalidated.
//! Then come steps: `=== query [VARIABLES] [HEADER=VALUE...]`, `=== wait SECONDS`, `=== data NAME` again,
//! `=== reply NAME HEADER: VALUE` (a header line each), `=== down NAME`, `=== up NAME`, `=== invalidate`, `=== settle`
//! (what goes on in the background comes to its end). Last is `=== outcome`: what each query led to.
//! `WEFT_BLESS=1` writes it anew.

mod bounds;
mod gateways;
mod mutations;
mod race;
mod service;

use apollo_compiler::ExecutableDocument;
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value as Json;
use service::{Service, Services};
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use weft::cache::{AnswerTags, Cache, Clock, Invalidation};
use weft::compose::compose;
use weft::diagnostic::{Source, Style, render_all};
use weft::execute::{
    CacheAccess, CachedSubgraph, ExecutionLimits, ExecutionRequest, ExecutionSettings, Lifetime, SubgraphSettings, run,
};
use weft::graph::QueryGraph;
use weft::operation::{Operation, Variables};
use weft::plan::{CacheHint, CacheRules, Options, Plan, plan_to_cache};
use weft::subgraph::Subgraph;
use weft::supergraph::{PossibleTypes, Supergraph, api_schema};

#[test]
fn cases() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/cache/cases");
    let bless = std::env::var_os("WEFT_BLESS").is_some();
    let mut paths: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 10, "cases are missing");
    let runtime = Builder::new_current_thread().enable_time().build().unwrap();
    let mut changed = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        let given = text.split_once("=== outcome\n").map_or(&*text, |(given, _)| given);
        let outcome = format!("{given}=== outcome\n{}", World::outcome(given, &runtime));
        if bless {
            fs::write(&path, outcome).unwrap();
        } else if outcome != text {
            changed.push(format!("{}:\n{outcome}", path.display()));
        }
    }
    assert!(changed.is_empty(), "WEFT_BLESS=1 writes these anew:\n{}", changed.join("\n"));
}

/// A graph with its services, and a cache.
struct World<'r> {
    supergraph: Supergraph,
    graph: QueryGraph,
    rules: CacheRules,
    services: Arc<Services>,
    access: CacheAccess,
    clock: Clock,
    /// The header that says for whom private values are.
    identity: Option<HeaderName>,
    runtime: &'r Runtime,
}

impl<'r> World<'r> {
    fn outcome(given: &str, runtime: &'r Runtime) -> String {
        let sections: Vec<(&str, &str)> =
            given.split("=== ").skip(1).map(|section| section.split_once('\n').unwrap_or((section, ""))).collect();
        let world = Self::new(&sections, runtime);
        let mut out = String::new();
        for (head, body) in sections {
            let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
            match kind {
                "settle" => {
                    world.runtime.block_on(async { tokio::time::sleep(Duration::from_millis(50)).await });
                    out.push_str(&world.asked("in the background, "));
                }
                "query" => {
                    writeln!(out, "# {}", body.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap();
                    out.push_str(&world.query(rest, body));
                }
                _ => world.step(head, body),
            }
        }
        out
    }

    /// What changes the world and asks nothing.
    fn step(&self, head: &str, body: &str) {
        let (kind, rest) = head.split_once(' ').unwrap_or((head, ""));
        match kind {
            "subgraph" | "cache" => {}
            "data" => self.service(rest, |service| service.data = serde_json::from_str(body).unwrap()),
            "down" => self.service(rest, |service| service.down = true),
            "up" => self.service(rest, |service| service.down = false),
            "reply" => {
                let headers = body.lines().filter_map(|line| line.split_once(": "));
                let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
                self.service(rest, |service| service.headers = headers.collect());
            }
            "invalidate" => self.invalidate(body),
            "wait" => self.clock.advance(Duration::from_secs(rest.parse().unwrap())),
            other => panic!("section {other}"),
        }
    }

    fn new(sections: &[(&str, &str)], runtime: &'r Runtime) -> Self {
        let sdls = sections.iter().filter_map(|(head, body)| Some((head.strip_prefix("subgraph ")?, *body)));
        let supergraph = composed(sdls);
        let names: Vec<String> = supergraph.subgraphs.iter().map(|subgraph| subgraph.name.clone()).collect();
        let clock = Clock::standing();
        let mut rules = CacheRules { defaults: vec![0; names.len()], ..CacheRules::default() };
        let mut subgraphs: Vec<CachedSubgraph> = names
            .iter()
            .map(|name| CachedSubgraph { name: name.as_str().into(), enabled: true, ..CachedSubgraph::default() })
            .collect();
        let mut identity = None;
        let settings = sections.iter().filter(|(head, _)| *head == "cache").flat_map(|(_, body)| body.lines());
        for line in settings {
            let words: Vec<&str> = line.split(' ').collect();
            match words[..] {
                ["vary", header] => {
                    subgraphs.iter_mut().for_each(|subgraph| subgraph.vary = [header.parse().unwrap()].into());
                }
                ["stale_while_revalidate", seconds] => {
                    let seconds: u64 = seconds.parse().unwrap();
                    subgraphs.iter_mut().for_each(|subgraph| subgraph.stale_while_revalidate = seconds * 1_000);
                }
                ["stale_if_error", seconds] => {
                    let seconds: u64 = seconds.parse().unwrap();
                    subgraphs.iter_mut().for_each(|subgraph| subgraph.stale_if_error = seconds * 1_000);
                }
                ["tag", subgraph, at, format] => tag(&supergraph, (subgraph, at, format), &mut rules),
                ["stale", subgraph, field, format] => {
                    let subgraph = supergraph.subgraph_id(subgraph).unwrap();
                    let field = supergraph.field_of(supergraph.mutation.unwrap(), field).unwrap();
                    rules.invalidations.entry((subgraph, field)).or_default().push(format.into());
                }
                ["identity", header] => identity = Some(header.parse().unwrap()),
                ["missing", seconds] => {
                    let seconds: u64 = seconds.parse().unwrap();
                    subgraphs.iter_mut().for_each(|subgraph| subgraph.missing = seconds * 1_000);
                }
                _ => rule(&supergraph, &words, &mut rules),
            }
        }
        let services: Vec<Service> =
            names.iter().map(|name| Service { name: name.clone(), ..Service::default() }).collect();
        let services = Arc::new(Services { by_index: services.into(), ..Services::default() });
        Self {
            graph: QueryGraph::build(&supergraph),
            supergraph,
            rules,
            services: Arc::clone(&services),
            access: CacheAccess {
                cache: Arc::new(Cache::new(1 << 20, clock.clone())),
                subgraphs: subgraphs.into(),
                identity: None,
                tells_tags: true,
                refresh: Some(Arc::new(services)),
            },
            clock,
            identity,
            runtime,
        }
    }

    /// A graph as its services are at first, without steps.
    fn begun(given: &str, runtime: &'r Runtime) -> Self {
        let sections: Vec<(&str, &str)> =
            given.split("=== ").skip(1).map(|section| section.split_once('\n').unwrap_or((section, ""))).collect();
        let world = Self::new(&sections, runtime);
        for (head, body) in sections {
            world.step(head, body);
        }
        world
    }

    fn service(&self, name: &str, change: impl FnOnce(&mut Service)) {
        change(self.services.by_index.lock().unwrap().iter_mut().find(|service| service.name == name).unwrap());
    }

    fn invalidate(&self, body: &str) {
        let names: Vec<&str> = self.supergraph.subgraphs.iter().map(|subgraph| subgraph.name.as_str()).collect();
        let all = Invalidation::parse(body.as_bytes()).unwrap();
        self.access.cache.invalidate(&all.iter().flat_map(|one| one.slots(&names)).collect::<Vec<_>>());
    }

    /// What was asked since this was called last.
    fn asked(&self, how: &str) -> String {
        self.services.asked.lock().unwrap().drain(..).map(|asked| format!("{how}{asked}\n")).collect()
    }

    /// The requests that a query leads to, and its answer.
    fn query(&self, settings: &str, query: &str) -> String {
        let (mut values, mut headers) = (HashMap::<String, Json>::new(), HeaderMap::new());
        for word in settings.split_whitespace() {
            match word.split_once('=') {
                Some((name, value)) if !word.starts_with('{') => {
                    headers.insert(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
                }
                _ => values = serde_json::from_str(word).unwrap(),
            }
        }
        let (operation, plan) = self.planned(query);
        let variables = operation
            .variables
            .iter()
            .map(|variable| values.get(variable.name.as_str()).map(|value| Bytes::from(value.to_string())));
        let request = self.request(&plan, Variables::new(variables.collect()), headers);
        let parts: Vec<_> = self.runtime.block_on(run(request, &*self.services).collect());
        let mut out = self.asked("");
        for part in parts {
            writeln!(out, "-> {}", std::str::from_utf8(part.data()).unwrap()).unwrap();
            if let Some(Lifetime { max_age, age, private, .. }) = part.lifetime {
                let scope = if private { "private" } else { "public" };
                writeln!(out, "   good for {max_age}s, {age}s old, {scope}").unwrap();
            }
            if let AnswerTags::Told(names) = &part.tags {
                writeln!(out, "   tags {names}").unwrap();
            }
            for error in &part.errors {
                writeln!(out, "   {}", serde_json::to_string(error).unwrap()).unwrap();
            }
        }
        out
    }

    fn planned(&self, query: &str) -> (Operation, Arc<Plan>) {
        let api = api_schema(&self.supergraph).unwrap();
        let document = ExecutableDocument::parse_and_validate(&api, query, "query")
            .unwrap_or_else(|error| panic!("{query}\n{}", error.errors));
        let operation = document.operations.iter().next().unwrap();
        let possible = PossibleTypes::new(&self.supergraph);
        let operation = Operation::normalize(&self.supergraph, &possible, &document, operation).unwrap();
        let plan = plan_to_cache(&self.supergraph, &self.graph, &operation, Options::default(), &self.rules).unwrap();
        (operation, Arc::new(plan))
    }

    fn request(
        &self,
        plan: &Arc<Plan>,
        variables: Variables,
        headers: HeaderMap,
    ) -> ExecutionRequest<impl Fn(usize) -> HeaderMap + use<>> {
        let identity = self.identity.as_ref().and_then(|name| headers.get(name));
        let identity = identity.map(|value| Bytes::copy_from_slice(value.as_bytes()));
        ExecutionRequest {
            trace: None,
            liveness: plan.liveness(&variables.conditions()),
            plan: Arc::clone(plan),
            variables,
            introspection: Vec::new(),
            headers: move |_| headers.clone(),
            deadline: Instant::now() + Duration::from_secs(20),
            settings: Arc::new(self.settings()),
            cache: Some(CacheAccess { identity, ..self.access.clone() }),
            counts_objects: false,
        }
    }

    /// The data of the answer to a client with these headers; there must be no errors.
    fn ask(
        &self,
        (_, plan): &(Operation, Arc<Plan>),
        headers: &[(&'static str, &str)],
    ) -> impl Future<Output = String> {
        let headers =
            headers.iter().map(|&(name, value)| (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap()));
        let request = self.request(plan, Variables::default(), headers.collect());
        async {
            let parts: Vec<_> = run(request, &*self.services).collect().await;
            assert!(parts[0].errors.is_empty(), "{:?}", parts[0].errors);
            String::from_utf8(parts[0].data().to_vec()).unwrap()
        }
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

fn rule(supergraph: &Supergraph, words: &[&str], rules: &mut CacheRules) {
    let (name, at, seconds) = (words[0], words[1], words[2]);
    let hint = CacheHint {
        max_age: seconds.parse().ok(),
        private: words.contains(&"private").then_some(true),
        inherit: words.contains(&"inherit"),
    };
    let subgraph = supergraph.subgraph_id(name).unwrap();
    if at == "*" {
        rules.defaults[subgraph.index()] = hint.max_age.unwrap();
        return;
    }
    let (ty, field) = at.split_once('.').map_or((at, None), |(ty, field)| (ty, Some(field)));
    let ty = supergraph.type_id(ty).unwrap();
    match field {
        None => drop(rules.types.insert((subgraph, ty), hint)),
        Some(field) => drop(rules.fields.insert((subgraph, supergraph.field_of(ty, field).unwrap()), hint)),
    }
}

/// `tag SUBGRAPH TYPE[.FIELD] FORMAT`.
fn tag(supergraph: &Supergraph, (subgraph, at, format): (&str, &str, &str), rules: &mut CacheRules) {
    let subgraph = supergraph.subgraph_id(subgraph).unwrap();
    match at.split_once('.') {
        None => {
            let ty = supergraph.type_id(at).unwrap();
            rules.type_tags.entry((subgraph, ty)).or_default().push(format.into());
        }
        Some((ty, field)) => {
            let field = supergraph.field_of(supergraph.type_id(ty).unwrap(), field).unwrap();
            rules.field_tags.entry((subgraph, field)).or_default().push(format.into());
        }
    }
}

fn composed<'t>(sdls: impl Iterator<Item = (&'t str, &'t str)>) -> Supergraph {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.8\", import: [\"@key\", \
                \"@external\", \"@requires\", \"@provides\", \"@shareable\", \"@interfaceObject\", \"@inaccessible\", \
                \"@override\", \"@context\", \"@fromContext\"])\n";
    let subgraphs: Result<Vec<Subgraph>, _> = sdls
        .map(|(name, sdl)| {
            let source = Source::of_subgraph(name, name, format!("{link}{sdl}"));
            Subgraph::parse(name, &format!("http://{name}"), source)
        })
        .collect();
    let composed = subgraphs.and_then(|subgraphs| compose(&subgraphs));
    composed.unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain))).supergraph
}
