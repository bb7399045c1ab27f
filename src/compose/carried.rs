//! Directives that hold for single subgraphs and reach the supergraph as `@join__directive`: how long, for whom and
//! under which tags what a subgraph gives may be kept.
//!
//! `@cacheTag` is federation's. `@cacheControl` is nobody's specification but what Apollo Server's users write, with
//! its definition or without, so it needs no `@composeDirective`. Subgraphs may say different things of one element:
//! each is about the values that this subgraph gives.

use super::applied::{Application, distinct, same, without_places};
use super::merge::{Merge, bare};
use crate::subgraph::Subgraph;
use crate::supergraph::JoinDirective;
use apollo_compiler::ast::Directive;
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

/// What is carried: the directive, and what `@join__directive` calls it.
const CARRIED: [(&str, &str); 2] = [("cacheControl", "cacheControl"), ("cacheTag", "federation__cacheTag")];

impl Merge<'_> {
    /// What subgraphs apply to one element, with those that apply the same together.
    pub fn carry<'d>(
        &mut self,
        given: impl Iterator<Item = (&'d Subgraph, &'d [Node<Directive>])>,
    ) -> Vec<JoinDirective> {
        let mut by_name: IndexMap<&'static str, (Name, Vec<Application<'d>>)> = IndexMap::new();
        for (subgraph, directives) in given {
            for directive in directives {
                let Some((name, joined)) = CARRIED.iter().find(|(name, _)| directive.name == *name) else { continue };
                if *name == "cacheControl" && !subgraph.knows_cache_control() {
                    continue;
                }
                let (_, applications) = by_name.entry(joined).or_insert_with(|| (bare(&directive.name), Vec::new()));
                applications.push((subgraph, directive.clone()));
            }
        }
        let mut carried = Vec::new();
        for (joined, (name, applications)) in by_name {
            let users = applications.iter().map(|(subgraph, _)| subgraph.name.clone());
            self.applied.entry(name).or_default().extend(users);
            carried.extend(self.joined(joined, &applications));
        }
        carried
    }

    fn joined(&self, name: &str, applications: &[Application<'_>]) -> Vec<JoinDirective> {
        let all: Vec<&Directive> = applications.iter().map(|(_, directive)| &**directive).collect();
        let join = |one: &Directive| JoinDirective {
            graphs: applications
                .iter()
                .filter(|(_, other)| same(other, one))
                .filter_map(|(subgraph, _)| self.sources.subgraph_named(&subgraph.name))
                .collect(),
            name: name.to_owned(),
            arguments: without_places(one)
                .arguments
                .iter()
                .map(|argument| (argument.name.clone(), argument.value.clone()))
                .collect(),
        };
        distinct(&all).into_iter().map(join).collect()
    }
}
