//! Why each request of a plan is made: which fields it is for, and who else could resolve them.
//!
//! A field that only one subgraph resolves leaves no choice; [`choices_json`](super::stages::choices_json) tells of
//! those that do.

use super::Plan;
use super::explain::{entities_selections, root_selections, selections_of};
use super::model::Fetch;
use crate::operation::OperationKind;
use crate::supergraph::{Supergraph, TypeId};
use apollo_compiler::ast::Selection;
use serde_json::{Value, json};

/// By the plan's fetches: the fields that one is for, and the subgraphs that resolve each.
pub fn json(plan: &Plan, supergraph: &Supergraph) -> Value {
    let reasons = plan.fetches.iter().enumerate().map(|(at, fetch)| {
        let fields = fields(plan, supergraph, fetch);
        let told = fields.into_iter().map(|(coordinate, subgraphs)| json!({ "field": coordinate, "in": subgraphs }));
        json!({ "fetch": at, "fields": told.collect::<Vec<_>>() })
    });
    reasons.collect()
}

/// Each field once, in the order of the document, with the names of the subgraphs that resolve it.
fn fields<'s>(plan: &Plan, supergraph: &'s Supergraph, fetch: &Fetch) -> Vec<(String, Vec<&'s str>)> {
    let selections = selections_of(fetch);
    let root = match fetch.kind {
        OperationKind::Query => supergraph.query,
        OperationKind::Mutation => supergraph.mutation,
        OperationKind::Subscription => supergraph.subscription,
    };
    let mut finder = Finder { supergraph, found: Vec::new() };
    if fetch.entities.is_empty() {
        finder.add(root, &selections);
    }
    for group in &fetch.entities {
        if group.at_root {
            finder.add(supergraph.query, &root_selections(plan, group, &selections));
            continue;
        }
        let ty = group.representations.first().and_then(|first| supergraph.type_id(&first.typename));
        finder.add(ty, &entities_selections(&selections, &group.alias));
    }
    finder.found
}

struct Finder<'s> {
    supergraph: &'s Supergraph,
    found: Vec<(String, Vec<&'s str>)>,
}

impl Finder<'_> {
    fn add(&mut self, ty: Option<TypeId>, selections: &[Selection]) {
        for selection in selections {
            match selection {
                Selection::Field(field) => self.add_field(ty, &field.name),
                Selection::InlineFragment(fragment) => {
                    let narrowed = fragment.type_condition.as_ref().map(|name| self.supergraph.type_id(name));
                    self.add(narrowed.unwrap_or(ty), &fragment.selection_set);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// What the supergraph does not know, such as `__typename`, needs no reason.
    fn add_field(&mut self, ty: Option<TypeId>, name: &str) {
        let supergraph = self.supergraph;
        let Some((ty, field)) = ty.and_then(|ty| Some((ty, supergraph.field_of(ty, name)?))) else { return };
        let coordinate = format!("{}.{name}", supergraph.ty(ty).name);
        if self.found.iter().any(|(known, _)| *known == coordinate) {
            return;
        }
        let joins = supergraph.field_joins(field).filter(|(_, join)| !join.external && !join.used_overridden);
        let mut names: Vec<&str> = joins.map(|(graph, _)| supergraph.subgraph(graph).name.as_str()).collect();
        names.dedup();
        self.found.push((coordinate, names));
    }
}
