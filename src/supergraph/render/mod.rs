//! Writes a supergraph as SDL: [`Supergraph`] in, text in join v0.5 and link v1.0 out.
//!
//! The text is canonical: the same graph gives the same bytes, and reading and writing it again
//! changes nothing. It opens with the schema and its links, the definitions of the link and join
//! features and the table of subgraphs; then the other directives and all types, each by name.
//! Members stay in the order of the model. Directives of a type stand on lines of their own, those of
//! a member on its line as long as that is not too wide: so a change shows as few lines.

mod definitions;
mod elements;
mod layout;

use super::api::bare_directive;
use super::{Supergraph, Type};
use apollo_compiler::ast::DirectiveLocation;
use apollo_compiler::name;
use layout::Writer;

/// The SDL of `supergraph`.
pub fn render(supergraph: &Supergraph) -> String {
    let mut out = Writer::default();
    definitions::write_schema(&mut out, supergraph);
    definitions::write_link_and_join(&mut out, supergraph);
    definitions::write_graphs(&mut out, supergraph);
    // Part of GraphQL now, but many readers of supergraphs do not know it yet.
    let one_of = supergraph.uses_one_of().then(|| bare_directive(name!(oneOf), DirectiveLocation::InputObject));
    let mut directives: Vec<_> = supergraph.directives.iter().chain(&one_of).collect();
    directives.sort_by_key(|definition| definition.name.as_str());
    for definition in directives {
        definitions::write_directive(&mut out, definition);
    }
    let mut types: Vec<&Type> =
        supergraph.types.iter().filter(|ty| !super::parse::is_built_in_scalar(&ty.name)).collect();
    types.sort_by_key(|ty| ty.name.as_str());
    for ty in types {
        elements::write_type(&mut out, supergraph, ty);
    }
    out.finish()
}
