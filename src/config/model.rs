//! The resolved configuration: every address parsed, every expression compiled, every certificate read.
//!
//! [`Config::default`] is what `weft serve` does without a file.

use super::yaml::{code, nearest};
use super::{
    Apq, Authentication, Authorization, ClientTls, Cors, DemandControl, HeaderRules, Insight, Network, OverrideLabels,
    PersistedDocuments, RedisSettings, RegistryServer, RegistrySettings, ResponseCache, SubgraphSettings, Subscription,
    Tracing,
};
use crate::diagnostic::{Diagnostic, Span};
use http::HeaderName;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;
use tracing_subscriber::filter::{LevelFilter, Targets};

/// Everything that `weft.yaml` decides.
#[derive(Debug, Clone, Default)]
pub struct Config {
    /// The schema and the endpoint.
    pub supergraph: Supergraph,
    /// Where the playground is shown.
    pub playground: Playground,
    /// Health and metrics.
    pub health_check: HealthCheck,
    /// Which web pages of other origins may ask.
    pub cors: Cors,
    /// The guard against cross-site request forgery.
    pub csrf: Csrf,
    /// Which headers subgraphs get.
    pub headers: HeaderRules,
    /// How clients prove who they are.
    pub authentication: Authentication,
    /// Who may see what.
    pub authorization: Authorization,
    /// What one client request may be.
    pub limits: Limits,
    /// Timeouts and concurrency of client requests.
    pub router: Router,
    /// How subgraphs are reached.
    pub subgraphs: Subgraphs,
    /// How subscriptions are served.
    pub subscription: Subscription,
    /// What the gateway proves itself with to clients; none: they are served without TLS.
    pub tls: Option<ClientTls>,
    /// When the labels of `@override` are on.
    pub override_labels: OverrideLabels,
    /// Logs, metrics and trace context.
    pub telemetry: Telemetry,
    /// Planning and its cache.
    pub query_planning: QueryPlanning,
    /// The cache of what subgraphs answer.
    pub response_cache: ResponseCache,
    /// How many requests may come in one body; none: one.
    pub batching: Option<Batching>,
    /// Automatic persisted queries.
    pub apq: Apq,
    /// Lists of documents that clients ask for by their ids, if there are any.
    pub persisted_documents: Option<PersistedDocuments>,
    /// How much may be asked, if that is limited or measured at all.
    pub demand_control: Option<DemandControl>,
    /// The proxies that are believed when they name a client's address.
    pub trusted_proxies: Vec<Network>,
    /// What gateways share, if they share anything.
    pub redis: Option<RedisSettings>,
    /// Who may see how requests are answered.
    pub insight: Insight,
    /// The registry that is served beside the gateway, if one is.
    pub registry: Option<RegistryServer>,
    /// How the process ends.
    pub shutdown: Shutdown,
    /// The files that `${file.PATH}` read, to be watched together with the configuration.
    pub files: Vec<PathBuf>,
    /// The subgraphs that the file names, and where.
    pub(super) mentions: Vec<(String, Span)>,
    /// The labels that the file names, and where.
    pub(super) label_mentions: Vec<(String, Span)>,
    /// The fields of the mutation that the file names, and where.
    pub(super) mutation_mentions: Vec<(String, Span)>,
}

impl Config {
    /// Warnings for subgraphs that the file names and the supergraph does not have.
    pub fn unknown_subgraphs(&self, known: &[&str]) -> Vec<Diagnostic> {
        unknown(&self.mentions, known, code::UNKNOWN_SUBGRAPH, "subgraph")
    }

    /// Warnings for labels of `@override` that the file names and the supergraph does not have.
    pub fn unknown_labels(&self, known: &[&str]) -> Vec<Diagnostic> {
        unknown(&self.label_mentions, known, code::UNKNOWN_LABEL, "@override label")
    }

    /// Warnings for fields of the mutation that the file names and the supergraph does not have.
    pub fn unknown_mutations(&self, known: &[&str]) -> Vec<Diagnostic> {
        unknown(&self.mutation_mentions, known, code::UNKNOWN_MUTATION, "mutation")
    }

    /// Warnings for tags of mutations that will never be invalidated: `why` says so of a field and a tag.
    pub fn idle_invalidations(&self, why: impl Fn(&str, &str) -> Option<String>) -> Vec<Diagnostic> {
        let mutations = self.mutation_mentions.iter().filter_map(|(field, span)| {
            let tags = self.response_cache.mutations.get(field)?;
            Some(tags.iter().map(move |tag| (field, tag, span)))
        });
        let warnings = mutations.flatten().filter_map(|(field, tag, span)| {
            let message = format!("\"{field}\" never invalidates the tag \"{tag}\": {}", why(field, tag)?);
            let warning = Diagnostic::warning(code::INVALID_VALUE, message).at(span.clone(), "");
            Some(warning.help("name arguments of the mutation as `{$args.NAME}`"))
        });
        warnings.collect()
    }
}

fn unknown(mentions: &[(String, Span)], known: &[&str], code: &'static str, what: &str) -> Vec<Diagnostic> {
    let unknown = mentions.iter().filter(|(name, _)| !known.contains(&name.as_str()));
    unknown
        .map(|(name, span)| {
            let message = format!("the supergraph has no {what} \"{name}\"");
            let warning = Diagnostic::warning(code, message).at(span.clone(), "");
            match nearest(name, known.iter().copied()) {
                Some(near) => warning.help(format!("did you mean \"{near}\"?")),
                None if known.is_empty() => warning.help("it has none at all"),
                None => warning.help(format!("it has: {}", known.join(", "))),
            }
        })
        .collect()
}

/// The schema and the endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Supergraph {
    /// A supergraph SDL or a Rover `supergraph.yaml`, absolute or relative to the configuration's folder.
    pub path: Option<PathBuf>,
    /// Instead of a file: the registry that it comes from.
    pub registry: Option<RegistrySettings>,
    /// Where clients connect.
    pub listen: Listen,
    /// The path of the GraphQL endpoint; starts with a slash.
    pub endpoint: String,
    /// Whether `__schema` and `__type` are answered.
    pub introspection: bool,
}

impl Default for Supergraph {
    fn default() -> Self {
        Self {
            path: None,
            registry: None,
            listen: Listen::local(4000),
            endpoint: "/graphql".into(),
            introspection: true,
        }
    }
}

/// An address to listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen {
    /// The address; port 0 lets the system choose one.
    pub address: SocketAddr,
    /// Whether somebody chose it: then its being taken is an error, else a warning where that can be borne.
    pub chosen: bool,
}

impl Listen {
    /// The default address of a listener: `port` on the loopback interface.
    pub fn local(port: u16) -> Self {
        Self { address: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port), chosen: false }
    }

    /// An address that somebody chose, in a file or on the command line.
    pub fn chosen(address: SocketAddr) -> Self {
        Self { address, chosen: true }
    }
}

/// Where the playground is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Playground {
    /// At `/` (`homepage.enabled`).
    pub at_root: bool,
    /// At the endpoint, for `Accept: text/html` (`sandbox.enabled`).
    pub at_endpoint: bool,
}

impl Default for Playground {
    fn default() -> Self {
        Self { at_root: true, at_endpoint: true }
    }
}

/// Health and metrics, on a listener of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthCheck {
    /// Whether the listener is opened at all.
    pub enabled: bool,
    /// Where.
    pub listen: Listen,
    /// The path of the health check; starts with a slash.
    pub path: String,
}

impl Default for HealthCheck {
    fn default() -> Self {
        Self { enabled: true, listen: Listen::local(8088), path: "/health".into() }
    }
}

/// The guard against cross-site request forgery: a request that a web page could send without
/// preflight must carry one of the headers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Csrf {
    /// Whether it is on.
    pub enabled: bool,
    /// Any one of them is enough.
    pub required_headers: Vec<HeaderName>,
}

impl Default for Csrf {
    fn default() -> Self {
        let required_headers = vec![
            HeaderName::from_static("apollo-require-preflight"),
            HeaderName::from_static("x-apollo-operation-name"),
            HeaderName::from_static("graphql-require-preflight"),
        ];
        Self { enabled: true, required_headers }
    }
}

/// What one client request may be. All are checked before anything is expanded or planned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of a request body, after decompression.
    pub http_max_request_bytes: usize,
    /// Headers of a request.
    pub http1_max_request_headers: usize,
    /// Bytes of all header lines of a request.
    pub http1_max_request_header_bytes: usize,
    /// Tokens of a document.
    pub parser_max_tokens: usize,
    /// Nesting that the parser follows.
    pub parser_max_recursion: usize,
    /// Depth of fields, fragments expanded.
    pub max_depth: usize,
    /// Fields altogether, fragments expanded.
    pub max_height: usize,
    /// Aliased fields, fragments expanded.
    pub max_aliases: usize,
    /// Fields of the root type, fragments expanded.
    pub max_root_fields: usize,
    /// Elements of all lists in arguments and variables.
    pub max_list_items: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            http_max_request_bytes: 2_000_000,
            http1_max_request_headers: 100,
            http1_max_request_header_bytes: 65_536,
            parser_max_tokens: 15_000,
            parser_max_recursion: 500,
            max_depth: 100,
            max_height: 20_000,
            max_aliases: 2_000,
            max_root_fields: 500,
            max_list_items: 20_000,
        }
    }
}

/// Timeouts and concurrency of client requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Router {
    /// How long a client request may take as a whole.
    pub timeout: Duration,
    /// How many client requests may be under way; more are answered 503.
    pub concurrency_limit: Option<usize>,
    /// Whether identical queries that are under way together are executed once.
    pub deduplicate: bool,
}

impl Default for Router {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(60), concurrency_limit: None, deduplicate: false }
    }
}

/// How subgraphs are reached: what holds for all, and who differs.
#[derive(Debug, Clone, Default)]
pub struct Subgraphs {
    pub(super) all: SubgraphSettings,
    pub(super) by_name: BTreeMap<String, SubgraphSettings>,
}

impl Subgraphs {
    /// What holds for the subgraph `name`.
    pub fn of(&self, name: &str) -> &SubgraphSettings {
        self.by_name.get(name).unwrap_or(&self.all)
    }

    /// What holds for subgraphs that the configuration does not name.
    pub fn all(&self) -> &SubgraphSettings {
        &self.all
    }

    /// Changes what holds for one subgraph.
    pub fn change(&mut self, name: &str, change: impl FnOnce(&mut SubgraphSettings)) {
        change(self.by_name.entry(name.to_owned()).or_insert_with(|| self.all.clone()));
    }

    /// Changes what holds for all subgraphs, also for those with settings of their own. For callers that
    /// set defaults of another kind, such as the demo.
    pub fn change_all(&mut self, mut change: impl FnMut(&mut SubgraphSettings)) {
        change(&mut self.all);
        self.by_name.values_mut().for_each(change);
    }
}

/// Logs, metrics and trace context.
#[derive(Debug, Clone, PartialEq)]
pub struct Telemetry {
    /// The log.
    pub logging: Logging,
    /// Whether `/metrics` is served beside the health check.
    pub prometheus: Prometheus,
    /// Whether `traceparent` and `tracestate` are read from clients and sent to subgraphs.
    pub trace_context: bool,
    /// Where spans of requests go, if they are recorded.
    pub tracing: Option<Tracing>,
}

impl Default for Telemetry {
    fn default() -> Self {
        Self { logging: Logging::default(), prometheus: Prometheus::default(), trace_context: true, tracing: None }
    }
}

/// The log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logging {
    /// A level, or directives such as `info,weft::upstream=debug`.
    pub level: String,
    /// The form of a line.
    pub format: LogFormat,
}

impl Default for Logging {
    fn default() -> Self {
        Self { level: "info".into(), format: LogFormat::Auto }
    }
}

impl Logging {
    /// Whether a text says what to log. Every target needs its level: a lone word would be taken for a
    /// target, and a level with a typing mistake would silence the log.
    pub fn is_level(text: &str) -> bool {
        let known = |directive: &str| directive.contains('=') || directive.trim().parse::<LevelFilter>().is_ok();
        text.split(',').all(known) && text.parse::<Targets>().is_ok()
    }
}

/// The form of a log line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people; coloured on a terminal.
    Text,
    /// One JSON object a line.
    Json,
    /// `text` on a terminal, `json` in a pipe.
    #[default]
    Auto,
}

/// Prometheus metrics.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Prometheus {
    /// Whether they are served.
    pub enabled: bool,
    /// Their path on the health listener; starts with a slash.
    pub path: String,
}

impl Default for Prometheus {
    fn default() -> Self {
        Self { enabled: true, path: "/metrics".into() }
    }
}

/// Planning and its cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct QueryPlanning {
    /// Prepared operations kept.
    pub cache_entries: u64,
    /// Bytes of prepared operations kept.
    pub cache_bytes: u64,
    /// How long the planning of one operation may take.
    pub timeout: Duration,
    /// Operations planned at the same time; none: half as many as there are processors.
    pub concurrency_limit: Option<usize>,
    /// What plans are to have little of.
    pub objective: PlanObjective,
    /// How many drafts of a plan are begun at most in search of a better one.
    pub drafts: u32,
}

/// What plans are to have little of, first of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PlanObjective {
    /// Rounds of requests that wait for each other.
    #[default]
    Latency,
    /// Requests.
    Requests,
}

impl Default for QueryPlanning {
    fn default() -> Self {
        Self {
            cache_entries: 10_000,
            cache_bytes: 256 * 1024 * 1024,
            timeout: Duration::from_secs(10),
            concurrency_limit: None,
            objective: PlanObjective::default(),
            drafts: 1_000,
        }
    }
}

/// Arrays of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Batching {
    /// Requests of one body.
    pub maximum_size: usize,
}

impl Default for Batching {
    fn default() -> Self {
        Self { maximum_size: 20 }
    }
}

/// How the process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shutdown {
    /// How long requests under way may still take after SIGTERM.
    pub grace: Duration,
}

impl Default for Shutdown {
    fn default() -> Self {
        Self { grace: Duration::from_secs(30) }
    }
}
