//! Unions: every member of every subgraph.

use super::merge::Merge;
use super::sources::{Definition, Kind, subgraph_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, TypeKind as SubgraphKind};
use crate::supergraph::{SubgraphId, TypeKind, UnionMember};
use indexmap::IndexMap;

impl Merge<'_> {
    /// Merges every union.
    pub fn fill_unions(&mut self) {
        for (id, name, merging) in self.of_kind(Kind::Union) {
            self.fill_type(id, name, &merging.definitions);
            let mut found: IndexMap<&str, Vec<SubgraphId>> = IndexMap::new();
            for definition in &merging.definitions {
                let SubgraphKind::Union(members) = &definition.ty.kind else { continue };
                for member in members {
                    found.entry(member).or_default().push(definition.id);
                }
            }
            for (member, graphs) in &found {
                if graphs.len() < merging.definitions.len() {
                    self.hint_partial_member(name, member, graphs, &merging.definitions);
                }
            }
            let members = found
                .into_iter()
                .map(|(member, graphs)| UnionMember { member: self.type_id(member), graphs })
                .collect();
            self.ty_mut(id).kind = TypeKind::Union { members };
        }
    }

    fn hint_partial_member(&mut self, union: &str, member: &str, graphs: &[SubgraphId], all: &[Definition<'_>]) {
        let missing: Vec<&Definition<'_>> = all.iter().filter(|definition| !graphs.contains(&definition.id)).collect();
        let subgraphs = subgraph_list(missing.iter().map(|definition| definition.subgraph.name.as_str()));
        let hint = Diagnostic::hint(
            Code::InconsistentUnionMember,
            format!("Union \"{union}\" has the member \"{member}\", but not in {subgraphs}"),
        );
        let hint = missing
            .iter()
            .fold(hint, |hint, definition| hint.at_opt(definition.span(), format!("without \"{member}\"")));
        self.findings.hint(hint.help("add the member in every subgraph that has the union"));
    }
}
