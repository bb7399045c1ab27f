//! The series of the registry that a graph comes from.

use super::family::Shared;
use prometheus_client::metrics::{MetricType, counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;
use std::sync::Arc;

/// Whether the registry answers, what it delivered, and what it is told.
#[derive(Debug, Clone)]
pub struct RegistryMetrics {
    /// 1 while it answers.
    pub up: Gauge,
    /// The number of the version that serves; 0 where none has a number.
    pub version: Gauge,
    /// Questions answered with a version that was not known yet.
    pub new: Arc<Counter>,
    /// Questions answered with word that nothing is new.
    pub same: Arc<Counter>,
    /// Questions without an answer that is of use.
    pub failed: Arc<Counter>,
    /// Reports of usage that were taken.
    pub reported: Arc<Counter>,
    /// Reports of usage that were not taken, and will be sent again.
    pub unreported: Arc<Counter>,
    /// Reports of usage that the registry does not want; they are not sent again.
    pub unwanted: Arc<Counter>,
    /// Requests that no report counts, since too many operations and clients are told apart already.
    pub uncounted: Counter,
    questions: Shared<Counter, 1>,
    reports: Shared<Counter, 1>,
}

impl RegistryMetrics {
    pub(super) fn new() -> Self {
        let questions = Shared::new(["result"], MetricType::Counter);
        let reports = Shared::new(["result"], MetricType::Counter);
        Self {
            up: Gauge::default(),
            version: Gauge::default(),
            new: questions.series(["new"]),
            same: questions.series(["same"]),
            failed: questions.series(["failed"]),
            reported: reports.series(["accepted"]),
            unreported: reports.series(["failed"]),
            unwanted: reports.series(["refused"]),
            uncounted: Counter::default(),
            questions,
            reports,
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("weft_registry_up", "Whether the registry answers", self.up.clone());
        registry.register("weft_registry_requests", "Questions to the registry", self.questions.clone());
        registry.register("weft_supergraph_version", "The registry's number of what serves", self.version.clone());
        registry.register("weft_usage_reports", "Reports of usage to the registry", self.reports.clone());
        registry.register("weft_usage_uncounted", "Requests that no report counts", self.uncounted.clone());
    }
}
