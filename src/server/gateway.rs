//! What the listeners share: the snapshot that serves, the metrics, and whether the gateway is draining.

use super::caching::{self, ProcessCache};
use super::data;
use super::execution::SharedExecutions;
use super::history::Relay;
use super::persisted::PersistedQueries;
use super::playground::{Playground, PlaygroundSettings, SignIn};
use super::rejection::Rejection;
use super::subscription::OpenSubscriptions;
use crate::access::permission;
use crate::cache::FieldCounters;
use crate::config::{ClientTls, Config};
use crate::execute::{CacheAccess, ExecutionSettings, SubgraphSettings};
use crate::snapshot::{Snapshot, Snapshots};
use crate::telemetry::Metrics;
use arc_swap::ArcSwapOption;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Weak};

/// The state behind the listeners.
pub struct Gateway {
    snapshots: Arc<Snapshots>,
    metrics: Arc<Metrics>,
    execution: ArcSwapOption<Known>,
    pub(super) cache: ProcessCache,
    pub(super) persisted: PersistedQueries,
    pub(super) subscriptions: Arc<OpenSubscriptions>,
    pub(super) history: Relay,
    /// Until there is a snapshot.
    tls_at_start: Option<ClientTls>,
    draining: AtomicBool,
    under_way: AtomicUsize,
    pub(super) endpoint: String,
    /// Whether everybody may see how requests are answered, whatever the configuration says.
    pub(super) insight: bool,
    pub(super) pages: Pages,
}

/// What is decided once, at start.
#[derive(Debug, Clone, Default)]
pub struct GatewayOptions {
    /// Whether everybody may see how requests are answered; with `dev` and `demo` they may.
    pub insight: bool,
    /// What the playground's editor shows at first.
    pub default_query: Option<String>,
    /// As whom the playground offers to ask.
    pub sign_ins: Vec<SignIn>,
}

/// Where the playground is shown.
pub(super) struct Pages {
    pub playground: Playground,
    pub at_root: bool,
    pub at_endpoint: bool,
}

/// What serves one request: a snapshot, and what execution wants to know of it.
#[derive(Clone)]
pub(super) struct Served {
    pub snapshot: Arc<Snapshot>,
    pub execution: Arc<ExecutionSettings>,
    pub sharing: Arc<SharedExecutions>,
    pub cache: Option<CacheAccess>,
    /// How the cache serves fields, where there is one.
    pub counters: Option<Arc<FieldCounters>>,
}

/// What belongs to a snapshot and does not keep it alive: how it executes, and what is being executed.
struct Known {
    of: Weak<Snapshot>,
    settings: Arc<ExecutionSettings>,
    sharing: Arc<SharedExecutions>,
    cache: Option<CacheAccess>,
    counters: Option<Arc<FieldCounters>>,
}

impl Gateway {
    /// The state for a start under `config`; the endpoint's path and the playground stay as they are now,
    /// all else follows the snapshots.
    pub fn new(snapshots: Arc<Snapshots>, metrics: Arc<Metrics>, config: &Config, options: GatewayOptions) -> Self {
        let endpoint = config.supergraph.endpoint.clone();
        let settings = PlaygroundSettings {
            endpoint: endpoint.clone(),
            default_query: options.default_query,
            data: Some(data::ROUTE),
            sign_ins: options.sign_ins,
            credentials: credentials(config),
        };
        let pages = Pages {
            playground: Playground::new(&settings),
            at_root: config.playground.at_root,
            at_endpoint: config.playground.at_endpoint,
        };
        let subscriptions = OpenSubscriptions::new(Arc::clone(&snapshots), Arc::clone(&metrics));
        Self {
            snapshots,
            metrics,
            subscriptions: Arc::new(subscriptions),
            execution: ArcSwapOption::empty(),
            cache: ProcessCache::default(),
            persisted: PersistedQueries::new(config.apq),
            history: Relay::default(),
            tls_at_start: config.tls.clone(),
            draining: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            endpoint,
            insight: options.insight,
            pages,
        }
    }

    /// The metrics.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// Whether clients should be sent here.
    pub fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed) && self.snapshots.current().is_some()
    }

    /// What serves now.
    pub(super) fn current(&self) -> Option<Arc<Snapshot>> {
        self.snapshots.current()
    }

    pub(super) fn start_draining(&self) {
        self.draining.store(true, Ordering::Relaxed);
        self.subscriptions.shut_down();
    }

    /// What the gateway proves itself with to clients that connect now; none: they are served without TLS.
    pub(super) fn tls(&self) -> Option<ClientTls> {
        match self.snapshots.current() {
            Some(snapshot) => snapshot.config.tls.clone(),
            None => self.tls_at_start.clone(),
        }
    }

    /// The snapshot for one request, to be kept to its end.
    pub(super) fn serve(&self) -> Result<Served, Rejection> {
        let snapshot = self.snapshots.current().ok_or_else(Rejection::not_ready)?;
        let known = self.execution.load();
        if let Some(known) = known.as_ref().filter(|known| Weak::as_ptr(&known.of) == Arc::as_ptr(&snapshot)) {
            let (execution, sharing) = (Arc::clone(&known.settings), Arc::clone(&known.sharing));
            let (cache, counters) = (known.cache.clone(), known.counters.clone());
            return Ok(Served { snapshot, execution, sharing, cache, counters });
        }
        let settings = Arc::new(execution_settings(&snapshot));
        let sharing = Arc::new(SharedExecutions::new());
        let cache = self.cache.of(&snapshot);
        let counters = cache.as_ref().map(|_| caching::field_counters(&snapshot, &self.metrics));
        let known = Known { of: Arc::downgrade(&snapshot), settings, sharing, cache, counters };
        let (execution, sharing) = (known.settings.clone(), known.sharing.clone());
        let (cache, counters) = (known.cache.clone(), known.counters.clone());
        let served = Served { execution, sharing, cache, counters, snapshot };
        self.execution.store(Some(Arc::new(known)));
        Ok(served)
    }

    /// Lets a request in, while fewer than `limit` are under way.
    pub(super) fn admit(&self, limit: Option<usize>) -> Result<Admission<'_>, Rejection> {
        let admission = Admission { under_way: &self.under_way };
        let others = self.under_way.fetch_add(1, Ordering::Relaxed);
        if limit.is_some_and(|limit| others >= limit) { Err(Rejection::overloaded()) } else { Ok(admission) }
    }
}

/// The headers in which clients say who they are.
fn credentials(config: &Config) -> Vec<String> {
    let keys = config.authentication.api_keys.as_ref().map(|keys| keys.header.as_str());
    let tokens = config.authentication.takes_tokens().then_some("authorization");
    let permission = config.insight.key.as_ref().map(|_| permission::HEADER);
    keys.into_iter().chain(tokens).chain(permission).map(str::to_owned).collect()
}

fn execution_settings(snapshot: &Snapshot) -> ExecutionSettings {
    let subgraphs = snapshot.supergraph.subgraphs.iter().enumerate().map(|(index, subgraph)| SubgraphSettings {
        name: subgraph.name.as_str().into(),
        show_errors: snapshot.upstream.includes_errors(index),
    });
    ExecutionSettings { subgraphs: subgraphs.collect(), ..ExecutionSettings::default() }
}

/// A request under way; it counts until it is dropped.
pub(super) struct Admission<'a> {
    under_way: &'a AtomicUsize,
}

impl Drop for Admission<'_> {
    fn drop(&mut self) {
        self.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
