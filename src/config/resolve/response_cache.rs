//! `response_cache`: what holds for all subgraphs comes first, a subgraph's own words are laid over it.

use super::{Mentions, list, section};
use crate::config::raw::response_cache::{RawCachedSubgraph, RawInvalidation, RawResponseCache};
use crate::config::response_cache::{CachedSubgraph, Invalidation, ResponseCache};
use crate::config::yaml::{Reports, Setting, code};

pub(super) fn resolve(
    raw: Setting<RawResponseCache>,
    reports: &Reports,
    (mentions, mutations): (&mut Mentions, &mut Mentions),
) -> ResponseCache {
    let Some(raw) = raw.take() else { return ResponseCache::default() };
    // A section that is there means that it is wanted.
    let mut cache = ResponseCache::switched_on();
    raw.enabled.store(&mut cache.enabled);
    raw.max_bytes.store(&mut cache.max_bytes);
    raw.max_ttl.store(&mut cache.max_ttl);
    raw.shared.store(&mut cache.shared);
    raw.debug.store(&mut cache.debug);
    cache.private_id = section(raw.private_id).header.take().map(|name| name.0);
    cache.surrogate_keys = raw.surrogate_keys.take();
    cache.invalidation = invalidation(raw.invalidation, reports);
    for (field, setting) in section(raw.mutations) {
        mutations.push((field.clone(), reports.span(setting.key.clone())));
        cache.mutations.insert(field, list(setting).into_iter().flatten().collect());
    }
    let subgraph = section(raw.subgraph);
    lay(section(subgraph.all), &mut cache.all);
    for (name, setting) in section(subgraph.subgraphs) {
        mentions.push((name.clone(), reports.span(setting.key.clone())));
        let mut own = cache.all.clone();
        lay(section(setting), &mut own);
        cache.by_name.insert(name, own);
    }
    cache
}

/// An endpoint without a secret would let everybody empty the cache.
fn invalidation(raw: Setting<RawInvalidation>, reports: &Reports) -> Option<Invalidation> {
    let key = raw.key.clone();
    let RawInvalidation { path, shared_key } = raw.take()?;
    let shared_key = shared_key.take().filter(|key| !key.is_empty());
    if shared_key.is_none() {
        let message = "\"invalidation\" lacks the key \"shared_key\", which requests have to bring";
        reports.add(reports.error(code::MISSING_KEY, key, message));
    }
    let mut invalidation = Invalidation { path: "/invalidation".into(), shared_key: shared_key? };
    path.store(&mut invalidation.path);
    Some(invalidation)
}

fn lay(raw: RawCachedSubgraph, settings: &mut CachedSubgraph) {
    raw.enabled.store(&mut settings.enabled);
    raw.ttl.store(&mut settings.ttl);
    raw.missing_ttl.store(&mut settings.missing_ttl);
    raw.stale_while_revalidate.store(&mut settings.stale_while_revalidate);
    raw.stale_if_error.store(&mut settings.stale_if_error);
    if let Some(names) = list(raw.vary) {
        settings.vary = names.map(|name| name.0).collect();
    }
    for (coordinate, setting) in section(raw.ttls) {
        if let Some(ttl) = setting.take() {
            settings.ttls.insert(coordinate, ttl.into());
        }
    }
}
