//! Which labels of `@override` are on for a request.
//!
//! Each request draws one number, for all labels that go by share: whoever is among the 10 % is also among the
//! 50 %. So a hundred such labels make a hundred and one ways to plan an operation, not 2^100.

use crate::config::{LabelRule, OverrideLabels};
use crate::graph::LabelSet;
use http::HeaderMap;

/// The rules of a supergraph's labels, by their positions in [`QueryGraph::labels`](crate::graph::QueryGraph::labels).
#[derive(Debug)]
pub(super) struct Labels {
    rules: Vec<LabelRule>,
}

impl Labels {
    /// Finds the rule of each label.
    pub fn new(names: &[String], rules: &OverrideLabels) -> Self {
        Self { rules: names.iter().map(|name| rules.of(name)).collect() }
    }

    /// The labels that are on for a request with these headers. `draw` gives a number from 0 to 1, less than 1; it
    /// is asked once, and only where there are labels.
    pub fn on(&self, headers: &HeaderMap, draw: impl FnOnce() -> f64) -> LabelSet {
        if self.rules.is_empty() {
            return LabelSet::new();
        }
        let drawn = draw();
        let rules = self.rules.iter().enumerate();
        rules.filter(|(_, rule)| rule.is_on(headers, drawn)).map(|(label, _)| label).collect()
    }

    /// The labels that are on for every request.
    pub fn always_on(&self) -> LabelSet {
        let rules = self.rules.iter().enumerate();
        rules.filter(|(_, rule)| rule.always || rule.share >= 1.0).map(|(label, _)| label).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_draw_decides_about_all_shares() {
        let names: Vec<String> = ["percent(10)", "percent(2.5)", "percent(50)"].map(Into::into).into();
        let labels = Labels::new(&names, &OverrideLabels::default());
        let on = |drawn| (0..3).map(|label| labels.on(&HeaderMap::new(), || drawn).contains(label)).collect::<Vec<_>>();
        assert_eq!(on(0.02), [true, true, true]);
        assert_eq!(on(0.05), [true, false, true]);
        assert_eq!(on(0.3), [false, false, true]);
        assert_eq!(on(0.5), [false, false, false]);
    }

    #[test]
    fn shares_are_kept() {
        let labels = Labels::new(&["percent(12.5)".to_owned()], &OverrideLabels::default());
        let mut random = fastrand::Rng::with_seed(7);
        let on = (0..100_000).filter(|_| labels.on(&HeaderMap::new(), || random.f64()).contains(0)).count();
        assert!((12_000..13_000).contains(&on), "{on}");
    }

    #[test]
    fn without_labels_nothing_is_drawn() {
        let labels = Labels::new(&[], &OverrideLabels::default());
        assert!(labels.on(&HeaderMap::new(), || unreachable!("nothing needs it")).is_empty());
    }
}
