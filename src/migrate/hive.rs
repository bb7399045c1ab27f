//! Hive Router's `router.config.yaml`.

use super::carry::{Made, Rule, To, plain, rules, table, text};
use super::headers;
use super::resilience;
use super::tree::Node;
use To::{Anyway, Form, Nowhere, Path, Same, Several};

const RESPONSE_HEADERS: &str = "headers of subgraphs' answers do not reach clients";

pub(super) const RULES: &[Rule] = rules! {
    "supergraph" => Several(&["source", "path"], supergraph),
    "http" => Several(&["host", "port", "graphql_endpoint"], http),
    "graphiql.enabled" => Path("homepage.enabled"),
    "laboratory.enabled" => Path("homepage.enabled"),
    "introspection.enabled" => Path("supergraph.introspection"),
    "log.level" => Path("telemetry.logging.level"),
    "log.format" => Form("telemetry.logging.format", log_format),
    "log.filter" => Nowhere("set \"telemetry.logging.level\""),
    "headers.all.request" => Form("headers.all.request", headers::from_hive),
    "headers.subgraphs.*.request" => Form("headers.subgraphs.*.request", headers::from_hive),
    "headers.all.response" => Nowhere(RESPONSE_HEADERS),
    "headers.subgraphs.*.response" => Nowhere(RESPONSE_HEADERS),
    "traffic_shaping.all.request_timeout" => Form("traffic_shaping.all.timeout", duration),
    "traffic_shaping.all.dedupe_enabled" => Path("traffic_shaping.all.deduplicate_query"),
    "traffic_shaping.all.pool_idle_timeout" => Form("traffic_shaping.all.pool_idle_timeout", duration),
    "traffic_shaping.all.circuit_breaker" => Several(resilience::HIVE_BREAKER, |node| resilience::hive_breaker("traffic_shaping.all.circuit_breaker", node, duration)),
    "traffic_shaping.max_connections_per_host" => Path("traffic_shaping.all.concurrency_limit"),
    "traffic_shaping.subgraphs.*.request_timeout" => Form("traffic_shaping.subgraphs.*.timeout", duration),
    "traffic_shaping.subgraphs.*.dedupe_enabled" => Path("traffic_shaping.subgraphs.*.deduplicate_query"),
    "traffic_shaping.subgraphs.*.pool_idle_timeout" => Form("traffic_shaping.subgraphs.*.pool_idle_timeout", duration),
    "traffic_shaping.subgraphs.*.circuit_breaker" => Several(resilience::HIVE_BREAKER, |node| resilience::hive_breaker("traffic_shaping.subgraphs.*.circuit_breaker", node, duration)),
    "traffic_shaping.router.request_timeout" => Form("traffic_shaping.router.timeout", duration),
    "traffic_shaping.router.dedupe.enabled" => Path("traffic_shaping.router.deduplicate_query"),
    "traffic_shaping.router.dedupe.headers" => Anyway,
    "traffic_shaping.router.max_long_lived_clients" => Path("subscription.max_opened_subscriptions"),
    "override_subgraph_urls.*.url" => Form("override_subgraph_url.*", url),
    "override_labels" => Same,
    "jwt" => Several(JWT, jwt),
    "authorization.directives.enabled" => Same,
    "authorization.directives.unauthorized.mode" => Form("authorization.directives.reject_unauthorized", rejects),
    "cors.enabled" => Nowhere("CORS is on for the origins that are named"),
    "cors.allow_any_origin" => Same,
    "cors.allow_credentials" => Same,
    "cors.allow_headers" => Same,
    "cors.methods" => Same,
    "cors.expose_headers" => Same,
    "cors.max_age" => Form("cors.max_age", duration),
    "cors.policies" => Same,
    "csrf.enabled" => Same,
    "csrf.required_headers" => Same,
    "query_planner.timeout" => Form("query_planning.timeout", duration),
    "query_planner.allow_expose" => Nowhere("plans are shown by `weft plan` and in the playground"),
    "limits.max_depth.n" => Path("limits.max_depth"),
    "limits.max_tokens.n" => Path("limits.parser_max_tokens"),
    "limits.max_aliases.n" => Path("limits.max_aliases"),
    "limits.max_directives" => Nowhere("the number of tokens bounds it: see \"limits.parser_max_tokens\""),
    "limits.max_request_body_size" => Path("limits.http_max_request_bytes"),
    "demand_control.enabled" => Same,
    "demand_control.max_cost" => Path("demand_control.strategy.static_estimated.max"),
    "demand_control.list_size" => Path("demand_control.strategy.static_estimated.list_size"),
    "subscriptions.enabled" => Several(&[], subscriptions),
    "subscriptions.broadcast_capacity" => Path("subscription.queue_capacity"),
    "subscriptions.subgraph_buffer_capacity" => Nowhere("nothing is buffered between subgraphs and answers; see \"subscription.queue_capacity\""),
    "subscriptions.websocket" => Nowhere("set \"protocol: graphql_ws\" and \"path\" of these subgraphs under \"subscription.mode.passthrough.subgraphs\""),
    "subscriptions.callback" => Nowhere("subgraphs cannot call back; say how they are asked under \"subscription.mode.passthrough\""),
    "subscriptions" => Nowhere("see \"subscription\""),
    "websocket" => Nowhere("WebSocket is served at the endpoint itself, as graphql-transport-ws"),
    "persisted_documents" => Several(DOCUMENTS, documents),
    "usage_reporting" => Nowhere("usage goes to Weft's registry: see \"supergraph.registry\""),
    "telemetry.metrics" => Nowhere("metrics are for Prometheus, on the listener of the health check"),
    "telemetry.tracing.collect.sampling" => Path("telemetry.tracing.sampler"),
    "telemetry.tracing.collect.parent_based_sampler" => Path("telemetry.tracing.parent_based_sampler"),
    "telemetry.tracing" => Nowhere("name the collector, which takes OTLP over HTTP, under \"telemetry.tracing.otlp\""),
    "telemetry" => Nowhere("metrics are for Prometheus, on the listener of the health check; see \"telemetry.tracing\""),
    "plugins" => Nowhere("Weft runs no code of its users"),
};

/// What of `jwt` is read.
const JWT: &[&str] = &[
    "issuers",
    "audiences",
    "allowed_algorithms",
    "require_authentication",
    "jwks_providers.source",
    "jwks_providers.url",
    "jwks_providers.path",
    "jwks_providers.polling_interval",
    "lookup_locations.source",
    "lookup_locations.name",
    "lookup_locations.prefix",
];

/// Its subgraphs are asked over HTTP, unless it says otherwise.
fn subscriptions(enabled: &Node) -> Result<Made, String> {
    Ok(vec![("subscription.enabled", enabled.clone()), ("subscription.mode.passthrough.all.protocol", plain("http"))])
}

/// A file is carried; Hive's registry is another one than Weft's.
fn supergraph(node: &Node) -> Result<Made, String> {
    match node.get("source").and_then(Node::text) {
        Some("file") => {
            let path = node.get("path").ok_or("it names no file")?;
            Ok(vec![("supergraph.path", path.clone())])
        }
        _ => Err("publish the subgraphs to Weft's registry and follow it: see \"supergraph.registry\"".to_owned()),
    }
}

fn http(node: &Node) -> Result<Made, String> {
    let word = |key: &str| node.get(key).and_then(Node::text);
    let mut made = Vec::new();
    if word("host").is_some() || word("port").is_some() {
        let listen = format!("{}:{}", word("host").unwrap_or("0.0.0.0"), word("port").unwrap_or("4000"));
        made.push(("supergraph.listen", text(listen)));
    }
    made.extend(node.get("graphql_endpoint").map(|path| ("supergraph.endpoint", path.clone())));
    if made.is_empty() { Err("set \"supergraph.listen\" and \"supergraph.endpoint\"".to_owned()) } else { Ok(made) }
}

fn jwt(node: &Node) -> Result<Made, String> {
    let shared = |key: &str| node.get(key).cloned();
    let provider = |provider: &Node| {
        let mut key_set = Vec::new();
        key_set.extend(provider.get("url").map(|url| ("url", url.clone())));
        key_set.extend(provider.get("path").map(|path| ("file", path.clone())));
        key_set.extend(provider.get("polling_interval").map(|every| ("poll_interval", every.clone())));
        key_set.extend(shared("issuers").map(|issuers| ("issuers", issuers)));
        key_set.extend(shared("audiences").map(|audiences| ("audiences", audiences)));
        key_set.extend(shared("allowed_algorithms").map(|algorithms| ("algorithms", algorithms)));
        table(key_set)
    };
    let providers = node.get("jwks_providers").ok_or("it names no keys: see \"authentication.router.jwt.jwks\"")?;
    let key_sets = providers.elements().iter().map(provider).collect();
    let mut made = vec![("authentication.router.jwt.jwks", Node::List(key_sets))];
    made.extend(shared("require_authentication").map(|required| ("authorization.require_authentication", required)));
    if let Some(places) = node.get("lookup_locations") {
        let places = places.elements().iter().filter_map(lookup).collect();
        made.push(("authentication.router.jwt.sources", Node::List(places)));
    }
    Ok(made)
}

fn lookup(place: &Node) -> Option<Node> {
    let kind = match place.get("source")?.text()? {
        "header" => "header",
        "cookies" | "cookie" => "cookie",
        _ => return None,
    };
    let mut source = vec![("type", plain(kind)), ("name", place.get("name")?.clone())];
    source.extend(place.get("prefix").map(|prefix| ("value_prefix", prefix.clone())));
    Some(table(source))
}

/// What of `persisted_documents` is read.
const DOCUMENTS: &[&str] =
    &["enabled", "require_id", "log_missing_id", "storage.type", "storage.path", "storage.watch"];

/// Weft looks for ids where Hive does by default, and watches the file anyway.
fn documents(node: &Node) -> Result<Made, String> {
    let storage = |key: &str| node.get("storage").and_then(|storage| storage.get(key));
    if storage("type").and_then(Node::text) != Some("file") {
        return Err("documents come from files: see \"persisted_queries.local_manifests\"".to_owned());
    }
    let mut made = Vec::new();
    if let Some(path) = storage("path") {
        made.push(("persisted_queries.local_manifests", Node::List(vec![path.clone()])));
    }
    for (from, to) in [("enabled", "persisted_queries.enabled"), ("log_missing_id", "persisted_queries.log_unknown")] {
        made.extend(node.get(from).map(|value| (to, value.clone())));
    }
    if let Some(value) = node.get("require_id") {
        made.push(("persisted_queries.safelist.enabled", value.clone()));
        made.push(("persisted_queries.safelist.require_id", value.clone()));
    }
    Ok(made)
}

fn log_format(node: &Node) -> Result<Node, String> {
    match node.text() {
        Some("json") => Ok(plain("json")),
        Some("pretty-tree" | "pretty-compact" | "text") => Ok(plain("text")),
        _ => Err("a line of the log is text or json".to_owned()),
    }
}

fn rejects(node: &Node) -> Result<Node, String> {
    match node.text() {
        Some("reject") => Ok(plain(true)),
        Some("filter") => Ok(plain(false)),
        _ => Err("it is filter or reject".to_owned()),
    }
}

/// Expressions decide per request in Hive; a text is a URL.
fn url(node: &Node) -> Result<Node, String> {
    match node {
        Node::Scalar { .. } => Ok(node.clone()),
        _ => Err("the URL of a subgraph is the same for all requests".to_owned()),
    }
}

/// A number is seconds; `10 seconds` is `10s`.
fn duration(node: &Node) -> Result<Node, String> {
    let written = node.text().ok_or("it is no time")?;
    let number: String = written.chars().take_while(|letter| letter.is_ascii_digit() || *letter == '.').collect();
    let unit = written[number.len()..].trim();
    let unit = match unit {
        "" | "s" | "sec" | "secs" | "second" | "seconds" => "s",
        "ms" | "millis" | "millisecond" | "milliseconds" => "ms",
        "m" | "min" | "mins" | "minute" | "minutes" => "m",
        "h" | "hour" | "hours" => "h",
        _ => return Ok(node.clone()),
    };
    Ok(plain(format!("{number}{unit}")))
}
