//! Preparation: query text -> [`Prepared`], cached.
//!
//! A request looks up its text; a hit costs one look-up. On a miss the operation is prepared on
//! threads of its own ([`Pool`]), once however many requests wait for it:
//!
//! 1. [`document::parse`]: the text, with limits on tokens and nesting;
//! 2. [`document::choose`]: the operation that `operationName` means;
//! 3. [`document::check_limits`]: depth, fields, aliases, root fields, list elements, before anything is expanded;
//! 4. [`document::validate`]: against the API schema;
//! 5. normalize, then plan: the rooms `operation` and `plan`;
//! 6. answer introspection, where no variable takes part.
//!
//! Every refusal is a [`Refusal`] with GraphQL errors; those that would be the same again are cached too.

mod cache;
mod document;
mod excerpt;
mod flights;
mod introspection;
mod limits;
mod pool;
mod prepared;
mod refusal;
mod variables;

pub use cache::Outcome;
pub use excerpt::{Whole, excerpt};
pub use pool::{Full, Pool};
pub use prepared::{Inputs, Prepared};
pub use refusal::{ClientError, Location, Refusal, RefusalKind};

use crate::config::{Config, Limits, PlanObjective, QueryPlanning};
use crate::graph::QueryGraph;
use crate::introspect::{INTROSPECTION_DISABLED, Introspector};
use crate::operation::{Operation, OperationKind};
use crate::plan::{self, Budget, Objective, Options};
use crate::supergraph::{PossibleTypes, Supergraph};
use crate::telemetry::Metrics;
use apollo_compiler::Schema;
use apollo_compiler::validation::Valid;
use cache::{Kept, Key, KeyRef};
use flights::{Flights, Landing};
use std::sync::Arc;
use std::time::Instant;

/// Prepares operations for one version of the supergraph.
#[derive(Debug, Clone)]
pub struct Preparer {
    pool: Arc<Pool>,
    flights: Arc<Flights>,
    work: Arc<Work>,
}

/// What preparation looks at; shared with the threads of the pool.
struct Work {
    supergraph: Arc<Supergraph>,
    api: Arc<Valid<Schema>>,
    graph: QueryGraph,
    possible: PossibleTypes,
    introspector: Arc<Introspector>,
    limits: Limits,
    planning: QueryPlanning,
    introspection: bool,
    metrics: Arc<Metrics>,
    kept: Kept,
}

impl Preparer {
    /// Prepares for `supergraph`, whose client-facing schema is `api`. Builds the query graph, so it
    /// belongs off the serving threads.
    pub fn new(
        supergraph: Arc<Supergraph>,
        api: Arc<Valid<Schema>>,
        config: &Config,
        pool: Arc<Pool>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let planning = config.query_planning;
        let work = Work {
            graph: QueryGraph::build(&supergraph),
            possible: PossibleTypes::new(&supergraph),
            introspector: Arc::new(Introspector::new(Arc::clone(&api))),
            supergraph,
            api,
            limits: config.limits,
            planning,
            introspection: config.supergraph.introspection,
            metrics,
            kept: Kept::new(planning.cache_entries, planning.cache_bytes),
        };
        Self { pool, flights: Arc::default(), work: Arc::new(work) }
    }

    /// The schema as clients see it.
    pub fn api(&self) -> &Valid<Schema> {
        &self.work.api
    }

    /// The prepared operation for a request.
    ///
    /// # Errors
    /// A [`Refusal`], shared with everyone who asked the same.
    pub async fn prepare(&self, query: &str, operation_name: Option<&str>) -> Outcome {
        if let Some(outcome) = self.work.kept.get(&KeyRef { query, operation_name }) {
            self.work.metrics.cache_hit();
            return outcome.inspect(|prepared| prepared.count_use());
        }
        self.work.metrics.cache_miss();
        let mut seat = self.flights.board(Key::new(query, operation_name));
        if let Some(landing) = seat.landing.take() {
            self.take_off(landing);
        }
        match tokio::time::timeout(self.work.planning.timeout, seat.outcome()).await {
            Ok(outcome) => outcome.inspect(|prepared| prepared.count_use()),
            Err(_) => Err(Arc::new(Refusal::timed_out())),
        }
    }

    /// The operations that are used most, as query text and operation name; the next version's cache
    /// is warmed with them.
    pub fn hottest(&self, count: usize) -> Vec<(String, Option<String>)> {
        self.work.kept.hottest(count)
    }

    /// Hands the work to the pool. When the pool is full the landing is dropped with the job, which tells all who wait.
    fn take_off(&self, landing: Landing) {
        let work = Arc::clone(&self.work);
        if self.pool.submit(move || work.fly(landing)).is_err() {
            tracing::warn!("too many operations wait to be prepared");
        }
    }
}

impl Work {
    fn fly(&self, mut landing: Landing) {
        if !landing.begin() {
            return;
        }
        let key = Arc::clone(&landing.key);
        let outcome = self.kept.get(&key.borrowed()).unwrap_or_else(|| {
            let started = Instant::now();
            let outcome = self.prepare(key.borrowed()).map(Arc::new).map_err(Arc::new);
            self.metrics.planned(started.elapsed());
            self.kept.insert(key, &outcome);
            self.metrics.cache_size(self.kept.entries(), self.kept.bytes());
            outcome
        });
        landing.land(outcome);
    }

    fn prepare(&self, request: KeyRef<'_>) -> Result<Prepared, Refusal> {
        let document = document::parse(request.query, &self.limits)?;
        let chosen = document::choose(&document, request.operation_name)?;
        let kind = document::kind(chosen);
        let of_kind = |mut refusal: Refusal| {
            refusal.operation = Some(kind);
            refusal
        };
        document::check_limits(&document, chosen, &self.limits).map_err(of_kind)?;
        let valid = document::validate(&document, self.whole()).map_err(of_kind)?;
        self.plan(valid, request.operation_name, kind).map_err(of_kind)
    }

    fn whole(&self) -> Whole<'_> {
        Whole { api: &self.api, supergraph: &self.supergraph, possible: &self.possible }
    }

    fn plan(
        &self,
        document: Valid<apollo_compiler::ExecutableDocument>,
        name: Option<&str>,
        kind: OperationKind,
    ) -> Result<Prepared, Refusal> {
        let refused = |code, message: &str| Err(Refusal::request(ClientError::new(code, message)));
        if kind == OperationKind::Subscription {
            return refused("SUBSCRIPTIONS_NOT_SUPPORTED", "this gateway does not execute subscriptions");
        }
        let Ok(executable) = document.operations.get(name) else {
            return refused("GRAPHQL_UNKNOWN_OPERATION_NAME", "unknown operation");
        };
        let operation = match Operation::normalize(&self.supergraph, &self.possible, &document, executable) {
            Ok(operation) => operation,
            Err(error) => return refused("REQUEST_LIMIT_EXCEEDED", &error.to_string()),
        };
        if !self.introspection && !operation.introspection.is_empty() {
            return refused(INTROSPECTION_DISABLED, "introspection is disabled");
        }
        let plan =
            plan::plan_with(&self.supergraph, &self.graph, &operation, options(&self.planning)).map_err(|error| {
                // The message names coordinates of the supergraph that the client may not know.
                tracing::error!(%error, "an operation has no plan");
                Refusal::internal()
            })?;
        let api = Arc::clone(&self.api);
        Prepared::new(operation, plan, document, &self.introspector, api, self.limits.max_list_items)
    }
}

/// What the planner is told of the configuration.
fn options(planning: &QueryPlanning) -> Options {
    let objective = match planning.objective {
        PlanObjective::Latency => Objective::Latency,
        PlanObjective::Requests => Objective::Requests,
    };
    Options { objective, budget: Budget { drafts: planning.drafts, ..Budget::default() } }
}

impl std::fmt::Debug for Work {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Work").field("limits", &self.limits).field("planning", &self.planning).finish_non_exhaustive()
    }
}
