//! Configuration: raw YAML -> resolved `Config`, with file:line errors and a JSON schema.
//!
//! - [`Config::from_yaml`] reads `weft.yaml`, [`ComposeFile::from_yaml`] reads Rover's `supergraph.yaml`;
//!   both report every problem at its place, with the nearest known key for one that is not known.
//! - `model` is what the rest of the program sees: nothing in it needs to be looked at again.
//!   [`Config::default`] is what `weft serve` does without a file.
//! - `raw` is the file as written, `values` its words, `yaml` how it is read, `resolve` the way
//!   from one to the other, and [`schema()`] the description of it all for editors.
//!
//! Keys are those of Apollo's router where they mean the same. One differs: `supergraph.path` names the
//! schema's file here, and the endpoint's path is `supergraph.endpoint`.
//!
//! Environment variables beside `${env.NAME}` are the command line's matter.

mod authentication;
mod authorization;
mod compose_file;
mod cors;
mod demand;
mod headers;
mod insight;
mod labels;
mod model;
mod persisted;
mod raw;
mod redis;
mod registry;
mod registry_server;
mod resilience;
mod resolve;
mod response_cache;
mod schema;
mod subgraph;
mod subscription;
mod tls;
mod tracing;
mod values;
mod yaml;

pub use authentication::{
    ApiKeys, Authentication, ClaimNames, FixedKey, Introspection, KeyLocation, Signing, SigningAlgorithm,
    StoreLocation, TokenAlgorithm, TokenIssuer, TokenPlace,
};
pub use authorization::{
    AccessDirectives, Authorization, ClaimTest, Expected, OnPolicyError, Policies, PolicyService, WithheldErrors,
};
pub use compose_file::{ComposeFile, ComposeSubgraph, SchemaLocation};
pub use cors::{Cors, CorsPolicy, Origins};
pub use demand::{
    ActualCostMode, Allowance, Budget, BudgetStore, ClientName, CostExposure, DemandControl, DemandMode, FieldLimit,
    Network, SubgraphDemand, SubgraphLimit, WithoutRedis,
};
pub use headers::{HeaderRule, HeaderRules, is_reserved_header, is_trace_header};
pub use insight::Insight;
pub use labels::{LabelRule, OverrideLabels};
pub use model::{
    Batching, Config, Csrf, HealthCheck, Limits, Listen, LogFormat, Logging, PlanObjective, Playground, Prometheus,
    QueryPlanning, Router, Shutdown, Subgraphs, Supergraph, Telemetry,
};
pub use persisted::{Apq, PersistedDocuments, Safelist};
pub use redis::RedisSettings;
pub use registry::{GraphRef, RegistrySettings, RegistryToken, UsageSettings};
pub use registry_server::RegistryServer;
pub use resilience::{CircuitBreaker, Retry, RetryBudget};
pub use response_cache::{CachedSubgraph, Invalidation, ResponseCache, SurrogateHeader};
pub use schema::schema;
pub use subgraph::{Http2, SubgraphSettings};
pub use subscription::{SubgraphSubscription, Subscription, SubscriptionProtocol};
pub use tls::ClientTls;
pub use tracing::{Sampling, Tracing};
pub use values::{duration, sha256};
