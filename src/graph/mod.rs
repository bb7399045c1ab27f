//! The query graph: type-in-subgraph nodes and the moves between them.

use crate::supergraph::Supergraph;

/// Type-in-subgraph nodes and moves, in flat arrays.
#[derive(Debug)]
pub struct QueryGraph {}

impl QueryGraph {
    /// Builds the graph of a supergraph.
    pub fn build(supergraph: &Supergraph) -> Self {
        let _ = supergraph;
        unimplemented!("being written")
    }
}
