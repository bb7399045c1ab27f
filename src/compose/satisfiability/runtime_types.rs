//! A field that several subgraphs resolve must give the same object in all of them. Where it gives an abstract
//! type, subgraphs may know different objects of it: without any in common, the field cannot be what it says.
//!
//! Only subgraphs that one query can choose between are compared: a field of a type without keys may differ
//! between subgraphs that no path brings together.

use super::Walk;
use crate::compose::sources::quoted_list;
use crate::diagnostic::Diagnostic;
use crate::graph::FieldEdge;
use crate::subgraph::Code;
use crate::supergraph::{FieldId, TypeSet};

impl<'g> Walk<'g, '_> {
    /// Compares what the resolvers of a field may give; each field is reported once.
    pub(super) fn compare_runtime_types(&mut self, at: usize, field: FieldId, resolvers: &[&'g FieldEdge]) {
        let shared: Vec<(&FieldEdge, TypeSet)> = resolvers
            .iter()
            .filter(|edge| !edge.external && !self.is_moving(field, edge))
            .map(|edge| (*edge, self.graph.possible_in(edge.output, edge.subgraph)))
            .filter(|(_, types)| !types.is_empty())
            .collect();
        let Some(((_, first), rest)) = shared.split_first() else { return };
        if rest.iter().all(|(_, types)| types == first) {
            return;
        }
        let abstract_types = shared.iter().filter(|(edge, _)| self.supergraph.ty(edge.output).is_abstract());
        let Some(common) = intersection(abstract_types) else { return };
        if self.compared.insert(field) {
            let finding = self.describe(at, field, &shared, common.is_empty());
            self.findings.push(finding);
        }
    }

    /// Whether the edge is one side of a progressive override: only one side serves a request.
    fn is_moving(&self, field: FieldId, edge: &FieldEdge) -> bool {
        let mut joins = self.supergraph.field_joins(field);
        joins.any(|(subgraph, join)| subgraph == edge.subgraph && join.override_label.is_some())
    }

    fn describe(&self, at: usize, field: FieldId, shared: &[(&FieldEdge, TypeSet)], is_error: bool) -> Diagnostic {
        let definition = self.supergraph.field(field);
        let ty = &self.supergraph.ty(self.states[at].ty).name;
        let coordinate = format!("{ty}.{}", definition.name);
        let names = |types: &TypeSet| quoted_list(types.iter().map(|ty| self.supergraph.ty(ty).name.as_str()));
        let query = self.query(at, definition);
        let query = query.trim_end();
        let finding = if is_error {
            Diagnostic::error(
                Code::ShareableHasMismatchedRuntimeTypes,
                format!(
                    "Shared field \"{coordinate}\" can give no object that all subgraphs know which resolve it in the query:\n{query}"
                ),
            )
            .help("a shared field must give the same object everywhere: let the possible types overlap")
        } else {
            Diagnostic::hint(
                Code::InconsistentRuntimeTypesForShareableReturn,
                format!(
                    "Shared field \"{coordinate}\" may give different objects in the subgraphs that resolve it in the query:\n{query}"
                ),
            )
            .help(match intersection(shared.iter()).filter(|common| !common.is_empty()) {
                Some(common) => format!("make sure that it gives nothing but {}, which all of them know", names(&common)),
                None => "let the possible types overlap".to_owned(),
            })
        };
        shared.iter().fold(finding, |finding, (edge, types)| {
            let owner = edge.via.map_or(ty, |via| &self.supergraph.ty(via).name);
            let place = (self.locate)(edge.subgraph, owner, Some(&definition.name));
            finding.at_opt(place, format!("may give {} in \"{}\"", names(types), self.name(edge.subgraph)))
        })
    }
}

/// What all of them may give.
fn intersection<'s>(mut shared: impl Iterator<Item = &'s (&'s FieldEdge, TypeSet)>) -> Option<TypeSet> {
    let (_, first) = shared.next()?;
    Some(shared.fold(first.clone(), |common, (_, types)| common.intersection(types)))
}
