//! The proof: what was put together is read as Weft reads it, and what it would refuse is taken out.

use super::carry::{Carried, Left};
use super::output::Line;
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Source};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Rounds of reading: what is taken out may make something else invalid, and of each list one element is at a time.
const ROUNDS: usize = 1_000;

/// Takes out all that is not valid, each with the reason that Weft gives.
pub(super) fn prove(carried: &mut Carried) {
    for _ in 0..ROUNDS {
        let lines = carried.output.lines();
        let source = Source::new("weft.yaml", carried.output.yaml(""));
        let errors = Config::from_yaml(&source, &|_| None, Path::new("")).err().unwrap_or_default();
        let mut invalid: BTreeMap<&Line, Vec<&Diagnostic>> = BTreeMap::new();
        for error in errors.iter().filter(|error| matters(error)) {
            let line = error.labels.first().map_or(0, |label| label.span.start().line);
            if let Some((_, path)) = line.checked_sub(1).and_then(|line| lines.get(line)) {
                invalid.entry(path).or_default().push(error);
            }
        }
        if invalid.is_empty() {
            return;
        }
        let mut lists = BTreeSet::new();
        for (path, errors) in invalid {
            // The others of its list have other numbers afterwards.
            let list = path.split_last().filter(|(last, _)| last.starts_with('#')).map(|(_, list)| list);
            if list.is_some_and(|list| !lists.insert(list)) {
                continue;
            }
            if let Some(place) = carried.output.take(path) {
                let reasons: Vec<String> = errors.into_iter().map(reason).collect();
                carried.left.push(Left { key: written(path), place, why: reasons.join("; ") });
            }
        }
    }
}

/// A path as Weft's errors write it.
fn written(path: &Line) -> String {
    let mut out = String::new();
    for step in path {
        match step.strip_prefix('#') {
            Some(number) => out += &format!("[{number}]"),
            None if out.is_empty() => out += step,
            None => out += &format!(".{step}"),
        }
    }
    out
}

/// What is filled in is not known here: neither the variables nor the files.
fn matters(error: &Diagnostic) -> bool {
    error.code != "CONFIG_EXPANSION"
}

fn reason(error: &Diagnostic) -> String {
    match &error.help {
        Some(help) => format!("{}; {help}", error.message),
        None => error.message.clone(),
    }
}
