//! Descriptions: the one that most subgraphs agree on, the first of them in a tie.

use super::merge::Merge;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};
use apollo_compiler::Node;

impl Merge<'_> {
    /// Chooses among the descriptions that subgraphs give to `element`.
    pub fn merge_descriptions<'d>(
        &mut self,
        element: &dyn Fn() -> String,
        given: impl Iterator<Item = (&'d Subgraph, Option<&'d Node<str>>)>,
    ) -> Option<Node<str>> {
        let given: Vec<(&Subgraph, &Node<str>)> =
            given.filter_map(|(subgraph, description)| Some((subgraph, description?))).collect();
        let (_, first) = given.first()?;
        if given.iter().all(|(_, description)| description == first) {
            return Some(Node::new_str(first));
        }
        let votes = |text: &Node<str>| given.iter().filter(|(_, other)| *other == text).count();
        let most = given.iter().map(|(_, text)| votes(text)).max()?;
        let (_, chosen) = given.iter().find(|(_, text)| votes(text) == most)?;
        let hint = Diagnostic::hint(
            Code::InconsistentDescription,
            format!("{} is described differently in different subgraphs", element()),
        );
        let hint = given.iter().fold(hint, |hint, (subgraph, text)| {
            let message = if text == chosen { "this one is used" } else { "this one is not" };
            hint.at_opt(subgraph.span(text.location()), message)
        });
        self.findings.hint(hint.help("give the same description everywhere, or leave it out but in one subgraph"));
        Some(Node::new_str(chosen))
    }
}
