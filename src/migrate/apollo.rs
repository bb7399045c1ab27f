//! Apollo Router's `router.yaml`. Most keys of `weft.yaml` are its own.

use super::carry::{Made, Rule, To, negated, plain, rules};
use super::resilience;
use super::tree::Node;

const NO_REDIS_PLANS: &str =
    "plans are not kept in Redis: before a new graph serves, the hot operations are planned again";
const ONLY_OTLP: &str = "traces go out by OTLP over HTTP: see \"telemetry.tracing.otlp\"";
const PROMETHEUS_ONLY: &str = "metrics are for Prometheus, on the listener of the health check";
const RESPONSE_HEADERS: &str = "headers of subgraphs' answers do not reach clients";
const NO_RATE_BY_SECOND: &str = "what comes in is limited per client, by cost: see \"demand_control.budget\"";
const NO_CODE: &str = "Weft runs no code of its users; claims reach subgraphs by \"headers\", decisions come from \"authorization.policies\"";

use To::{Anyway, Form, Nowhere, Path, Same, Several};

pub(super) const RULES: &[Rule] = rules! {
    "supergraph.listen" => Same,
    "supergraph.path" => Path("supergraph.endpoint"),
    "supergraph.introspection" => Same,
    "supergraph.connection_shutdown_timeout" => Path("shutdown.grace"),
    "supergraph.query_planning.cache.in_memory.limit" => Path("query_planning.cache.max_entries"),
    "supergraph.query_planning.cache.redis" => Nowhere(NO_REDIS_PLANS),
    "supergraph.query_planning.warmed_up_queries" => Anyway,
    "supergraph.query_planning.experimental_plans_limit" => Nowhere("set \"plan.max_drafts\", which bounds the search for a plan"),
    "supergraph.defer_support" => Nowhere("@defer is not answered yet"),
    "supergraph.early_cancel" => Nowhere("what a client has hung up on is brought to its end where others share it"),
    "supergraph.generate_query_fragments" => Anyway,
    "health_check.enabled" => Same,
    "health_check.listen" => Same,
    "health_check.path" => Same,
    "health_check.readiness" => Nowhere("Weft is ready when it has a graph and is not shutting down"),
    "sandbox.enabled" => Same,
    "homepage.enabled" => Same,
    "homepage.graph_ref" => Nowhere("the page at / is Weft's own playground"),
    "cors" => Same,
    "csrf.required_headers" => Same,
    "csrf.unsafe_disabled" => Form("csrf.enabled", negated),
    "headers.all.request" => Same,
    "headers.subgraphs.*.request" => Path("headers.subgraphs.*.request"),
    "headers.all.response" => Nowhere(RESPONSE_HEADERS),
    "headers.subgraphs.*.response" => Nowhere(RESPONSE_HEADERS),
    "include_subgraph_errors" => Same,
    "authentication.router.jwt.jwks" => Same,
    "authentication.router.jwt.header_name" => Same,
    "authentication.router.jwt.header_value_prefix" => Same,
    "authentication.router.jwt.ignore_other_prefixes" => Same,
    "authentication.router.jwt.sources" => Same,
    "authentication.router.jwt.on_error" => Nowhere("a token that is not valid is answered 401"),
    "authentication.subgraph" => Nowhere("requests to subgraphs are not signed for AWS; \"authentication.signing\" signs claims for them"),
    "authentication.connector" => Nowhere("there are no connectors"),
    "authorization.require_authentication" => Same,
    "authorization.directives" => Same,
    "limits.http1_max_request_buf_size" => Path("limits.http1_max_request_header_bytes"),
    "limits.warn_only" => Nowhere("limits hold; start with generous ones"),
    "limits.introspection_max_depth" => Anyway,
    "limits.router" => Nowhere("write its keys directly under \"limits\""),
    "limits.*" => Path("limits.*"),
    "traffic_shaping.router.timeout" => Same,
    "traffic_shaping.router.concurrency_limit" => Same,
    "traffic_shaping.router.global_rate_limit" => Nowhere(NO_RATE_BY_SECOND),
    "traffic_shaping.deduplicate_variables" => Anyway,
    "traffic_shaping.all.timeout" => Same,
    "traffic_shaping.all.deduplicate_query" => Same,
    "traffic_shaping.all.experimental_retry" => Several(resilience::BUDGETED, |node| resilience::budgeted_retry("traffic_shaping.all.retry", node)),
    "traffic_shaping.all.experimental_http2" => Path("traffic_shaping.all.http2"),
    "traffic_shaping.all.global_rate_limit" => Nowhere("set \"traffic_shaping.all.concurrency_limit\", which a slow subgraph cannot outgrow"),
    "traffic_shaping.all.compression" => Nowhere("requests to subgraphs are sent as they are"),
    "traffic_shaping.all.dns_resolution_strategy" => Nowhere("the system's resolver decides"),
    "traffic_shaping.subgraphs.*.timeout" => Path("traffic_shaping.subgraphs.*.timeout"),
    "traffic_shaping.subgraphs.*.deduplicate_query" => Path("traffic_shaping.subgraphs.*.deduplicate_query"),
    "traffic_shaping.subgraphs.*.experimental_retry" => Several(resilience::BUDGETED, |node| resilience::budgeted_retry("traffic_shaping.subgraphs.*.retry", node)),
    "traffic_shaping.subgraphs.*.experimental_http2" => Path("traffic_shaping.subgraphs.*.http2"),
    "traffic_shaping.subgraphs.*.global_rate_limit" => Nowhere("set \"concurrency_limit\" of the subgraph, which it cannot outgrow when it is slow"),
    "traffic_shaping.subgraphs.*.compression" => Nowhere("requests to subgraphs are sent as they are"),
    "override_subgraph_url" => Same,
    "apq.enabled" => Same,
    "apq.router.cache.in_memory.limit" => Nowhere("the table is weighed in bytes: see \"apq.max_bytes\""),
    "apq.router.cache.redis" => Nowhere("queries known by hash are kept in memory"),
    "apq.subgraph" => Nowhere("subgraphs are sent whole documents"),
    "demand_control" => Same,
    "response_cache.enabled" => Same,
    "response_cache.debug" => Same,
    "response_cache.invalidation.path" => Nowhere("set \"response_cache.invalidation\" with a \"shared_key\"; it is on the listener of the health check"),
    "response_cache.invalidation.listen" => Nowhere("invalidation is on the listener of the health check"),
    "response_cache.subgraph.all.redis" => Several(&["urls", "timeout", "fetch_timeout", "namespace"], redis_of_cache),
    "response_cache.subgraph.all.enabled" => Same,
    "response_cache.subgraph.all.ttl" => Same,
    "response_cache.subgraph.all.private_id" => Nowhere(PRIVATE_ID),
    "response_cache.subgraph.all.invalidation" => Nowhere("one \"response_cache.invalidation\" with a \"shared_key\" serves all subgraphs"),
    "response_cache.subgraph.subgraphs.*.enabled" => Path("response_cache.subgraph.subgraphs.*.enabled"),
    "response_cache.subgraph.subgraphs.*.ttl" => Path("response_cache.subgraph.subgraphs.*.ttl"),
    "response_cache.subgraph.subgraphs.*.private_id" => Nowhere(PRIVATE_ID),
    "preview_entity_cache" => Nowhere("see \"response_cache\", which keeps single fields"),
    "telemetry.exporters.logging.stdout.format" => Form("telemetry.logging.format", log_format),
    "telemetry.exporters.logging.stdout.enabled" => Anyway,
    "telemetry.exporters.logging.common" => Nowhere("log lines carry the trace; what else is in them cannot be chosen"),
    "telemetry.exporters.metrics.prometheus.enabled" => Path("telemetry.metrics.prometheus.enabled"),
    "telemetry.exporters.metrics.prometheus.path" => Path("telemetry.metrics.prometheus.path"),
    "telemetry.exporters.metrics.prometheus.listen" => Nowhere(PROMETHEUS_ONLY),
    "telemetry.exporters.metrics.otlp" => Nowhere(PROMETHEUS_ONLY),
    "telemetry.exporters.metrics.common" => Nowhere("resources and buckets of metrics are fixed"),
    "telemetry.exporters.tracing.propagation.trace_context" => Path("telemetry.propagation.trace_context"),
    "telemetry.exporters.tracing.propagation" => Nowhere("trace context is W3C's"),
    "telemetry.exporters.tracing.common.service_name" => Path("telemetry.tracing.service_name"),
    "telemetry.exporters.tracing.common.sampler" => Form("telemetry.tracing.sampler", sampler),
    "telemetry.exporters.tracing.common.parent_based_sampler" => Path("telemetry.tracing.parent_based_sampler"),
    "telemetry.exporters.tracing.common.resource" => Path("telemetry.tracing.resource"),
    "telemetry.exporters.tracing.otlp" => Several(OTLP, otlp),
    "telemetry.exporters.tracing" => Nowhere(ONLY_OTLP),
    "telemetry.instrumentation" => Nowhere("spans and instruments are fixed"),
    "telemetry.apollo" => Nowhere("Weft reports to nobody but its registry"),
    "tls.subgraph.all.certificate_authorities" => Same,
    "tls.subgraph.all.client_authentication" => Nowhere("Weft has no certificate of its own for subgraphs yet"),
    "tls.subgraph.subgraphs.*.certificate_authorities" => Path("tls.subgraph.subgraphs.*.certificate_authorities"),
    "tls.supergraph.certificate" => Same,
    "tls.supergraph.certificate_chain" => Same,
    "tls.supergraph.key" => Same,
    "subscription.enabled" => Same,
    "subscription.mode.passthrough" => Same,
    "subscription.mode.callback" => Nowhere("subgraphs cannot call back; say how they are asked under \"subscription.mode.passthrough\""),
    "subscription.queue_capacity" => Same,
    "subscription.max_opened_subscriptions" => Same,
    "subscription.max_lifetime" => Same,
    "subscription.deduplication" => Nowhere(NO_SHARED_STREAMS),
    "subscription.enable_deduplication" => Nowhere(NO_SHARED_STREAMS),
    "subscription.max_reconnect_attempts" => Nowhere(NO_RECONNECT),
    "subscription.reconnect_delay" => Nowhere(NO_RECONNECT),
    "persisted_queries.enabled" => Same,
    "persisted_queries.log_unknown" => Same,
    "persisted_queries.safelist.enabled" => Same,
    "persisted_queries.safelist.require_id" => Same,
    "persisted_queries.local_manifests" => Same,
    "persisted_queries.experimental_local_manifests" => Path("persisted_queries.local_manifests"),
    "persisted_queries.hot_reload" => Anyway,
    "persisted_queries" => Nowhere("documents come from the files under \"persisted_queries.local_manifests\""),
    "batching.enabled" => Same,
    "batching.mode" => Same,
    "batching.maximum_size" => Same,
    "batching.subgraph" => Nowhere("entities of one subgraph are asked for together anyway"),
    "connectors" => Nowhere("there are no connectors"),
    "rhai" => Nowhere(NO_CODE),
    "coprocessor" => Nowhere(NO_CODE),
    "plugins" => Nowhere(NO_CODE),
    "license_enforcement" => Anyway,
};

const NO_SHARED_STREAMS: &str = "every subscription has a connection of its own to the subgraph";
const NO_RECONNECT: &str = "a subscription whose subgraph is gone ends with an error, and its client subscribes again";
const PRIVATE_ID: &str = "set \"response_cache.private_id.header\"; without it, private values are those of whoever has proved to be somebody";

/// `json`, `text`, or a table with one of these as its key.
fn log_format(node: &Node) -> Result<Node, String> {
    let name = node.text().or_else(|| node.entries().first().map(|entry| &*entry.key));
    match name {
        Some("json") => Ok(plain("json")),
        Some("text") => Ok(plain("text")),
        _ => Err("a line of the log is text or json".to_owned()),
    }
}

/// A share, or whether all or none are taken.
fn sampler(node: &Node) -> Result<Node, String> {
    match node.text() {
        Some("always_on") => Ok(plain(1)),
        Some("always_off") => Ok(plain(0)),
        _ => Ok(node.clone()),
    }
}

/// What of `otlp` is read.
const OTLP: &[&str] = &["enabled", "endpoint", "protocol"];

fn otlp(node: &Node) -> Result<Made, String> {
    if node.get("protocol").and_then(Node::text) != Some("http") {
        return Err(
            "traces go out over HTTP: set \"telemetry.tracing.otlp.endpoint\", port 4318 of most collectors".to_owned()
        );
    }
    let mut made: Made = Vec::new();
    made.extend(node.get("enabled").map(|value| ("telemetry.tracing.otlp.enabled", value.clone())));
    let endpoint = node.get("endpoint").filter(|endpoint| endpoint.text() != Some("default"));
    made.extend(endpoint.map(|value| ("telemetry.tracing.otlp.endpoint", value.clone())));
    Ok(made)
}

fn redis(urls: &Node) -> Result<Made, String> {
    match urls.elements() {
        [url] if url.text().is_some_and(|url| !url.starts_with("redis-cluster")) => {
            Ok(vec![("redis.url", url.clone())])
        }
        _ => Err("one server is shared, not a cluster: set \"redis.url\"".to_owned()),
    }
}

fn redis_of_cache(node: &Node) -> Result<Made, String> {
    let urls = node.get("urls").ok_or("it names no server: set \"redis.url\"")?;
    let mut made = redis(urls)?;
    for (from, to) in
        [("timeout", "redis.timeout"), ("fetch_timeout", "redis.timeout"), ("namespace", "redis.namespace")]
    {
        made.extend(node.get(from).map(|value| (to, value.clone())));
    }
    Ok(made)
}
