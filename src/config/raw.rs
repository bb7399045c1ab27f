//! `weft.yaml` as it is written: every key, its description for the JSON schema, and nothing resolved.
//!
//! - `authentication`: its section on who asks.
//! - `authorization`: its section on who may see what.
//! - `registry`: its section on where the schema comes from.
//! - `resilience`: what is done about subgraphs that fail.
//! - `one_or_more`: a value, or a list of such values.
//! - `subscription`: its section on subscriptions.
//! - `switch`: what is on, off, or a mapping.

use super::values::{
    ByteSize, Certificates, ClientNameText, Count, DurationText, HeaderNameText, HeaderValueText, HttpUrl, ListLength,
    ListenAddress, LogLevel, MethodText, NetworkText, Origin, Pattern, Percent, Points, PrivateKey, RedisUrl, Refill,
    StoreUrl, UrlPath,
};
use super::yaml::Setting;
use super::{
    ActualCostMode, BudgetStore, CostExposure, DemandMode, Http2, LogFormat, PlanObjective, SurrogateHeader,
    WithoutRedis,
};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;
use switch::RawSwitchOr;

/// Declares the sections: every key is optional, an unknown one is an error.
macro_rules! sections {
    ($($(#[$doc:meta])* $name:ident { $($(#[$key_doc:meta])* $key:ident: $ty:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(default, deny_unknown_fields)]
        pub(in crate::config) struct $name { $($(#[$key_doc])* pub(in crate::config) $key: Setting<$ty>,)* }
    )*};
}

pub(super) mod authentication;
pub(super) mod authorization;
pub(super) mod one_or_more;
pub(super) mod persisted;
pub(super) mod registry;
pub(super) mod resilience;
pub(super) mod subscription;
pub(super) mod switch;
pub(super) mod tracing;

/// A list whose elements are read one by one.
pub(super) type List<T> = Vec<Setting<T>>;
/// Something per subgraph, by its name.
pub(super) type PerSubgraph<T> = BTreeMap<String, Setting<T>>;
/// Something by `Type` or `Type.field`.
pub(super) type PerCoordinate<T> = BTreeMap<String, Setting<T>>;

/// Tags by field of the mutation.
pub(super) type PerMutation = BTreeMap<String, Setting<List<String>>>;

/// When a label is on, by label.
pub(super) type PerLabel = BTreeMap<String, Setting<RawSwitchOr<RawLabelRule>>>;

sections! {
    /// The configuration of `weft serve`.
    ///
    /// In every value `${env.NAME}`, `${env.NAME:-default}` and `${file.PATH}` are filled in.
    RawConfig {
        /// The schema, the endpoint and introspection.
        supergraph: RawSupergraph,
        /// The playground, wherever it is shown.
        playground: RawSwitch,
        /// The playground at the endpoint, for browsers.
        sandbox: RawSwitch,
        /// The playground at `/`.
        homepage: RawSwitch,
        /// Health and metrics, on a listener of their own.
        health_check: RawHealthCheck,
        /// Which web pages of other origins may ask. None may unless this says so.
        cors: RawCors,
        /// The guard against cross-site request forgery.
        csrf: RawCsrf,
        /// Which headers subgraphs get. None but the trace context unless this says so.
        headers: RawHeaders,
        /// Whose error messages clients see. Others are replaced by a general message; the log has them all.
        include_subgraph_errors: RawIncludeErrors,
        /// How clients prove who they are: tokens, introspection, API keys. All are anonymous unless this says so.
        authentication: authentication::RawAuthentication,
        /// Who may see what.
        authorization: authorization::RawAuthorization,
        /// What one client request may be.
        limits: RawLimits,
        /// Timeouts, limits and connections.
        traffic_shaping: RawTrafficShaping,
        /// Subscriptions: how many, and how subgraphs are asked for events.
        subscription: subscription::RawSubscription,
        /// URLs of subgraphs, in place of the supergraph's: one, or a list of those at which copies of the same service
        /// answer, among which requests are spread.
        override_subgraph_url: PerSubgraph<one_or_more::RawOneOrMore<HttpUrl>>,
        /// For which requests a label of `@override(from:, label:)` is on, by label: true, false, or a rule. A label
        /// percent(x) is on for that share of all requests unless it has a rule here; any other is off.
        override_labels: PerLabel,
        /// Trust.
        tls: RawTls,
        /// Logs, metrics and trace context.
        telemetry: RawTelemetry,
        /// Planning and the cache of prepared operations.
        query_planning: RawQueryPlanning,
        /// What plans are like.
        plan: RawPlan,
        /// How much may be asked: by one operation, and by one client over time. Without this section nothing is
        /// measured.
        demand_control: RawDemandControl,
        /// The proxies, as addresses or networks such as 10.0.0.0/8, that are believed when they name a client's address
        /// in Forwarded or X-Forwarded-For. Default: none.
        trusted_proxies: List<NetworkText>,
        /// Redis or Valkey, for what gateways share.
        redis: RawRedis,
        /// The cache of what subgraphs answer, field by field. This section turns it on.
        response_cache: RawResponseCache,
        /// Arrays of requests in one body. This section turns them on.
        batching: RawBatching,
        /// Automatic persisted queries.
        apq: persisted::RawApq,
        /// Lists of documents that clients ask for by their ids. This section turns them on.
        persisted_queries: persisted::RawPersistedQueries,
        /// Who may see how requests are answered: plans, traces, estimates by field, and the playground's panels.
        insight: RawInsight,
        /// A registry beside the gateway: teams publish their schemas to it. This section turns it on; `weft registry` runs
        /// one alone.
        registry: RawRegistryServer,
        /// How the process ends.
        shutdown: RawShutdown,
    }

    /// The schema and the endpoint.
    RawSupergraph {
        /// The schema's file, relative to this file: a supergraph SDL, or a Rover supergraph.yaml that is composed.
        path: String,
        /// The registry that the schema comes from, instead of a file.
        registry: registry::RawRegistry,
        /// Where clients connect. Default: 127.0.0.1:4000.
        listen: ListenAddress,
        /// The path of the GraphQL endpoint. Default: /graphql.
        endpoint: UrlPath,
        /// Whether __schema and __type are answered. Default: true.
        introspection: bool,
    }

    /// On or off.
    RawSwitch {
        /// Whether it is on.
        enabled: bool,
    }

    /// Health and metrics.
    RawHealthCheck {
        /// Whether the listener is opened. Default: true.
        enabled: bool,
        /// Where. Default: 127.0.0.1:8088.
        listen: ListenAddress,
        /// The path of the health check; ?live and ?ready ask for one side of it. Default: /health.
        path: UrlPath,
    }

    /// CORS: either for every origin or by policies.
    RawCors {
        /// Whether pages of every origin may ask. Default: false.
        allow_any_origin: bool,
        /// Origins that may ask.
        origins: List<Origin>,
        /// Patterns of origins that may ask.
        match_origins: List<Pattern>,
        /// Whether cookies may be sent along. Default: false.
        allow_credentials: bool,
        /// Request headers. Default: whichever the page asks for.
        allow_headers: List<HeaderNameText>,
        /// Response headers that the page may read.
        expose_headers: List<HeaderNameText>,
        /// Methods. Default: GET, POST, OPTIONS.
        methods: List<MethodText>,
        /// How long a browser may remember the answer.
        max_age: DurationText,
        /// Origins with settings of their own; what a policy leaves out is as above. The first that fits decides.
        policies: List<RawCorsPolicy>,
    }

    /// What pages of some origins may do.
    RawCorsPolicy {
        /// The origins.
        origins: List<Origin>,
        /// Patterns of origins.
        match_origins: List<Pattern>,
        /// Whether cookies may be sent along.
        allow_credentials: bool,
        /// Request headers.
        allow_headers: List<HeaderNameText>,
        /// Response headers that the page may read.
        expose_headers: List<HeaderNameText>,
        /// Methods.
        methods: List<MethodText>,
        /// How long a browser may remember the answer.
        max_age: DurationText,
    }

    /// The guard against cross-site request forgery.
    RawCsrf {
        /// Whether it is on. Default: true.
        enabled: bool,
        /// Any of these lets a request pass that a page could send without asking first.
        required_headers: List<HeaderNameText>,
    }

    /// Header rules.
    RawHeaders {
        /// For every subgraph.
        all: RawHeaderRules,
        /// For one subgraph, after those for all.
        subgraphs: PerSubgraph<RawHeaderRules>,
    }

    /// Rules in the order they run.
    RawHeaderRules {
        /// For requests to the subgraph.
        request: List<RawHeaderRule>,
    }

    /// One rule: propagate, insert or remove.
    RawHeaderRule {
        /// Passes on headers of the client's request.
        propagate: RawPropagate,
        /// Sends a header of the gateway's own.
        insert: RawInsert,
        /// Takes back headers that earlier rules passed on.
        remove: RawRemove,
    }

    /// Passes on one header by name, or all that match.
    RawPropagate {
        /// The header's name.
        named: HeaderNameText,
        /// A pattern for whole names.
        matching: Pattern,
        /// Its name in the subgraph's request.
        rename: HeaderNameText,
        /// Its value when the client sends none.
        default: HeaderValueText,
    }

    /// Sends a header: with a fixed value, with a claim of whoever asks, or with several claims, signed. No client's
    /// header passes under the name of one with claims.
    RawInsert {
        /// Its name.
        name: HeaderNameText,
        /// Its value.
        value: HeaderValueText,
        /// The claim that is its value; one that begins with a slash is a JSON pointer. Without it nothing is sent.
        claim: String,
        /// What stands between the elements of a claim that is a list. Default: a comma.
        join: HeaderValueText,
        /// The claims that are signed, as a JWT, with "authentication.signing".
        signed: List<String>,
    }

    /// Takes headers back.
    RawRemove {
        /// The header's name.
        named: HeaderNameText,
        /// A pattern for whole names.
        matching: Pattern,
    }

    /// Whose error messages clients see.
    RawIncludeErrors {
        /// Of every subgraph. Default: false.
        all: bool,
        /// Of one subgraph.
        subgraphs: PerSubgraph<bool>,
    }

    /// What one client request may be.
    RawLimits {
        /// Bytes of a request body. Default: 2MB.
        http_max_request_bytes: ByteSize,
        /// Headers of a request. Default: 100.
        http1_max_request_headers: Count,
        /// Bytes of all headers of a request, at least 8KiB. Default: 64KiB.
        http1_max_request_header_bytes: ByteSize,
        /// Tokens of a document. Default: 15000.
        parser_max_tokens: Count,
        /// Nesting that the parser follows, at most 1000. Default: 500.
        parser_max_recursion: Count,
        /// Depth of fields, fragments expanded. Default: 100.
        max_depth: Count,
        /// Fields altogether, fragments expanded. Default: 20000.
        max_height: Count,
        /// Aliases, fragments expanded. Default: 2000.
        max_aliases: Count,
        /// Fields of the root type, fragments expanded. Default: 500.
        max_root_fields: Count,
        /// Elements of all lists in arguments and variables. Default: 20000.
        max_list_items: Count,
    }

    /// Timeouts, limits and connections.
    RawTrafficShaping {
        /// Client requests.
        router: RawRouterTraffic,
        /// Requests to every subgraph.
        all: RawSubgraphTraffic,
        /// Requests to one subgraph.
        subgraphs: PerSubgraph<RawSubgraphTraffic>,
    }

    /// Client requests.
    RawRouterTraffic {
        /// How long one may take as a whole. Default: 60s.
        timeout: DurationText,
        /// How many may be under way; more are answered 503. Default: no limit.
        concurrency_limit: Count,
        /// Whether identical queries that are under way together are executed once. Default: false.
        deduplicate_query: bool,
    }

    /// Requests to a subgraph.
    RawSubgraphTraffic {
        /// How long one may take, with all that is done to have it answered: waiting for its turn, and retries. Default:
        /// 30s.
        timeout: DurationText,
        /// How long a connection may take to open. Default: 5s.
        connect_timeout: DurationText,
        /// Bytes of one answer. Default: 64MiB.
        max_response_bytes: ByteSize,
        /// How many may be under way; more wait, within their timeout. Default: no limit.
        concurrency_limit: Count,
        /// Idle connections kept. Default: 1024.
        pool_max_idle: Count,
        /// How long an idle connection is kept. Default: 30s.
        pool_idle_timeout: DurationText,
        /// HTTP/2: enable (where TLS agrees on it), disable, or http2only (also without TLS). Default: enable.
        http2: Http2,
        /// Whether identical queries to it that are under way together are sent once. Default: true.
        deduplicate_query: bool,
        /// Whether requests that failed are sent again, and how. Default: false.
        retry: RawSwitchOr<resilience::RawRetry>,
        /// Whether a subgraph that fails is left alone for a while, each of its addresses for itself. Default: false.
        circuit_breaker: RawSwitchOr<resilience::RawCircuitBreaker>,
    }

    /// When a label is on: when any of these says so.
    RawLabelRule {
        /// For requests that have a header.
        header: RawLabelHeader,
        /// For this share of all requests, drawn once per request.
        percent: Percent,
    }

    /// A header of the client's request.
    RawLabelHeader {
        /// Its name.
        name: HeaderNameText,
        /// Its value. Default: any value.
        value: HeaderValueText,
    }

    /// Trust.
    RawTls {
        /// Connections of clients. This section turns TLS on for them; health and metrics stay without.
        supergraph: RawClientsTls,
        /// Connections to subgraphs.
        subgraph: RawSubgraphsTls,
    }

    /// Connections of clients.
    RawClientsTls {
        /// The gateway's certificate, for instance ${file.certificate.pem}; those of its issuers may follow it.
        certificate: Certificates,
        /// The certificates of its issuers, where they stand by themselves.
        certificate_chain: Certificates,
        /// The key of the certificate, for instance ${file.key.pem}.
        key: PrivateKey,
    }

    /// Connections to subgraphs.
    RawSubgraphsTls {
        /// To every subgraph.
        all: RawSubgraphTls,
        /// To one subgraph.
        subgraphs: PerSubgraph<RawSubgraphTls>,
    }

    /// Connections to a subgraph.
    RawSubgraphTls {
        /// The issuers trusted instead of the system's, for instance ${file.ca.pem}.
        certificate_authorities: Certificates,
    }

    /// Logs, metrics and trace context.
    RawTelemetry {
        /// The log, on standard error.
        logging: RawLogging,
        /// Metrics.
        metrics: RawMetrics,
        /// What is passed on to subgraphs.
        propagation: RawPropagation,
        /// Spans of requests, for a collector of traces.
        tracing: tracing::RawTracing,
    }

    /// The log.
    RawLogging {
        /// What it shows. Default: info.
        level: LogLevel,
        /// The form of a line: text, json, or auto (text on a terminal, else json). Default: auto.
        format: LogFormat,
    }

    /// Metrics.
    RawMetrics {
        /// For Prometheus, on the health listener.
        prometheus: RawPrometheus,
    }

    /// Metrics for Prometheus.
    RawPrometheus {
        /// Whether they are served. Default: true.
        enabled: bool,
        /// Their path. Default: /metrics.
        path: UrlPath,
    }

    /// What is passed on to subgraphs.
    RawPropagation {
        /// traceparent and tracestate of W3C trace context. Default: true.
        trace_context: bool,
    }

    /// Planning and the cache of prepared operations.
    RawQueryPlanning {
        /// The cache.
        cache: RawCache,
        /// How long the planning of one operation may take. Default: 10s.
        timeout: DurationText,
        /// Operations planned at the same time. Default: half as many as there are processors.
        concurrency_limit: Count,
    }

    /// What plans are like.
    RawPlan {
        /// What they have little of, first of all: rounds of requests that wait for each other (latency), or
        /// requests. Default: latency.
        objective: PlanObjective,
        /// Drafts begun at most in search of a better plan for one operation. Default: 1000.
        max_drafts: Count,
    }

    /// A cache.
    RawCache {
        /// Entries kept. Default: 10000.
        max_entries: Count,
        /// Bytes kept. Default: 256MiB.
        max_bytes: ByteSize,
    }

    /// How much may be asked.
    RawDemandControl {
        /// Whether any of this holds. Default: true where the section is there.
        enabled: bool,
        /// measure counts what costs too much, enforce refuses it. Default: measure.
        mode: DemandMode,
        /// How costs are found.
        strategy: RawDemandStrategy,
        /// Who is told what an operation costs, in extensions.cost and in the headers X-Cost-Estimated, X-Cost-Actual and
        /// X-Cost-Max: never, on_request (by the header weft-expose-cost: true), or always. Default: on_request.
        expose: CostExposure,
        /// What a client has over time; without it clients are not told apart.
        budget: RawBudget,
    }

    /// How costs are found.
    RawDemandStrategy {
        /// Before an operation is run, by @cost, @listSize, arguments and variables.
        static_estimated: RawStaticEstimated,
    }

    /// Costs by @cost and @listSize; without them an object costs 1, a mutation 10, and a scalar nothing.
    RawStaticEstimated {
        /// Elements of a list of which nothing else is known. Default: 10.
        list_size: ListLength,
        /// The most that one operation may cost. Default: no limit.
        max: Points,
        /// How the cost of an answer is counted. Default and only way: by_response_shape.
        actual_cost_mode: ActualCostMode,
        /// What one operation may ask of subgraphs.
        subgraph: RawSubgraphsDemand,
    }

    /// What one operation may ask of subgraphs.
    RawSubgraphsDemand {
        /// Of each subgraph that is not named.
        all: RawSubgraphDemand,
        /// Of one subgraph; what it leaves out is as for all.
        subgraphs: PerSubgraph<RawSubgraphDemand>,
    }

    /// What one operation may ask of a subgraph.
    RawSubgraphDemand {
        /// The most that it may cost. Default: no limit.
        max: Points,
        /// Elements of a list of which nothing else is known. Default: as for the whole operation.
        list_size: ListLength,
    }

    /// What a client has over time: points that its operations cost, and that come back.
    RawBudget {
        /// The most that a client can have. Default: 2000.
        points: Points,
        /// What comes back each second. Default: 20.
        refill_per_second: Refill,
        /// What clients of a tier have instead, by tier.
        tiers: BTreeMap<String, Setting<RawAllowance>>,
        /// What names a client, the first that a request has: api_key, subject, claim:NAME or header:NAME. A request that has
        /// none is named by its address, an IPv6 one by its /64. A header has to be set by something trusted, since
        /// whoever chooses its value has as many budgets as they like. Default: api_key, subject.
        identify_by: List<ClientNameText>,
        /// How often a client may have a field resolved, by Type.field.
        fields: BTreeMap<String, Setting<RawFieldLimit>>,
        /// Where budgets are kept: memory (each gateway for itself) or redis (all together). Default: memory.
        store: BudgetStore,
        /// What holds while Redis does not answer: local (each gateway for itself), open (no budgets) or closed (nothing
        /// is answered). Default: local.
        without_redis: WithoutRedis,
        /// Clients that are remembered in memory; those whose points are all there need not be. Default: 100000.
        max_clients: Count,
    }

    /// Points, and how they come back.
    RawAllowance {
        /// The most that a client can have. Default: as for everybody.
        points: Points,
        /// What comes back each second. Default: as for everybody.
        refill_per_second: Refill,
    }

    /// How often a field may be resolved.
    RawFieldLimit {
        /// So often ...
        limit: Count,
        /// ... in this time. Default: 1m.
        window: DurationText,
    }

    /// A registry beside the gateway.
    RawRegistryServer {
        /// Where it listens. Default: 127.0.0.1:4100.
        listen: ListenAddress,
        /// Where it keeps what is published: sqlite:FILE, relative to this file, or PostgreSQL, which several registries
        /// may share. Default: sqlite:weft-registry.db.
        database: StoreUrl,
    }

    /// Redis or Valkey. While it does not answer, gateways do without.
    RawRedis {
        /// Where it is: redis://, or rediss:// for TLS, with user, password and database as in redis://user:${env.REDIS_PASSWORD}@cache.example:6379/0. Default: redis://127.0.0.1:6379.
        url: RedisUrl,
        /// How long one command may take; a longer one counts as no answer, and from then on nothing is asked until
        /// the server answers again. Default: 20ms.
        timeout: DurationText,
        /// How long connecting may take. Default: 2s.
        connect_timeout: DurationText,
        /// What all keys begin with. Default: weft.
        namespace: String,
        /// Whom to trust, for rediss://.
        tls: RawRedisTls,
    }

    /// The connection to Redis over TLS.
    RawRedisTls {
        /// The issuers trusted instead of the system's, for instance ${file.ca.pem}.
        certificate_authorities: Certificates,
    }

    /// The cache of what subgraphs answer. What is kept and for how long is said by the schemas (@cacheControl), by the
    /// Cache-Control of subgraphs' answers, which are the upper bound, and here.
    RawResponseCache {
        /// Whether it is on. Default: true, when the section is there.
        enabled: bool,
        /// Bytes in memory. Default: 256MiB.
        max_bytes: ByteSize,
        /// Nothing is kept for longer, whoever says so. Default: 24h.
        max_ttl: DurationText,
        /// Whether it is shared with other gateways through Redis, where that is configured. Default: true.
        shared: bool,
        /// For whom values are that the schema calls PRIVATE. Without it they are not kept.
        private_id: RawPrivateId,
        /// Whether clients that ask by the header weft-cache-debug (or apollo-cache-debugging) are told in
        /// extensions.cache how the cache served them, in all and field by field. Default: false.
        debug: bool,
        /// The header by which answers that caches between here and the client may share tell them the tags of all that
        /// is in them: Cache-Tag, Cache-Tags or Surrogate-Key. An answer with more than 16 KB of tags, or with one that
        /// no header can hold, is `private`. Default: none.
        surrogate_keys: SurrogateHeader,
        /// An endpoint at which others say what is not good any more, on the listener of the health check.
        invalidation: RawInvalidation,
        /// The tags that are stale once a field of the mutation has been asked for, in all subgraphs, such as
        /// `updateProduct: ["product-{$args.id}"]`; beside those of @cacheInvalidate in the schemas.
        mutations: PerMutation,
        /// How answers of subgraphs are kept.
        subgraph: RawCachedSubgraphs,
    }

    /// For whom private values are.
    RawPrivateId {
        /// A header of the client's request whose value names the client. It has to be one that clients cannot choose
        /// freely: a session's cookie or a token, or one that a proxy sets.
        header: HeaderNameText,
    }

    /// An endpoint for invalidation.
    RawInvalidation {
        /// Its path. Default: /invalidation.
        path: UrlPath,
        /// What has to stand in the header Authorization of requests, for instance ${env.INVALIDATION_KEY}.
        shared_key: String,
    }

    /// How answers of subgraphs are kept.
    RawCachedSubgraphs {
        /// Of every subgraph.
        all: RawCachedSubgraph,
        /// Of one subgraph; what it leaves out is as above.
        subgraphs: PerSubgraph<RawCachedSubgraph>,
    }

    /// How answers of a subgraph are kept.
    RawCachedSubgraph {
        /// Whether they are. Default: true.
        enabled: bool,
        /// For how long fields are kept that have no @cacheControl. Default: 0s.
        ttl: DurationText,
        /// For how long objects of a type (Product) or values of a field (Product.price) are kept, in place of what the
        /// schema says.
        ttls: PerCoordinate<DurationText>,
        /// For how long it is remembered that there is no such entity. Default: 0s.
        missing_ttl: DurationText,
        /// For how long a value is served after its time while a new one is fetched, unless the subgraph's
        /// Cache-Control says so itself. Default: 0s.
        stale_while_revalidate: DurationText,
        /// For how long a value is served after its time when a new one cannot be had, unless the subgraph's
        /// Cache-Control says so itself. Default: 0s.
        stale_if_error: DurationText,
        /// Headers of its requests that its answers depend on, beside those that it names in Vary.
        vary: List<HeaderNameText>,
    }

    /// Arrays of requests in one body.
    RawBatching {
        /// Whether they are answered. Default: true.
        enabled: bool,
        /// batch_http_link: an array of requests gives an array of answers. Default, and the only one.
        mode: BatchingMode,
        /// Requests that one body may have. Default: 20.
        maximum_size: Count,
    }

    /// Who may see how requests are answered. `weft dev` and `weft demo` show it to everybody.
    RawInsight {
        /// Whether everybody may. Default: false.
        enabled: bool,
        /// A scope; whoever has it may, for instance weft:insight.
        scope: String,
        /// A secret of 32 bytes or more, for instance ${env.INSIGHT_KEY}: whoever brings a permission that is signed with
        /// it, in the header weft-permission, may. `weft permission` makes one.
        shared_key: String,
    }

    /// How the process ends.
    RawShutdown {
        /// How long requests under way may still take. Default: 30s.
        grace: DurationText,
    }
}

/// How requests come together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(in crate::config) enum BatchingMode {
    /// As Apollo's link of that name sends them.
    BatchHttpLink,
}

/// What to say of keys that people bring from Apollo's router and that stand elsewhere here, or nowhere.
pub(super) fn hint(path: &str) -> Option<&'static str> {
    const HINTS: &[(&str, &str)] = &[
        ("supergraph.query_planning", "planning is configured under \"query_planning\""),
        (
            "telemetry.exporters",
            "traces are under \"telemetry.tracing\", metrics under \"telemetry.metrics\", the log under \"telemetry.logging\"",
        ),
        ("telemetry.instrumentation", "what is measured is fixed; there is nothing to configure"),
        ("limits.http1_max_request_buf_size", "it is called \"http1_max_request_header_bytes\" here"),
        ("health_check.readiness", "readiness has no settings here"),
        ("preview_demand_control", "it is called \"demand_control\" here"),
        (
            "subscription.mode.callback",
            "subgraphs cannot call back; they are asked over \"subscription.mode.passthrough\"",
        ),
        ("subscription.deduplication", "every client has a connection of its own to the subgraph"),
        ("subscription.enable_deduplication", "every client has a connection of its own to the subgraph"),
        (
            "subscription.max_reconnect_attempts",
            "a subscription whose subgraph is gone ends, and its client asks again",
        ),
        ("subscription.reconnect_delay", "a subscription whose subgraph is gone ends, and its client asks again"),
        ("authentication.router.jwt.on_error", "a bad token is always refused; a request without one is anonymous"),
        ("authentication.subgraph", "requests to subgraphs are not signed for AWS here; see \"headers\""),
        ("authentication.connector", "there are no connectors here"),
        ("authorization.preview_directives", "it is called \"directives\" here"),
        ("rhai", "there are no scripts here"),
        ("coprocessor", "there are no coprocessors here"),
        ("plugins", "there are no plugins here"),
        (
            "federation_version",
            "this is the configuration of the gateway; compose a supergraph.yaml with `weft compose`",
        ),
        ("subgraphs", "this is the configuration of the gateway; name a supergraph.yaml in \"supergraph.path\""),
    ];
    // Per subgraph, so that the way to them varies.
    const RENAMED: &[(&str, &str)] = &[
        (".experimental_http2", "it is called \"http2\" here"),
        (".experimental_retry", "it is called \"retry\" here"),
    ];
    let renamed = || RENAMED.iter().find(|(known, _)| path.ends_with(known));
    HINTS.iter().find(|(known, _)| *known == path).or_else(renamed).map(|(_, hint)| *hint)
}
