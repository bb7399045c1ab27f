//! For how long what subgraphs answer may be kept, and what mutations make stale: what the schema says, and the
//! configuration over it.

use crate::config::ResponseCache;
use crate::plan::{CacheHint, CacheRules};
use crate::supergraph::{CacheControl, CacheScope, FieldId, SubgraphId, Supergraph, TypeId};
use std::time::Duration;

/// The rules; none when nothing is kept.
pub fn cache_rules(supergraph: &Supergraph, config: &ResponseCache) -> Option<CacheRules> {
    if !config.enabled {
        return None;
    }
    let mut rules = CacheRules::default();
    for (index, subgraph) in supergraph.subgraphs.iter().enumerate() {
        let (id, settings) = (SubgraphId::from_index(index), config.of(&subgraph.name));
        let seconds = |ttl: Duration| whole_seconds(ttl.min(config.max_ttl));
        let invalidations = invalidations(supergraph, config, id);
        rules.invalidations.extend(invalidations.map(|(field, tags)| ((id, field), tags)));
        if !settings.enabled {
            rules.defaults.push(0);
            continue;
        }
        rules.defaults.push(seconds(settings.ttl));
        let hint = |control: CacheControl| CacheHint {
            max_age: control.max_age.map(|age| u32::try_from(age).unwrap_or(0).min(whole_seconds(config.max_ttl))),
            private: control.scope.map(|scope| scope == CacheScope::Private),
            inherit: control.inherit_max_age,
        };
        for (at, ty) in supergraph.types.iter().enumerate() {
            let key = (id, TypeId::from_index(at));
            if let Some(control) = ty.cache_control(id) {
                rules.types.insert(key, hint(control));
            }
            let tags: Vec<Box<str>> = ty.cache_tags(id).map(Into::into).collect();
            if !tags.is_empty() {
                rules.type_tags.insert(key, tags);
            }
        }
        for (at, field) in supergraph.fields.iter().enumerate() {
            let key = (id, FieldId::from_index(at));
            if let Some(control) = field.cache_control(id) {
                rules.fields.insert(key, hint(control));
            }
            let tags: Vec<Box<str>> = field.cache_tags(id).map(Into::into).collect();
            if !tags.is_empty() {
                rules.field_tags.insert(key, tags);
            }
        }
        for (coordinate, &ttl) in &settings.ttls {
            let (name, field) =
                coordinate.split_once('.').map_or((&**coordinate, None), |(ty, field)| (ty, Some(field)));
            let Some(ty) = supergraph.type_id(name) else { continue };
            let hint = match field {
                None => rules.types.entry((id, ty)).or_default(),
                Some(field) => match supergraph.field_of(ty, field) {
                    Some(field) => rules.fields.entry((id, field)).or_default(),
                    None => continue,
                },
            };
            (hint.max_age, hint.inherit) = (Some(seconds(ttl)), false);
        }
    }
    Some(rules).filter(|rules| !rules.is_empty())
}

/// What a subgraph's fields of the mutation make stale, whether its own answers are kept or not.
fn invalidations(
    supergraph: &Supergraph,
    config: &ResponseCache,
    id: SubgraphId,
) -> impl Iterator<Item = (FieldId, Vec<Box<str>>)> {
    let fields = supergraph.mutation.map(|mutation| supergraph.fields_of(mutation)).unwrap_or_default();
    fields.iter().filter_map(move |&at| {
        let field = supergraph.field(at);
        let configured = config.mutations.get(field.name.as_str()).into_iter().flatten().map(String::as_str);
        let tags: Vec<Box<str>> = field.cache_invalidations(id).chain(configured).map(Into::into).collect();
        (!tags.is_empty()).then_some((at, tags))
    })
}

/// Part of a second is none: what is kept is not kept for longer than is said.
fn whole_seconds(ttl: Duration) -> u32 {
    u32::try_from(ttl.as_secs()).unwrap_or(u32::MAX)
}
