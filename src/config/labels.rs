//! The rules that say for which requests a label of `@override(from:, label:)` is on.
//!
//! A label is on for a request when any part of its rule says so. A label `percent(x)` needs no rule: it is on
//! for that share of all requests. Any other label without a rule is off.

use http::{HeaderMap, HeaderName, HeaderValue};
use std::collections::BTreeMap;

/// The rules by label.
#[derive(Debug, Clone, Default)]
pub struct OverrideLabels {
    pub(super) by_name: BTreeMap<String, LabelRule>,
}

impl OverrideLabels {
    /// The rule for a label: the configured one, else what its name says.
    pub fn of(&self, label: &str) -> LabelRule {
        self.by_name.get(label).cloned().unwrap_or_else(|| LabelRule {
            share: percent_of(label).map_or(0.0, |percent| percent / 100.0),
            ..LabelRule::default()
        })
    }

    /// Sets the rule for a label.
    pub fn set(&mut self, label: &str, rule: LabelRule) {
        self.by_name.insert(label.to_owned(), rule);
    }
}

/// When a label is on.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LabelRule {
    /// For every request.
    pub always: bool,
    /// For requests that have this header: with this value, or with any.
    pub header: Option<(HeaderName, Option<HeaderValue>)>,
    /// For this share of all requests, from 0 to 1.
    pub share: f64,
}

impl LabelRule {
    /// Whether the label is on for a request with these headers that drew a number from 0 to 1 (less than 1).
    pub fn is_on(&self, headers: &HeaderMap, drawn: f64) -> bool {
        let has = |(name, value): &(HeaderName, Option<HeaderValue>)| match value {
            Some(value) => headers.get_all(name).iter().any(|sent| sent == value),
            None => headers.contains_key(name),
        };
        self.always || drawn < self.share || self.header.as_ref().is_some_and(has)
    }
}

/// The number in `percent(12.5)`.
fn percent_of(label: &str) -> Option<f64> {
    let number = label.strip_prefix("percent(")?.strip_suffix(')')?;
    number.trim().parse().ok().filter(|percent| (0.0..=100.0).contains(percent))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_label_may_name_its_share() {
        let rules = OverrideLabels::default();
        let on = |label: &str, drawn| rules.of(label).is_on(&HeaderMap::new(), drawn);
        assert!(!on("percent(0)", 0.0));
        assert!(on("percent(100)", 0.999_999));
        assert!(on("percent(12.5)", 0.124_9) && !on("percent(12.5)", 0.125));
        for none in ["percent(101)", "percent(-1)", "percent(x)", "percent", "beta"] {
            assert!(!on(none, 0.0), "{none}");
        }
    }

    #[test]
    fn any_part_of_a_rule_turns_the_label_on() {
        let name = HeaderName::from_static("x-beta");
        let rule = LabelRule { header: Some((name.clone(), None)), share: 0.5, ..LabelRule::default() };
        let with = |value| HeaderMap::from_iter([(name.clone(), HeaderValue::from_static(value))]);
        assert!(rule.is_on(&HeaderMap::new(), 0.4) && !rule.is_on(&HeaderMap::new(), 0.5));
        assert!(rule.is_on(&with("no"), 0.9));
        let exact = LabelRule { header: Some((name.clone(), Some(HeaderValue::from_static("yes")))), ..rule };
        assert!(exact.is_on(&with("yes"), 0.9) && !exact.is_on(&with("no"), 0.9));
    }
}
