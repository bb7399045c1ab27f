//! Configuration and supergraph -> a [`Snapshot`], or what of them cannot be served.

use super::Snapshot;
use crate::access::{Authenticator, Clock, Policies};
use crate::config::Config;
use crate::demand::{self, Demand, budget};
use crate::diagnostic::Diagnostic;
use crate::prepare::{Documents, Pool, Preparer};
use crate::source;
use crate::store::redis::Redis;
use crate::supergraph::{self, Supergraph};
use crate::telemetry::{Metrics, Spans};
use crate::upstream::Upstream;
use crate::usage::Usage;
use std::hash::{DefaultHasher, Hasher};
use std::io;
use std::sync::Arc;

/// Builds snapshots; holds what they share and what outlives each of them.
#[derive(Clone)]
pub struct Builder {
    pool: Arc<Pool>,
    metrics: Arc<Metrics>,
}

impl Builder {
    /// A builder whose snapshots plan on threads of their own, `threads` of them or one for two processors.
    ///
    /// # Errors
    /// When the system gives no threads.
    pub fn new(threads: Option<usize>, metrics: Arc<Metrics>) -> io::Result<Self> {
        Ok(Self { pool: Arc::new(Pool::start(threads)?), metrics })
    }

    /// The metrics that all snapshots count in.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Builds a snapshot, with the connections of `previous` to the subgraphs about which nothing changed. Takes
    /// the time of building the query graph, so it belongs off the serving threads.
    ///
    /// # Errors
    /// Everything that keeps this supergraph from being served under this configuration.
    pub fn build(
        &self,
        config: Arc<Config>,
        supergraph: Arc<Supergraph>,
        previous: Option<&Snapshot>,
    ) -> Result<Snapshot, Vec<Diagnostic>> {
        let upstream = self.upstream(&config, &supergraph, previous);
        // On a large graph the name takes as long as the query graph, and nothing waits for it.
        let (api, schema_id) = std::thread::scope(|scope| {
            let named = scope.spawn(|| schema_id(&supergraph));
            (supergraph::api_schema(&supergraph), named.join().expect("rendering does not panic"))
        });
        let authenticator = authenticator(&config, previous);
        let (upstream, api, authenticator) = match (upstream, api, authenticator) {
            (Ok(upstream), Ok(api), Ok(authenticator)) => (upstream, api, authenticator),
            (upstream, api, authenticator) => {
                let errors = [upstream.err(), api.err(), authenticator.err().map(|error| vec![error])];
                return Err(errors.into_iter().flatten().flatten().collect());
            }
        };
        let documents = documents(&config, previous)?;
        let preparer = Preparer::new(
            Arc::clone(&supergraph),
            Arc::new(api),
            &config,
            documents.clone(),
            Arc::clone(&self.pool),
            Arc::clone(&self.metrics),
        );
        let redis = self.redis(&config, previous)?;
        let demand = self.demand(&config, &supergraph, redis.as_ref(), previous);
        let policies = policies(&config, previous)?;
        let usage = self.usage(&config, previous)?;
        let spans = self.spans(&config, previous)?;
        let version = None;
        Ok(Snapshot {
            preparer,
            upstream,
            authenticator,
            policies,
            config,
            supergraph,
            documents,
            demand,
            redis,
            usage,
            spans,
            schema_id,
            version,
        })
    }

    /// How much may be asked. What the configuration says of fields that are not there is told.
    fn demand(
        &self,
        config: &Config,
        supergraph: &Supergraph,
        redis: Option<&Arc<Redis>>,
        previous: Option<&Snapshot>,
    ) -> Option<Arc<Demand>> {
        let budget = config.demand_control.as_ref().and_then(|demand| demand.budget.as_ref());
        for field in budget.into_iter().flat_map(|budget| demand::unknown_fields(supergraph, budget)) {
            tracing::warn!(field, "a limit is set on a field that the supergraph does not have");
        }
        let previous = previous.and_then(|previous| previous.demand.as_deref());
        Demand::new(config, supergraph, redis, budget::Clock::default(), previous, &self.metrics).map(Arc::new)
    }

    /// The way to Redis: that of `previous` where nothing about it changed.
    fn redis(&self, config: &Config, previous: Option<&Snapshot>) -> Result<Option<Arc<Redis>>, Vec<Diagnostic>> {
        let Some(settings) = &config.redis else { return Ok(None) };
        let kept = previous.and_then(|previous| previous.redis.as_ref());
        if let Some(kept) = kept.filter(|kept| kept.settings() == settings) {
            return Ok(Some(Arc::clone(kept)));
        }
        let started = Redis::start(settings, &self.metrics);
        started.map(|redis| Some(Arc::new(redis))).map_err(|error| {
            let message = format!("the URL of Redis cannot be used: {}", error.category());
            vec![Diagnostic::error("REDIS_URL", message).help("correct `redis.url`")]
        })
    }

    /// What counts for the registry: that of `previous` where nothing about it changed.
    fn usage(&self, config: &Config, previous: Option<&Snapshot>) -> Result<Option<Arc<Usage>>, Vec<Diagnostic>> {
        let Some(registry) = &config.supergraph.registry else { return Ok(None) };
        let Some(settings) = registry.usage else { return Ok(None) };
        let kept = previous.and_then(|previous| previous.usage.as_ref());
        if let Some(kept) = kept.filter(|kept| kept.is_for(registry)) {
            return Ok(Some(Arc::clone(kept)));
        }
        let started = Usage::start(registry, settings, self.metrics.registry());
        started
            .map(|usage| Some(Arc::new(usage)))
            .map_err(|error| vec![Diagnostic::error("REGISTRY_UNAVAILABLE", error.to_string()).help(error.help())])
    }

    /// The way to the collector of traces: that of `previous` where nothing about it changed.
    fn spans(&self, config: &Config, previous: Option<&Snapshot>) -> Result<Option<Arc<Spans>>, Vec<Diagnostic>> {
        let Some(settings) = &config.telemetry.tracing else { return Ok(None) };
        let kept = previous.and_then(|previous| previous.spans.as_ref());
        if let Some(kept) = kept.filter(|kept| kept.settings() == settings) {
            return Ok(Some(Arc::clone(kept)));
        }
        let started = Spans::start(settings, &self.metrics);
        started.map(|spans| Some(Arc::new(spans))).map_err(|error| {
            let error = Diagnostic::error("TRACES_UNUSABLE", error.to_string());
            vec![error.help("correct it under `telemetry.tracing.otlp`")]
        })
    }

    /// The way to the subgraphs: to those about which nothing changed, that of `previous`.
    fn upstream(
        &self,
        config: &Config,
        supergraph: &Supergraph,
        previous: Option<&Snapshot>,
    ) -> Result<Arc<Upstream>, Vec<Diagnostic>> {
        let subgraphs = supergraph.subgraphs.iter().map(|subgraph| (subgraph.name.as_str(), subgraph.url.as_str()));
        let previous = previous.map(|previous| &*previous.upstream);
        Upstream::after(previous, config, subgraphs, &self.metrics).map(Arc::new).map_err(|errors| {
            let diagnostic = |error| {
                Diagnostic::error("SUBGRAPH_UNREACHABLE", format!("{error}"))
                    .help("correct the supergraph's URL, or set another one under `override_subgraph_url`")
            };
            errors.iter().map(diagnostic).collect()
        })
    }
}

/// The authenticator of `previous`, or one with whatever of it is still of use.
fn authenticator(config: &Config, previous: Option<&Snapshot>) -> Result<Arc<Authenticator>, Diagnostic> {
    let previous = previous.map(|previous| &previous.authenticator);
    if let Some(kept) = previous.filter(|previous| previous.is_for(&config.authentication)) {
        return Ok(Arc::clone(kept));
    }
    let built = Authenticator::new(&config.authentication, Clock::System, previous.map(|previous| &**previous));
    built.map(Arc::new).map_err(|error| {
        Diagnostic::error("AUTHENTICATION_UNUSABLE", error.to_string()).help("correct it under `authentication`")
    })
}

/// The listed documents: those of `previous`, when neither the configuration nor a list has changed.
fn documents(config: &Arc<Config>, previous: Option<&Snapshot>) -> Result<Option<Arc<Documents>>, Vec<Diagnostic>> {
    let Some(lists) = &config.persisted_documents else { return Ok(None) };
    if let Some(previous) = previous.filter(|previous| Arc::ptr_eq(&previous.config, config)) {
        return Ok(previous.documents.clone());
    }
    let manifests = source::read_texts(&lists.manifests)?;
    let documents = Documents::new(&manifests, &config.limits, lists.looks_at_texts())?;
    tracing::info!(documents = documents.len(), "lists of documents are read");
    Ok(Some(Arc::new(documents)))
}

/// Those of `previous`, when the configuration is what it was.
fn policies(config: &Arc<Config>, previous: Option<&Snapshot>) -> Result<Arc<Policies>, Vec<Diagnostic>> {
    if let Some(previous) = previous.filter(|previous| Arc::ptr_eq(&previous.config, config)) {
        return Ok(Arc::clone(&previous.policies));
    }
    Policies::new(&config.authorization.policies).map(Arc::new).map_err(|error| {
        let error = Diagnostic::error("POLICIES_UNUSABLE", error.to_string());
        vec![error.help("correct it under `authorization.policies`")]
    })
}

fn schema_id(supergraph: &Supergraph) -> Box<str> {
    let mut hasher = DefaultHasher::new();
    hasher.write(supergraph::render(supergraph).as_bytes());
    format!("{:016x}", hasher.finish()).into()
}
