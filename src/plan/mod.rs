//! Planning: `Operation` x `QueryGraph` -> [`Plan`], with what it costs and whether that is optimal.
//!
//! [`model`] is what the executor runs and knows of; everything else here is how it comes to be.

pub mod explain;
pub mod model;
pub mod sets;

pub use model::Plan;

use crate::graph::QueryGraph;
use crate::operation::Operation;
use crate::supergraph::Supergraph;

/// How to plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PlanOptions {
    /// How many states the search may look at before it settles for the best plan found.
    pub budget: u32,
}

impl Default for PlanOptions {
    fn default() -> Self {
        Self { budget: 20_000 }
    }
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// A field cannot be reached; composition would have refused the supergraph.
    #[error("no subgraph can resolve {coordinate} at {path}")]
    Unreachable {
        /// `Type.field`.
        coordinate: String,
        /// Response path.
        path: String,
    },
}

/// Plans an operation.
pub fn plan(
    supergraph: &Supergraph,
    graph: &QueryGraph,
    operation: &Operation,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    let _ = (supergraph, graph, operation, options);
    unimplemented!("being written")
}
