//! A supergraph with rules, subgraphs that answer for it, and requests by whom one likes.

use super::world::{Exchange, Services, World};
use futures::StreamExt;
use http::HeaderMap;
use serde_json::Value as Json;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};
use tokio::time::Instant;
use weft::access::{Claims, Credential};
use weft::compose::compose;
use weft::config::Config;
use weft::diagnostic::{Source, Style, render_all};
use weft::execute::{ExecutionRequest, ExecutionSettings, PathSegment, SubgraphSettings, run};
use weft::graph::LabelSet;
use weft::operation::ClosedGates;
use weft::prepare::{Pool, Prepared, Preparer};
use weft::subgraph::Subgraph;
use weft::supergraph::{Supergraph, TypeKind, api_schema, parse};
use weft::telemetry::Metrics;

/// See the module.
pub struct Setting {
    pub supergraph: Arc<Supergraph>,
    preparer: Preparer,
    world: World,
    interface_objects: Vec<Vec<String>>,
    runtime: Runtime,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    pub authenticated: bool,
    pub scopes: &'a [&'a str],
    /// The policies that are granted to them.
    pub policies: &'a [&'a str],
}

/// What came of a request.
pub struct Outcome {
    pub data: Json,
    /// `a.@.b`, one for each place that was withheld.
    pub withheld: Vec<String>,
    /// Messages of other errors.
    pub errors: Vec<String>,
    pub traffic: Vec<Exchange>,
}

impl Setting {
    /// Composes subgraphs, given by name and SDL.
    pub fn composed(subgraphs: &[(&str, String)], world: Json) -> Self {
        let subgraphs: Result<Vec<Subgraph>, _> = subgraphs
            .iter()
            .map(|(name, sdl)| {
                Subgraph::parse(name, &format!("http://{name}"), Source::of_subgraph(*name, *name, sdl.as_str()))
            })
            .collect();
        let composed = subgraphs.and_then(|subgraphs| compose(&subgraphs));
        let composed = composed.unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)));
        Self::new(composed.supergraph, world)
    }

    /// Reads a supergraph that was composed elsewhere.
    pub fn read(sdl: &str, world: Json) -> Self {
        let supergraph = parse(&Source::new("supergraph.graphql", sdl));
        Self::new(supergraph.unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain))), world)
    }

    fn new(supergraph: Supergraph, world: Json) -> Self {
        let supergraph = Arc::new(supergraph);
        let api = Arc::new(api_schema(&supergraph).unwrap());
        let pool = Arc::new(Pool::start(Some(1)).unwrap());
        let metrics = Arc::new(Metrics::new());
        let preparer = Preparer::new(Arc::clone(&supergraph), api, &Config::default(), None, pool, metrics);
        let Json::Object(objects) = world else { panic!("the world is an object") };
        let world = World { objects, members: members(&supergraph) };
        let runtime = Builder::new_current_thread().enable_time().build().unwrap();
        Self { interface_objects: interface_objects(&supergraph), supergraph, preparer, world, runtime }
    }

    pub fn prepared(&self, query: &str) -> Arc<Prepared> {
        let prepared = self.runtime.block_on(self.preparer.prepare(query, None, &LabelSet::new()));
        prepared.unwrap_or_else(|refusal| panic!("{query}\n{refusal:?}"))
    }

    /// Asks and answers.
    pub fn ask(&self, query: &str, variables: Option<&str>, asker: Asker<'_>) -> Outcome {
        let prepared = self.prepared(query);
        let closed = asker.closed(&prepared);
        let inputs = prepared.inputs(variables).unwrap();
        let settings = self.supergraph.subgraphs.iter();
        let settings = settings.map(|it| SubgraphSettings { name: it.name.as_str().into(), show_errors: true });
        let services = Services {
            world: &self.world,
            interface_objects: self.interface_objects.clone(),
            traffic: Default::default(),
        };
        let request = ExecutionRequest {
            trace: None,
            plan: Arc::clone(&prepared.plan),
            liveness: prepared.plan.liveness_behind(&closed, &inputs.variables.conditions()),
            variables: inputs.variables,
            introspection: inputs.introspection,
            counts_objects: false,
            headers: |_| HeaderMap::new(),
            deadline: Instant::now() + Duration::from_secs(60),
            settings: Arc::new(ExecutionSettings { subgraphs: settings.collect(), ..ExecutionSettings::default() }),
            cache: None,
        };
        let mut parts = self.runtime.block_on(run(request, &services).collect::<Vec<_>>());
        let part = parts.remove(0);
        Outcome {
            data: serde_json::from_slice(part.data()).unwrap(),
            withheld: part.withheld.iter().map(|path| dotted(path)).collect(),
            errors: part.errors.iter().map(|error| error.message.clone()).collect(),
            traffic: services.traffic.into_inner().unwrap(),
        }
    }
}

impl Asker<'_> {
    pub const NOBODY: Self = Self { authenticated: false, scopes: &[], policies: &[] };

    pub fn claims(&self) -> Claims {
        let credential = if self.authenticated { Credential::Key { id: "k".into() } } else { Credential::None };
        let scopes = self.scopes.iter().map(|&scope| scope.into()).collect();
        Claims::new(credential, None, scopes, serde_json::Map::new())
    }

    fn closed(&self, prepared: &Prepared) -> ClosedGates {
        let guards = prepared.guards.as_ref();
        guards.map_or(ClosedGates::NONE, |guards| {
            guards.closed(&self.claims(), &|policy| self.policies.contains(&policy))
        })
    }
}

fn dotted(path: &[PathSegment]) -> String {
    let segment = |segment: &PathSegment| match segment {
        PathSegment::Key(key) => key.to_string(),
        PathSegment::Index(index) => index.to_string(),
    };
    path.iter().map(segment).collect::<Vec<_>>().join(".")
}

fn members(supergraph: &Supergraph) -> std::collections::BTreeMap<String, Vec<String>> {
    let mut members: std::collections::BTreeMap<String, Vec<String>> = Default::default();
    let mut add = |of, member: &weft::supergraph::Type| {
        members.entry(supergraph.ty(of).name.to_string()).or_default().push(member.name.to_string());
    };
    for (at, ty) in supergraph.types.iter().enumerate() {
        match &ty.kind {
            TypeKind::Object { implements, .. } => implements.iter().for_each(|it| add(it.interface, ty)),
            TypeKind::Union { members } => {
                let of = weft::supergraph::TypeId::from_index(at);
                members.iter().for_each(|it| add(of, supergraph.ty(it.member)));
            }
            _ => {}
        }
    }
    members
}

/// By subgraph, the interfaces that it takes for objects.
fn interface_objects(supergraph: &Supergraph) -> Vec<Vec<String>> {
    let mut found = vec![Vec::new(); supergraph.subgraphs.len()];
    for ty in &supergraph.types {
        for join in ty.joins.iter().filter(|join| join.is_interface_object) {
            found[join.graph.index()].push(ty.name.to_string());
        }
    }
    found
}
