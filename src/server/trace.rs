//! `extensions.trace`: what was done for a request, and when.
//!
//! ```json
//! { "total": 5120, "phases": [{ "name": "prepare", "start": 130, "duration": 40, "cached": true }, ...],
//!   "fetches": [{ "fetch": 0, "subgraph": "users", "start": 210, "duration": 1800, "sent": 120, "received": 900,
//!                 "status": 200, "attempts": 2, "shared": false, "address": null,
//!                 "retries": [{ "reason": "http_503", "after": 900, "wait": 300 }], ... }],
//!   "lookups": [{ "fetch": 1, "at": 2100, "fields": [{ "type": "Product", "field": "name", "hits": 3, ... }] }] }
//! ```
//!
//! Times are microseconds since the request's head was read; those of a retry are since its fetch began (when the attempt
//! before it had failed), and how long it then waited. `address` is that of several that was asked last, from 1. The phases follow each other: `receive` (who asks, and
//! the body), `prepare`, `decide` (access, variables, cost), `execute` with the fetches in it, `write`.

use super::gateway::Served;
use crate::execute::{Trace, TracedFetch, micros};
use crate::prepare::Prepared;
use crate::upstream::WitnessedRetry;
use serde::Serialize;
use serde_json::{Value, json};
use tokio::time::Instant;

/// Notes when one phase ends and the next begins.
#[derive(Debug)]
pub(super) struct Watch {
    start: Instant,
    phases: Vec<Phase>,
}

/// When which phase was, of a request that is over but for its last bytes.
#[derive(Debug)]
pub(super) struct Timeline {
    phases: Vec<Phase>,
    total: u64,
}

#[derive(Debug, Serialize)]
struct Phase {
    name: &'static str,
    start: u64,
    duration: u64,
    /// What preparing was made of; of other phases nothing is told.
    #[serde(flatten)]
    preparation: Option<Preparation>,
}

#[derive(Debug, Serialize)]
struct Preparation {
    /// Whether the operation was there already.
    cached: bool,
    parse: u64,
    validate: u64,
    plan: u64,
}

impl Watch {
    /// Of a request that began at this time.
    pub fn new(start: Instant) -> Self {
        Self { start, phases: Vec::with_capacity(5) }
    }

    /// When the request began.
    pub fn start(&self) -> Instant {
        self.start
    }

    /// A phase ends now.
    pub fn ends(&mut self, name: &'static str) {
        let start = self.phases.last().map_or(0, |phase| phase.start + phase.duration);
        let duration = micros(self.start.elapsed()).saturating_sub(start);
        self.phases.push(Phase { name, start, duration, preparation: None });
    }

    /// The operation is prepared now.
    pub fn prepared(&mut self, prepared: &Prepared) {
        self.ends("prepare");
        let made = prepared.made;
        let preparation = Preparation {
            cached: made.at < self.start.into_std(),
            parse: micros(made.parse),
            validate: micros(made.validate),
            plan: micros(made.plan),
        };
        if let Some(phase) = self.phases.last_mut() {
            phase.preparation = Some(preparation);
        }
    }

    /// The answer is written now.
    pub fn finish(mut self, trace: &Trace) -> Timeline {
        let begun = self.phases.last().map_or(0, |phase| phase.start + phase.duration);
        let (written, total) = (trace.written, micros(self.start.elapsed()));
        let executed = written.map_or(total, |written| written.start);
        let phase =
            |name, start: u64, end: u64| Phase { name, start, duration: end.saturating_sub(start), preparation: None };
        self.phases.push(phase("execute", begun, executed));
        self.phases.push(phase("write", executed, total));
        Timeline { phases: self.phases, total }
    }
}

impl Timeline {
    /// The phases by name, each with its start and its duration.
    pub fn phases(&self) -> impl Iterator<Item = (&'static str, u64, u64)> {
        self.phases.iter().map(|phase| (phase.name, phase.start, phase.duration))
    }

    /// The value of `extensions.trace`.
    pub fn render(&self, trace: &Trace, served: &Served) -> Vec<u8> {
        let written = trace.written;
        let subgraphs = &served.snapshot.supergraph.subgraphs;
        let name = |fetch: &TracedFetch| subgraphs.get(fetch.subgraph).map_or("", |subgraph| &subgraph.name);
        let fetches = trace.fetches.iter().map(|fetch| rendered(fetch, name(fetch)));
        let value = json!({
            "total": self.total,
            "phases": self.phases,
            "fetches": fetches.collect::<Vec<_>>(),
            "lookups": trace.lookups,
            "answered": written.map(|written| written.bytes),
        });
        value.to_string().into_bytes()
    }
}

/// With what upstream knows, and by name.
fn rendered(fetch: &TracedFetch, subgraph: &str) -> Value {
    let mut value = serde_json::to_value(fetch).unwrap_or_default();
    value["subgraph"] = subgraph.into();
    let witness = fetch.witness();
    value["attempts"] = witness.attempts().into();
    value["connected"] = witness.is_connected_for().into();
    value["shared"] = witness.has_joined().into();
    value["address"] = witness.address().into();
    value["retries"] = witness.retries().iter().map(retried).collect();
    value
}

fn retried(retry: &WitnessedRetry) -> Value {
    json!({ "reason": retry.reason.name(), "after": micros(retry.after), "wait": micros(retry.wait) })
}
