//! The series of fields that can be cached.

use super::family::Shared;
use prometheus_client::metrics::{MetricType, counter::Counter};
use prometheus_client::registry::Registry;
use std::sync::Arc;

/// Of all fields.
#[derive(Debug)]
pub(super) struct CachedFields {
    values: Shared<Counter, 2>,
    bytes: Shared<Counter, 1>,
}

/// Of one field.
#[derive(Debug)]
pub struct CachedFieldMetrics {
    hits: Arc<Counter>,
    stale: Arc<Counter>,
    misses: Arc<Counter>,
    bytes: Arc<Counter>,
}

impl CachedFields {
    pub(super) fn new() -> Self {
        Self {
            values: Shared::new(["field", "result"], MetricType::Counter),
            bytes: Shared::new(["field"], MetricType::Counter),
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register(
            "weft_response_cache_field_values",
            "Values asked of the cache, by field",
            self.values.clone(),
        );
        registry.register(
            "weft_response_cache_field_bytes",
            "Bytes served from the cache, by field",
            self.bytes.clone(),
        );
    }

    pub(super) fn of(&self, coordinate: &str) -> CachedFieldMetrics {
        CachedFieldMetrics {
            hits: self.values.series([coordinate, "hit"]),
            stale: self.values.series([coordinate, "stale"]),
            misses: self.values.series([coordinate, "miss"]),
            bytes: self.bytes.series([coordinate]),
        }
    }
}

impl CachedFieldMetrics {
    /// So many values were served, were served although they had expired, and were fetched; and so many bytes were
    /// served.
    pub fn add(&self, hits: u64, stale: u64, misses: u64, bytes: u64) {
        for (counter, count) in [(&self.hits, hits), (&self.stale, stale), (&self.misses, misses), (&self.bytes, bytes)]
        {
            if count > 0 {
                counter.inc_by(count);
            }
        }
    }
}
