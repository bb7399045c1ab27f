//! Reads a supergraph's SDL: text in, [`Supergraph`] out, or everything that is wrong with it.
//!
//! The phases, in order:
//! 1. `syntax`, else `document`: the definitions; then they are sorted by what they are.
//! 2. `features`: the `@link`s on `schema`, and under which names the `join` feature goes here.
//! 3. `graphs`: the `join__Graph` enum is the table of subgraphs, sorted by name.
//! 4. `types`: every type gets its id, so that members may refer forward.
//! 5. `members`: fields, values and members with their joins; the directives of 'joins' become model.
//! 6. roots.
//!
//! A text is read by `syntax` first, which is quick and knows no places. When there is anything to
//! report, all of it is done again with the tree of `document`, which knows them.
//!
//! Join v0.2 to v0.5 are read. v0.1 does not say which subgraphs know a value type, so it is
//! refused with a way out. What GraphQL asks of a schema beyond names and kinds (interfaces
//! implemented in full, say) is checked where the API schema is made.

mod document;
mod features;
mod graphs;
mod joins;
mod members;
mod report;
mod syntax;
mod types;

use super::{Supergraph, TypeId, TypeKind};
use crate::diagnostic::{Diagnostic, Source};
use apollo_compiler::ast::{self, OperationType};
use apollo_compiler::{Name, Node};
use document::Definitions;
use features::Join;
use graphs::Graphs;
use report::Report;
use std::sync::Arc;

/// The file is not a usable supergraph.
pub(super) const INVALID_SUPERGRAPH: &str = "INVALID_SUPERGRAPH";
/// The file is not GraphQL.
pub(super) const INVALID_GRAPHQL: &str = "INVALID_GRAPHQL";

/// Reads a supergraph, as composed by Apollo's, Hive's or our own tools.
///
/// # Errors
/// `INVALID_GRAPHQL` for what is no schema text, `INVALID_SUPERGRAPH` for the rest; all that were
/// found, up to a bound. The time is linear in the length of the text.
pub fn parse(source: &Arc<Source>) -> Result<Supergraph, Vec<Diagnostic>> {
    document::check_text(source)?;
    let quick = syntax::read(&source.text).and_then(|definitions| read(source, &definitions).ok());
    match quick {
        Some(supergraph) => Ok(supergraph),
        None => read(source, &document::parse(source)?.definitions),
    }
}

/// Reads a supergraph from its definitions.
fn read(source: &Arc<Source>, definitions: &[ast::Definition]) -> Result<Supergraph, Vec<Diagnostic>> {
    let mut report = Report::new(source);
    let definitions = Definitions::sort(definitions, &mut report);
    let Some(features) = features::read(&definitions, &mut report) else {
        return Err(report.finish());
    };
    let graphs = graphs::read(&definitions, &features.join, &mut report);
    let mut reader = Reader {
        report,
        join: features.join,
        graphs: graphs.by_value,
        supergraph: Supergraph {
            subgraphs: graphs.table,
            links: features.links,
            description: definitions.schema_description(),
            ..Supergraph::default()
        },
    };
    reader.read_schema_directives(&definitions, &features.link_directive);
    reader.read_directive_definitions(&definitions, &features.link_directive);
    let known = reader.add_types(&definitions, &features.link_prefix);
    for (id, definition) in known {
        reader.read_members(id, definition);
    }
    reader.read_roots(&definitions);
    let Reader { report, supergraph, .. } = reader;
    if report.is_empty() { Ok(supergraph) } else { Err(report.finish()) }
}

/// What the phases after the subgraphs share.
struct Reader<'a> {
    report: Report<'a>,
    join: Join,
    graphs: Graphs,
    supergraph: Supergraph,
}

impl Reader<'_> {
    fn read_schema_directives(&mut self, definitions: &Definitions<'_>, link_directive: &str) {
        let others: Vec<Node<ast::Directive>> =
            definitions.schema_directives().filter(|directive| directive.name != *link_directive).cloned().collect();
        self.supergraph.schema_directives = self.keep_directives(&others, format_args!("schema"));
        self.supergraph.schema_carried = self.join_directives(&others);
    }

    /// Keeps every definition but those that each GraphQL or join document has anyway.
    fn read_directive_definitions(&mut self, definitions: &Definitions<'_>, link_directive: &str) {
        let mut seen = std::collections::HashSet::new();
        for &definition in &definitions.directives {
            let name = &definition.name;
            if !seen.insert(name) {
                self.report.invalid(format!("directive @{name} is defined twice"), name.location());
            } else if name != link_directive && !self.join.owns_directive(name) && !is_built_in_directive(name) {
                self.supergraph.directives.push(definition.clone());
            }
        }
    }

    fn read_roots(&mut self, definitions: &Definitions<'_>) {
        for root in definitions.root_operations() {
            let (operation, name) = (root.0, &root.1);
            let id = self.root_type(operation, name);
            let slot = match operation {
                OperationType::Query => &mut self.supergraph.query,
                OperationType::Mutation => &mut self.supergraph.mutation,
                OperationType::Subscription => &mut self.supergraph.subscription,
            };
            if slot.is_some() {
                self.report.invalid(format!("the schema names two {operation} types"), name.location());
            } else {
                *slot = id;
            }
        }
        if !definitions.root_operations().any(|root| root.0 == OperationType::Query) {
            self.report.invalid_with_help(
                "the schema has no query type",
                definitions.schema_location(),
                "write `query: Query` in the `schema` definition; a graph without queries cannot be served",
            );
        }
    }

    fn root_type(&mut self, operation: OperationType, name: &Name) -> Option<TypeId> {
        let Some(id) = self.supergraph.type_id(name) else {
            self.report.invalid(format!("the {operation} type {name} is not defined"), name.location());
            return None;
        };
        if !matches!(self.supergraph.ty(id).kind, TypeKind::Object { .. }) {
            self.report.invalid(format!("the {operation} type {name} is not an object type"), name.location());
        }
        Some(id)
    }
}

/// The directives that every GraphQL schema has, defined or not.
pub(super) fn is_built_in_directive(name: &str) -> bool {
    matches!(name, "skip" | "include" | "deprecated" | "specifiedBy" | "oneOf")
}

/// The scalars that every GraphQL schema has, defined or not.
pub(super) fn is_built_in_scalar(name: &str) -> bool {
    matches!(name, "Int" | "Float" | "String" | "Boolean" | "ID")
}
