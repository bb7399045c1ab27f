//! Adds the definitions that `@link` promises and that services leave out, then checks that the whole is
//! valid GraphQL.
//!
//! The added definitions replace the schema's own of the same name: a service may print them, often as an
//! older version of federation had them.

use super::caching;
use super::document::{Document, invalid_graphql};
use super::link::Links;
use super::own_definitions;
use super::specification::{self, SpecifiedDirective};
use crate::diagnostic::Diagnostic;
use apollo_compiler::parser::Parser;
use apollo_compiler::schema::SchemaBuilder;
use apollo_compiler::{Schema, ast};
use std::collections::HashSet;
use std::fmt::Write;

/// Document and promised definitions as one valid schema.
pub fn complete(document: &Document, links: &Links) -> Result<Schema, Vec<Diagnostic>> {
    let added = Parser::new()
        .parse_ast(promised(document, links), "federation")
        .expect("the definitions of the specifications are well-formed");
    let mut errors = own_definitions::check(&document.ast, &added, &document.locator);
    let mut own = ast::Document { sources: document.ast.sources.clone(), definitions: Vec::new() };
    let (types, directives) = names(&added);
    own.definitions.extend(
        document
            .ast
            .definitions
            .iter()
            .filter(|definition| match definition {
                ast::Definition::DirectiveDefinition(directive) => !directives.contains(directive.name.as_str()),
                other => {
                    other.is_extension_definition() || other.name().is_none_or(|name| !types.contains(name.as_str()))
                }
            })
            .cloned(),
    );
    let built = SchemaBuilder::new()
        .adopt_orphan_extensions()
        .ignore_builtin_redefinitions()
        .add_ast(&own)
        .add_ast(&added)
        .build()
        .and_then(Schema::validate);
    match built {
        Ok(schema) if errors.is_empty() => Ok(schema.into_inner()),
        Ok(_) => Err(errors),
        Err(failed) => {
            errors.extend(explained(invalid_graphql(&document.locator, &failed.errors), links));
            Err(errors)
        }
    }
}

/// Names of the types and of the directives that a document defines.
fn names(document: &ast::Document) -> (HashSet<&str>, HashSet<&str>) {
    let mut types = HashSet::new();
    let mut directives = HashSet::new();
    for definition in document.definitions.iter().filter(|definition| !definition.is_extension_definition()) {
        match definition {
            ast::Definition::DirectiveDefinition(directive) => directives.insert(directive.name.as_str()),
            other => other.name().is_some_and(|name| types.insert(name.as_str())),
        };
    }
    (types, directives)
}

/// The definitions to add, as SDL. The query type always gets `_service`, so that a subgraph without root
/// fields of its own is a valid schema.
fn promised(document: &Document, links: &Links) -> String {
    let mut sdl = String::from("scalar _Any type _Service { sdl: String } ");
    let query = query_type(document);
    let _ = writeln!(sdl, "extend type {query} {{ _service: _Service }}");
    let link = &links.link;
    let _ = writeln!(
        sdl,
        "directive @{link}(url: String!, as: String, import: [{link}__Import], for: {link}__Purpose) repeatable on SCHEMA
         scalar {link}__Import enum {link}__Purpose {{ SECURITY EXECUTION }}"
    );
    // GraphQL has it since September 2025, the compiler not yet.
    sdl.push_str("directive @oneOf on INPUT_OBJECT\n");
    sdl.push_str(&caching::missing_definitions(document, |name| links.canonical.contains_key(name)));
    let mut scalars: Vec<&String> = links.scalars.values().collect();
    scalars.sort();
    for scalar in scalars {
        let _ = writeln!(sdl, "scalar {scalar}");
    }
    let mut directives: Vec<(&String, &&str)> = links.canonical.iter().collect();
    directives.sort();
    for (local, name) in directives {
        if let Some(directive) = definition(name, links) {
            let _ = writeln!(sdl, "directive @{local}{}", with_scalars(directive.definition, links));
        }
    }
    sdl
}

fn definition(name: &str, links: &Links) -> Option<&'static SpecifiedDirective> {
    if links.version.is_federation_1()
        && let Some(directive) = specification::FEDERATION_1.iter().find(|directive| directive.name == name)
    {
        return Some(directive);
    }
    specification::specified(name)
}

fn with_scalars(definition: &str, links: &Links) -> String {
    specification::SCALARS.iter().fold(definition.to_owned(), |definition, (scalar, _)| {
        // A companion linked without federation has no scalar of federation to use; any scalar that takes
        // strings will do for validation.
        let local = links.scalars.get(scalar).map_or("String", String::as_str);
        definition.replace(&format!("{{{scalar}}}"), local)
    })
}

fn query_type(document: &Document) -> &str {
    document
        .ast
        .definitions
        .iter()
        .filter_map(|definition| match definition {
            ast::Definition::SchemaDefinition(schema) => Some(&schema.root_operations),
            ast::Definition::SchemaExtension(schema) => Some(&schema.root_operations),
            _ => None,
        })
        .flatten()
        .find(|root| root.0.is_query())
        .map_or("Query", |root| root.1.as_str())
}

/// Adds help where an unknown directive is one of federation's that was not imported.
fn explained(errors: Vec<Diagnostic>, links: &Links) -> Vec<Diagnostic> {
    errors
        .into_iter()
        .map(|error| match unknown_directive(&error.message).and_then(|name| import_help(name, links)) {
            Some(help) => error.help(help),
            None => error,
        })
        .collect()
}

fn unknown_directive(message: &str) -> Option<&str> {
    message.strip_prefix("cannot find directive `@")?.split('`').next()
}

fn import_help(name: &str, links: &Links) -> Option<String> {
    let directive = specification::specified(name)?;
    if links.version.is_federation_1() {
        return Some(format!(
            "@{name} is a directive of Federation 2: add extend schema @link(url: \"{}federation/v2.{}\", import: [\"@{name}\"])",
            specification::HOST,
            directive.since.max(3),
        ));
    }
    Some(match links.canonical.iter().find(|(_, canonical)| **canonical == name) {
        Some((local, _)) => format!("add \"@{name}\" to the imports of @link, or write @{local}"),
        None => format!("@{name} exists since federation v2.{}: link that version and import it", directive.since),
    })
}
