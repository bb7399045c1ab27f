//! Query text -> valid document, or all that is wrong with it as GraphQL errors.

use super::excerpt::{Whole, excerpt};
use super::limits;
use super::refusal::{ClientError, Location, Refusal};
use crate::config::Limits;
use crate::operation::OperationKind;
use apollo_compiler::ast::{Definition, Document, OperationDefinition, OperationType};
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::parser::{LineColumn, Parser, SourceSpan};
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Node};

/// Errors of one document that a client is told.
const MAX_ERRORS: usize = 20;
/// Characters of one error's message: the compiler quotes the document, whose tokens may be long.
const MAX_MESSAGE: usize = 400;

/// Parses a document, as far as the limits on its text go.
pub(super) fn parse(query: &str, limits: &Limits) -> Result<Document, Refusal> {
    let mut parser = Parser::new().token_limit(limits.parser_max_tokens).recursion_limit(limits.parser_max_recursion);
    let parsed = parser.parse_ast(query, "query");
    if parser.tokens_reached() > limits.parser_max_tokens {
        let message = format!("the document has more than {} tokens", limits.parser_max_tokens);
        return Err(Refusal::request(ClientError::new("TOKEN_LIMIT_EXCEEDED", message)));
    }
    if parser.recursion_reached() > limits.parser_max_recursion {
        let message = format!("the document nests deeper than {}", limits.parser_max_recursion);
        return Err(Refusal::request(ClientError::new("MAX_DEPTH_LIMIT", message)));
    }
    parsed.map_err(|invalid| Refusal::of_document(told(&invalid.errors, "GRAPHQL_PARSE_FAILED")))
}

/// The operation that a request means.
pub(super) fn choose<'a>(document: &'a Document, name: Option<&str>) -> Result<&'a Node<OperationDefinition>, Refusal> {
    let mut operations = document.definitions.iter().filter_map(Definition::as_operation_definition);
    let refused = |code, message: String| Err(Refusal::request(ClientError::new(code, message)));
    match name {
        Some(name) => match operations.find(|operation| operation.name.as_ref().is_some_and(|own| own == name)) {
            Some(operation) => Ok(operation),
            None => refused("GRAPHQL_UNKNOWN_OPERATION_NAME", shortened(&format!("unknown operation \"{name}\""))),
        },
        None => match (operations.next(), operations.next()) {
            (Some(operation), None) => Ok(operation),
            (None, _) => refused("GRAPHQL_VALIDATION_FAILED", "the document has no operation".into()),
            (Some(_), Some(_)) => refused(
                "GRAPHQL_UNKNOWN_OPERATION_NAME",
                "the document has several operations, so `operationName` must name one".into(),
            ),
        },
    }
}

/// The name of the operation that a request means, if there is one that has a name.
pub(super) fn name(document: &Document, name: Option<&str>) -> Option<String> {
    Some(choose(document, name).ok()?.name.as_ref()?.to_string())
}

/// What an operation does, by its keyword.
pub(super) fn kind(operation: &OperationDefinition) -> OperationKind {
    match operation.operation_type {
        OperationType::Query => OperationKind::Query,
        OperationType::Mutation => OperationKind::Mutation,
        OperationType::Subscription => OperationKind::Subscription,
    }
}

/// Refuses an operation that would be too large; nothing has been expanded yet.
pub(super) fn check_limits(
    document: &Document,
    operation: &OperationDefinition,
    limits: &Limits,
) -> Result<(), Refusal> {
    let exceeded = limits::check(document, operation, limits);
    if exceeded.is_empty() { Ok(()) } else { Err(Refusal::of_document(exceeded)) }
}

/// Validates a document against the API schema, of which no more is looked at than the document needs.
pub(super) fn validate(document: &Document, whole: Whole<'_>) -> Result<Valid<ExecutableDocument>, Refusal> {
    if let Some(excerpt) = excerpt(whole, document)
        && let Ok(valid) = document.to_executable_validate(&excerpt)
    {
        return Ok(valid);
    }
    document
        .to_executable_validate(whole.api)
        .map_err(|invalid| Refusal::of_document(told(&invalid.errors, "GRAPHQL_VALIDATION_FAILED")))
}

/// The errors in the order of the document. One around another is left out: a selection that consists
/// of unknown fields is reported as missing too, which nobody needs to hear.
fn told(diagnostics: &DiagnosticList, code: &'static str) -> Vec<ClientError> {
    let spans: Vec<Option<SourceSpan>> = diagnostics.iter().map(|diagnostic| diagnostic.error.location()).collect();
    let is_around_next = |index: usize| match (spans[index], spans.get(index + 1)) {
        (Some(outer), Some(Some(inner))) => outer.offset() < inner.offset() && inner.end_offset() < outer.end_offset(),
        _ => false,
    };
    let mut errors: Vec<ClientError> = diagnostics
        .iter()
        .enumerate()
        .filter(|&(index, _)| !is_around_next(index))
        .take(MAX_ERRORS)
        .map(|(_, diagnostic)| ClientError {
            code,
            message: shortened(&diagnostic.error.to_string()),
            locations: diagnostic.line_column_range().map(|range| range.start.into()).into_iter().collect(),
            path: Vec::new(),
        })
        .collect();
    if errors.len() == MAX_ERRORS && diagnostics.len() > MAX_ERRORS {
        errors.push(ClientError::new(code, "there are more errors"));
    }
    errors
}

impl From<LineColumn> for Location {
    fn from(place: LineColumn) -> Self {
        Self { line: place.line, column: place.column }
    }
}

/// At most [`MAX_MESSAGE`] characters of a message.
pub(super) fn shortened(message: &str) -> String {
    match message.char_indices().nth(MAX_MESSAGE) {
        Some((end, _)) => format!("{}...", &message[..end]),
        None => message.to_owned(),
    }
}
