//! `supergraph.registry`: where it is, what is followed, and who asks.

use super::{list, required, store_size, store_within};
use crate::config::raw::registry::{RawRegistry, RawUsage};
use crate::config::raw::switch::RawSwitchOr;
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{RegistrySettings, RegistryToken, UsageSettings};
use std::path::Path;
use std::time::Duration;

pub(super) fn resolve(setting: Setting<RawRegistry>, reports: &Reports, base_dir: &Path) -> Option<RegistrySettings> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    let conflict = |place, message: &str| reports.add(reports.error(code::CONFLICT, place, message));
    if raw.url.is_set() && raw.urls.is_set() {
        conflict(raw.urls.key.clone(), "\"url\" and \"urls\" are two words for one thing; give one");
    }
    if raw.token.is_set() && raw.token_file.is_set() {
        conflict(raw.token_file.key.clone(), "\"token\" and \"token_file\" are two words for one thing; give one");
    }
    let urls_named = raw.url.key != (0..0) || raw.urls.key != (0..0);
    let urls: Vec<_> =
        raw.url.take().into_iter().chain(list(raw.urls).into_iter().flatten()).map(|url| url.0).collect();
    if !urls_named {
        reports.add(reports.error(code::MISSING_KEY, range.clone(), "the key \"url\" is missing"));
    }
    let graph = required(raw.graph, "graph", &range, reports);
    let (mut wait, mut start_timeout) = (RegistrySettings::WAIT, RegistrySettings::START_TIMEOUT);
    let (tenth, second) = (Duration::from_millis(100), Duration::from_secs(1));
    store_within(raw.wait, second..=300 * second, &mut wait, "wait", reports);
    store_within(raw.start_timeout, tenth..=300 * second, &mut start_timeout, "start_timeout", reports);
    let graph = graph.filter(|_| !urls.is_empty())?.0;
    let mut registry = RegistrySettings { wait, start_timeout, ..RegistrySettings::new(urls, graph) };
    registry.last_good = match raw.last_good.take() {
        None => registry.last_good,
        Some(named) => named.0.map(Into::into),
    };
    registry.last_good = registry.last_good.map(|file| base_dir.join(file));
    let file = raw.token_file.take().map(|file| RegistryToken::File(base_dir.join(file)));
    registry.token = raw.token.take().map(|token| RegistryToken::Text(token.trim().into())).or(file);
    store_size(raw.max_bytes, &mut registry.max_bytes);
    registry.usage = match raw.usage.take() {
        None | Some(RawSwitchOr::Fixed(true)) => registry.usage,
        Some(RawSwitchOr::Fixed(false)) => None,
        Some(RawSwitchOr::By(raw)) => Some(usage(*raw, reports)),
    };
    Some(registry)
}

fn usage(raw: RawUsage, reports: &Reports) -> UsageSettings {
    let mut usage = UsageSettings::default();
    let (shortest, longest) = (Duration::from_millis(100), Duration::from_secs(600));
    store_within(raw.interval, shortest..=longest, &mut usage.interval, "interval", reports);
    raw.max_entries.store(&mut usage.max_entries);
    usage
}

/// The schema comes from one place.
pub(super) fn check_alone(registry: &Setting<RawRegistry>, path: &Setting<String>, reports: &Reports) {
    if registry.is_set() && path.is_set() {
        let message = "the schema comes from \"path\" or from a \"registry\"; give one";
        let error = reports.error(code::CONFLICT, registry.key.clone(), message);
        reports.add(error.at(reports.span(path.key.clone()), "this is the other one"));
    }
}
