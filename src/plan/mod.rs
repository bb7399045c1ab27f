//! Planning: `Operation` x `QueryGraph` -> [`Plan`], with what it costs and whether that is optimal.
//!
//! [`model`] is what the executor runs and knows of; everything else here is how it comes to be:
//!
//! 1. [`resolve`] decides, position by position from the [`roots`] on, which subgraph gives which field
//!    ([`resolvable`], [`pick`]) and how other subgraphs are entered ([`enter`]), with choices ordered by
//!    [`estimate`]; the outcome is a [`draft`] of steps;
//! 2. [`schedule`] puts steps to one subgraph that can run together into one request;
//! 3. [`liveness`] works out which units need which part;
//! 4. [`assemble`] lays out slots, shapes, projections and documents ([`document`]);
//! 5. [`optimality`] says what is known about cheaper plans.
//!
//! [`explain`] shows a plan to people. [`labels`] says on which labels of `@override` the plan depends; the
//! graph that is given has them on or off.

mod assemble;
mod document;
mod draft;
mod enter;
mod estimate;
pub mod explain;
mod labels;
mod liveness;
pub mod model;
mod optimality;
mod pick;
mod printed;
mod projection;
mod resolvable;
mod resolve;
mod roots;
mod schedule;
pub mod sets;

pub use labels::labels_of;
pub use model::Plan;

use crate::graph::QueryGraph;
use crate::operation::Operation;
use crate::supergraph::Supergraph;

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
pub fn plan(supergraph: &Supergraph, graph: &QueryGraph, operation: &Operation) -> Result<Plan, PlanError> {
    let (mut draft, choices) = resolve::Resolver::new(supergraph, graph, operation).run()?;
    let requests = schedule::schedule(&mut draft);
    liveness::spread(&mut draft);
    let mut plan = assemble::assemble(supergraph, graph, operation, &draft, &requests);
    plan.optimality = optimality::judge(graph, operation, &draft, choices, plan.cost);
    Ok(plan)
}
