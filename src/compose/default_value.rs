//! Default values of arguments and input fields. Those that give one must agree; when some give none, the
//! supergraph has none: a value must not be sent to a subgraph that did not ask for it.

use super::merge::Merge;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};
use apollo_compiler::ast::{InputValueDefinition, Value};
use apollo_compiler::{Name, Node};

/// The codes for one kind of element.
pub struct Codes {
    /// When defaults differ.
    pub mismatch: Code,
    /// What the element is called in messages.
    pub element: &'static str,
}

impl Merge<'_> {
    /// The default that `definitions` agree on.
    pub fn merge_defaults(
        &mut self,
        coordinate: &str,
        codes: &Codes,
        definitions: &[(&Subgraph, &Node<InputValueDefinition>)],
    ) -> Option<Node<Value>> {
        let given: Vec<(&Subgraph, &Node<Value>)> = definitions
            .iter()
            .filter_map(|(subgraph, definition)| Some((*subgraph, definition.default_value.as_ref()?)))
            .collect();
        let (_, first) = *given.first()?;
        let mut agreed = Some(Node::new(without_places(first)));
        if given.iter().any(|(_, value)| !same_value(value, first)) {
            let error = Diagnostic::error(
                codes.mismatch,
                format!("{} \"{coordinate}\" has different default values in different subgraphs", codes.element),
            );
            self.findings.error(
                given
                    .iter()
                    .fold(error, |error, (subgraph, value)| {
                        error.at_opt(subgraph.span(value.location()), format!("in \"{}\"", subgraph.name))
                    })
                    .help("use the same default everywhere"),
            );
        } else if given.len() < definitions.len() {
            agreed = None;
            let hint = Diagnostic::hint(
                Code::InconsistentDefaultValuePresence,
                format!(
                    "{} \"{coordinate}\" has a default value in some subgraphs only; the supergraph has none",
                    codes.element
                ),
            );
            let hint = given
                .iter()
                .fold(hint, |hint, (subgraph, value)| hint.at_opt(subgraph.span(value.location()), "the default"));
            let without = definitions.iter().filter(|(_, definition)| definition.default_value.is_none());
            let hint = without.fold(hint, |hint, (subgraph, definition)| {
                hint.at_opt(subgraph.name_span(&definition.name), "no default")
            });
            self.findings.hint(hint.help("give the default in every subgraph"));
        }
        agreed
    }
}

/// Equality of values; `1` is not `"1"`, but the order of an object's entries does not matter.
pub fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_value(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, value)| {
                    b.iter().any(|(other_name, other)| name == other_name && same_value(value, other))
                })
        }
        _ => a == b,
    }
}

/// The value as the supergraph keeps it.
pub fn without_places(value: &Value) -> Value {
    let bare = |name: &Name| Name::new_unchecked(name);
    match value {
        Value::Enum(name) => Value::Enum(bare(name)),
        Value::List(items) => Value::List(items.iter().map(|item| Node::new(without_places(item))).collect()),
        Value::Object(entries) => {
            Value::Object(entries.iter().map(|(name, value)| (bare(name), Node::new(without_places(value)))).collect())
        }
        other => other.clone(),
    }
}
