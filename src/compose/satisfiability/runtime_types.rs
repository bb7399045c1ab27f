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
use crate::supergraph::{FieldId, SubgraphId, TypeSet};

impl<'g> Walk<'g, '_> {
    /// Compares what the resolvers of a field may give; each field is reported once.
    pub(super) fn compare_runtime_types(&mut self, at: usize, field: FieldId, resolvers: &[&'g FieldEdge]) {
        let shared: Vec<(&FieldEdge, &TypeSet)> = resolvers
            .iter()
            .filter(|edge| !edge.external)
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
            self.findings.push((field, finding));
        }
    }

    /// Objects that are had as an interface object only are of a type that nobody knows yet. Some subgraph that
    /// knows the interface as one must be in reach by the interface's key.
    pub(super) fn check_types_are_told(&mut self, at: usize, field: FieldId, resolvers: &[&'g FieldEdge]) {
        let output = self.supergraph.field(field).output;
        let subgraphs: Vec<SubgraphId> = resolvers.iter().map(|edge| edge.subgraph).collect();
        let is_told = |subgraph: &SubgraphId| !self.graph.is_interface_object(output, *subgraph);
        if subgraphs.iter().any(is_told) {
            return;
        }
        let closure = self.distances.closure(output, &subgraphs);
        if !closure.iter().any(is_told) && self.failed.insert(field) {
            let finding = self.describe_untold(at, field, &subgraphs);
            self.findings.push((field, finding));
        }
    }

    fn describe_untold(&self, at: usize, field: FieldId, subgraphs: &[SubgraphId]) -> Diagnostic {
        let definition = self.supergraph.field(field);
        let (ty, interface) =
            (&self.supergraph.ty(definition.parent).name, &self.supergraph.ty(definition.output).name);
        let reasons: Vec<String> = subgraphs
            .iter()
            .map(|&subgraph| {
                format!(
                    "\n- from subgraph \"{}\": no subgraph can be reached to resolve the implementation type of @interfaceObject type \"{interface}\".",
                    self.name(subgraph)
                )
            })
            .collect();
        let message = format!(
            "The following supergraph API query:\n{}cannot be satisfied by the subgraphs because:{}",
            self.query(at, definition),
            reasons.concat()
        );
        let finding =
            subgraphs.iter().fold(Diagnostic::error(Code::SatisfiabilityError, message), |finding, &subgraph| {
                finding
                    .at_opt((self.locate)(subgraph, ty, Some(&definition.name)), "gives the interface object")
                    .at_opt((self.locate)(subgraph, interface, None), "the interface object")
            });
        let elsewhere = self.supergraph.graphs_of(definition.output).filter(|subgraph| !subgraphs.contains(subgraph));
        let finding = elsewhere.fold(finding, |finding, subgraph| {
            finding.at_opt((self.locate)(subgraph, interface, None), "not in reach by a key")
        });
        finding.help(format!("give \"{interface}\" the same @key in a subgraph that defines it as an interface"))
    }

    fn describe(&self, at: usize, field: FieldId, shared: &[(&FieldEdge, &TypeSet)], is_error: bool) -> Diagnostic {
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
fn intersection<'s>(mut shared: impl Iterator<Item = &'s (&'s FieldEdge, &'s TypeSet)>) -> Option<TypeSet> {
    let (_, first) = shared.next()?;
    Some(shared.fold((*first).clone(), |common, (_, types)| common.intersection(types)))
}
