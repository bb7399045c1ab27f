//! The enum `join__Graph`: its values in, the table of subgraphs sorted by name out.

use super::document::Definitions;
use super::features::{Join, JoinElement};
use super::report::Report;
use crate::supergraph::{Subgraph, SubgraphId};
use ahash::RandomState;
use apollo_compiler::ast::{self, Definition};
use apollo_compiler::{Name, Node};
use std::collections::HashMap;

/// Subgraphs by their value of `join__Graph`.
pub(super) type Graphs = HashMap<Name, SubgraphId, RandomState>;

/// The subgraphs.
pub(super) struct Table {
    /// Sorted by name, so that ids do not depend on who wrote the file.
    pub(super) table: Vec<Subgraph>,
    /// The way from the enum's values to them.
    pub(super) by_value: Graphs,
}

/// Reads the table.
pub(super) fn read(definitions: &Definitions<'_>, join: &Join, report: &mut Report<'_>) -> Table {
    let graph_enum = definitions.types.iter().find_map(|definition| match definition {
        Definition::EnumTypeDefinition(definition) if join.is_graph_enum(&definition.name) => Some(definition),
        _ => None,
    });
    let Some(graph_enum) = graph_enum else {
        report.invalid_with_help(
            "the enum `join__Graph` is missing: no subgraph is known",
            definitions.schema_location(),
            "compose the subgraphs again; the enum names each with its URL",
        );
        return Table { table: Vec::new(), by_value: Graphs::default() };
    };
    let mut table: Vec<Subgraph> =
        graph_enum.values.iter().filter_map(|value| read_subgraph(value, join, report)).collect();
    table.sort_by(|a, b| a.name.cmp(&b.name));
    for pair in table.windows(2) {
        if pair[0].name == pair[1].name {
            let message = format!("two subgraphs are called \"{}\"", pair[0].name);
            report.invalid(message, pair[1].graph.location());
        }
    }
    let mut by_value = Graphs::default();
    for (index, subgraph) in table.iter().enumerate() {
        if by_value.insert(subgraph.graph.clone(), SubgraphId::from_index(index)).is_some() {
            let message = format!("`join__Graph` has the value {} twice", subgraph.graph);
            report.invalid(message, subgraph.graph.location());
        }
    }
    Table { table, by_value }
}

fn read_subgraph(value: &Node<ast::EnumValueDefinition>, join: &Join, report: &mut Report<'_>) -> Option<Subgraph> {
    let graph = &value.value;
    let directive = value.directives.iter().find(|d| join.element(&d.name) == Some(JoinElement::Graph));
    let argument = |name: &str| directive?.specified_argument_by_name(name)?.as_str();
    let Some(name) = argument("name") else {
        report.invalid_with_help(
            format!("subgraph {graph} has no name"),
            graph.location(),
            "each value of `join__Graph` says `@join__graph(name: \"...\", url: \"...\")`",
        );
        return None;
    };
    let url = argument("url").unwrap_or_default();
    Some(Subgraph { name: name.to_owned(), graph: graph.clone(), url: url.to_owned() })
}
