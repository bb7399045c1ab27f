//! SDL text -> syntax tree, without what every federated service must define and no graph shows:
//! `_service`, `_entities` and their types. They are taken out because some services print them
//! and some do not, and both must read the same.

use super::Locator;
use super::code::Code;
use crate::diagnostic::{Diagnostic, Source};
use apollo_compiler::ast;
use apollo_compiler::diagnostic::ToCliReport;
use apollo_compiler::parser::{FileId, Parser};
use apollo_compiler::validation::DiagnosticList;
use apollo_compiler::{Name, Node};
use std::collections::HashSet;
use std::sync::Arc;

/// A parsed text.
pub struct Document {
    /// The definitions in order.
    pub ast: ast::Document,
    /// Finds places in the text.
    pub locator: Locator,
    /// The types that have a definition, not only extensions.
    pub defined: HashSet<Name>,
}

/// Nesting of braces, brackets and lists beyond which a text is refused.
const DEEPEST: usize = 200;

/// Errors beyond which a reader gains nothing.
const MOST_ERRORS: usize = 100;

/// Parses the text.
pub fn parse(source: Arc<Source>) -> Result<Document, Vec<Diagnostic>> {
    let parsed = Parser::new().recursion_limit(DEEPEST).parse_ast(source.text.as_str(), source.name.as_str());
    let mut ast = match parsed {
        Ok(ast) => ast,
        Err(failed) => return Err(invalid_graphql(&locate(source, &failed.partial), &failed.errors)),
    };
    let locator = locate(source, &ast);
    let query = query_type(&ast);
    ast.definitions.retain(|definition| !is_machinery_type(definition));
    for definition in &mut ast.definitions {
        strip_machinery_fields(definition, &query);
    }
    let defined = ast
        .definitions
        .iter()
        .filter(|definition| !definition.is_extension_definition())
        .filter_map(|definition| definition.name().cloned())
        .collect();
    Ok(Document { ast, locator, defined })
}

fn locate(source: Arc<Source>, ast: &ast::Document) -> Locator {
    let file = ast.sources.keys().copied().find(|id| *id != FileId::BUILT_IN).unwrap_or(FileId::BUILT_IN);
    Locator::new(source, file)
}

/// The compiler's findings as ours.
pub fn invalid_graphql(locator: &Locator, found: &DiagnosticList) -> Vec<Diagnostic> {
    let mut errors: Vec<Diagnostic> = found
        .iter()
        .take(MOST_ERRORS)
        .map(|finding| {
            Diagnostic::error(Code::InvalidGraphql, sentence(&finding.error.to_string()))
                .at_opt(locator.span(finding.error.location()), "")
        })
        .collect();
    if found.len() > MOST_ERRORS {
        errors.push(Diagnostic::error(
            Code::InvalidGraphql,
            format!("{} further errors are not shown", found.len() - MOST_ERRORS),
        ));
    }
    errors
}

/// The first line of a message; the compiler's may quote what it met, however long.
fn sentence(message: &str) -> String {
    const LONGEST: usize = 300;
    let line = message.lines().next().unwrap_or_default();
    match line.char_indices().nth(LONGEST) {
        Some((at, _)) => format!("{}...", &line[..at]),
        None => line.to_owned(),
    }
}

/// The name of the query type, which a `schema` definition may change.
fn query_type(ast: &ast::Document) -> String {
    ast.definitions
        .iter()
        .filter_map(|definition| match definition {
            ast::Definition::SchemaDefinition(schema) => Some(&schema.root_operations),
            ast::Definition::SchemaExtension(schema) => Some(&schema.root_operations),
            _ => None,
        })
        .flatten()
        .find(|root| root.0.is_query())
        .map_or_else(|| "Query".to_owned(), |root| root.1.to_string())
}

/// Of another kind, such a type is the schema's own, and clashes with what is promised.
fn is_machinery_type(definition: &ast::Definition) -> bool {
    use ast::Definition as Is;
    match definition.name().map_or("", Name::as_str) {
        "_Any" => matches!(definition, Is::ScalarTypeDefinition(_) | Is::ScalarTypeExtension(_)),
        "_Entity" => matches!(definition, Is::UnionTypeDefinition(_) | Is::UnionTypeExtension(_)),
        "_Service" => matches!(definition, Is::ObjectTypeDefinition(_) | Is::ObjectTypeExtension(_)),
        _ => false,
    }
}

fn strip_machinery_fields(definition: &mut ast::Definition, query: &str) {
    let fields = match definition {
        ast::Definition::ObjectTypeDefinition(node) if node.name == query && has_machinery(&node.fields) => {
            &mut node.make_mut().fields
        }
        ast::Definition::ObjectTypeExtension(node) if node.name == query && has_machinery(&node.fields) => {
            &mut node.make_mut().fields
        }
        _ => return,
    };
    fields.retain(|field| !is_machinery_field(field));
}

fn has_machinery(fields: &[Node<ast::FieldDefinition>]) -> bool {
    fields.iter().any(is_machinery_field)
}

fn is_machinery_field(field: &Node<ast::FieldDefinition>) -> bool {
    matches!(field.name.as_str(), "_service" | "_entities")
}
