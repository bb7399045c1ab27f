//! Keys that people bring from elsewhere.

/// What to say of keys that people bring from Apollo's router and that stand elsewhere here, or nowhere.
pub(in crate::config) fn hint(path: &str) -> Option<&'static str> {
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
