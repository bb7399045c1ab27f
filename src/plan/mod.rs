//! Planning: `Operation` x `QueryGraph` -> [`Plan`], with what it costs and whether that is optimal.
//!
//! [`model`] is what the executor runs and knows of; everything else here is how it comes to be:
//!
//! 1. [`space`] relaxes the problem: what any plan needs at least;
//! 2. [`search`] looks for the cheapest draft: it resolves the operation by preference, then again under
//!    other [`choice`]s as long as the [`bound`]s leave hope and the budget lasts, never twice from the same
//!    [`state`], which is told by what is in [`reach`] of the rest;
//!    - [`resolve`] decides, position by position from the [`roots`] on, which subgraph gives which field
//!      ([`resolvable`], [`pick`]) and how other subgraphs are reached, by key ([`enter`], with values
//!      from a [`context`]) or along the [`path`], with alternatives ordered by [`estimate`]; the outcome is a [`draft`] of steps;
//!    - [`schedule`] puts steps to one subgraph that can run together into one request;
//! 3. [`liveness`] works out which units need which part;
//! 4. [`assemble`] lays out slots, shapes, projections and documents ([`document`]), and says what of them can be
//!    cached ([`caching`]).
//!
//! [`explain`] shows a plan to people, [`stages`] what led to it; [`checker`] proves that a plan yields what was
//! asked. [`labels`] says on which labels of `@override` the plan depends; the graph that is given has them on or off.

mod assemble;
mod bound;
mod cache_tags;
mod cacheable;
mod caching;
pub mod checker;
mod choice;
mod context;
mod document;
mod draft;
mod enter;
mod estimate;
pub mod explain;
mod labels;
mod lifetimes;
mod liveness;
pub mod model;
mod objective;
mod padded;
mod path;
mod pick;
mod printed;
mod projection;
mod reach;
pub mod reasons;
mod resolvable;
mod resolve;
mod roots;
mod schedule;
mod search;
pub mod sets;
mod space;
pub mod stages;
mod state;
mod writers;

pub use caching::{CacheHint, CacheRules};
pub use labels::labels_of;
pub use lifetimes::lifetimes;
pub use model::Plan;
pub use objective::Objective;
pub use search::{Budget, Trail};

use crate::graph::QueryGraph;
use crate::operation::Operation;
use crate::supergraph::{SubgraphId, Supergraph};
use resolve::Terms;
use search::Candidate;
use space::Space;
use std::collections::BTreeSet;

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

/// What a plan is to be like, and how much may be spent on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Options {
    /// What it is to have little of.
    pub objective: Objective,
    /// When the search for a better one ends.
    pub budget: Budget,
}

/// Plans an operation with the default [`Options`].
pub fn plan(supergraph: &Supergraph, graph: &QueryGraph, operation: &Operation) -> Result<Plan, PlanError> {
    plan_with(supergraph, graph, operation, Options::default())
}

/// Plans an operation.
pub fn plan_with(
    supergraph: &Supergraph,
    graph: &QueryGraph,
    operation: &Operation,
    options: Options,
) -> Result<Plan, PlanError> {
    Planning::new(supergraph, graph, operation).plan(options).map(|planned| planned.plan)
}

/// Plans an operation, and says what of its fetches can be cached.
pub fn plan_to_cache(
    supergraph: &Supergraph,
    graph: &QueryGraph,
    operation: &Operation,
    options: Options,
    rules: &CacheRules,
) -> Result<Plan, PlanError> {
    Planning::new(supergraph, graph, operation).caching(rules).plan(options).map(|planned| planned.plan)
}

/// The stages of planning one operation.
#[derive(Debug)]
pub struct Planning<'a> {
    supergraph: &'a Supergraph,
    graph: &'a QueryGraph,
    operation: &'a Operation,
    space: Space,
    indispensable: BTreeSet<SubgraphId>,
    rules: Option<&'a CacheRules>,
}

/// A plan, and how it was found.
#[derive(Debug)]
pub struct Planned<'a> {
    /// The plan.
    pub plan: Plan,
    /// What the search did.
    pub trail: Trail,
    candidate: Candidate<'a>,
}

impl<'a> Planning<'a> {
    /// Relaxes the problem.
    pub fn new(supergraph: &'a Supergraph, graph: &'a QueryGraph, operation: &'a Operation) -> Self {
        let space = Space::new(supergraph, graph, operation);
        let indispensable = space.indispensable();
        Self { supergraph, graph, operation, space, indispensable, rules: None }
    }

    /// Says in plans what of their fetches can be cached by these rules.
    #[must_use]
    pub fn caching(mut self, rules: &'a CacheRules) -> Self {
        self.rules = Some(rules);
        self
    }

    /// Searches for the best plan.
    pub fn plan(&self, options: Options) -> Result<Planned<'_>, PlanError> {
        self.search(options, false)
    }

    /// Looks at every plan there is, without bounds, budget or rules that rule ways out: slow, and what
    /// [`Self::plan`] has to agree with.
    pub fn enumerate(&self, objective: Objective, most: u32) -> Result<Planned<'_>, PlanError> {
        let budget = Budget { drafts: most, ..Budget::UNLIMITED };
        self.search(Options { objective, budget }, true)
    }

    fn search(&self, options: Options, exhaustive: bool) -> Result<Planned<'_>, PlanError> {
        let Self { supergraph, graph, operation, space, indispensable, rules } = self;
        let Options { objective, budget } = options;
        let terms = Terms { supergraph, graph, operation, space, indispensable, objective, exhaustive };
        let (mut candidate, optimality, trail) = search::search(terms, budget)?;
        liveness::spread(supergraph, graph, &mut candidate.draft);
        let mut plan = assemble::assemble(supergraph, graph, operation, &candidate.draft, &candidate.requests, *rules);
        plan.cost = candidate.cost;
        plan.optimality = optimality;
        Ok(Planned { plan, trail, candidate })
    }
}
