//! The codes of a registry's refusals: what happened, and who can do what about it.

/// Code, meaning, what to do.
pub(super) const CODES: &[(&str, &str, &str)] = &[
    (
        "COMPOSITION_FAILED",
        "What was to be published does not compose with the graph's other subgraphs; nothing that is served changed.",
        "Mend what the findings point at. `weft subgraph check` says beforehand, `weft graph history --attempts` again.",
    ),
    (
        "CONTRACT_FAILED",
        "What a contract would leave of its source is no graph that clients could ask.",
        "Look at the tags: `weft graph contract` shows them, the findings say what would be missing.",
    ),
    ("CONTRACT_NOT_FOUND", "The variant is no contract.", "`weft graph contract GRAPH --from SOURCE` makes it one."),
    ("CONTRACT_OF_CONTRACT", "A contract is a part of a whole graph.", "Take a part of what the other is a part of."),
    (
        "FORBIDDEN",
        "The token is good, but not for this: its role, its graphs or its subgraphs are others.",
        "Ask an admin of the registry for a token that may: `weft registry token create`.",
    ),
    (
        "GRAPH_NOT_FOUND",
        "There is no such graph or variant, or nothing in it has composed yet.",
        "`weft graph list` shows what there is; `weft subgraph publish` makes what there is not.",
    ),
    ("INVALID_CONTRACT", "A contract needs tags to include or exclude.", "Give them as in @tag(name:)."),
    ("INTERNAL_ERROR", "A fault of the registry; nothing was changed.", "Look into its log, and report what it says."),
    ("INVALID_NAME", "A name or a message can not be kept as it is.", "Use letters, digits, - and _ for names."),
    (
        "INVALID_REPORT",
        "A gateway's report of usage makes no sense, and is not counted.",
        "Let gateway and registry be of the same release, and look at the gateway's clock.",
    ),
    ("INVALID_REQUEST", "A request to the registry is not what it takes there.", "See `src/registry/http/mod.rs`."),
    (
        "LAST_SUBGRAPH",
        "A graph without any subgraph can not be served.",
        "Delete the graph instead: `weft graph delete`.",
    ),
    ("NOT_FOUND", "The registry has nothing at this path.", "See `src/registry/http/mod.rs` for what there is."),
    ("NOTHING_SUBMITTED", "The request names no subgraph to publish, check or delete.", "Name one."),
    (
        "REGISTRY_BUSY",
        "Others publish or compose at the same time, and there was no turn.",
        "Try again in a moment; nothing was changed.",
    ),
    ("ROUTING_URL_INVALID", "The address of a subgraph is no HTTP URL.", "Give one with --routing-url."),
    (
        "ROUTING_URL_MISSING",
        "The subgraph is new to the graph, and gateways would not know where to reach it.",
        "Give its address with --routing-url; later it need not be said again.",
    ),
    (
        "STORE_FULL",
        "The registry's store can not write. Nothing was changed, and what was served is served.",
        "Make room on its disk, then publish again.",
    ),
    (
        "STORE_UNAVAILABLE",
        "The registry's store does not answer. Nothing was changed.",
        "Look into the registry's log, and at the database.",
    ),
    ("SUBGRAPH_NOT_FOUND", "The graph has no such subgraph.", "`weft subgraph list` shows which it has."),
    ("TOO_LARGE", "The body of the request has more bytes than the registry takes.", "Publish fewer at once."),
    ("TOO_MANY_SUBGRAPHS", "The graph would have more subgraphs than a registry takes.", "Join some of them."),
    (
        "TOO_MANY_VARIANTS",
        "The registry, or the graph, has as many variants as it may.",
        "Delete those that are not used any more: `weft graph list`, `weft graph delete`.",
    ),
    (
        "VARIANT_IS_CONTRACT",
        "The variant is a part of another one, and has what that has.",
        "Publish to its source, or roll that back.",
    ),
    (
        "VARIANT_NOT_EMPTY",
        "The variant has subgraphs of its own, so it can not be a part of another.",
        "Give the contract a variant of its own.",
    ),
    ("VERSION_NOT_FOUND", "The graph has no version of this number.", "`weft graph history` shows which it has."),
];
