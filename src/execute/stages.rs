//! The stages of execution one at a time, without a network: for benchmarks and profiles.
//!
//! What [`run`](super::run) does in one go is done here by hand: the request of a fetch is written, its
//! reply is taken in, the answer is written. A state can be cloned, so that one stage can be measured
//! again and again from the same point.

use super::ExecutionSettings;
use super::batch::Batch;
use super::body;
use super::ingest::{self, Asked};
use super::project::{Sources, project};
use super::replicate::replicate;
use super::report::Report;
use super::response::ResponsePart;
use super::schedule::root_type;
use super::store::Store;
use crate::operation::Variables;
use crate::plan::Plan;
use crate::plan::model::Liveness;
use bytes::Bytes;
use std::sync::Arc;

/// An execution in which the caller is the scheduler and the subgraphs. Replies have to be free of errors.
#[derive(Debug, Clone)]
pub struct Stages {
    plan: Arc<Plan>,
    variables: Variables,
    settings: ExecutionSettings,
    store: Store,
    batches: Vec<Vec<Batch>>,
}

impl Stages {
    /// Before the first fetch, with all of the plan live.
    pub fn new(plan: Arc<Plan>, variables: Variables) -> Self {
        let settings = ExecutionSettings::default();
        let slots = plan.layouts.first().map_or(0, |layout| layout.slots);
        let store = Store::new(slots, plan.lists.len(), root_type(&plan), settings.limits.values);
        Self { batches: vec![Vec::new(); plan.fetches.len()], plan, variables, settings, store }
    }

    /// Writes the request of a fetch, by its position; nothing when there is nothing to ask about. Of a fetch
    /// with several requests it is the first.
    pub fn represent(&mut self, fetch: usize) -> Option<Bytes> {
        let row = &self.plan.fetches[fetch];
        let bodies = body::write(&mut self.store, &self.plan, row, &Liveness::ALL, &self.variables);
        let body = bodies.requests.into_iter().next()?;
        self.batches[fetch] = body.batches;
        Some(body.json)
    }

    /// Takes in the reply to a request that was written before; whether it was what was asked.
    pub fn ingest(&mut self, fetch: usize, reply: &Bytes) -> bool {
        let limits = self.settings.limits;
        let row = &self.plan.fetches[fetch];
        let asked = Asked {
            plan: &self.plan,
            liveness: &Liveness::ALL,
            fetch: row,
            batches: &self.batches[fetch],
            depth: limits.depth,
            complaints: limits.errors,
            only: None,
            note: false,
        };
        let Ok(ingested) = ingest::read(&mut self.store, asked, reply) else { return false };
        let mut copied = row.entities.iter().zip(&self.batches[fetch]);
        ingested.complaints.is_empty()
            && ingested.errors.is_none()
            && copied.all(|(group, batch)| replicate(&mut self.store, &self.plan, group, batch).is_ok())
    }

    /// Writes the answer.
    pub fn project(&self) -> Option<ResponsePart> {
        let limits = self.settings.limits;
        let mut report = Report::new(limits.errors);
        let sources = Sources {
            plan: &self.plan,
            liveness: &Liveness::ALL,
            store: &self.store,
            introspection: &[],
            limits,
            counts_objects: false,
        };
        Some(project(sources, self.plan.parts.first()?, &mut report))
    }
}
