//! `headers`: each rule is one thing, and none touches a reserved header.

use super::{Mentions, list, section};
use crate::config::raw::headers::{RawHeaderRule, RawHeaderRules, RawHeaders, RawInsert, RawPropagate, RawRemove};
use crate::config::values::HeaderNameText;
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{HeaderRule, HeaderRules, is_reserved_header, is_trace_header};
use std::ops::Range;

pub(super) fn resolve(raw: RawHeaders, reports: &Reports, mentions: &mut Mentions) -> HeaderRules {
    let mut by_name = std::collections::BTreeMap::new();
    for (name, setting) in section(raw.subgraphs) {
        mentions.push((name.clone(), reports.span(setting.key.clone())));
        by_name.insert(name, rules(setting, reports));
    }
    HeaderRules { all: rules(raw.all, reports), by_name }
}

fn rules(setting: Setting<RawHeaderRules>, reports: &Reports) -> Vec<HeaderRule> {
    section(section(setting).request).into_iter().filter_map(|setting| rule(setting, reports)).collect()
}

fn rule(setting: Setting<RawHeaderRule>, reports: &Reports) -> Option<HeaderRule> {
    let range = setting.range.clone();
    let raw = setting.take()?;
    match (raw.propagate.key != (0..0), raw.insert.key != (0..0), raw.remove.key != (0..0)) {
        (true, false, false) => propagate(raw.propagate, reports),
        (false, true, false) => insert(raw.insert, reports),
        (false, false, true) => remove(raw.remove, reports),
        _ => {
            let message = "a header rule is one of \"propagate\", \"insert\" and \"remove\"";
            reports.add(reports.error(code::CONFLICT, range, message));
            None
        }
    }
}

fn propagate(setting: Setting<RawPropagate>, reports: &Reports) -> Option<HeaderRule> {
    let key = setting.key.clone();
    let raw = setting.take()?;
    match (raw.named.key != (0..0), raw.matching.key != (0..0)) {
        (true, false) => {
            let named = free(raw.named, reports)?;
            let to = if raw.rename.is_set() { telling(raw.rename, reports)? } else { named.clone() };
            Some(HeaderRule::Propagate { named, to, default: raw.default.take().map(|value| value.0) })
        }
        (false, true) => {
            for only_named in [&raw.rename.key, &raw.default.key].into_iter().filter(|key| **key != (0..0)) {
                let message = "\"rename\" and \"default\" go with \"named\" only";
                reports.add(reports.error(code::CONFLICT, only_named.clone(), message));
            }
            raw.matching.take().map(|pattern| HeaderRule::PropagateMatching(pattern.0))
        }
        _ => one_of(reports, key, "propagate"),
    }
}

fn insert(setting: Setting<RawInsert>, reports: &Reports) -> Option<HeaderRule> {
    let key = setting.key.clone();
    let raw = setting.take()?;
    if raw.name.key == (0..0) {
        reports.add(reports.error(code::MISSING_KEY, key.clone(), "\"insert\" lacks the key \"name\""));
    }
    if raw.join.key != (0..0) && raw.claim.key == (0..0) {
        reports.add(reports.error(code::CONFLICT, raw.join.key.clone(), "\"join\" goes with \"claim\" only"));
    }
    let name = if raw.value.key == (0..0) { telling(raw.name, reports) } else { free(raw.name, reports) };
    match (raw.value.key != (0..0), raw.claim.key != (0..0), raw.signed.key != (0..0)) {
        (true, false, false) => {
            let mut value = raw.value.take()?.0;
            // Often a token: it shall not show where a configuration or a request is printed.
            value.set_sensitive(true);
            Some(HeaderRule::Insert { name: name?, value })
        }
        (false, true, false) => {
            let join = raw.join.take().and_then(|join| join.0.to_str().map(Into::into).ok());
            Some(HeaderRule::Claim { name: name?, claim: raw.claim.take()?.into(), join: join.unwrap_or(",".into()) })
        }
        (false, false, true) => {
            let claims = list(raw.signed).map(|claims| claims.map(Into::into).collect()).unwrap_or_default();
            Some(HeaderRule::Signed { name: name?, claims })
        }
        (false, false, false) => {
            reports.add(reports.error(code::MISSING_KEY, key, "\"insert\" lacks the key \"value\""));
            None
        }
        _ => {
            let message = "\"insert\" takes one of \"value\", \"claim\" and \"signed\"";
            reports.add(reports.error(code::CONFLICT, key, message));
            None
        }
    }
}

fn remove(setting: Setting<RawRemove>, reports: &Reports) -> Option<HeaderRule> {
    let key = setting.key.clone();
    let raw = setting.take()?;
    match (raw.named.key != (0..0), raw.matching.key != (0..0)) {
        (true, false) => raw.named.take().map(|name| HeaderRule::Remove(name.0)),
        (false, true) => raw.matching.take().map(|pattern| HeaderRule::RemoveMatching(pattern.0)),
        _ => one_of(reports, key, "remove"),
    }
}

fn one_of(reports: &Reports, key: Range<usize>, rule: &str) -> Option<HeaderRule> {
    let message = format!("\"{rule}\" takes one of \"named\" and \"matching\"");
    reports.add(reports.error(code::CONFLICT, key, message));
    None
}

/// A header that rules may send.
fn free(setting: Setting<HeaderNameText>, reports: &Reports) -> Option<http::HeaderName> {
    let range = setting.range.clone();
    let name = setting.take()?.0;
    if is_reserved_header(&name) {
        let message = format!("the header \"{name}\" belongs to the gateway and its connections; no rule can send it");
        reports.add(reports.error(code::INVALID_VALUE, range, message));
        return None;
    }
    Some(name)
}

/// A header that may tell clients apart. Those of a trace may not: requests that differ in nothing else are sent
/// once, and one client's answer would go to another.
fn telling(setting: Setting<HeaderNameText>, reports: &Reports) -> Option<http::HeaderName> {
    let range = setting.range.clone();
    let name = free(setting, reports)?;
    if is_trace_header(&name) {
        let message =
            format!("the header \"{name}\" names a trace and nothing else; what differs by client needs another");
        reports.add(reports.error(code::INVALID_VALUE, range, message));
        return None;
    }
    Some(name)
}
