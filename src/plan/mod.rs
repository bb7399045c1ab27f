//! Planning: `Operation` x `QueryGraph` -> [`Plan`], with what it costs and whether that is optimal.
//!
//! [`model`] is what the executor runs and knows of; everything else here is how it comes to be:
//!
//! 1. [`resolve`] decides, position by position, which subgraph gives which field, and how other
//!    subgraphs are entered ([`enter`], with choices ordered by [`estimate`]); the outcome is a [`draft`] of steps;
//! 2. [`schedule`] puts steps to one subgraph that can run together into one request;
//! 3. [`liveness`] works out which units need which part;
//! 4. [`assemble`] lays out slots, shapes, projections and documents ([`document`]).
//!
//! [`explain`] shows a plan to people.

mod assemble;
mod document;
mod draft;
mod enter;
mod estimate;
pub mod explain;
mod liveness;
pub mod model;
mod printed;
mod projection;
mod resolve;
mod schedule;
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
    /// The runtime type of an interface object cannot be had.
    #[error("no subgraph can tell the type of objects of {interface}")]
    TypeUnknown {
        /// The interface.
        interface: String,
    },
}

/// Plans an operation.
pub fn plan(
    supergraph: &Supergraph,
    graph: &QueryGraph,
    operation: &Operation,
    options: &PlanOptions,
) -> Result<Plan, PlanError> {
    let _ = options;
    let mut draft = resolve::Resolver::new(supergraph, graph, operation).run()?;
    let requests = schedule::schedule(&mut draft);
    liveness::spread(&mut draft);
    Ok(assemble::assemble(supergraph, graph, operation, &draft, &requests))
}
