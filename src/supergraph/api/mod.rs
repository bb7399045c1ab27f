//! The graph as a client sees it: [`Supergraph`] in, a valid GraphQL schema out.
//!
//! Without joins, without the directives and types of linked features, without what is
//! `@inaccessible` and what that leaves empty. Types stand by name, members in the order of the
//! model. `@defer` and `@stream` are not declared: nobody answers them yet.

mod definitions;
mod hidden;

use super::parse::{INVALID_GRAPHQL, is_built_in_scalar};
use super::{Supergraph, TypeId};
use crate::diagnostic::Diagnostic;
use apollo_compiler::ast::{self, Definition};
use apollo_compiler::schema::{Component, ExtendedType, FieldDefinition};
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{Node, Schema, name, ty};
use definitions::Maker;
pub use definitions::is_executable;
pub use hidden::Hidden;

/// A schema may break one rule in as many places as it has fields.
const MOST_FINDINGS: usize = 100;

/// The schema that client operations are validated against and that introspection shows. Its
/// `__Type` has `isOneOf`, which apollo-compiler does not know yet.
///
/// # Errors
/// `QUERY_ROOT_TYPE_INACCESSIBLE` when nothing can be asked, `DEFAULT_VALUE_USES_INACCESSIBLE`, and
/// `INVALID_GRAPHQL` for all that is not valid GraphQL, such as interfaces not implemented in full.
pub fn api_schema(supergraph: &Supergraph) -> Result<Valid<Schema>, Vec<Diagnostic>> {
    let document = api_document(supergraph)?;
    let mut schema = document.to_schema().map_err(|failed| findings(&failed.errors))?;
    declare_is_one_of(&mut schema);
    schema.validate().map_err(|failed| findings(&failed.errors))
}

/// The API schema as SDL, for printing.
///
/// # Errors
/// As [`api_schema`], except that the text is not validated as a whole.
pub fn api_sdl(supergraph: &Supergraph) -> Result<String, Vec<Diagnostic>> {
    Ok(api_document(supergraph)?.to_string())
}

/// The API schema as a syntax tree: types by name, each defined once.
///
/// # Errors
/// As [`api_sdl`].
pub fn api_document(supergraph: &Supergraph) -> Result<ast::Document, Vec<Diagnostic>> {
    let hidden = Hidden::find(supergraph);
    let Some(query) = supergraph.query.filter(|&query| !hidden.hides_type(query)) else {
        let message = "every field of the query type is @inaccessible, so clients can ask nothing";
        return Err(vec![Diagnostic::error("QUERY_ROOT_TYPE_INACCESSIBLE", message)]);
    };
    let mut ids: Vec<TypeId> = (0..supergraph.types.len()).map(TypeId::from_index).collect();
    ids.retain(|&id| !hidden.hides_type(id) && !is_built_in_scalar(&supergraph.ty(id).name));
    ids.sort_by_key(|&id| supergraph.ty(id).name.as_str());

    let mut maker = Maker::new(supergraph, &hidden);
    let mut definitions = vec![maker.schema(query)];
    definitions.extend(maker.directive_definitions().map(Definition::DirectiveDefinition));
    definitions.extend(ids.into_iter().map(|id| maker.definition(id)));
    let findings = maker.findings();
    if findings.is_empty() { Ok(ast::Document { sources: Default::default(), definitions }) } else { Err(findings) }
}

fn findings(errors: &DiagnosticList) -> Vec<Diagnostic> {
    let finding = |error: String| Diagnostic::error(INVALID_GRAPHQL, format!("in the schema for clients: {error}"));
    let mut findings: Vec<_> = errors.iter().take(MOST_FINDINGS).map(|e| finding(e.error.to_string())).collect();
    if errors.len() > MOST_FINDINGS {
        findings.push(finding(format!("and {} more", errors.len() - MOST_FINDINGS)));
    }
    findings
}

fn declare_is_one_of(schema: &mut Schema) {
    let Some(ExtendedType::Object(meta_type)) = schema.types.get_mut("__Type") else { return };
    let is_one_of = Component::new(FieldDefinition {
        description: None,
        name: name!(isOneOf),
        arguments: Vec::new(),
        ty: ty!(Boolean),
        directives: Default::default(),
    });
    meta_type.make_mut().fields.entry(name!(isOneOf)).or_insert(is_one_of);
}

/// A directive that takes nothing and stands at one kind of place.
pub(super) fn bare_directive(
    name: apollo_compiler::Name,
    location: ast::DirectiveLocation,
) -> Node<ast::DirectiveDefinition> {
    Node::new(ast::DirectiveDefinition {
        description: None,
        name,
        arguments: Vec::new(),
        repeatable: false,
        locations: vec![location],
    })
}
