//! What is told of an operation's preparation, for whoever asks how a request was answered.

use super::{Prepared, Preparer, Work, options};
use crate::demand::cost::{ExplainedCost, Given};
use crate::graph::QueryGraph;
use crate::plan::{Planning, stages};
use serde_json::Value;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// When an operation was prepared, and how long that took.
#[derive(Debug, Clone, Copy)]
pub struct Made {
    /// When it was done.
    pub at: Instant,
    /// To parse it and to hold it against the limits.
    pub parse: Duration,
    /// To validate it.
    pub validate: Duration,
    /// To normalize and to plan it.
    pub plan: Duration,
}

impl Made {
    /// Just now, as far as planning.
    pub(super) fn planned(took: Duration) -> Self {
        Self { at: Instant::now(), parse: Duration::ZERO, validate: Duration::ZERO, plan: took }
    }
}

impl Preparer {
    /// What the planner chose between on the way to an operation's plan, with what came of each choice. It plans once
    /// more, where operations are prepared, within the same bounds. Nothing when there is no room for that.
    pub async fn choices(&self, prepared: &Arc<Prepared>) -> Option<Value> {
        let (work, prepared) = (Arc::clone(&self.work), Arc::clone(prepared));
        let (tell, told) = oneshot::channel();
        let job = move || {
            // Whoever asked may have left.
            let _ = tell.send(work.choices(&prepared));
        };
        self.pool.submit(job).ok()?;
        tokio::time::timeout(self.work.planning.timeout, told).await.ok()?.ok()?
    }

    /// What an operation costs, field by field; nothing where costs do not matter.
    pub fn explain_cost(&self, prepared: &Prepared, given: Given<'_>) -> Option<ExplainedCost> {
        let Work { tariff, supergraph, possible, .. } = &*self.work;
        Some(tariff.as_ref()?.explain(supergraph, possible, &prepared.operation, given))
    }
}

impl Work {
    fn choices(&self, prepared: &Prepared) -> Option<Value> {
        let choices = |graph: &QueryGraph| {
            let mut planning = Planning::new(&self.supergraph, graph, &prepared.operation);
            if let Some(rules) = &self.caching {
                planning = planning.caching(rules);
            }
            let planned = planning.plan(options(&self.planning)).ok()?;
            Some(stages::choices_json(&planning, &planned))
        };
        let on = prepared.labels_on();
        if on.is_empty() { choices(&self.graph) } else { choices(&self.graph.under(on)) }
    }
}
