//! The subgraphs that take part: sorted by name, each with its value of the `join__Graph` enum.

use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};
use apollo_compiler::Name;
use std::collections::HashSet;

/// The subgraphs sorted by name, if the names can be told apart and none is reserved.
pub fn sort(subgraphs: &[Subgraph]) -> Result<Vec<&Subgraph>, Vec<Diagnostic>> {
    let mut members: Vec<&Subgraph> = subgraphs.iter().collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    let mut errors = Vec::new();
    if members.is_empty() {
        errors.push(
            Diagnostic::error(Code::NoQueries, "There is no subgraph to compose").help("name at least one subgraph"),
        );
    }
    for pair in members.windows(2) {
        if pair[0].name == pair[1].name {
            errors.push(
                Diagnostic::error(Code::InvalidSubgraphName, format!("Two subgraphs are called \"{}\"", pair[0].name))
                    .help("give each subgraph a name of its own"),
            );
        }
    }
    for member in &members {
        if matches!(member.name.as_str(), "_" | "") {
            errors.push(
                Diagnostic::error(
                    Code::InvalidSubgraphName,
                    format!("A subgraph may not be called \"{}\"", member.name),
                )
                .help("rename the subgraph"),
            );
        }
    }
    if errors.is_empty() { Ok(members) } else { Err(errors) }
}

/// The enum values for subgraphs of these names: upper case, other characters than letters, digits and
/// underscores as underscores, one underscore at most at the beginning, and one before a leading digit, and a number after names that would clash.
pub fn graph_names(names: &[&str]) -> Vec<Name> {
    let plain: Vec<String> = names.iter().map(|name| graph_name(name)).collect();
    let mut taken: HashSet<String> = HashSet::new();
    plain
        .iter()
        .map(|base| {
            let clashes = plain.iter().filter(|other| *other == base).count() > 1;
            let mut chosen = if clashes { format!("{base}_1") } else { base.clone() };
            let mut number = 1;
            while !taken.insert(chosen.clone()) {
                number += 1;
                chosen = format!("{base}_{number}");
            }
            Name::new(&chosen).expect("made of letters, digits and underscores")
        })
        .collect()
}

fn graph_name(name: &str) -> String {
    let upper: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect();
    // Two underscores at the beginning are GraphQL's own, and other readers insist on that.
    let plain = upper.trim_start_matches('_');
    if plain.len() < upper.len() || plain.starts_with(|c: char| c.is_ascii_digit()) {
        format!("_{plain}")
    } else {
        upper
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn graph_names_are_distinct_and_valid() {
        let names = graph_names(&["--", "2fast", "__a", "a-b", "a_b", "orders"]);
        let names: Vec<&str> = names.iter().map(Name::as_str).collect();
        assert_eq!(names, ["_", "_2FAST", "_A", "A_B_1", "A_B_2", "ORDERS"]);
    }
}
