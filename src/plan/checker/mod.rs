//! The checker: whether a plan yields what an operation asks for, proven from the plan's own tables.
//!
//! It knows nothing of how plans are made, only what the executor does with one. What it proves, for
//! every set of units that can be on:
//!
//! 1. fetches wait for earlier rows only, so that they can all be run, and mutations for all before them;
//! 2. the projections are the operation's selections, key by key and type by type ([`shape`]);
//! 3. each projected slot is filled, for every runtime type that objects can have there, by some fetch
//!    that runs whenever the field's unit is on ([`supply`]);
//! 4. objects for which root fields are asked again are the query type's, and no two groups of a request have the
//!    same key in its reply ([`again`]);
//! 5. what a fetch is told about entities (their keys, what is required, the objects themselves) comes
//!    from fetches that it waits for and that run whenever it is needed ([`supply`]).
//!
//! Runtime types are told apart at a position, not along the way to it: a value that only some types
//! of the object around it give counts for all of them. Tests run it on every operation they plan.

mod again;
mod shape;
mod supply;

use super::model::{FetchId, Plan};
use super::sets::BitSet;
use crate::operation::{Operation, OperationKind};
use crate::supergraph::{PossibleTypes, Supergraph};
use supply::Supplies;

/// What is wrong with a plan; nothing for a plan that holds.
pub fn check(supergraph: &Supergraph, possible: &PossibleTypes, operation: &Operation, plan: &Plan) -> Vec<String> {
    let mut problems = order(plan);
    if problems.is_empty() {
        problems = shape::check(supergraph, possible, operation, plan);
        problems.extend(again::check(supergraph, plan));
    }
    if problems.is_empty() {
        let waits = waits(plan);
        let supplies = Supplies::collect(plan, &waits);
        problems = supplies.check();
    }
    problems
}

/// Fetches wait for earlier ones.
fn order(plan: &Plan) -> Vec<String> {
    let mut problems = Vec::new();
    let waits = waits(plan);
    for (at, fetch) in plan.fetches.iter().enumerate() {
        if let Some(late) = fetch.depends_on.iter().find(|need| need.index() >= at) {
            problems.push(format!("fetch {at} waits for fetch {}", late.0));
        }
        if fetch.kind == OperationKind::Mutation && (0..at).any(|before| !waits[at].contains(before)) {
            problems.push(format!("the mutation of fetch {at} does not wait for all before it"));
        }
    }
    problems
}

/// For each fetch, all that is done before it.
fn waits(plan: &Plan) -> Vec<BitSet> {
    let mut waits: Vec<BitSet> = Vec::with_capacity(plan.fetches.len());
    for fetch in &plan.fetches {
        let mut all = BitSet::new();
        for &FetchId(need) in &fetch.depends_on {
            if let Some(earlier) = waits.get(need as usize) {
                all.union_with(earlier);
                all.insert(need as usize);
            }
        }
        waits.push(all);
    }
    waits
}
