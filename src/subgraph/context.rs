//! `@fromContext(field: "$name { selection }")`: an argument that is filled from an object further up the query.
//!
//! The object is of a type that carries `@context(name:)`, and the selection picks one value of it: the same for
//! all such types, or one per type (`$name ... on A { x } ... on B { y }`).

use super::code::Code;
use super::field_set::FieldSet;
use super::link::string_argument;
use super::{Locator, Selection};
use crate::diagnostic::Diagnostic;
use apollo_compiler::{Node, ast};

/// An argument that comes from a context.
#[derive(Debug, Clone)]
pub struct ContextArgument {
    /// The argument.
    pub argument: Node<ast::InputValueDefinition>,
    /// The context's name.
    pub context: String,
    /// What is picked of the object.
    pub selection: FieldSet,
    /// Where `@fromContext` stands.
    pub directive: Node<ast::Directive>,
}

impl ContextArgument {
    /// Reads what `directive` says about the argument at `coordinate`.
    ///
    /// # Errors
    /// It names no context, or its selection cannot be read.
    pub fn read(
        coordinate: &str,
        argument: &Node<ast::InputValueDefinition>,
        directive: &Node<ast::Directive>,
        locator: &Locator,
    ) -> Result<Self, Diagnostic> {
        let refuse = |code, message| Diagnostic::error(code, message).at_opt(locator.span(directive.location()), "");
        let text = string_argument(directive, "field").unwrap_or_default();
        let Some((context, selection)) = split(text) else {
            return Err(refuse(
                Code::NoContextInSelection,
                format!("@fromContext on argument \"{coordinate}\" does not begin with a context: \"{}\"", text.trim()),
            )
            .help("write the context's name with `$`, then a selection: \"$name { field }\""));
        };
        let literal = directive.specified_argument_by_name("field").expect("its text was read");
        let selection = FieldSet::parse_text(selection, literal, locator).map_err(|unreadable| {
            refuse(
                Code::ContextInvalidSelection,
                format!(
                    "The selection of context \"{context}\" for argument \"{coordinate}\" cannot be read: {}",
                    unreadable.message
                ),
            )
            .help("select one field, as in a query: \"$name { field }\"")
        })?;
        Ok(Self { argument: argument.clone(), context: context.to_owned(), selection, directive: directive.clone() })
    }

    /// The selection as supergraphs have it: braces around a plain one, none around fragments.
    pub fn selection_text(&self) -> String {
        let is_plain = self.selection.selections.iter().any(|selection| matches!(selection, Selection::Field(_)));
        if is_plain { format!("{{ {} }}", self.selection) } else { self.selection.to_string() }
    }
}

/// `$name rest` -> name and rest, neither empty.
fn split(text: &str) -> Option<(&str, &str)> {
    let text = text.trim_start().strip_prefix('$')?;
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    let (context, rest) = text.split_at(end);
    let starts = context.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts && !rest.trim().is_empty()).then(|| (context, rest.trim()))
}
