//! What is measured, under OpenTelemetry's names in their Prometheus form.
//!
//! | metric | labels |
//! |---|---|
//! | `http_server_request_duration_seconds` | `http_response_status_code`, `graphql_operation_type` |
//! | `http_server_active_requests` | |
//! | `http_client_request_duration_seconds` | `subgraph_name`, `outcome` |
//! | `http_client_active_requests` | `subgraph_name` |
//! | `weft_subgraph_retries_total` | `subgraph_name`, `reason` |
//! | `weft_subgraph_retries_withheld_total` | `subgraph_name` |
//! | `weft_circuit_breaker_state` | `subgraph_name`, `address` |
//! | `weft_circuit_breaker_rejections_total` | `subgraph_name` |
//! | `graphql_operation_planning_duration_seconds` | |
//! | `graphql_errors_total` | `code` |
//! | `weft_prepared_cache_requests_total` | `result` |
//! | `weft_prepared_cache_entries`, `weft_prepared_cache_bytes` | |
//! | `weft_response_cache_values_total` | `result` |
//! | `weft_response_cache_field_values_total` | `field`, `result` |
//! | `weft_response_cache_field_bytes_total` | `field` |
//! | `weft_response_cache_entries`, `weft_response_cache_bytes` | |
//! | `weft_supergraph_loads_total` | `result` |
//! | `graphql_operation_cost` | `kind` |
//! | `weft_demand_refusals_total` | `reason`, `mode` |
//! | `weft_subscriptions_open`, `weft_subscription_events_total` | |
//! | `weft_subscriptions_ended_total` | `reason` |
//! | `weft_spans_total` | `result` |
//! | `weft_redis_up` | |
//! | `weft_redis_commands_total` | `result` |
//! | `weft_registry_up`, `weft_supergraph_version` | |
//! | `weft_registry_requests_total`, `weft_usage_reports_total` | `result` |
//! | `weft_usage_uncounted_total` | |
//! | `weft_build_info` | `version` |
//!
//! A subgraph request that is sent again counts once, by its last outcome.
//! Labels are bounded: statuses and codes are the gateway's own, subgraphs and addresses are the configuration's, fields are those
//! of the schema that can be cached, as `Type.field`.
//! Whoever asks for a metric at `/metrics` calls [`Metrics::encode`]; all else is atomic counters.

use super::cached_fields::{CachedFieldMetrics, CachedFields};
use super::demand::DemandMetrics;
use super::family::Shared;
use super::histogram::DurationHistogram;
use super::redis::RedisMetrics;
use super::registry::RegistryMetrics;
use super::resilience::{Resilience, ResilienceMetrics};
use super::spans::SpanMetrics;
use super::subscriptions::SubscriptionMetrics;
use http::StatusCode;
use prometheus_client::encoding::text;
use prometheus_client::metrics::{MetricType, counter::Counter, gauge::Gauge, info::Info};
use prometheus_client::registry::{Registry, Unit};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

/// The `content-type` of what [`Metrics::encode`] gives: OpenMetrics text, which Prometheus asks for.
pub const METRICS_CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Statuses from 100 to 599 have a place in the table of series.
const STATUSES: usize = 500;

/// All series of the process. Made once, shared as `Arc`; a reload keeps it.
pub struct Metrics {
    registry: Registry,
    requests: Shared<DurationHistogram, 2>,
    /// By operation type and status: the series of `requests` that were used, so that none is looked up twice.
    request_series: Box<[OnceLock<Arc<DurationHistogram>>]>,
    active: Gauge,
    fetches: Shared<DurationHistogram, 2>,
    active_fetches: Shared<Gauge, 1>,
    resilience: Resilience,
    planning: Shared<DurationHistogram, 0>,
    planned: Arc<DurationHistogram>,
    errors: Shared<Counter, 1>,
    loads: Shared<Counter, 1>,
    cache_hits: Arc<Counter>,
    cache_misses: Arc<Counter>,
    cache_entries: Gauge,
    cache_bytes: Gauge,
    responses: Shared<Counter, 1>,
    cached_fields: CachedFields,
    response_entries: Gauge,
    response_bytes: Gauge,
    redis: RedisMetrics,
    spans: SpanMetrics,
    demand: DemandMetrics,
    subscriptions: SubscriptionMetrics,
    from_registry: RegistryMetrics,
}

/// The kind of operation that a client asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OperationType {
    /// `query`.
    Query,
    /// `mutation`.
    Mutation,
    /// `subscription`.
    Subscription,
    /// The request was refused before that was known.
    #[default]
    Unknown,
}

impl OperationType {
    const ALL: [Self; 4] = [Self::Query, Self::Mutation, Self::Subscription, Self::Unknown];

    /// As it is written in a document.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
            Self::Unknown => "unknown",
        }
    }
}

/// How a subgraph request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A reply with status 2xx.
    Success,
    /// A reply with another status.
    HttpError,
    /// Too late.
    Timeout,
    /// No connection.
    Connect,
    /// No trust.
    Tls,
    /// Too long an answer.
    TooLarge,
    /// The connection broke, or the reply was not as HTTP has it.
    Interrupted,
    /// Not sent: too many under way, or not sendable.
    NotSent,
    /// Not sent: the subgraph has failed too often of late.
    CircuitOpen,
    /// Nobody waited for it any more.
    Canceled,
}

impl Outcome {
    const ALL: [Self; 10] = [
        Self::Success,
        Self::HttpError,
        Self::Timeout,
        Self::Connect,
        Self::Tls,
        Self::TooLarge,
        Self::Interrupted,
        Self::NotSent,
        Self::CircuitOpen,
        Self::Canceled,
    ];

    const fn name(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::HttpError => "http_error",
            Self::Timeout => "timeout",
            Self::Connect => "connect",
            Self::Tls => "tls",
            Self::TooLarge => "too_large",
            Self::Interrupted => "interrupted",
            Self::NotSent => "not_sent",
            Self::CircuitOpen => "circuit_open",
            Self::Canceled => "canceled",
        }
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All metrics, at zero.
    pub fn new() -> Self {
        let histogram = MetricType::Histogram;
        let requests = Shared::new(["http_response_status_code", "graphql_operation_type"], histogram);
        let planning = Shared::new([], histogram);
        let cache = Shared::<Counter, 1>::new(["result"], MetricType::Counter);
        let mut metrics = Self {
            registry: Registry::default(),
            requests,
            request_series: (0..OperationType::ALL.len() * STATUSES).map(|_| OnceLock::new()).collect(),
            active: Gauge::default(),
            fetches: Shared::new(["subgraph_name", "outcome"], histogram),
            active_fetches: Shared::new(["subgraph_name"], MetricType::Gauge),
            resilience: Resilience::new(),
            planned: planning.series([]),
            planning,
            errors: Shared::new(["code"], MetricType::Counter),
            loads: Shared::new(["result"], MetricType::Counter),
            cache_hits: cache.series(["hit"]),
            cache_misses: cache.series(["miss"]),
            cache_entries: Gauge::default(),
            cache_bytes: Gauge::default(),
            responses: Shared::new(["result"], MetricType::Counter),
            cached_fields: CachedFields::new(),
            response_entries: Gauge::default(),
            response_bytes: Gauge::default(),
            redis: RedisMetrics::new(),
            spans: SpanMetrics::new(),
            demand: DemandMetrics::new(),
            subscriptions: SubscriptionMetrics::new(),
            from_registry: RegistryMetrics::new(),
        };
        metrics.register(cache);
        metrics
    }

    fn register(&mut self, cache: Shared<Counter, 1>) {
        let registry = &mut self.registry;
        seconds(registry, "http_server_request_duration", "Client requests", self.requests.clone());
        seconds(registry, "http_client_request_duration", "Subgraph requests", self.fetches.clone());
        seconds(registry, "graphql_operation_planning_duration", "Planning of operations", self.planning.clone());
        registry.register("http_server_active_requests", "Client requests under way", self.active.clone());
        registry.register("http_client_active_requests", "Subgraph requests under way", self.active_fetches.clone());
        self.resilience.register(registry);
        registry.register("graphql_errors", "Errors in answers to clients", self.errors.clone());
        registry.register("weft_supergraph_loads", "Supergraphs and configurations loaded", self.loads.clone());
        registry.register("weft_prepared_cache_requests", "Look-ups of prepared operations", cache);
        registry.register("weft_prepared_cache_entries", "Prepared operations kept", self.cache_entries.clone());
        registry.register("weft_prepared_cache_bytes", "Bytes of prepared operations kept", self.cache_bytes.clone());
        registry.register("weft_response_cache_values", "Values asked of the cache", self.responses.clone());
        registry.register("weft_response_cache_entries", "Objects in the cache", self.response_entries.clone());
        registry.register("weft_response_cache_bytes", "Bytes in the cache", self.response_bytes.clone());
        self.cached_fields.register(registry);
        self.redis.register(registry);
        self.spans.register(registry);
        self.demand.register(registry);
        self.subscriptions.register(registry);
        self.from_registry.register(registry);
        let build = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        registry.register("weft_build", "The running binary", build);
    }

    /// A client request begins; it ends with [`RequestTimer::finish`].
    pub fn start_request(self: &Arc<Self>) -> RequestTimer {
        self.active.inc();
        RequestTimer { metrics: Arc::clone(self), start: Instant::now(), finished: false }
    }

    fn request_series(&self, status: StatusCode, operation: OperationType) -> &DurationHistogram {
        let status = if status.as_u16() < 600 { status } else { StatusCode::INTERNAL_SERVER_ERROR };
        let index = operation as usize * STATUSES + usize::from(status.as_u16() - 100);
        self.request_series[index].get_or_init(|| self.requests.series([status.as_str(), operation.name()]))
    }

    /// The series of one subgraph, to be kept by whoever asks it.
    pub fn subgraph(&self, name: &str) -> SubgraphMetrics {
        SubgraphMetrics {
            outcomes: Outcome::ALL.map(|_| OnceLock::new()).into(),
            active: (*self.active_fetches.series([name])).clone(),
            family: self.fetches.clone(),
            name: name.into(),
        }
    }

    /// How the requests to one subgraph went since the process began.
    pub fn requests_to(&self, name: &str) -> SubgraphRequests {
        let active = self.active_fetches.with_first(name).first().map_or(0, |(_, active)| active.get());
        let ended = self.fetches.with_first(name).into_iter();
        SubgraphRequests { active, ended: ended.map(|([_, outcome], durations)| (outcome, durations)).collect() }
    }

    /// The series of what is done about one subgraph's failures.
    pub fn resilience(&self, subgraph: &str) -> ResilienceMetrics {
        self.resilience.of(subgraph)
    }

    /// How often requests to one subgraph were sent again since the process began, by reason.
    pub fn retries_of(&self, subgraph: &str) -> Vec<(Arc<str>, u64)> {
        self.resilience.retries_of(subgraph)
    }

    /// The series of the connection to Redis.
    pub fn redis(&self) -> RedisMetrics {
        self.redis.clone()
    }

    /// What became of the spans.
    pub(super) fn spans(&self) -> SpanMetrics {
        self.spans.clone()
    }

    /// The series of demand.
    pub fn demand(&self) -> DemandMetrics {
        self.demand.clone()
    }

    /// The series of subscriptions.
    pub fn subscriptions(&self) -> &SubscriptionMetrics {
        &self.subscriptions
    }

    /// The series of the registry that the graph comes from.
    pub fn registry(&self) -> RegistryMetrics {
        self.from_registry.clone()
    }

    /// An operation was planned.
    pub fn planned(&self, duration: Duration) {
        self.planned.observe(duration);
    }

    /// A prepared operation was found.
    pub fn cache_hit(&self) {
        self.cache_hits.inc();
    }

    /// A prepared operation had to be made.
    pub fn cache_miss(&self) {
        self.cache_misses.inc();
    }

    /// How large the cache of prepared operations is now.
    pub fn cache_size(&self, entries: u64, bytes: u64) {
        self.cache_entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.cache_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// So many values of an answer were served from the cache, were served though they had expired, or were fetched.
    pub fn cached_values(&self, hits: u64, stale: u64, misses: u64) {
        for (result, count) in [("hit", hits), ("stale", stale), ("miss", misses)] {
            if count > 0 {
                self.responses.series([result]).inc_by(count);
            }
        }
    }

    /// The series of a field that can be cached, to be kept by whoever counts.
    pub fn cached_field(&self, coordinate: &str) -> CachedFieldMetrics {
        self.cached_fields.of(coordinate)
    }

    /// How large the cache of answers is now.
    pub fn response_cache_size(&self, entries: u64, bytes: u64) {
        self.response_entries.set(i64::try_from(entries).unwrap_or(i64::MAX));
        self.response_bytes.set(i64::try_from(bytes).unwrap_or(i64::MAX));
    }

    /// A client is told an error with this `extensions.code`: the gateway's own code, never a subgraph's.
    pub fn error(&self, code: &'static str) {
        self.errors.series([code]).inc();
    }

    /// A supergraph or configuration was taken into service, or refused.
    pub fn loaded(&self, accepted: bool) {
        self.loads.series([if accepted { "accepted" } else { "refused" }]).inc();
    }

    /// Everything as OpenMetrics text, in a fixed order.
    pub fn encode(&self) -> String {
        let mut out = String::with_capacity(16 * 1024);
        text::encode(&mut out, &self.registry).expect("writing to a string does not fail");
        out
    }
}

fn seconds<const N: usize>(registry: &mut Registry, name: &str, help: &str, family: Shared<DurationHistogram, N>) {
    registry.register_with_unit(name, help, Unit::Seconds, family);
}

/// Measures one client request. Dropped unfinished, it counts as left by the client (status 499).
pub struct RequestTimer {
    metrics: Arc<Metrics>,
    start: Instant,
    finished: bool,
}

impl RequestTimer {
    /// The request is answered.
    pub fn finish(mut self, status: StatusCode, operation: OperationType) {
        self.finished = true;
        self.metrics.request_series(status, operation).observe(self.start.elapsed());
    }

    /// When it began.
    pub fn start(&self) -> Instant {
        self.start
    }
}

impl Drop for RequestTimer {
    fn drop(&mut self) {
        self.metrics.active.dec();
        if !self.finished {
            let left = StatusCode::from_u16(499).unwrap_or(StatusCode::REQUEST_TIMEOUT);
            self.metrics.request_series(left, OperationType::Unknown).observe(self.start.elapsed());
        }
    }
}

/// How the requests to one subgraph went since the process began.
#[derive(Debug, Clone)]
pub struct SubgraphRequests {
    /// Under way.
    pub active: i64,
    /// The durations of the others, by how they ended.
    pub ended: Vec<(Arc<str>, Arc<DurationHistogram>)>,
}

/// The series of one subgraph.
pub struct SubgraphMetrics {
    outcomes: Box<[OnceLock<Arc<DurationHistogram>>]>,
    active: Gauge,
    family: Shared<DurationHistogram, 2>,
    name: Box<str>,
}

impl SubgraphMetrics {
    /// A request to the subgraph begins; it ends with [`FetchTimer::finish`].
    pub fn start(&self) -> FetchTimer<'_> {
        self.active.inc();
        FetchTimer { series: self, start: Instant::now(), outcome: Outcome::Canceled }
    }

    fn outcome(&self, outcome: Outcome) -> &DurationHistogram {
        self.outcomes[outcome as usize].get_or_init(|| self.family.series([&self.name, outcome.name()]))
    }
}

/// Measures one subgraph request. Dropped unfinished, it counts as canceled.
pub struct FetchTimer<'a> {
    series: &'a SubgraphMetrics,
    start: Instant,
    outcome: Outcome,
}

impl FetchTimer<'_> {
    /// The request ended.
    pub fn finish(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for FetchTimer<'_> {
    fn drop(&mut self) {
        self.series.active.dec();
        self.series.outcome(self.outcome).observe(self.start.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_measured_is_in_the_text() {
        let metrics = Arc::new(Metrics::new());
        metrics.start_request().finish(StatusCode::OK, OperationType::Query);
        drop(metrics.start_request());
        let products = metrics.subgraph("products");
        products.start().finish(Outcome::Success);
        drop(products.start());
        metrics.cache_hit();
        metrics.error("GATEWAY_TIMEOUT");
        metrics.planned(Duration::from_millis(3));
        let text = metrics.encode();
        for line in [
            "http_server_request_duration_seconds_count{http_response_status_code=\"200\",graphql_operation_type=\"query\"} 1",
            "http_server_request_duration_seconds_count{http_response_status_code=\"499\",graphql_operation_type=\"unknown\"} 1",
            "http_client_request_duration_seconds_count{subgraph_name=\"products\",outcome=\"success\"} 1",
            "http_client_request_duration_seconds_count{subgraph_name=\"products\",outcome=\"canceled\"} 1",
            "http_client_active_requests{subgraph_name=\"products\"} 0",
            "weft_prepared_cache_requests_total{result=\"hit\"} 1",
            "graphql_errors_total{code=\"GATEWAY_TIMEOUT\"} 1",
            "graphql_operation_planning_duration_seconds_bucket{le=\"0.005\"} 1",
            "graphql_operation_planning_duration_seconds_bucket{le=\"+Inf\"} 1",
        ] {
            assert!(text.contains(line), "{line}\nis not in\n{text}");
        }
        assert!(text.contains("weft_build_info{version="), "{text}");
        assert!(text.ends_with("# EOF\n"));
        assert_eq!(text, metrics.encode());
    }
}
