//! Preparation: query text -> [`Prepared`], cached.
//!
//! A request looks up its text; a hit costs one look-up. On a miss the operation is prepared on
//! threads of its own ([`Pool`]), once however many requests wait for it:
//!
//! 1. [`document::parse`]: the text, with limits on tokens and nesting; where only listed [`documents`] are executed, it
//!    is looked for there;
//! 2. [`document::choose`]: the operation that `operationName` means;
//! 3. [`document::check_limits`]: depth, fields, aliases, root fields, list elements, before anything is expanded;
//! 4. [`document::validate`]: against the API schema;
//! 5. normalize, split where access rules differ by type, then plan, under the labels of `@override` that are on: the
//!    rooms `operation` and `plan`;
//! 6. work out what it costs, where that matters: the room `demand`;
//! 7. answer introspection, where no variable takes part.
//!
//! An operation that depends on [`labels`] has a plan for each assignment of them, made when a request needs it
//! ([`alternatives`]).
//!
//! [`explaining`] tells of it to whoever asks how a request was answered.
//!
//! Every refusal is a [`Refusal`] with GraphQL errors; those that would be the same again are cached too.

mod alternatives;
mod asked;
mod cache;
mod caching;
mod document;
mod documents;
mod excerpt;
mod explaining;
mod flights;
mod introspection;
mod labels;
mod limits;
mod pool;
mod prepared;
mod refusal;
mod variables;

pub use cache::Outcome;
pub use caching::cache_rules;
pub use documents::Documents;
pub use excerpt::{Whole, excerpt};
pub use explaining::Made;
pub use pool::{Full, Pool};
pub use prepared::{Inputs, Prepared};
pub use refusal::{ClientError, Location, Refusal, RefusalKind};
pub use variables::coerce;

use crate::access::{Guards, Rules};
use crate::config::{Config, Limits, PlanObjective, QueryPlanning, Safelist};
use crate::demand::Tariff;
use crate::demand::cost::FetchCosts;
use crate::graph::{LabelSet, QueryGraph};
use crate::introspect::{INTROSPECTION_DISABLED, Introspector};
use crate::operation::{Footprint, Operation, OperationKind};
use crate::plan::{self, Budget, CacheRules, Objective, Options, Plan};
use crate::supergraph::{PossibleTypes, Supergraph};
use crate::telemetry::Metrics;
use apollo_compiler::Schema;
use apollo_compiler::ast::Document;
use apollo_compiler::validation::Valid;
use cache::{Kept, Key, KeyRef};
use flights::{Flights, Landing, Wanted};
use http::HeaderMap;
use labels::Labels;
use prepared::Planned;
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
    /// With all labels off.
    graph: QueryGraph,
    labels: Labels,
    possible: PossibleTypes,
    /// Who may see what.
    rules: Arc<Rules>,
    introspector: Arc<Introspector>,
    limits: Limits,
    planning: QueryPlanning,
    /// For how long what subgraphs answer may be kept; none where nothing is.
    caching: Option<CacheRules>,
    introspection: bool,
    /// Whether subscriptions are served.
    subscriptions: bool,
    /// Whether somebody wants to know what operations touch.
    footprints: bool,
    /// What operations cost, where that matters.
    tariff: Option<Tariff>,
    /// The documents of lists, where it matters if one is on a list.
    listed: Option<Arc<Documents>>,
    /// Whether others are refused.
    only_listed: bool,
    metrics: Arc<Metrics>,
    kept: Kept,
}

impl Preparer {
    /// Prepares for `supergraph`, whose client-facing schema is `api`; `listed` are the documents of lists. Builds the
    /// query graph, so it belongs off the serving threads.
    pub fn new(
        supergraph: Arc<Supergraph>,
        api: Arc<Valid<Schema>>,
        config: &Config,
        listed: Option<Arc<Documents>>,
        pool: Arc<Pool>,
        metrics: Arc<Metrics>,
    ) -> Self {
        let lists = config.persisted_documents.as_ref().filter(|lists| lists.looks_at_texts());
        let planning = config.query_planning;
        let graph = QueryGraph::build(&supergraph);
        let possible = PossibleTypes::new(&supergraph);
        let demand = config.demand_control.as_ref();
        let work = Work {
            tariff: demand.map(|settings| Tariff::new(&supergraph, &possible, settings)),
            labels: Labels::new(graph.labels(), &config.override_labels),
            rules: Arc::new(rules(&supergraph, &graph, config)),
            graph,
            possible,
            introspector: Arc::new(Introspector::new(Arc::clone(&api))),
            api,
            caching: caching::cache_rules(&supergraph, &config.response_cache),
            supergraph,
            limits: config.limits,
            planning,
            introspection: config.supergraph.introspection,
            subscriptions: config.subscription.enabled,
            footprints: config.supergraph.registry.as_ref().is_some_and(|registry| registry.usage.is_some()),
            listed: listed.filter(|_| lists.is_some()),
            only_listed: lists.is_some_and(|lists| lists.safelist == Safelist::Documents),
            metrics,
            kept: Kept::new(planning.cache_entries, planning.cache_bytes),
        };
        Self { pool, flights: Arc::default(), work: Arc::new(work) }
    }

    /// The schema as clients see it.
    pub fn api(&self) -> &Valid<Schema> {
        &self.work.api
    }

    /// The labels of `@override` that are on for a request with these headers; those that go by share are drawn
    /// anew at each call. Nothing is looked at where the supergraph has no labels.
    pub fn labels(&self, headers: &HeaderMap) -> LabelSet {
        self.work.labels.on(headers, fastrand::f64)
    }

    /// The labels that are on for every request.
    pub fn labels_always_on(&self) -> LabelSet {
        self.work.labels.always_on()
    }

    /// The prepared operation for a request for which these labels are on.
    ///
    /// # Errors
    /// A [`Refusal`], shared with everyone who asked the same.
    pub async fn prepare(&self, query: &str, operation_name: Option<&str>, labels: &LabelSet) -> Outcome {
        let wanted = match self.work.kept.get(&KeyRef { query, operation_name }) {
            None => labels.clone(),
            Some(Err(refusal)) => {
                self.work.metrics.cache_hit();
                return Err(refusal);
            }
            Some(Ok(first)) => {
                first.count_use();
                if let Some(prepared) = first.under(labels) {
                    self.work.metrics.cache_hit();
                    return Ok(prepared);
                }
                first.labels_of_interest(labels)
            }
        };
        self.work.metrics.cache_miss();
        let wanted = Wanted { key: Arc::new(Key::new(query, operation_name)), labels: wanted };
        let mut seat = self.flights.board(wanted);
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
        let outcome = self.outcome(&landing.wanted);
        landing.land(outcome);
    }

    /// What became known in the meantime, or what there is to find out.
    fn outcome(&self, Wanted { key, labels }: &Wanted) -> Outcome {
        let first = match self.kept.get(&key.borrowed()) {
            None => None,
            Some(Err(refusal)) => return Err(refusal),
            Some(Ok(first)) => match first.under(labels) {
                Some(prepared) => return Ok(prepared),
                None => Some(first),
            },
        };
        let started = Instant::now();
        let outcome = match &first {
            None => self.prepare(key.borrowed(), labels).map(Arc::new).map_err(Arc::new),
            Some(first) => self.plan_again(first, labels).map_err(Arc::new),
        };
        self.metrics.planned(started.elapsed());
        match first {
            None => self.kept.insert(Arc::clone(key), &outcome),
            // Put there again, it is weighed again.
            Some(first) => self.kept.insert(Arc::clone(key), &Ok(first)),
        }
        self.metrics.cache_size(self.kept.entries(), self.kept.bytes());
        outcome
    }

    /// Plans an operation that is prepared already under other labels.
    fn plan_again(&self, first: &Prepared, labels: &LabelSet) -> Result<Arc<Prepared>, Refusal> {
        let begun = Instant::now();
        let on = first.labels_of_interest(labels);
        let plan = self.plan_under(&first.operation, &on)?;
        let demand = first.demand.as_ref().map(|demand| demand.with_fetches(self.fetch_costs(&first.operation, &plan)));
        Ok(first.add_alternative(on, plan, demand, Made::planned(begun.elapsed())))
    }

    /// What the requests of a plan cost, where that is limited.
    fn fetch_costs(&self, operation: &Operation, plan: &Plan) -> Option<FetchCosts> {
        let tariff = self.tariff.as_ref().filter(|tariff| tariff.limits_subgraphs())?;
        let asked = asked::fetches(plan, &self.supergraph, &self.possible);
        Some(tariff.fetches(&self.supergraph, &self.possible, operation, &asked))
    }

    /// Other labels than those that matter are off, so that the plan is the same whoever asks for it.
    fn plan_under(&self, operation: &Operation, on: &LabelSet) -> Result<Plan, Refusal> {
        let options = options(&self.planning);
        let plan = |graph: &QueryGraph| match &self.caching {
            Some(rules) => plan::plan_to_cache(&self.supergraph, graph, operation, options, rules),
            None => plan::plan_with(&self.supergraph, graph, operation, options),
        };
        let planned = if on.is_empty() { plan(&self.graph) } else { plan(&self.graph.under(on)) };
        planned.map_err(|error| {
            // The message names coordinates of the supergraph that the client may not know.
            tracing::error!(%error, "an operation has no plan");
            Refusal::internal()
        })
    }

    fn prepare(&self, request: KeyRef<'_>, labels: &LabelSet) -> Result<Prepared, Refusal> {
        let begun = Instant::now();
        let document = document::parse(request.query, &self.limits)?;
        self.check_lists(request, &document)?;
        let chosen = document::choose(&document, request.operation_name)?;
        let kind = document::kind(chosen);
        let of_kind = |mut refusal: Refusal| {
            refusal.operation = Some(kind);
            refusal
        };
        document::check_limits(&document, chosen, &self.limits).map_err(of_kind)?;
        let parsed = Instant::now();
        let valid = document::validate(&document, self.whole()).map_err(of_kind)?;
        let validated = Instant::now();
        let mut prepared = self.plan(valid, request.operation_name, kind, labels).map_err(of_kind)?;
        let (parse, validate) = (parsed - begun, validated - parsed);
        prepared.made = Made { parse, validate, ..Made::planned(validated.elapsed()) };
        Ok(prepared)
    }

    /// Refuses, or tells the log of, a document that is on no list. What is prepared is kept, so the log hears of a text
    /// once, not with every request.
    fn check_lists(&self, request: KeyRef<'_>, document: &Document) -> Result<(), Refusal> {
        if self.listed.as_ref().is_none_or(|listed| listed.have(request.query, document)) {
            return Ok(());
        }
        let name = document::name(document, request.operation_name);
        tracing::warn!(operation = name.as_deref(), refused = self.only_listed, "a document that is on no list");
        if self.only_listed { Err(Refusal::unlisted()) } else { Ok(()) }
    }

    fn whole(&self) -> Whole<'_> {
        Whole { api: &self.api, supergraph: &self.supergraph, possible: &self.possible }
    }

    fn plan(
        &self,
        document: Valid<apollo_compiler::ExecutableDocument>,
        name: Option<&str>,
        kind: OperationKind,
        labels: &LabelSet,
    ) -> Result<Prepared, Refusal> {
        let refused = |code, message: &str| Err(Refusal::request(ClientError::new(code, message)));
        if kind == OperationKind::Subscription && !self.subscriptions {
            return refused("SUBSCRIPTIONS_NOT_SUPPORTED", "subscriptions are turned off here");
        }
        let Ok(executable) = document.operations.get(name) else {
            return refused("GRAPHQL_UNKNOWN_OPERATION_NAME", "unknown operation");
        };
        let (gates, supergraph) = (self.rules.gates(), &self.supergraph);
        let operation = match Operation::normalize_behind(gates, supergraph, &self.possible, &document, executable) {
            Ok(operation) => operation,
            Err(error) => return refused("REQUEST_LIMIT_EXCEEDED", &error.to_string()),
        };
        if !self.introspection && !operation.introspection.is_empty() {
            return refused(INTROSPECTION_DISABLED, "introspection is disabled");
        }
        let matter = plan::labels_of(&self.supergraph, &self.graph, &operation);
        let on = matter.and(labels);
        let plan = self.plan_under(&operation, &on)?;
        let guards = Guards::of(&self.rules, &operation).map(Arc::new);
        let footprint = self.footprints.then(|| Arc::new(Footprint::of(&self.api, &document, executable)));
        let planned = Planned { plan, matter, on, guards, footprint };
        let api = Arc::clone(&self.api);
        let tariff = self.tariff.as_ref();
        let demand = tariff.map(|tariff| {
            let known = tariff.operation(&self.supergraph, &self.possible, &operation);
            known.with_fetches(self.fetch_costs(&operation, &planned.plan))
        });
        Prepared::new(operation, planned, demand, document, &self.introspector, api, self.limits.max_list_items)
    }
}

/// Who may see what, as far as the configuration wants to know.
fn rules(supergraph: &Supergraph, graph: &QueryGraph, config: &Config) -> Rules {
    match config.authorization.directives.enabled {
        true => Rules::new(supergraph, graph.possible(), |field| graph.reads(field)),
        false => Rules::default(),
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
