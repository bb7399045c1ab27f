//! `weft.yaml` as it is written: every key, its description for the JSON schema, and nothing resolved.
//!
//! Large sections have files of their own, by their names. Beside them:
//!
//! - `one_or_more`: a value, or a list of such values;
//! - `resilience`: what is done about subgraphs that fail;
//! - `switch`: what is on, off, or a mapping;
//! - `hint`: keys that people bring from elsewhere.

use super::PlanObjective;
use super::values::{
    ByteSize, Certificates, Count, DurationText, HeaderNameText, HeaderValueText, HttpUrl, ListenAddress, NetworkText,
    Percent, RedisUrl, StoreUrl, UrlPath,
};
use super::yaml::Setting;
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
pub(super) mod cors;
pub(super) mod demand;
pub(super) mod headers;
pub(super) mod hint;
pub(super) mod one_or_more;
pub(super) mod persisted;
pub(super) mod registry;
pub(super) mod resilience;
pub(super) mod response_cache;
pub(super) mod subscription;
pub(super) mod switch;
pub(super) mod telemetry;
pub(super) mod tls;
pub(super) mod tracing;
pub(super) mod traffic;

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
        cors: cors::RawCors,
        /// The guard against cross-site request forgery.
        csrf: cors::RawCsrf,
        /// Which headers subgraphs get. None but the trace context unless this says so.
        headers: headers::RawHeaders,
        /// Whose error messages clients see. Others are replaced by a general message; the log has them all.
        include_subgraph_errors: RawIncludeErrors,
        /// How clients prove who they are: tokens, introspection, API keys. All are anonymous unless this says so.
        authentication: authentication::RawAuthentication,
        /// Who may see what.
        authorization: authorization::RawAuthorization,
        /// What one client request may be.
        limits: RawLimits,
        /// Timeouts, limits and connections.
        traffic_shaping: traffic::RawTrafficShaping,
        /// Subscriptions: how many, and how subgraphs are asked for events.
        subscription: subscription::RawSubscription,
        /// URLs of subgraphs, in place of the supergraph's: one, or a list of those at which copies of the same service
        /// answer, among which requests are spread.
        override_subgraph_url: PerSubgraph<one_or_more::RawOneOrMore<HttpUrl>>,
        /// For which requests a label of `@override(from:, label:)` is on, by label: true, false, or a rule. A label
        /// percent(x) is on for that share of all requests unless it has a rule here; any other is off.
        override_labels: PerLabel,
        /// Trust.
        tls: tls::RawTls,
        /// Logs, metrics and trace context.
        telemetry: telemetry::RawTelemetry,
        /// Planning and the cache of prepared operations.
        query_planning: RawQueryPlanning,
        /// What plans are like.
        plan: RawPlan,
        /// How much may be asked: by one operation, and by one client over time. Without this section nothing is
        /// measured.
        demand_control: demand::RawDemandControl,
        /// The proxies, as addresses or networks such as 10.0.0.0/8, that are believed when they name a client's address
        /// in Forwarded or X-Forwarded-For. Default: none.
        trusted_proxies: List<NetworkText>,
        /// Redis or Valkey, for what gateways share.
        redis: RawRedis,
        /// The cache of what subgraphs answer, field by field. This section turns it on.
        response_cache: response_cache::RawResponseCache,
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
