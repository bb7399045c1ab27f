//! Syntax: source text in, definitions sorted by what they are out.
//!
//! The parser bounds its recursion, so nesting of lists and values cannot overflow the stack. There
//! is no bound on tokens, as the text is one's own file and in memory already, but one on its size:
//! the syntax tree takes some 20 times the text.

use super::INVALID_GRAPHQL;
use super::report::Report;
use crate::diagnostic::{Diagnostic, Source, Span};
use apollo_compiler::ast::{self, Definition, OperationType};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::parser::{Parser, SourceSpan};
use apollo_compiler::{Name, Node};
use std::sync::Arc;

/// Ten times the largest supergraph that is known of.
const LARGEST_TEXT: usize = 256 << 20;

/// Types, values and selections may nest this deep; real supergraphs nest to five.
const DEEPEST_NESTING: usize = 200;

/// Refuses a text that no parser need look at.
pub(super) fn check_text(source: &Arc<Source>) -> Result<(), Vec<Diagnostic>> {
    match refuse(source) {
        Some(refusal) => Err(vec![refusal.at(Span { source: Arc::clone(source), range: 0..0 }, "")]),
        None => Ok(()),
    }
}

/// Parses the text.
pub(super) fn parse(source: &Arc<Source>) -> Result<ast::Document, Vec<Diagnostic>> {
    let mut parser = Parser::new().recursion_limit(DEEPEST_NESTING);
    parser.parse_ast(source.text.as_str(), source.name.as_str()).map_err(|failed| {
        let mut report = Report::new(source);
        for error in failed.errors.iter() {
            report.no_graphql(error.error.to_string(), error.error.location());
        }
        report.finish()
    })
}

fn refuse(source: &Source) -> Option<Diagnostic> {
    if source.text.len() > LARGEST_TEXT {
        let message = format!("the text has {} bytes; at most {LARGEST_TEXT} are read", source.text.len());
        return Some(Diagnostic::error(INVALID_GRAPHQL, message));
    }
    let is_json = source.text.trim_start().starts_with(['{', '[']);
    is_json.then(|| {
        Diagnostic::error(INVALID_GRAPHQL, "this is not GraphQL SDL: it starts like JSON or like a query").help(
            "give the composed supergraph SDL; from a JSON execution config, compose the subgraphs again with \
             `weft compose`",
        )
    })
}

/// The definitions of a document, in order within their sort.
pub(super) struct Definitions<'a> {
    schema: Option<&'a Node<ast::SchemaDefinition>>,
    schema_extensions: Vec<&'a Node<ast::SchemaExtension>>,
    /// Directive definitions.
    pub(super) directives: Vec<&'a Node<ast::DirectiveDefinition>>,
    /// Type definitions; nothing else is in here.
    pub(super) types: Vec<&'a Definition>,
}

impl<'a> Definitions<'a> {
    /// Sorts the definitions; what does not belong in a supergraph is reported.
    pub(super) fn sort(definitions: &'a [Definition], report: &mut Report<'_>) -> Self {
        let mut sorted =
            Self { schema: None, schema_extensions: Vec::new(), directives: Vec::new(), types: Vec::new() };
        for definition in definitions {
            match definition {
                Definition::SchemaDefinition(schema) => {
                    if sorted.schema.replace(schema).is_some() {
                        report.invalid("there are two `schema` definitions", schema.location());
                    }
                }
                Definition::SchemaExtension(extension) => sorted.schema_extensions.push(extension),
                Definition::DirectiveDefinition(directive) => sorted.directives.push(directive),
                Definition::OperationDefinition(_) | Definition::FragmentDefinition(_) => {
                    report.no_graphql("operations and fragments have no place in a schema", definition.location());
                }
                _ if definition.is_extension_definition() => report.invalid_with_help(
                    format!("`extend` of {} in a supergraph", definition.name().map_or("a type", Name::as_str)),
                    definition.name().and_then(Name::location),
                    "a composed supergraph has whole definitions only; compose the subgraphs again",
                ),
                _ => sorted.types.push(definition),
            }
        }
        sorted
    }

    pub(super) fn schema_description(&self) -> Option<Node<str>> {
        self.schema.and_then(|schema| schema.description.clone())
    }

    pub(super) fn schema_location(&self) -> Option<SourceSpan> {
        self.schema.and_then(|schema| schema.location())
    }

    /// The directives on `schema` and on its extensions.
    pub(super) fn schema_directives(&self) -> impl Iterator<Item = &'a Node<ast::Directive>> {
        let own = self.schema.into_iter().flat_map(|schema| schema.directives.iter());
        own.chain(self.schema_extensions.iter().flat_map(|extension| extension.directives.iter()))
    }

    /// The root types that `schema` and its extensions name.
    pub(super) fn root_operations(&self) -> impl Iterator<Item = &'a Node<(OperationType, Name)>> {
        let own = self.schema.into_iter().flat_map(|schema| schema.root_operations.iter());
        own.chain(self.schema_extensions.iter().flat_map(|extension| extension.root_operations.iter()))
    }
}
