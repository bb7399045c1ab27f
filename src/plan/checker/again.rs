//! Whether root fields are asked again only for objects that are the root, and each key of a reply has one reader.

use super::super::model::{EntityGroup, Fetch, Plan};
use crate::supergraph::Supergraph;
use std::collections::HashSet;

/// What is wrong with the groups of fetches.
pub(super) fn check(supergraph: &Supergraph, plan: &Plan) -> Vec<String> {
    let mut problems = Vec::new();
    for (at, fetch) in plan.fetches.iter().enumerate() {
        if fetch.entities.iter().any(|group| group.at_root && !is_query(supergraph, plan, group)) {
            problems.push(format!("fetch {at} asks for root fields of what is not the root"));
        }
        let mut seen = HashSet::new();
        if let Some(twice) = keys(plan, fetch).into_iter().find(|key| !seen.insert(*key)) {
            problems.push(format!("fetch {at} has {twice} in its reply for two groups"));
        }
    }
    problems
}

/// Whether all objects of a group are the query type's, and nothing is to be sent for them.
fn is_query(supergraph: &Supergraph, plan: &Plan, group: &EntityGroup) -> bool {
    let query = supergraph.query.map(|query| supergraph.ty(query).name.as_str());
    group.representations.iter().all(|representation| {
        representation.fields.is_empty()
            && !representation.unknown
            && representation.on.iter().all(|ty| query == Some(&*plan.types[ty].name))
    })
}

/// The keys of `data`, each as often as a group looks for it.
fn keys<'p>(plan: &'p Plan, fetch: &'p Fetch) -> Vec<&'p str> {
    let mut keys = Vec::new();
    for group in &fetch.entities {
        match group.at_root {
            true => keys.extend(plan.shapes[group.shape.index()].fields.iter().map(|field| &*field.key)),
            false => keys.push(&*group.alias),
        }
    }
    keys
}
