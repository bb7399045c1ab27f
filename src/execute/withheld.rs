//! What the client asked for and does not get, because a gate before it is closed: each place once.
//!
//! A place is a response field, and lists on the way to it count as one: `products.@.price` stands for the
//! prices of all products. So there are no more of them than the operation has fields, and the answer says of a
//! thousand hidden prices what it says of one.

use super::error::PathSegment;
use super::trail::Trail;
use crate::plan::model::ProjectedField;
use std::collections::HashSet;

/// What stands for a position in a list, as in Apollo's router.
const ANY: &str = "@";

/// Gathers the places.
#[derive(Debug)]
pub(super) struct Withheld {
    paths: Vec<Vec<PathSegment>>,
    /// The fields that are known already, by where they are in the plan.
    known: HashSet<usize>,
    most: usize,
}

impl Withheld {
    /// For at most so many places.
    pub(super) fn new(most: usize) -> Self {
        Self { paths: Vec::new(), known: HashSet::new(), most }
    }

    /// Notes that a field, or objects in it, were left out; `trail` leads there.
    pub(super) fn note(&mut self, field: &ProjectedField, trail: &Trail<'_>) {
        if self.paths.len() >= self.most || !self.known.insert(std::ptr::from_ref(field) as usize) {
            return;
        }
        // A field that is several in the plan, for the sake of types, is one to the client.
        let path: Vec<PathSegment> = trail.path().into_iter().map(general).collect();
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
    }

    /// The places, in the order of the answer.
    pub(super) fn finish(self) -> Vec<Vec<PathSegment>> {
        self.paths
    }
}

fn general(step: PathSegment) -> PathSegment {
    match step {
        PathSegment::Index(_) => PathSegment::Key(ANY.into()),
        key @ PathSegment::Key(_) => key,
    }
}
