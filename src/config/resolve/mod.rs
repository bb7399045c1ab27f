//! Raw configuration -> [`Config`]: what is written takes the place of the defaults, section by
//! section, and what does not go together is reported.

mod authentication;
mod authorization;
mod cors;
mod demand;
mod headers;
mod insight;
mod labels;
mod persisted;
mod registry;
mod resilience;
mod response_cache;
mod subgraphs;
mod subscription;
mod tls;
mod tracing;

use super::raw::{self, RawConfig};
use super::yaml::{self, Reading, Reports, Setting, Surroundings, code};
use super::{
    Batching, Config, HealthCheck, Invalidation, Limits, Listen, Playground, Prometheus, QueryPlanning, RedisSettings,
    RegistryServer, Supergraph, Telemetry,
};
use crate::diagnostic::{Diagnostic, Source, Span};
use std::ops::{Range, RangeInclusive};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Validation recurses through fragments; a deeper operation would come near the end of its stack.
const DEEPEST_OPERATION: usize = 500;

/// The parser recurses; a deeper document than this would come near the end of a thread's stack.
const DEEPEST_RECURSION: usize = 1_000;
/// hyper reads a request's head into a buffer that has to be this large at least.
const SMALLEST_HEADER_BUFFER: usize = 8_192;

impl Config {
    /// Reads `weft.yaml`. `env` looks up environment variables; relative paths start from `base_dir`,
    /// the folder of the file.
    ///
    /// # Errors
    /// Every problem of the file, in its order.
    pub fn from_yaml(
        source: &Arc<Source>,
        env: &dyn Fn(&str) -> Option<String>,
        base_dir: &Path,
    ) -> Result<Self, Vec<Diagnostic>> {
        let surroundings = Surroundings { env, base_dir, hint: raw::hint::hint };
        let Reading { value, reports, files } = yaml::read::<RawConfig>(source, &surroundings);
        let mut config = resolve(value, &reports, base_dir);
        config.files = files;
        let problems = reports.into_diagnostics();
        if problems.is_empty() { Ok(config) } else { Err(problems) }
    }
}

fn resolve(raw: RawConfig, reports: &Reports, base_dir: &Path) -> Config {
    let mut config = Config::default();
    let places = Places::of(&raw);
    let traffic = section(raw.traffic_shaping);
    supergraph(section(raw.supergraph), &mut config.supergraph, reports, base_dir);
    playground(section(raw.playground), section(raw.homepage), section(raw.sandbox), &mut config.playground);
    health(section(raw.health_check), &mut config.health_check);
    config.cors = cors::resolve(section(raw.cors), reports);
    csrf(section(raw.csrf), &mut config.csrf);
    config.headers = headers::resolve(section(raw.headers), reports, &mut config.mentions);
    config.authentication = authentication::resolve(section(raw.authentication), reports, base_dir);
    config.authorization = authorization::resolve(section(raw.authorization), reports);
    limits(section(raw.limits), &mut config.limits, reports);
    let router = section(traffic.router);
    router.timeout.store(&mut config.router.timeout);
    config.router.concurrency_limit = router.concurrency_limit.take().map(|count| count.0);
    router.deduplicate_query.store(&mut config.router.deduplicate);
    let (subscription, passthrough) = subscription::resolve(section(raw.subscription));
    config.subscription = subscription;
    let with_tls = section(raw.tls);
    config.tls = tls::resolve(with_tls.supergraph, reports);
    let sections = subgraphs::Sections {
        all: traffic.all,
        by_name: traffic.subgraphs,
        urls: raw.override_subgraph_url,
        tls: section(with_tls.subgraph),
        errors: section(raw.include_subgraph_errors),
        passthrough,
    };
    config.subgraphs = subgraphs::resolve(sections, reports, &mut config.mentions);
    config.override_labels = labels::resolve(section(raw.override_labels), reports, &mut config.label_mentions);
    telemetry(section(raw.telemetry), &mut config.telemetry);
    query_planning(section(raw.query_planning), &mut config.query_planning);
    plan(section(raw.plan), &mut config.query_planning);
    config.redis = raw.redis.take().map(redis);
    config.registry = raw.registry.take().map(|raw| registry_server(raw, base_dir));
    config.response_cache =
        response_cache::resolve(raw.response_cache, reports, (&mut config.mentions, &mut config.mutation_mentions));
    config.batching = raw.batching.take().and_then(batching);
    persisted::apq(section(raw.apq), &mut config.apq);
    config.persisted_documents = persisted::documents(raw.persisted_queries, reports, base_dir);
    config.demand_control = demand::resolve(raw.demand_control, config.redis.is_some(), reports, &mut config.mentions);
    if let Some(networks) = list(raw.trusted_proxies) {
        config.trusted_proxies = networks.map(|network| network.0).collect();
    }
    config.insight = insight::resolve(section(raw.insight), reports);
    section(raw.shutdown).grace.store(&mut config.shutdown.grace);
    check_listeners(&config, &places, reports);
    if config.authentication.signing.is_none() && config.headers.signs() {
        let error = Diagnostic::error(code::CONFLICT, "a header rule has \"signed\", and there is no key to sign with");
        reports.add(error.help("configure one under \"authentication.signing\""));
    }
    config
}

/// Names of things that the supergraph should have, and where the file has them.
type Mentions = Vec<(String, Span)>;

/// A section, with nothing in it when it is not there.
fn section<T: Default>(setting: Setting<T>) -> T {
    setting.take().unwrap_or_default()
}

/// The elements of a list that could be read.
fn list<T>(setting: Setting<raw::List<T>>) -> Option<impl Iterator<Item = T>> {
    setting.take().map(|items| items.into_iter().filter_map(Setting::take))
}

/// The value of a key that has to be there.
fn required<T>(setting: Setting<T>, key: &str, section: &Range<usize>, reports: &Reports) -> Option<T> {
    if setting.key == (0..0) {
        reports.add(reports.error(code::MISSING_KEY, section.clone(), format!("the key \"{key}\" is missing")));
    }
    setting.take()
}

fn store_within(
    setting: Setting<super::values::DurationText>,
    bounds: RangeInclusive<Duration>,
    place: &mut Duration,
    key: &str,
    reports: &Reports,
) {
    let range = setting.range.clone();
    let Some(duration) = setting.take() else { return };
    if bounds.contains(&duration.0) {
        *place = duration.0;
    } else {
        let message = format!("\"{key}\" has to be from {:?} to {:?}", bounds.start(), bounds.end());
        reports.add(reports.error(code::INVALID_VALUE, range, message));
    }
}

fn supergraph(raw: raw::RawSupergraph, supergraph: &mut Supergraph, reports: &Reports, base_dir: &Path) {
    registry::check_alone(&raw.registry, &raw.path, reports);
    supergraph.registry = registry::resolve(raw.registry, reports, base_dir);
    if let Some(path) = raw.path.get() {
        let file = base_dir.join(path);
        // Apollo's router has the endpoint's path here.
        if path.starts_with('/') && !path.contains('.') && !file.exists() {
            let error = reports.error(
                code::INVALID_VALUE,
                raw.path.range.clone(),
                "\"supergraph.path\" names the schema's file, and there is none at this place",
            );
            reports.add(error.help("the path of the HTTP endpoint is \"supergraph.endpoint\""));
        }
        supergraph.path = Some(file);
    }
    if let Some(address) = raw.listen.take() {
        supergraph.listen = Listen::chosen(address.0);
    }
    raw.endpoint.store(&mut supergraph.endpoint);
    raw.introspection.store(&mut supergraph.introspection);
}

/// `playground` speaks for both places, and each may speak for itself.
fn playground(both: raw::RawSwitch, root: raw::RawSwitch, endpoint: raw::RawSwitch, playground: &mut Playground) {
    if let Some(enabled) = both.enabled.take() {
        *playground = Playground { at_root: enabled, at_endpoint: enabled };
    }
    root.enabled.store(&mut playground.at_root);
    endpoint.enabled.store(&mut playground.at_endpoint);
}

fn health(raw: raw::RawHealthCheck, health: &mut HealthCheck) {
    raw.enabled.store(&mut health.enabled);
    if let Some(address) = raw.listen.take() {
        health.listen = Listen::chosen(address.0);
    }
    raw.path.store(&mut health.path);
}

fn csrf(raw: raw::cors::RawCsrf, csrf: &mut super::Csrf) {
    raw.enabled.store(&mut csrf.enabled);
    if let Some(names) = list(raw.required_headers) {
        csrf.required_headers = names.map(|name| name.0).collect();
    }
}

fn limits(raw: raw::RawLimits, limits: &mut Limits, reports: &Reports) {
    if raw.parser_max_recursion.get().is_some_and(|count| count.0 > DEEPEST_RECURSION) {
        let message = format!("\"limits.parser_max_recursion\" must be {DEEPEST_RECURSION} at most");
        reports.add(reports.error(code::INVALID_VALUE, raw.parser_max_recursion.range.clone(), message));
    }
    if raw.max_depth.get().is_some_and(|count| count.0 > DEEPEST_OPERATION) {
        let message = format!("\"limits.max_depth\" must be {DEEPEST_OPERATION} at most");
        reports.add(reports.error(code::INVALID_VALUE, raw.max_depth.range.clone(), message));
    }
    let headers = &raw.http1_max_request_header_bytes;
    if headers.get().is_some_and(|size| size.0 < SMALLEST_HEADER_BUFFER as u64) {
        let message = "\"limits.http1_max_request_header_bytes\" must be 8KiB at least";
        reports.add(reports.error(code::INVALID_VALUE, headers.range.clone(), message));
    }
    store_size(raw.http_max_request_bytes, &mut limits.http_max_request_bytes);
    raw.http1_max_request_headers.store(&mut limits.http1_max_request_headers);
    store_size(raw.http1_max_request_header_bytes, &mut limits.http1_max_request_header_bytes);
    raw.parser_max_tokens.store(&mut limits.parser_max_tokens);
    raw.parser_max_recursion.store(&mut limits.parser_max_recursion);
    raw.max_depth.store(&mut limits.max_depth);
    raw.max_height.store(&mut limits.max_height);
    raw.max_aliases.store(&mut limits.max_aliases);
    raw.max_root_fields.store(&mut limits.max_root_fields);
    raw.max_list_items.store(&mut limits.max_list_items);
}

/// Sizes in memory are `usize`; a larger one than the machine can have is no limit.
fn store_size(setting: Setting<super::values::ByteSize>, place: &mut usize) {
    if let Some(size) = setting.take() {
        *place = usize::try_from(size.0).unwrap_or(usize::MAX);
    }
}

fn telemetry(raw: raw::telemetry::RawTelemetry, telemetry: &mut Telemetry) {
    let logging = section(raw.logging);
    logging.level.store(&mut telemetry.logging.level);
    logging.format.store(&mut telemetry.logging.format);
    let prometheus = section(section(raw.metrics).prometheus);
    let Prometheus { enabled, path } = &mut telemetry.prometheus;
    prometheus.enabled.store(enabled);
    prometheus.path.store(path);
    section(raw.propagation).trace_context.store(&mut telemetry.trace_context);
    telemetry.tracing = tracing::resolve(section(raw.tracing));
}

fn batching(raw: raw::RawBatching) -> Option<Batching> {
    let (mut enabled, mut batching) = (true, Batching::default());
    raw.enabled.store(&mut enabled);
    if let Some(size) = raw.maximum_size.take() {
        batching.maximum_size = size.0;
    }
    enabled.then_some(batching)
}

fn query_planning(raw: raw::RawQueryPlanning, planning: &mut QueryPlanning) {
    let cache = section(raw.cache);
    if let Some(entries) = cache.max_entries.take() {
        planning.cache_entries = entries.0 as u64;
    }
    cache.max_bytes.store(&mut planning.cache_bytes);
    raw.timeout.store(&mut planning.timeout);
    planning.concurrency_limit = raw.concurrency_limit.take().map(|count| count.0);
}

fn plan(raw: raw::RawPlan, planning: &mut QueryPlanning) {
    raw.objective.store(&mut planning.objective);
    if let Some(drafts) = raw.max_drafts.take() {
        planning.drafts = u32::try_from(drafts.0).unwrap_or(u32::MAX);
    }
}

fn redis(raw: raw::RawRedis) -> RedisSettings {
    let mut redis = RedisSettings::default();
    raw.url.store(&mut redis.url);
    raw.timeout.store(&mut redis.timeout);
    raw.connect_timeout.store(&mut redis.connect_timeout);
    raw.namespace.store(&mut redis.namespace);
    redis.certificate_authorities = section(raw.tls).certificate_authorities.take().map(|certificates| certificates.0);
    redis
}

fn registry_server(raw: raw::RawRegistryServer, base_dir: &Path) -> RegistryServer {
    let RegistryServer { listen, database } = RegistryServer::default();
    RegistryServer {
        listen: raw.listen.take().map_or(listen, |address| address.0),
        database: raw.database.take().map_or(database, |place| place.0).in_folder(base_dir),
    }
}

/// Where the settings stand that have to go together.
struct Places {
    listen: Range<usize>,
    health_listen: Range<usize>,
    health_path: Range<usize>,
    metrics_path: Range<usize>,
}

impl Places {
    fn of(raw: &RawConfig) -> Self {
        let health = raw.health_check.get();
        let metrics = raw.telemetry.get().and_then(|telemetry| telemetry.metrics.get());
        let prometheus = metrics.and_then(|metrics| metrics.prometheus.get());
        Self {
            listen: raw.supergraph.get().map(|section| section.listen.range.clone()).unwrap_or_default(),
            health_listen: health.map(|section| section.listen.range.clone()).unwrap_or_default(),
            health_path: health.map(|section| section.path.range.clone()).unwrap_or_default(),
            metrics_path: prometheus.map(|section| section.path.range.clone()).unwrap_or_default(),
        }
    }
}

/// Two listeners can not share an address, nor two answers a path.
fn check_listeners(config: &Config, places: &Places, reports: &Reports) {
    let (graph, health) = (config.supergraph.listen, &config.health_check);
    if !health.enabled {
        return;
    }
    if graph.chosen && health.listen.chosen && graph.address == health.listen.address && graph.address.port() != 0 {
        let message = format!("\"health_check.listen\" and \"supergraph.listen\" are both {}", graph.address);
        let error = reports.error(code::CONFLICT, places.health_listen.clone(), message);
        reports.add(error.at(reports.span(places.listen.clone()), "taken here"));
    }
    if config.telemetry.prometheus.enabled && config.telemetry.prometheus.path == health.path {
        let message =
            format!("\"health_check.path\" and \"telemetry.metrics.prometheus.path\" are both {}", health.path);
        let written = [&places.health_path, &places.metrics_path].into_iter().filter(|place| **place != (0..0));
        let error = Diagnostic::error(code::CONFLICT, message);
        reports.add(written.fold(error, |error, place| error.at(reports.span(place.clone()), "")));
    }
    let invalidation = config.response_cache.invalidation.as_ref();
    let prometheus = &config.telemetry.prometheus;
    if let Some(Invalidation { path, .. }) = invalidation
        && (*path == health.path || (prometheus.enabled && *path == prometheus.path))
    {
        let message = format!("\"response_cache.invalidation.path\" is {path}, where something else is already");
        reports.add(Diagnostic::error(code::CONFLICT, message));
    }
}
