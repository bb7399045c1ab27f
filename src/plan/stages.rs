//! Stages: what planning did on its way to a plan, for people.
//!
//! `weft plan --stage` prints them one by one: the relaxed [`space`], the [`steps`] of the best draft and
//! the graph of its requests ([`dag`]). [`choices`] says what the search chose between and why.

use super::choice::{Alternative, Choice, Question, Route};
use super::draft::{PlaceId, Step};
use super::explain::summary_of;
use super::model::{Cost, Optimality};
use super::space::{Need, NeedKind};
use super::{Objective, Planned, Planning};
use crate::operation::{Selection, SelectionKind, SetId};
use crate::supergraph::SubgraphId;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The relaxed space: for each field who could resolve it and in which round at the earliest, and the
/// requests that every plan makes.
pub fn space(planning: &Planning<'_>, objective: Objective) -> String {
    let space = &planning.space;
    let mut out = format!("# any plan needs {}\n", summary_of(space.bound(objective)));
    let names = response_keys(planning);
    let rows: Vec<(String, String)> = space
        .positions
        .iter()
        .map(|position| {
            let key = names.get(&position.unit).copied().unwrap_or_default();
            let ways: Vec<String> = position
                .ways
                .iter()
                .map(|(subgraph, level)| format!("{}@{level}", name(planning, *subgraph)))
                .collect();
            (format!("{:indent$}{key}", "", indent = position.depth as usize * 2), ways.join(" "))
        })
        .collect();
    aligned(&mut out, &rows);
    let needs: Vec<(String, String)> =
        space.needs.iter().map(|need| (name(planning, need.subgraph).to_owned(), describe_need(need))).collect();
    out.push_str("needs\n");
    aligned(&mut out, &needs.into_iter().map(|(name, text)| (format!("  {name}"), text)).collect::<Vec<_>>());
    out
}

fn describe_need(need: &Need) -> String {
    let kind = match need.kind {
        NeedKind::Root => "for root fields",
        NeedKind::Entity => "for entities",
        NeedKind::Either => "for root fields or entities",
    };
    let after = match need.after {
        0 => String::new(),
        1 => ", 1 round after it".to_owned(),
        rounds => format!(", {rounds} rounds after it"),
    };
    format!("{kind}, not before round {}{after}", need.earliest)
}

/// The steps of the draft: round trips before those to one subgraph are put together.
pub fn steps(planning: &Planning<'_>, planned: &Planned<'_>) -> String {
    let draft = &planned.candidate.draft;
    let mut out = format!("# {}\n", super::explain::summary(&planned.plan));
    for (at, step) in draft.steps.iter().enumerate() {
        let Step { subgraph, level, needs, inputs, visit, .. } = step;
        let needs: Vec<String> = needs.iter().map(|need| format!("s{}", need.0)).collect();
        let after = if needs.is_empty() { String::new() } else { format!(", after {}", needs.join(" ")) };
        let what = match inputs.as_slice() {
            [] => "root fields".to_owned(),
            _ => format!("entities at {}", path(planned, draft.visit(*visit).place)),
        };
        let _ = writeln!(out, "s{at}: {}, round {level}, {what}{after}", name(planning, *subgraph));
    }
    out
}

/// The requests, when each can be made, and what it waits for.
pub fn dag(planning: &Planning<'_>, planned: &Planned<'_>) -> String {
    let mut out = format!("# {}\n", super::explain::summary(&planned.plan));
    for (at, request) in planned.candidate.requests.iter().enumerate() {
        let steps: Vec<String> = request.steps.iter().map(|step| format!("s{}", step.0)).collect();
        let needs: Vec<String> = request.needs.iter().map(|need| format!("f{need}")).collect();
        let after = if needs.is_empty() { String::new() } else { format!(", after {}", needs.join(" ")) };
        let subgraph = name(planning, request.subgraph);
        let _ = writeln!(out, "f{at}: {subgraph}, round {}, {}{after}", request.level, steps.join(" "));
    }
    out
}

/// What the search chose between, with the cost of the best plan found by each alternative.
pub fn choices(planning: &Planning<'_>, planned: &Planned<'_>) -> String {
    let trail = &planned.trail;
    let mut out = format!("# {}\n", super::explain::summary(&planned.plan));
    let _ = writeln!(out, "# any plan needs {}", summary_of(trail.bound));
    let _ = writeln!(
        out,
        "# {} tried, {} given up on the way, {} ruled out by a bound",
        plural(trail.drafts, "draft"),
        trail.cut,
        plural(trail.pruned, "branch"),
    );
    let made = &planned.candidate.choices;
    if made.is_empty() {
        out.push_str("Nothing had to be chosen.\n");
    }
    for (at, choice) in made.iter().enumerate() {
        let _ = writeln!(out, "{}. {}", at + 1, describe_point(planning, planned, choice));
        let rows: Vec<(String, String)> = choice
            .alternatives
            .iter()
            .enumerate()
            .map(|(other, alternative)| {
                let mark = if other == choice.taken { '>' } else { ' ' };
                let text = format!("   {mark} {}", describe_alternative(planning, alternative));
                (text, outcome(planned, at, other).text())
            })
            .collect();
        aligned(&mut out, &rows);
    }
    out
}

/// The same for scripts.
pub fn choices_json(planning: &Planning<'_>, planned: &Planned<'_>) -> Value {
    let trail = &planned.trail;
    let choices: Vec<Value> = planned
        .candidate
        .choices
        .iter()
        .enumerate()
        .map(|(at, choice)| {
            let alternatives: Vec<Value> = choice
                .alternatives
                .iter()
                .enumerate()
                .map(|(other, alternative)| {
                    json!({
                        "subgraph": name(planning, alternative.subgraph),
                        "round": alternative.level,
                        "route": route(planning, alternative.route),
                        "taken": other == choice.taken,
                        "outcome": outcome(planned, at, other).json(),
                    })
                })
                .collect();
            json!({ "at": describe_point(planning, planned, choice), "alternatives": alternatives })
        })
        .collect();
    json!({
        "bound": trail.bound,
        "cost": planned.plan.cost,
        "optimality": planned.plan.optimality,
        "drafts": trail.drafts,
        "givenUp": trail.cut,
        "ruledOut": trail.pruned,
        "choices": choices,
    })
}

/// What came of an alternative.
enum Outcome {
    /// The best plan that takes it.
    Found(Cost),
    /// No plan that takes it costs less than this, which is not less than the best.
    RuledOut(Cost),
    /// The budget ended before.
    NotTried,
}

impl Outcome {
    fn text(&self) -> String {
        match self {
            Self::Found(cost) => summary_of(*cost),
            Self::RuledOut(bound) => format!("cannot be better: needs {} at least", summary_of(*bound)),
            Self::NotTried => "not tried".to_owned(),
        }
    }

    fn json(&self) -> Value {
        match self {
            Self::Found(cost) => json!({ "found": cost }),
            Self::RuledOut(bound) => json!({ "ruledOut": bound }),
            Self::NotTried => json!("not tried"),
        }
    }
}

/// What came of taking `other` at the choice `at` of the winning script, after the same choices before.
fn outcome(planned: &Planned<'_>, at: usize, other: usize) -> Outcome {
    let made = &planned.candidate.choices;
    let prefix: Vec<usize> = made[..at].iter().map(|choice| choice.taken).chain([other]).collect();
    let found = planned.trail.tried.iter().filter(|tried| tried.taken.starts_with(&prefix));
    match found.filter_map(|tried| tried.cost).min() {
        Some(cost) => Outcome::Found(cost),
        None if planned.plan.optimality == Optimality::Optimal => {
            Outcome::RuledOut(made[at].bound.max(planned.trail.bound))
        }
        None => Outcome::NotTried,
    }
}

fn describe_point(planning: &Planning<'_>, planned: &Planned<'_>, choice: &Choice) -> String {
    let draft = &planned.candidate.draft;
    let ty = &planning.supergraph.ty(choice.point.ty).name;
    let at = path(planned, choice.point.place);
    let at = if at.is_empty() { String::new() } else { format!(" at {at}") };
    let field = choice.point.entry.map(|entry| {
        let found = &draft.place(choice.point.place).entries[entry];
        planning.supergraph.field(found.field).name.to_string()
    });
    let field = field.unwrap_or_default();
    match choice.point.question {
        Question::Field => format!("who resolves {ty}.{field}{at}"),
        Question::Input => format!("who supplies {ty}.{field}{at}, which another request needs"),
        Question::Key => format!("which key names {ty}{at}"),
        Question::Type => format!("who tells the type of {ty}{at}"),
    }
}

fn describe_alternative(planning: &Planning<'_>, alternative: &Alternative) -> String {
    let Alternative { subgraph, level, route: by } = alternative;
    format!("{} in round {level}, {}", name(planning, *subgraph), route(planning, *by))
}

fn route(planning: &Planning<'_>, route: Route) -> String {
    match route {
        Route::Here => "directly".to_owned(),
        Route::Entity => "as an entity".to_owned(),
        Route::Key(key) => format!("by key \"{}\"", planning.graph.field_set(key).text),
        Route::Path => "along the path".to_owned(),
    }
}

fn name<'p>(planning: &'p Planning<'_>, subgraph: SubgraphId) -> &'p str {
    &planning.supergraph.subgraph(subgraph).name
}

/// `users.orders`: the response keys that lead to a place.
fn path(planned: &Planned<'_>, place: PlaceId) -> String {
    let draft = &planned.candidate.draft;
    let mut keys = Vec::new();
    let mut at = draft.place(place).parent;
    while let Some((above, entry)) = at {
        keys.push(draft.place(above).entries[entry].key.as_str());
        at = draft.place(above).parent;
    }
    keys.reverse();
    keys.join(".")
}

/// The response key of each unit.
fn response_keys<'p>(planning: &'p Planning<'_>) -> BTreeMap<u32, &'p str> {
    let mut names = BTreeMap::new();
    let mut pending = vec![SetId::ROOT];
    while let Some(set) = pending.pop() {
        for Selection { unit, response_key, kind, .. } in &planning.operation.set(set).selections {
            names.insert(*unit, response_key.as_str());
            if let SelectionKind::Field { children: Some(children), .. } = kind {
                pending.push(*children);
            }
        }
    }
    names
}

/// Writes rows of two columns, the second aligned.
fn aligned(out: &mut String, rows: &[(String, String)]) {
    let width = rows.iter().map(|(first, _)| first.chars().count()).max().unwrap_or(0);
    for (first, second) in rows {
        let _ = writeln!(out, "{first:width$}  {second}");
    }
}

fn plural(count: u32, word: &str) -> String {
    let ending = match (count, word.ends_with("ch")) {
        (1, _) => "",
        (_, true) => "es",
        (_, false) => "s",
    };
    format!("{count} {word}{ending}")
}
