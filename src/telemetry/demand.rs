//! The series of demand: what operations cost, and what was refused.

use super::family::Shared;
use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, counter::Counter};
use prometheus_client::registry::Registry;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Upper bounds of the buckets, in points.
const BOUNDS: [u64; 10] = [0, 10, 30, 100, 300, 1_000, 3_000, 10_000, 100_000, 1_000_000];

/// Costs in buckets up to a million points.
#[derive(Debug, Default)]
pub struct CostHistogram {
    /// One per bound, and one for all that is more.
    buckets: [AtomicU64; BOUNDS.len() + 1],
    points: AtomicU64,
}

impl CostHistogram {
    /// Counts one operation.
    pub fn observe(&self, points: u64) {
        let bucket = BOUNDS.partition_point(|&bound| bound < points);
        self.buckets[bucket].fetch_add(1, Relaxed);
        self.points.fetch_add(points, Relaxed);
    }
}

impl EncodeMetric for CostHistogram {
    #[allow(clippy::cast_precision_loss)]
    fn encode(&self, mut encoder: MetricEncoder) -> Result<(), std::fmt::Error> {
        let bounds = BOUNDS.iter().map(|&bound| bound as f64).chain([f64::INFINITY]);
        let buckets: Vec<(f64, u64)> =
            bounds.zip(&self.buckets).map(|(bound, bucket)| (bound, bucket.load(Relaxed))).collect();
        let count = buckets.iter().map(|(_, count)| count).sum();
        encoder.encode_histogram::<NoLabelSet>(self.points.load(Relaxed) as f64, count, &buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        MetricType::Histogram
    }
}

/// What operations cost, and what was refused.
#[derive(Debug, Clone)]
pub struct DemandMetrics {
    /// By estimate.
    pub estimated: Arc<CostHistogram>,
    /// By what was answered.
    pub actual: Arc<CostHistogram>,
    costs: Shared<CostHistogram, 1>,
    refusals: Shared<Counter, 2>,
}

impl DemandMetrics {
    pub(super) fn new() -> Self {
        let costs = Shared::new(["kind"], MetricType::Histogram);
        Self {
            estimated: costs.series(["estimated"]),
            actual: costs.series(["actual"]),
            costs,
            refusals: Shared::new(["reason", "mode"], MetricType::Counter),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("graphql_operation_cost", "What operations cost, in points", self.costs.clone());
        registry.register("weft_demand_refusals", "Requests that asked for too much", self.refusals.clone());
    }

    /// A request asked for too much, and was refused for it or only counted. Reasons are the gateway's own.
    pub fn refused(&self, reason: &'static str, enforced: bool) {
        self.refusals.series([reason, if enforced { "enforce" } else { "measure" }]).inc();
    }
}
