//! Directives that hold for single subgraphs and reach the supergraph as `@join__directive`: how long, for whom and
//! under which tags what a subgraph gives may be kept, and which tags its mutations make stale.
//!
//! `@cacheTag` is federation's. `@cacheControl` is nobody's specification but what Apollo Server's users write, with
//! its definition or without, so it needs no `@composeDirective`; nor does `@cacheInvalidate`, which is ours. Subgraphs
//! may say different things of one element: each is about the values that this subgraph gives.

use super::applied::{Application, distinct, same, without_places};
use super::merge::{Merge, bare};
use super::sources::FieldSource;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};
use crate::supergraph::{Argument, JoinDirective, unfillable};
use apollo_compiler::ast::Directive;
use apollo_compiler::{Name, Node};
use indexmap::IndexMap;

/// What is carried: the directive, and what `@join__directive` calls it.
const CARRIED: [(&str, &str); 3] =
    [("cacheControl", "cacheControl"), ("cacheTag", "federation__cacheTag"), (INVALIDATE, INVALIDATE)];

/// Counts on fields of the mutation only.
const INVALIDATE: &str = "cacheInvalidate";

impl Merge<'_> {
    /// What subgraphs apply to one element, with those that apply the same together. `around` is the type whose field
    /// it is.
    pub fn carry<'d>(
        &mut self,
        around: Option<&str>,
        given: impl Iterator<Item = (&'d Subgraph, &'d [Node<Directive>])>,
    ) -> Vec<JoinDirective> {
        let mut by_name: IndexMap<&'static str, (Name, Vec<Application<'d>>)> = IndexMap::new();
        for (subgraph, directives) in given {
            for directive in directives {
                let Some((name, joined)) = CARRIED.iter().find(|(name, _)| directive.name == *name) else { continue };
                if !subgraph.knows_caching(name) || (*name == INVALIDATE && around != Some("Mutation")) {
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

    /// Hints at invalidations that will never come: on other fields than the mutation's, and by tags that cannot be
    /// filled in.
    pub fn check_invalidations<'s>(
        &mut self,
        (around, coordinate): (&str, &str),
        arguments: &[Argument],
        sources: impl Iterator<Item = FieldSource<'s>>,
    ) {
        for source in sources.filter(|source| source.subgraph().knows_caching(INVALIDATE)) {
            let applied = source.field.directives.iter().filter(|directive| directive.name == INVALIDATE);
            let tags = applied.filter_map(|directive| directive.specified_argument_by_name("tag")?.as_str());
            for tag in tags {
                let (why, help) = match around {
                    "Mutation" => (unfillable(tag, arguments), "name arguments of the mutation as `{$args.NAME}`"),
                    _ => (
                        Some("only fields of the mutation invalidate anything".to_owned()),
                        "put it on a field of the mutation; what a query gives is tagged by @cacheTag",
                    ),
                };
                let Some(why) = why else { continue };
                let message = format!("@cacheInvalidate(tag: \"{tag}\") of field \"{coordinate}\" does nothing: {why}");
                let hint = Diagnostic::hint(Code::CacheInvalidateIgnored, message).at_opt(source.span(), "");
                self.findings.hint(hint.help(help));
            }
        }
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
