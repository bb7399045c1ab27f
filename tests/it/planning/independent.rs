//! Independent choices: the search looks at each by itself, so its work is their sum and not their product.
//!
//! The graphs are made for it: some number of *knots*, between whose ways estimates and bounds cannot decide, and
//! which have no subgraph in common, so that none of them can gain by what is chosen at another. They lie side by
//! side at the root, or at one entity; or each hangs on the one before.

use super::compose_all;
use apollo_compiler::ExecutableDocument;
use std::fmt::Write;
use weft::graph::QueryGraph;
use weft::operation::Operation;
use weft::plan::model::Optimality;
use weft::plan::{Objective, Options, Planning};
use weft::supergraph::{PossibleTypes, api_schema};

const KNOTS: usize = 12;

#[test]
fn choices_at_the_root_add_up() {
    add_up(|count| {
        let mut sdls = Vec::new();
        for at in 0..count {
            for mut part in knot(at) {
                if !part.0.starts_with('c') {
                    write!(part.1, "type Query {{ k{at}: K{at} @shareable }}").unwrap();
                }
                sdls.push(part);
            }
        }
        let fields: String = (0..count).map(|at| format!(" k{at} {{ x y }}")).collect();
        (sdls, format!("{{{fields} }}"))
    });
}

#[test]
fn choices_at_one_entity_add_up() {
    add_up(|count| {
        let fields: String = (0..count).map(|at| format!(" k{at} {{ x y }}")).collect();
        let mut sdls = vec![("root".into(), "type Query { e: E } type E @key(fields: \"id\") { id: ID! }".into())];
        for at in 0..count {
            for mut part in knot(at) {
                if !part.0.starts_with('c') {
                    write!(part.1, "type E @key(fields: \"id\") {{ id: ID! k{at}: K{at} @shareable }}").unwrap();
                }
                sdls.push(part);
            }
        }
        (sdls, format!("{{ e {{{fields} }} }}"))
    });
}

/// A value that two subgraphs give, each with one part of the key by which a third one knows the rest of it, and
/// with another way to the other part.
fn knot(at: usize) -> [(String, String); 3] {
    let ty = |fields: &str| format!("type K{at} @key(fields: \"id\") @key(fields: \"sku\") {{ {fields} }}\n");
    [
        (format!("a{at}"), ty("id: ID! sku: ID! x: Int @shareable")),
        (format!("b{at}"), ty("id: ID! sku: ID! y: Int @shareable")),
        (format!("c{at}"), ty("id: ID! sku: ID! x: Int @shareable y: Int @shareable")),
    ]
}

/// Plans for more and more knots: for few of them what is found is what trying everything finds, and for twelve the
/// work has grown with their number, and by what it takes to make longer drafts.
fn add_up(graph: impl Fn(usize) -> (Vec<(String, String)>, String)) {
    let mut ones = Vec::new();
    for count in [1, 2, KNOTS] {
        let (sdls, query) = graph(count);
        let mut worked = Vec::new();
        with_plans(&sdls, &query, |planning, objective| {
            let found = planning.plan(Options { objective, ..Options::default() }).unwrap();
            assert_eq!(found.plan.optimality, Optimality::Optimal, "{count} knots, {objective:?}");
            if count <= 2 {
                let all = planning.enumerate(objective, 2_000).unwrap();
                assert_eq!(all.plan.optimality, Optimality::Optimal, "there are more plans than were tried");
                assert_eq!(all.plan.cost, found.plan.cost, "{count} knots, {objective:?}");
                assert!(all.trail.drafts >= 20_u32.pow(count as u32), "{count} knots leave no choice");
            }
            worked.push(found.trail.drafts);
        });
        if count == 1 {
            ones = worked;
        } else {
            for (work, one) in worked.into_iter().zip(&ones) {
                assert!(work <= one * 3 * count as u32, "{count} knots: {work} drafts, and {one} for one");
            }
        }
    }
}

fn with_plans(sdls: &[(String, String)], query: &str, mut look: impl FnMut(&Planning<'_>, Objective)) {
    let supergraph = compose_all(sdls).unwrap();
    let api = api_schema(&supergraph).unwrap();
    let document = ExecutableDocument::parse_and_validate(&api, query, "query").unwrap();
    let operation = document.operations.iter().next().unwrap();
    let operation = Operation::normalize(&supergraph, &PossibleTypes::new(&supergraph), &document, operation).unwrap();
    let graph = QueryGraph::build(&supergraph);
    let planning = Planning::new(&supergraph, &graph, &operation);
    [Objective::Latency, Objective::Requests].into_iter().for_each(|objective| look(&planning, objective));
}
