//! `override_labels`: each rule says something.

use super::{Mentions, section};
use crate::config::raw::switch::RawSwitchOr;
use crate::config::raw::{PerLabel, RawLabelHeader, RawLabelRule};
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{LabelRule, OverrideLabels};

pub(super) fn resolve(raw: PerLabel, reports: &Reports, mentions: &mut Mentions) -> OverrideLabels {
    let mut labels = OverrideLabels::default();
    for (name, setting) in raw {
        mentions.push((name.clone(), reports.span(setting.key.clone())));
        if let Some(rule) = rule(setting, reports) {
            labels.by_name.insert(name, rule);
        }
    }
    labels
}

fn rule(setting: Setting<RawSwitchOr<RawLabelRule>>, reports: &Reports) -> Option<LabelRule> {
    let key = setting.key.clone();
    let raw = match setting.take()? {
        RawSwitchOr::Fixed(always) => return Some(LabelRule { always, ..LabelRule::default() }),
        RawSwitchOr::By(raw) => raw,
    };
    let RawLabelRule { header, percent } = *raw;
    if header.key == (0..0) && percent.key == (0..0) {
        let message = "the rule of a label is true, false, or has \"header\" or \"percent\" or both";
        reports.add(reports.error(code::MISSING_KEY, key, message));
        return None;
    }
    let share = percent.take().map_or(0.0, |percent| percent.0 / 100.0);
    let header = if header.key == (0..0) { None } else { Some(condition(header, reports)?) };
    Some(LabelRule { always: false, header, share })
}

fn condition(
    setting: Setting<RawLabelHeader>,
    reports: &Reports,
) -> Option<(http::HeaderName, Option<http::HeaderValue>)> {
    let key = setting.key.clone();
    let RawLabelHeader { name, value } = section(setting);
    if name.key == (0..0) {
        reports.add(reports.error(code::MISSING_KEY, key, "\"header\" lacks the key \"name\""));
    }
    Some((name.take()?.0, value.take().map(|value| value.0)))
}
