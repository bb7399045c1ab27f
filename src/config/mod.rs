//! Configuration: raw YAML -> resolved `Config`, with file:line errors and a JSON schema.

mod cors;
mod headers;
mod model;
mod subgraph;

pub use cors::{Cors, CorsPolicy, Origins};
pub use headers::{HeaderRule, HeaderRules, is_reserved_header};
pub use model::{
    Config, Csrf, HealthCheck, Limits, Listen, LogFormat, Logging, Playground, Prometheus, QueryPlanning, Router,
    Shutdown, Subgraphs, Supergraph, Telemetry,
};
pub use subgraph::{Http2, SubgraphSettings};
