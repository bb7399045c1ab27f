//! Cosmo Router's `config.yaml`.

use super::carry::{Made, Rule, To, file, plain, rules, table, text};
use super::headers;
use super::resilience;
use super::tree::Node;
use To::{Anyway, Form, Nowhere, Path, Several};

const RESPONSE_HEADERS: &str = "headers of subgraphs' answers do not reach clients";
const PROMETHEUS_ONLY: &str = "metrics are for Prometheus, on the listener of the health check";
const COMPOSE: &str = "Cosmo's execution configuration is its own: compose the subgraphs with `weft compose`, and name the result in \"supergraph.path\"";
const REGISTRY: &str = "publish the subgraphs to Weft's registry and follow it: see \"supergraph.registry\"";
const CONNECTIONS: &str = "connections to subgraphs are kept open as long as they are used";

pub(super) const RULES: &[Rule] = rules! {
    "version" => Anyway,
    "listen_addr" => Path("supergraph.listen"),
    "graphql_path" => Path("supergraph.endpoint"),
    "log_level" => Path("telemetry.logging.level"),
    "json_log" => Form("telemetry.logging.format", log_format),
    "playground_enabled" => Path("homepage.enabled"),
    "playground.enabled" => Path("homepage.enabled"),
    "playground_path" => Nowhere("the playground is at / and, for browsers, at the endpoint"),
    "playground.path" => Nowhere("the playground is at / and, for browsers, at the endpoint"),
    "introspection_enabled" => Path("supergraph.introspection"),
    "introspection.enabled" => Path("supergraph.introspection"),
    "health_check_path" => Path("health_check.path"),
    "readiness_check_path" => Nowhere("it is the health check's path with ?ready"),
    "liveness_check_path" => Nowhere("it is the health check's path with ?live"),
    "grace_period" => Path("shutdown.grace"),
    "shutdown_delay" => Path("shutdown.grace"),
    "graph" => Nowhere(REGISTRY),
    "cdn" => Nowhere(REGISTRY),
    "controlplane_url" => Nowhere(REGISTRY),
    "poll_interval" => Nowhere(REGISTRY),
    "poll_jitter" => Nowhere(REGISTRY),
    "router_config_path" => Nowhere(COMPOSE),
    "execution_config" => Nowhere(COMPOSE),
    "dev_mode" => Nowhere("run `weft dev`"),
    "instance_id" => Anyway,
    "localhost_fallback_inside_docker" => Nowhere("name services by addresses that the container can reach"),
    "cors.enabled" => Nowhere("CORS is on for the origins that are named"),
    "cors.allow_origins" => Several(&[], origins),
    "cors.allow_methods" => Path("cors.methods"),
    "cors.allow_headers" => Path("cors.allow_headers"),
    "cors.allow_credentials" => Path("cors.allow_credentials"),
    "cors.max_age" => Path("cors.max_age"),
    "headers.all.request" => Form("headers.all.request", headers::from_cosmo),
    "headers.subgraphs.*.request" => Form("headers.subgraphs.*.request", headers::from_cosmo),
    "headers.all.response" => Nowhere(RESPONSE_HEADERS),
    "headers.subgraphs.*.response" => Nowhere(RESPONSE_HEADERS),
    "headers.router" => Nowhere(RESPONSE_HEADERS),
    "traffic_shaping.router.max_request_body_size" => Path("limits.http_max_request_bytes"),
    "traffic_shaping.router.max_header_bytes" => Path("limits.http1_max_request_header_bytes"),
    "traffic_shaping.all.request_timeout" => Path("traffic_shaping.all.timeout"),
    "traffic_shaping.all.dial_timeout" => Path("traffic_shaping.all.connect_timeout"),
    "traffic_shaping.all.max_idle_conns" => Path("traffic_shaping.all.pool_max_idle"),
    "traffic_shaping.all.max_conns_per_host" => Form("traffic_shaping.all.concurrency_limit", limit),
    "traffic_shaping.all.keep_alive_idle" => Path("traffic_shaping.all.pool_idle_timeout"),
    "traffic_shaping.all.retry" => Several(resilience::COSMO_RETRY, |node| resilience::cosmo_retry("traffic_shaping.all.retry", node)),
    "traffic_shaping.all.circuit_breaker" => Several(resilience::COSMO_BREAKER, |node| resilience::cosmo_breaker("traffic_shaping.all.circuit_breaker", node)),
    "traffic_shaping.all.keep_alive_probe_interval" => Nowhere(CONNECTIONS),
    "traffic_shaping.all.response_header_timeout" => Nowhere("one timeout is for the whole answer: \"traffic_shaping.all.timeout\""),
    "traffic_shaping.all.expect_continue_timeout" => Anyway,
    "traffic_shaping.all.tls_handshake_timeout" => Nowhere("it is a part of \"traffic_shaping.all.connect_timeout\""),
    "traffic_shaping.subgraphs.*.request_timeout" => Path("traffic_shaping.subgraphs.*.timeout"),
    "traffic_shaping.subgraphs.*.dial_timeout" => Path("traffic_shaping.subgraphs.*.connect_timeout"),
    "traffic_shaping.subgraphs.*.max_idle_conns" => Path("traffic_shaping.subgraphs.*.pool_max_idle"),
    "traffic_shaping.subgraphs.*.max_conns_per_host" => Form("traffic_shaping.subgraphs.*.concurrency_limit", limit),
    "traffic_shaping.subgraphs.*.retry" => Several(resilience::COSMO_RETRY, |node| resilience::cosmo_retry("traffic_shaping.subgraphs.*.retry", node)),
    "traffic_shaping.subgraphs.*.circuit_breaker" => Several(resilience::COSMO_BREAKER, |node| resilience::cosmo_breaker("traffic_shaping.subgraphs.*.circuit_breaker", node)),
    "traffic_shaping.subgraphs.*.keep_alive_idle" => Path("traffic_shaping.subgraphs.*.pool_idle_timeout"),
    "authentication.jwt" => Several(JWT, jwt),
    "authentication.ignore_other_prefixes" => Path("authentication.router.jwt.ignore_other_prefixes"),
    "authorization.require_authentication" => Path("authorization.require_authentication"),
    "authorization.reject_operation_if_unauthorized" => Path("authorization.directives.reject_unauthorized"),
    "rate_limit" => Nowhere("clients have budgets of cost, not of requests: see \"demand_control.budget\""),
    "security.complexity_limits.depth" => Several(LIMIT, |node| complexity("limits.max_depth", node)),
    "security.complexity_limits.total_fields" => Several(LIMIT, |node| complexity("limits.max_height", node)),
    "security.complexity_limits.root_fields" => Several(LIMIT, |node| complexity("limits.max_root_fields", node)),
    "security.complexity_limits.root_field_aliases" => Several(LIMIT, |node| complexity("limits.max_aliases", node)),
    "security.parser_limits.total_fields_limit" => Path("limits.max_height"),
    "security.parser_limits.approximate_depth_limit" => Path("limits.parser_max_recursion"),
    "security.depth_limit" => Several(LIMIT, |node| complexity("limits.max_depth", node)),
    "security" => Nowhere("see \"limits\" and \"authorization\""),
    "automatic_persisted_queries.enabled" => Path("apq.enabled"),
    "automatic_persisted_queries.cache.size" => Path("apq.max_bytes"),
    "automatic_persisted_queries" => Nowhere("queries known by hash are kept in memory: see \"apq\""),
    "persisted_operations" => Nowhere("name the files of your lists under \"persisted_queries.local_manifests\""),
    "telemetry.metrics.prometheus.enabled" => Path("telemetry.metrics.prometheus.enabled"),
    "telemetry.metrics.prometheus.path" => Path("telemetry.metrics.prometheus.path"),
    "telemetry.metrics.prometheus.listen_addr" => Nowhere(PROMETHEUS_ONLY),
    "telemetry.metrics" => Nowhere(PROMETHEUS_ONLY),
    "telemetry.tracing.sampling_rate" => Path("telemetry.tracing.sampler"),
    "telemetry.tracing.parent_based_sampler" => Path("telemetry.tracing.parent_based_sampler"),
    "telemetry.tracing" => Nowhere("name the collector, which takes OTLP over HTTP, under \"telemetry.tracing.otlp\""),
    "telemetry.service_name" => Path("telemetry.tracing.service_name"),
    "override_routing_url.subgraphs.*" => Path("override_subgraph_url.*"),
    "overrides.subgraphs.*.routing_url" => Path("override_subgraph_url.*"),
    "engine.enable_single_flight" => Path("traffic_shaping.all.deduplicate_query"),
    "engine.enable_inbound_request_deduplication" => Path("traffic_shaping.router.deduplicate_query"),
    "engine.execution_plan_cache_size" => Path("query_planning.cache.max_entries"),
    "engine.max_concurrent_resolvers" => Anyway,
    "engine" => Nowhere("see \"query_planning\" and \"traffic_shaping\""),
    "subgraph_error_propagation.enabled" => Path("include_subgraph_errors.all"),
    "subgraph_error_propagation" => Nowhere("whole errors are shown or none: see \"include_subgraph_errors\""),
    "tls.client.all.ca_file" => Form("tls.subgraph.all.certificate_authorities", file),
    "tls.client.subgraphs.*.ca_file" => Form("tls.subgraph.subgraphs.*.certificate_authorities", file),
    "tls.server.client_auth" => Nowhere("clients prove who they are by tokens and keys, not by certificates"),
    "tls.server" => Several(&["enabled", "cert_file", "key_file"], clients_tls),
    "events" => Nowhere("events are not a source of subscriptions yet"),
    "modules" => Nowhere("Weft runs no code of its users"),
    "storage_providers" => Nowhere("schemas come from files or from Weft's registry"),
    "websocket" => Nowhere("WebSocket is served at the endpoint itself, as graphql-transport-ws"),
    "file_upload" => Nowhere("files are uploaded to services directly"),
    "cache_warmup" => Anyway,
    "compliance" => Anyway,
};

fn log_format(node: &Node) -> Result<Node, String> {
    Ok(plain(if node.text() == Some("false") { "text" } else { "json" }))
}

/// `*` is every origin; one with a `*` in it is a pattern.
fn origins(node: &Node) -> Result<Made, String> {
    let all = node.elements();
    if all.iter().any(|origin| origin.text() == Some("*")) {
        return Ok(vec![("cors.allow_any_origin", plain(true))]);
    }
    let (patterns, origins): (Vec<_>, Vec<_>) =
        all.iter().cloned().partition(|origin| origin.text().is_some_and(|origin| origin.contains('*')));
    let pattern = |origin: Node| {
        let written = origin.text().unwrap_or_default();
        let parts: Vec<String> = written.split('*').map(literally).collect();
        text(format!("^{}$", parts.join("[^/]*")))
    };
    let mut made = Vec::new();
    if !origins.is_empty() {
        made.push(("cors.origins", Node::List(origins)));
    }
    if !patterns.is_empty() {
        made.push(("cors.match_origins", Node::List(patterns.into_iter().map(pattern).collect())));
    }
    Ok(made)
}

/// A text as a pattern for itself.
fn literally(text: &str) -> String {
    let escaped =
        |letter: char| if letter.is_ascii_alphanumeric() || letter == '/' { vec![letter] } else { vec!['\\', letter] };
    text.chars().flat_map(escaped).collect()
}

/// 0 is no limit there, and no key here.
fn limit(node: &Node) -> Result<Node, String> {
    match node.text() {
        Some("0") => Err("it sets no limit, and without the key there is none".to_owned()),
        _ => Ok(node.clone()),
    }
}

/// What of a limit is read.
const LIMIT: &[&str] = &["enabled", "limit"];

fn complexity(to: &'static str, node: &Node) -> Result<Made, String> {
    if node.get("enabled").and_then(Node::text) == Some("false") {
        return Err("it is off; Weft's own limit holds".to_owned());
    }
    let limit = node.get("limit").ok_or("it sets no limit")?;
    Ok(vec![(to, limit.clone())])
}

/// Files that stand there are of no use where it is off.
fn clients_tls(node: &Node) -> Result<Made, String> {
    if node.get("enabled").and_then(Node::text) == Some("false") {
        return Ok(Vec::new());
    }
    let pairs = [("cert_file", "tls.supergraph.certificate"), ("key_file", "tls.supergraph.key")];
    let named = pairs.into_iter().filter_map(|(from, to)| Some((to, file(node.get(from)?))));
    named.map(|(to, file)| Ok((to, file?))).collect()
}

/// What of `authentication.jwt` is read.
const JWT: &[&str] =
    &["header_name", "header_value_prefix", "jwks.url", "jwks.algorithms", "jwks.audiences", "jwks.refresh_interval"];

fn jwt(node: &Node) -> Result<Made, String> {
    let key_set = |provider: &Node| {
        let mut key_set = Vec::new();
        let pairs = [
            ("url", "url"),
            ("algorithms", "algorithms"),
            ("audiences", "audiences"),
            ("refresh_interval", "poll_interval"),
        ];
        for (from, to) in pairs {
            key_set.extend(provider.get(from).map(|value| (to, value.clone())));
        }
        table(key_set)
    };
    let sets = node.get("jwks").ok_or("it names no keys: see \"authentication.router.jwt.jwks\"")?;
    let (sets, secrets): (Vec<_>, Vec<_>) = sets.elements().iter().partition(|provider| provider.get("url").is_some());
    if !secrets.is_empty() {
        return Err("a key that is shared has to be in a file: see \"authentication.router.jwt.jwks\"".to_owned());
    }
    let mut made = vec![("authentication.router.jwt.jwks", Node::List(sets.into_iter().map(key_set).collect()))];
    let pairs = [
        ("header_name", "authentication.router.jwt.header_name"),
        ("header_value_prefix", "authentication.router.jwt.header_value_prefix"),
    ];
    for (from, to) in pairs {
        made.extend(node.get(from).map(|value| (to, value.clone())));
    }
    Ok(made)
}
