//! What a document would be with its fragments expanded, measured without expanding them.
//!
//! Each fragment is measured once, the ones it spreads before it, so the work is linear in the
//! document while the sums may reach 2^n: they saturate. Counting knows no types, so it errs to the
//! large side: fields for different types of one position are all counted.
//!
//! A fragment that spreads itself counts as nothing at that place; validation refuses it afterwards.

use super::refusal::ClientError;
use crate::config::Limits;
use apollo_compiler::ast::{Definition, Document, FragmentDefinition, OperationDefinition, Selection, Value};
use std::collections::{HashMap, HashSet};

/// Sums over one selection set and all that is in it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Measure {
    /// Fields of the selection set itself.
    level: usize,
    /// Fields on the longest way down.
    depth: usize,
    /// Selection sets on the longest way down, those of fragments too: what later stages recurse into.
    nesting: usize,
    /// Fields altogether.
    fields: usize,
    /// Fields with an alias.
    aliases: usize,
    /// Elements of lists in arguments.
    list_items: usize,
}

type Fragments<'a> = HashMap<&'a str, &'a FragmentDefinition>;
type Measured<'a> = HashMap<&'a str, Measure>;

/// All the limits that an operation of a document exceeds.
pub(super) fn check(document: &Document, operation: &OperationDefinition, limits: &Limits) -> Vec<ClientError> {
    let measured = measure_fragments(document);
    let measure = measure_operation(operation, &measured);
    // Validation looks at all of the document, what the request does not use included.
    let nesting = document
        .definitions
        .iter()
        .filter_map(Definition::as_operation_definition)
        .map(|operation| measure_set(&operation.selection_set, &measured).nesting);
    let nesting = nesting.chain(measured.values().map(|fragment| fragment.nesting)).max().unwrap_or(0);
    let bounds = [
        ("MAX_DEPTH_LIMIT", "depth", measure.depth, limits.max_depth),
        ("MAX_DEPTH_LIMIT", "nesting", nesting, limits.parser_max_recursion),
        ("MAX_HEIGHT_LIMIT", "number of fields", measure.fields, limits.max_height),
        ("MAX_ALIASES_LIMIT", "number of aliases", measure.aliases, limits.max_aliases),
        ("MAX_ROOT_FIELDS_LIMIT", "number of root fields", measure.level, limits.max_root_fields),
        ("REQUEST_LIMIT_EXCEEDED", "number of list elements", measure.list_items, limits.max_list_items),
    ];
    bounds
        .into_iter()
        .filter(|&(_, _, found, limit)| found > limit)
        .map(|(code, what, found, limit)| ClientError::new(code, exceeds(what, found, limit)))
        .collect()
}

/// Says that the variables of a request have too many list elements.
pub(super) fn too_many_list_items(limit: usize) -> ClientError {
    let message = format!("the variables have more than {limit} list elements");
    ClientError::new("REQUEST_LIMIT_EXCEEDED", message)
}

fn exceeds(what: &str, found: usize, limit: usize) -> String {
    if found == usize::MAX {
        format!("the operation's {what} exceeds the limit of {limit}")
    } else {
        format!("the operation's {what} is {found}, which exceeds the limit of {limit}")
    }
}

fn measure_operation(operation: &OperationDefinition, measured: &Measured<'_>) -> Measure {
    let mut measure = measure_set(&operation.selection_set, measured);
    let defaults = operation.variables.iter().filter_map(|variable| variable.default_value.as_ref());
    measure.list_items = measure.list_items.saturating_add(defaults.map(|value| list_items(value)).sum());
    measure
}

/// Measures every fragment, inner ones first. The way through the fragments is a stack of its own, for
/// chains of fragments may be as long as the document.
fn measure_fragments(document: &Document) -> Measured<'_> {
    let definitions = document.definitions.iter().filter_map(Definition::as_fragment_definition);
    let fragments: Fragments<'_> =
        definitions.clone().map(|fragment| (fragment.name.as_str(), fragment.as_ref())).collect();
    let mut measured = Measured::new();
    let mut open = HashSet::new();
    // In the order of the document, so that even what a cycle measures is the same each time.
    let mut names: Vec<&str> = definitions.map(|fragment| fragment.name.as_str()).collect();
    names.reverse();
    let mut way: Vec<(Option<&FragmentDefinition>, Vec<&str>)> = vec![(None, names)];
    while let Some((fragment, pending)) = way.last_mut() {
        if let Some(name) = pending.pop() {
            let new = !measured.contains_key(name) && open.insert(name);
            if let Some(inner) = fragments.get(name).filter(|_| new) {
                way.push((Some(inner), spreads(&inner.selection_set)));
            }
        } else {
            if let Some(fragment) = fragment {
                measured.insert(fragment.name.as_str(), measure_set(&fragment.selection_set, &measured));
                open.remove(fragment.name.as_str());
            }
            way.pop();
        }
    }
    measured
}

/// The fragments spread in a selection set, at any depth of it.
fn spreads(set: &[Selection]) -> Vec<&str> {
    fn gather<'a>(set: &'a [Selection], found: &mut Vec<&'a str>) {
        for selection in set {
            match selection {
                Selection::Field(field) => gather(&field.selection_set, found),
                Selection::InlineFragment(fragment) => gather(&fragment.selection_set, found),
                Selection::FragmentSpread(spread) => found.push(&spread.fragment_name),
            }
        }
    }
    let mut found = Vec::new();
    gather(set, &mut found);
    found
}

/// Recurses as deep as the document is written, which the parser has bounded.
fn measure_set(set: &[Selection], measured: &Measured<'_>) -> Measure {
    if set.is_empty() {
        return Measure::default();
    }
    let mut sum = Measure::default();
    for selection in set {
        sum.add(match selection {
            Selection::Field(field) => {
                let inner = measure_set(&field.selection_set, measured);
                let arguments = field.arguments.iter().map(|argument| list_items(&argument.value));
                Measure {
                    level: 1,
                    depth: inner.depth.saturating_add(1),
                    nesting: inner.nesting,
                    fields: inner.fields.saturating_add(1),
                    aliases: inner.aliases.saturating_add(usize::from(field.alias.is_some())),
                    list_items: arguments.fold(inner.list_items, usize::saturating_add),
                }
            }
            Selection::InlineFragment(fragment) => measure_set(&fragment.selection_set, measured),
            Selection::FragmentSpread(spread) => {
                measured.get(spread.fragment_name.as_str()).copied().unwrap_or_default()
            }
        });
    }
    sum.nesting = sum.nesting.saturating_add(1);
    sum
}

fn list_items(value: &Value) -> usize {
    match value {
        Value::List(items) => items.iter().fold(items.len(), |sum, item| sum.saturating_add(list_items(item))),
        Value::Object(fields) => fields.iter().fold(0, |sum, (_, value)| sum.saturating_add(list_items(value))),
        _ => 0,
    }
}

impl Measure {
    /// Adds a sibling.
    fn add(&mut self, other: Self) {
        self.level = self.level.saturating_add(other.level);
        self.depth = self.depth.max(other.depth);
        self.nesting = self.nesting.max(other.nesting);
        self.fields = self.fields.saturating_add(other.fields);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.list_items = self.list_items.saturating_add(other.list_items);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fmt::Write;

    fn measure(query: &str) -> Measure {
        let document = Document::parser().parse_ast(query, "query").unwrap();
        let operation = document.definitions.iter().find_map(Definition::as_operation_definition).unwrap();
        measure_operation(operation, &measure_fragments(&document))
    }

    #[test]
    fn fragments_count_where_they_are_spread() {
        let measure = measure("{ a: b { ...F ... { c } } ...F } fragment F on T { x: d(l: [1, [2]]) { e } }");
        let expected = Measure { level: 2, depth: 3, nesting: 4, fields: 6, aliases: 3, list_items: 6 };
        assert_eq!(measure, expected);
    }

    #[test]
    fn doubling_fragments_saturate() {
        let mut query = String::from("{ ...F0 } fragment F70 on Q { a: b }");
        for i in 0..70 {
            write!(query, " fragment F{i} on Q {{ ...F{0} ...F{0} }}", i + 1).unwrap();
        }
        assert_eq!(measure(&query).fields, usize::MAX);
    }

    #[test]
    fn what_a_request_does_not_use_may_not_nest_deeply_either() {
        let mut query = String::from("{ a } fragment F1500 on Q { a }");
        for i in 0..1_500 {
            write!(query, " fragment F{i} on Q {{ ...F{} }}", i + 1).unwrap();
        }
        let document = Document::parser().parse_ast(query, "query").unwrap();
        let chosen = document.definitions.iter().find_map(Definition::as_operation_definition).unwrap();
        let errors = check(&document, chosen, &Limits::default());
        assert_eq!(errors.iter().map(|error| error.code).collect::<Vec<_>>(), ["MAX_DEPTH_LIMIT"]);
    }

    #[test]
    fn a_cycle_ends() {
        assert_eq!(measure("{ ...A } fragment A on Q { x ...B } fragment B on Q { y { ...A } }").fields, 2);
    }

    #[test]
    fn a_long_chain_of_fragments_does_not_recurse() {
        let mut query = String::from("{ ...F0 } fragment F4000 on Q { a }");
        for i in 0..4_000 {
            write!(query, " fragment F{i} on Q {{ ...F{} }}", i + 1).unwrap();
        }
        assert_eq!(measure(&query).nesting, 4_002);
    }
}
