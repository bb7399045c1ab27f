//! The codes of `extensions.code` in answers: what happened, and who can do what about it.

/// Code, meaning, what to do.
pub(super) const CODES: &[(&str, &str, &str)] = &[
    (
        "BATCHING_NOT_ENABLED",
        "The body is a list of requests, which this gateway does not take.",
        "Send one request per HTTP request, which costs little over kept connections, or turn on `batching`.",
    ),
    (
        "BATCH_LIMIT_EXCEEDED",
        "The body is a list of more requests than are answered together.",
        "Send fewer at once, or raise `batching.maximum_size`.",
    ),
    (
        "CANNOT_SEND_PQ_ID_AND_BODY",
        "The request has the id of a listed document and a document too.",
        "Send one of them.",
    ),
    (
        "COST_ACTUAL_TOO_EXPENSIVE",
        "The answer cost more points than one request may.",
        "Ask for fewer objects, or raise the maximum under `demand_control`.",
    ),
    (
        "COST_ESTIMATED_TOO_EXPENSIVE",
        "The query may cost more points than one request may; nothing was fetched.",
        "Ask for less, or for shorter lists by their arguments; `weft plan --explain` shows the cost by field.",
    ),
    (
        "COST_QUERY_PARSE_FAILURE",
        "A list is asked for with none or several of its slicing arguments, and takes exactly one; nothing was fetched.",
        "Give one of them, or set `requireOneSlicingArgument: false` on its @listSize.",
    ),
    (
        "CSRF_ERROR",
        "The request could have been sent by any web page without asking first.",
        "Send a content type of application/json, or one of the headers under `csrf.required_headers`.",
    ),
    (
        "DOWNSTREAM_SERVICE_ERROR",
        "A service answered with an error of its own; the field at `path` is missing.",
        "Look at the service named in `extensions.service`. Its messages are shown under `include_subgraph_errors`.",
    ),
    (
        "GATEWAY_TIMEOUT",
        "The request, or a request to a service, took longer than it may.",
        "Look at the slow service; the times are `traffic_shaping.router.timeout` and `traffic_shaping.all.timeout`.",
    ),
    ("GRAPHQL_PARSE_FAILED", "The query is not GraphQL.", "Mend it at the line and column in `locations`."),
    (
        "GRAPHQL_UNKNOWN_OPERATION_NAME",
        "The document has no operation of the name that was asked for, or several and none was named.",
        "Send `operationName` as it stands in the document.",
    ),
    (
        "GRAPHQL_VALIDATION_FAILED",
        "The query does not fit the schema.",
        "Mend it at the line and column in `locations`.",
    ),
    (
        "INTERNAL_SERVER_ERROR",
        "The gateway failed. This is a defect in Weft.",
        "Look into its log, and report it with the query and the schema.",
    ),
    (
        "INTROSPECTION_DISABLED",
        "The schema cannot be asked for here.",
        "Set `supergraph.introspection: true` where that is meant to be possible.",
    ),
    (
        "INVALID_GRAPHQL_REQUEST",
        "The message is no GraphQL request: JSON with a `query`, and `variables` as an object.",
        "Compare it with https://graphql.github.io/graphql-over-http/.",
    ),
    (
        "INVALID_PERSISTED_QUERY_MANIFEST",
        "A file under `persisted_queries.local_manifests` is no list of documents, or an id stands for two of them.",
        "Write {\"ID\": \"DOCUMENT\", ...}, or take the file that Apollo's generate-persisted-query-manifest writes.",
    ),
    (
        "MAX_ALIASES_LIMIT",
        "The query has more aliases than are allowed.",
        "Ask for less at once, or raise `limits.max_aliases`.",
    ),
    (
        "MAX_DEPTH_LIMIT",
        "The query nests deeper than is allowed.",
        "Ask for less at once, or raise `limits.max_depth`.",
    ),
    (
        "MAX_HEIGHT_LIMIT",
        "The query has more fields than are allowed.",
        "Ask for less at once, or raise `limits.max_height`.",
    ),
    (
        "MAX_ROOT_FIELDS_LIMIT",
        "The query has more fields at its root than are allowed.",
        "Ask for less at once, or raise `limits.max_root_fields`.",
    ),
    ("METHOD_NOT_ALLOWED", "The endpoint takes POST, and GET for queries.", "Send mutations by POST."),
    (
        "NOT_ACCEPTABLE",
        "The client accepts no form in which the gateway answers.",
        "Accept application/graphql-response+json or application/json.",
    ),
    (
        "PAYLOAD_TOO_LARGE",
        "The body is larger than is allowed.",
        "Send less, or raise `limits.http_max_request_bytes`.",
    ),
    (
        "PERSISTED_QUERY_ID_REQUIRED",
        "Only listed documents are executed here, and only when they are asked for by their ids.",
        "Send the id as `documentId` or in `extensions.persistedQuery`; see `persisted_queries.safelist.require_id`.",
    ),
    (
        "PERSISTED_QUERY_NOT_FOUND",
        "The gateway does not know the query of this hash (yet).",
        "Send the hash together with the query; clients of persisted queries do so by themselves.",
    ),
    (
        "PERSISTED_QUERY_NOT_IN_LIST",
        "No list of documents has one with this id, or not for the client that asks.",
        "Add it to a list that is named under `persisted_queries.local_manifests`.",
    ),
    ("PERSISTED_QUERY_NOT_SUPPORTED", "The gateway takes no persisted queries.", "Send the query itself."),
    (
        "QUERY_NOT_IN_SAFELIST",
        "Only listed documents are executed here, and this is none of them.",
        "Add it to a list that is named under `persisted_queries.local_manifests`; white space and comments do not count.",
    ),
    (
        "REQUEST_CONCURRENCY_LIMITED",
        "Too many requests are under way, to the gateway or to a service.",
        "Ask again later; the limits are `concurrency_limit` under `traffic_shaping`.",
    ),
    (
        "REQUEST_LIMIT_EXCEEDED",
        "The query, its variables or its answer are larger than the gateway handles.",
        "Ask for less at once.",
    ),
    (
        "REQUEST_RATE_LIMITED",
        "The client has used up its points for now.",
        "Ask again after the seconds in the `Retry-After` header; `RateLimit` says how much is left.",
    ),
    (
        "RESPONSE_VALIDATION_FAILED",
        "A service answered with something that its schema does not allow, such as null for a non-null field.",
        "Look at the service: its answers and its schema differ.",
    ),
    (
        "SERVICE_UNAVAILABLE",
        "The gateway has no schema yet.",
        "Wait until `/health?ready` says so, or look into its log.",
    ),
    (
        "SUBGRAPH_COST_ESTIMATED_TOO_EXPENSIVE",
        "What one service would be asked for may cost more points than it is to be asked for at once.",
        "Ask for less of what that service gives, or raise its maximum under `demand_control`.",
    ),
    (
        "SUBREQUEST_HTTP_ERROR",
        "A service could not be reached, or answered with a status that says failure.",
        "Look at the service named in `extensions.service`; `extensions.reason` and the gateway's log say more.",
    ),
    (
        "SUBREQUEST_MALFORMED_RESPONSE",
        "A service's answer is no GraphQL response, or does not hold what was asked.",
        "Look at the service: is its URL that of its GraphQL endpoint?",
    ),
    (
        "SUBGRAPH_CIRCUIT_BREAKER_REJECTED",
        "A service has failed so often of late that it is left alone for a while; nothing was sent to it.",
        "Look at the service named in `extensions.service`. It is tried again after `circuit_breaker.reset_timeout`; \
         `/metrics` shows the breaker as `weft_circuit_breaker_state`.",
    ),
    (
        "SUBSCRIPTIONS_NOT_SUPPORTED",
        "This gateway is configured to serve no subscriptions.",
        "Set `subscription.enabled: true`, or ask the service that offers it.",
    ),
    (
        "SUBSCRIPTION_CLIENT_TOO_SLOW",
        "More answers waited for the client than may, so its subscription has ended.",
        "Read faster, subscribe to less, or raise `subscription.queue_capacity`; then subscribe again.",
    ),
    (
        "SUBSCRIPTION_CONFIG_RELOAD",
        "The gateway has another configuration, so the subscription has ended.",
        "Subscribe again.",
    ),
    (
        "SUBSCRIPTION_GATEWAY_SHUTDOWN",
        "The gateway ends or makes place for another, so the subscription has ended.",
        "Subscribe again.",
    ),
    (
        "SUBSCRIPTION_LIMIT_EXCEEDED",
        "As many subscriptions are open as may be.",
        "Wait until some have ended, or raise `subscription.max_opened_subscriptions`.",
    ),
    (
        "SUBSCRIPTION_MAX_LIFETIME_EXCEEDED",
        "The subscription was as long as one may be under `subscription.max_lifetime`.",
        "Subscribe again.",
    ),
    (
        "SUBSCRIPTION_SCHEMA_RELOAD",
        "The gateway has another schema, so the subscription has ended.",
        "Subscribe again; the operation is then checked against the new schema.",
    ),
    (
        "TOKEN_LIMIT_EXCEEDED",
        "The query has more tokens than are allowed.",
        "Ask for less at once, or raise `limits.parser_max_tokens`.",
    ),
    ("TOO_MANY_ERRORS", "The answer had more errors than are told.", "Look at the ones that are there."),
    (
        "UNAUTHENTICATED",
        "The request brings no valid credential where one is needed. Why it is not valid stands in the log only.",
        "Send a token or an API key that is valid, in the header that is configured under `authentication`.",
    ),
    (
        "UNAUTHORIZED_FIELD_OR_TYPE",
        "The field at `path` is not for whoever asks, so it was not fetched.",
        "Ask with a credential that has the scopes or policies that the schema wants; `weft plan` shows them.",
    ),
    ("UNSUPPORTED_MEDIA_TYPE", "The body is not JSON, or is compressed.", "Send application/json, uncompressed."),
    (
        "VALIDATION_INVALID_TYPE_VARIABLE",
        "A variable's value does not fit its type.",
        "Mend the value that the message names.",
    ),
    (
        "WEBSOCKET_UPGRADE_FAILED",
        "The request asks for a WebSocket, but not as the protocol has it.",
        "Look at what stands before the gateway: it has to pass `Connection`, `Upgrade` and `Sec-WebSocket-*` on.",
    ),
];
