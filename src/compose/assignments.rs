//! Satisfiability under the labels of `@override`: every query must have a plan whichever labels are on.
//!
//! Up to [`FEW`] labels, all assignments are looked at. With more of them: all off, all on, each one on alone, and
//! each one off alone; what fails only when two labels of many differ from the rest is not found.
//!
//! What is found of a field under some assignments only is reported once, with the label that makes the difference.

use crate::diagnostic::Diagnostic;
use crate::graph::{LabelSet, QueryGraph};
use crate::supergraph::FieldId;
use std::collections::BTreeMap;

/// So many labels have few assignments: eight.
const FEW: usize = 3;

/// Checks a graph under the assignments of its labels.
pub fn check_all(graph: &QueryGraph, check: impl Fn(&QueryGraph) -> Vec<(FieldId, Diagnostic)>) -> Vec<Diagnostic> {
    let labels = graph.labels();
    let assignments = assignments(labels.len());
    // In the order in which they are found.
    let mut findings: Vec<(FieldId, Diagnostic)> = Vec::new();
    let mut failing: BTreeMap<(FieldId, &str), Vec<&LabelSet>> = BTreeMap::new();
    for on in &assignments {
        for (field, finding) in check(&graph.under(on)) {
            let assignments = failing.entry((field, finding.code)).or_default();
            if assignments.is_empty() {
                findings.push((field, finding));
            }
            assignments.push(on);
        }
    }
    let noted = |(field, mut finding): (FieldId, Diagnostic)| {
        if let Some(note) = note(labels, &assignments, &failing[&(field, finding.code)]) {
            finding.message = format!("{}\n{note}", finding.message);
        }
        finding
    };
    findings.into_iter().map(noted).collect()
}

fn assignments(labels: usize) -> Vec<LabelSet> {
    if labels <= FEW {
        let bits = |mask: usize| (0..labels).filter(move |label| mask >> label & 1 == 1).collect();
        return (0..1_usize << labels).map(bits).collect();
    }
    let all = || 0..labels;
    let alone = all().map(|label| LabelSet::from_iter([label]));
    let left_out = all().map(|label| all().filter(|&other| other != label).collect());
    [LabelSet::new(), all().collect()].into_iter().chain(alone).chain(left_out).collect()
}

/// Under which labels it fails; nothing when it fails under all.
fn note(labels: &[String], all: &[LabelSet], failing: &[&LabelSet]) -> Option<String> {
    if failing.len() == all.len() {
        return None;
    }
    for (label, name) in labels.iter().enumerate() {
        for (on, word) in [(false, "off"), (true, "on")] {
            let with = all.iter().filter(|set| set.contains(label) == on).count();
            if failing.len() == with && failing.iter().all(|set| set.contains(label) == on) {
                return Some(format!("This is so while the label \"{name}\" of @override is {word}."));
            }
        }
    }
    let list = |on: bool| {
        let names = labels.iter().enumerate().filter(|(label, _)| failing[0].contains(*label) == on);
        let names: Vec<String> = names.map(|(_, name)| format!("\"{name}\"")).collect();
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    };
    Some(format!(
        "This is so while of the labels of @override these are on: {}; and these off: {}.",
        list(true),
        list(false)
    ))
}
