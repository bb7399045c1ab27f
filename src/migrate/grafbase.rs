//! Grafbase Gateway's `grafbase.toml`.

use super::carry::{Made, Rule, To, file, rules, table, text};
use super::headers;
use super::resilience;
use super::tree::Node;
use To::{Anyway, Form, Nowhere, Path, Several};

const NO_CODE: &str = "Weft runs no code of its users";
const RATE: &str = "clients have budgets of cost, not of requests: see \"demand_control.budget\"";

pub(super) const RULES: &[Rule] = rules! {
    "network.listen_address" => Path("supergraph.listen"),
    "graph.path" => Path("supergraph.endpoint"),
    "graph.introspection" => Path("supergraph.introspection"),
    "graph.websocket_path" => Nowhere("WebSocket is served at the endpoint itself, as graphql-transport-ws"),
    "graph.contract_cache" => Nowhere("contracts are variants in the registry"),
    "introspection.enabled" => Path("supergraph.introspection"),
    "health.enabled" => Path("health_check.enabled"),
    "health.path" => Path("health_check.path"),
    "health.listen" => Path("health_check.listen"),
    "graphql_playground.enabled" => Path("homepage.enabled"),
    "csrf.enabled" => Path("csrf.enabled"),
    "csrf.header_name" => Form("csrf.required_headers", one),
    "cors.allow_origins" => Several(&[], origins),
    "cors.allow_methods" => Path("cors.methods"),
    "cors.allow_headers" => Form("cors.allow_headers", named),
    "cors.expose_headers" => Form("cors.expose_headers", named),
    "cors.allow_credentials" => Path("cors.allow_credentials"),
    "cors.max_age" => Path("cors.max_age"),
    "cors.allow_private_network" => Nowhere("private networks are not told apart"),
    "headers" => Form("headers.all.request", headers::from_grafbase),
    "subgraphs.*.url" => Path("override_subgraph_url.*"),
    "subgraphs.*.timeout" => Path("traffic_shaping.subgraphs.*.timeout"),
    "subgraphs.*.headers" => Form("headers.subgraphs.*.request", headers::from_grafbase),
    "subgraphs.*.entity_caching.enabled" => Path("response_cache.subgraph.subgraphs.*.enabled"),
    "subgraphs.*.entity_caching.ttl" => Path("response_cache.subgraph.subgraphs.*.ttl"),
    "subgraphs.*.rate_limit" => Nowhere("set \"traffic_shaping.subgraphs.NAME.concurrency_limit\", which it cannot outgrow when it is slow"),
    "subgraphs.*.retry" => Several(resilience::BUDGETED, |node| resilience::budgeted_retry("traffic_shaping.subgraphs.*.retry", node)),
    "subgraphs.*.websocket_url" => Nowhere("subgraphs are subscribed at on their own host: set \"path\" of the subgraph under \"subscription.mode.passthrough.subgraphs\""),
    "entity_caching.enabled" => Path("response_cache.enabled"),
    "entity_caching.ttl" => Path("response_cache.subgraph.all.ttl"),
    "entity_caching.redis.url" => Path("redis.url"),
    "entity_caching.redis.key_prefix" => Path("redis.namespace"),
    "entity_caching.storage" => Anyway,
    "gateway.timeout" => Path("traffic_shaping.router.timeout"),
    "gateway.subgraph_timeout" => Path("traffic_shaping.all.timeout"),
    "gateway.rate_limit" => Nowhere(RATE),
    "gateway.retry" => Several(resilience::BUDGETED, |node| resilience::budgeted_retry("traffic_shaping.all.retry", node)),
    "gateway.batching.enabled" => Path("batching.enabled"),
    "gateway.batching.limit" => Path("batching.maximum_size"),
    "gateway.access_logs" => Nowhere("requests are in metrics and traces, not in a log of their own"),
    "gateway.message_signatures" => Nowhere("\"authentication.signing\" signs claims for subgraphs, not messages"),
    "authentication.providers" => Several(PROVIDERS, providers),
    "authentication.default" => Form("authorization.require_authentication", denies),
    "operation_limits.depth" => Path("limits.max_depth"),
    "operation_limits.height" => Path("limits.max_height"),
    "operation_limits.aliases" => Path("limits.max_aliases"),
    "operation_limits.root_fields" => Path("limits.max_root_fields"),
    "operation_limits.complexity" => Path("demand_control.strategy.static_estimated.max"),
    "complexity_control.mode" => Path("demand_control.mode"),
    "complexity_control.limit" => Path("demand_control.strategy.static_estimated.max"),
    "complexity_control.list_size" => Path("demand_control.strategy.static_estimated.list_size"),
    "executable_document_limit" => Nowhere("documents are limited by tokens: see \"limits.parser_max_tokens\""),
    "request_body_limit" => Path("limits.http_max_request_bytes"),
    "automatic_persisted_queries.enabled" => Path("apq.enabled"),
    "apq.enabled" => Path("apq.enabled"),
    "trusted_documents" => Nowhere("operations are known by hash (\"apq\"); a list of the only ones allowed is not there yet"),
    "rate_limit" => Nowhere(RATE),
    "telemetry.service_name" => Path("telemetry.tracing.service_name"),
    "telemetry.tracing.sampling" => Path("telemetry.tracing.sampler"),
    "telemetry.tracing.parent_based_sampler" => Path("telemetry.tracing.parent_based_sampler"),
    "telemetry.tracing" => Nowhere("name the collector, which takes OTLP over HTTP, under \"telemetry.tracing.otlp\""),
    "telemetry" => Nowhere("metrics are for Prometheus, on the listener of the health check; see \"telemetry.tracing\""),
    "tls.certificate" => Form("tls.supergraph.certificate", file),
    "tls.key" => Form("tls.supergraph.key", file),
    "hooks" => Nowhere(NO_CODE),
    "extensions" => Nowhere(NO_CODE),
    "mcp" => Nowhere("Weft is no MCP server yet"),
    "websockets" => Nowhere("WebSocket is served at the endpoint itself, as graphql-transport-ws"),
};

/// One in a list.
fn one(node: &Node) -> Result<Node, String> {
    Ok(Node::List(node.elements().to_vec()))
}

/// `*` or `any` is what Weft allows without the key.
fn named(node: &Node) -> Result<Node, String> {
    match node.elements().iter().any(|name| matches!(name.text(), Some("*" | "any"))) {
        true => Err("without the key, whichever the page asks for are allowed".to_owned()),
        false => one(node),
    }
}

fn origins(node: &Node) -> Result<Made, String> {
    match node.elements().iter().any(|origin| matches!(origin.text(), Some("*" | "any"))) {
        true => Ok(vec![("cors.allow_any_origin", super::carry::plain(true))]),
        false => Ok(vec![("cors.origins", one(node)?)]),
    }
}

fn denies(node: &Node) -> Result<Node, String> {
    Ok(super::carry::plain(node.text() == Some("deny")))
}

/// What of `authentication.providers` is read.
const PROVIDERS: &[&str] = &[
    "type",
    "jwt.name",
    "jwt.header.name",
    "jwt.header.value_prefix",
    "jwt.jwks.url",
    "jwt.jwks.issuer",
    "jwt.jwks.audience",
    "jwt.jwks.poll_interval",
];

fn providers(node: &Node) -> Result<Made, String> {
    let mut sets = Vec::new();
    let mut header = None;
    for provider in node.elements() {
        let Some(jwt) = provider.get("jwt") else { continue };
        let jwks = jwt.get("jwks").ok_or("it names no keys: see \"authentication.router.jwt.jwks\"")?;
        let mut set = Vec::new();
        set.extend(jwks.get("url").map(|url| ("url", url.clone())));
        set.extend(jwks.get("issuer").map(|issuer| ("issuer", issuer.clone())));
        set.extend(jwks.get("audience").map(|audience| ("audiences", Node::List(audience.elements().to_vec()))));
        set.extend(jwks.get("poll_interval").map(|every| ("poll_interval", every.clone())));
        sets.push(table(set));
        header = header.or(jwt.get("header"));
    }
    if sets.is_empty() {
        return Err(
            "anonymous clients are let in unless \"authorization.require_authentication\" says otherwise".to_owned()
        );
    }
    let mut made = vec![("authentication.router.jwt.jwks", Node::List(sets))];
    if let Some(header) = header {
        made.extend(header.get("name").map(|name| ("authentication.router.jwt.header_name", name.clone())));
        let prefix = |prefix: &Node| text(prefix.text().unwrap_or_default().trim_end());
        made.extend(header.get("value_prefix").map(|it| ("authentication.router.jwt.header_value_prefix", prefix(it))));
    }
    Ok(made)
}
