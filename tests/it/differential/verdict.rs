//! Whether an answer is right, given what one service would have answered.
//!
//! Data is compared byte for byte.
//!
//! Which errors are told is freer, since a null that goes up hides others: each null that stands for a
//! failure has an error at or below it, and each error belongs to such a null.

use super::answer::Notes;
use super::case::Outcome;
use serde_json::Value as Json;
use weft::execute::GraphqlError;

/// What is wrong with an answer that all subgraphs took part in.
pub fn of_answer(outcome: &Outcome, expected: &Json, notes: &Notes) -> Vec<String> {
    let mut wrong = outcome.faults.clone();
    let text = expected.to_string();
    if outcome.answer != text {
        wrong.push(format!("--- answer\n{}\n--- expected\n{expected}", outcome.answer));
    }
    let paths: Vec<Vec<Json>> = outcome.errors.iter().map(path).collect();
    for (path, error) in paths.iter().zip(&outcome.errors) {
        let told = |nulled: &Vec<Json>| path.starts_with(nulled);
        if !notes.nulled.iter().any(told) && !notes.failures.contains(path) {
            wrong.push(format!("--- an error of nothing: {error:?}"));
        }
    }
    for nulled in &notes.nulled {
        let hidden = notes.nulled.iter().any(|other| other.len() < nulled.len() && nulled.starts_with(other));
        if !hidden && !paths.iter().any(|path| path.starts_with(nulled)) {
            wrong.push(format!("--- null without an error: {}", Json::from(nulled.clone())));
        }
    }
    wrong
}

/// What is wrong with an answer while a subgraph is out of order: nothing but nulls may be put for values, and
/// each of them has an error.
///
/// What a lost field is required for is lost without an error of its own: with `requires` any error will do.
pub fn of_outage(outcome: &Outcome, expected: &Json, requires: bool) -> Vec<String> {
    let mut wrong = outcome.faults.clone();
    let path = |error: &GraphqlError| if requires { Vec::new() } else { path(error) };
    let paths: Vec<Vec<Json>> = outcome.errors.iter().map(path).collect();
    let found = answer(outcome);
    below(&found, expected, &mut Vec::new(), &paths, &mut wrong);
    if !wrong.is_empty() {
        wrong.push(format!(
            "--- answer\n{}\n--- expected\n{expected}\n--- errors\n{:?}",
            outcome.answer, outcome.errors
        ));
    }
    wrong
}

fn below(found: &Json, expected: &Json, at: &mut Vec<Json>, errors: &[Vec<Json>], wrong: &mut Vec<String>) {
    match (found, expected) {
        (Json::Object(found), Json::Object(expected)) if found.len() == expected.len() => {
            for (key, expected) in expected {
                at.push(key.as_str().into());
                match found.get(key) {
                    Some(found) => below(found, expected, at, errors, wrong),
                    None => wrong.push(format!("{} is missing", Json::from(at.clone()))),
                }
                at.pop();
            }
        }
        (Json::Array(found), Json::Array(expected)) if found.len() == expected.len() => {
            for (index, (found, expected)) in found.iter().zip(expected).enumerate() {
                at.push(index.into());
                below(found, expected, at, errors, wrong);
                at.pop();
            }
        }
        (Json::Null, Json::Null) => {}
        (Json::Null, _) => {
            let here = places(at);
            if !errors
                .iter()
                .map(|error| places(error))
                .any(|error| error.starts_with(&here) || here.starts_with(&error))
            {
                wrong.push(format!("{} is null without an error", Json::from(at.clone())));
            }
        }
        _ if found == expected => {}
        _ => wrong.push(format!("{} is {found} and not {expected}", Json::from(at.clone()))),
    }
}

/// A path without the positions in lists: when a whole fetch fails, one error stands for all elements.
fn places(path: &[Json]) -> Vec<&Json> {
    path.iter().filter(|step| step.is_string()).collect()
}

fn answer(outcome: &Outcome) -> Json {
    serde_json::from_str(&outcome.answer).unwrap()
}

fn path(error: &GraphqlError) -> Vec<Json> {
    match serde_json::to_value(&error.path).unwrap() {
        Json::Array(path) => path,
        _ => Vec::new(),
    }
}
