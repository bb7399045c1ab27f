//! How the cache serves each field: counted by request, and added up for the metrics.

use crate::telemetry::{CachedFieldMetrics, Metrics};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// What became of the values of one field in one answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct FieldCounts {
    /// The field, by its number in the supergraph.
    pub field: u32,
    /// Whose values they are, by the subgraph's number.
    pub subgraph: u32,
    /// The seconds for which the schema or the configuration lets them be kept.
    pub max_age: u32,
    /// Values that were served fresh.
    pub hits: u64,
    /// Values that were served although they had expired.
    pub stale: u64,
    /// Values that were fetched.
    pub misses: u64,
    /// Bytes that were served.
    pub served: u64,
    /// Bytes that were fetched.
    pub fetched: u64,
}

impl FieldCounts {
    /// Whether there is something to tell: values that may be kept, and were asked for.
    pub fn is_telling(&self) -> bool {
        self.max_age > 0 && self.hits + self.stale + self.misses > 0
    }

    /// As if all of it were served again.
    #[must_use]
    pub fn again(self, times: u64) -> Self {
        Self {
            hits: (self.hits + self.stale + self.misses) * times,
            served: (self.served + self.fetched) * times,
            stale: 0,
            misses: 0,
            fetched: 0,
            ..self
        }
    }
}

/// Counters by field, made when a field is first served: one look-up by number, no labels, for each field of an answer.
pub struct FieldCounters {
    metrics: Arc<Metrics>,
    /// What fields are called, by number.
    names: Box<dyn Fn(u32) -> String + Send + Sync>,
    counters: Box<[OnceLock<Box<CachedFieldMetrics>>]>,
}

impl FieldCounters {
    /// For so many fields.
    pub fn new(metrics: Arc<Metrics>, fields: usize, names: impl Fn(u32) -> String + Send + Sync + 'static) -> Self {
        let counters = std::iter::repeat_with(OnceLock::new).take(fields).collect();
        Self { metrics, names: Box::new(names), counters }
    }

    /// Counts what became of an answer's values.
    pub fn add<'c>(&self, counts: impl IntoIterator<Item = &'c FieldCounts>) {
        for counts in counts {
            let Some(counters) = self.counters.get(counts.field as usize) else { continue };
            let series = || Box::new(self.metrics.cached_field(&(self.names)(counts.field)));
            counters.get_or_init(series).add(counts.hits, counts.stale, counts.misses, counts.served);
        }
    }
}

impl std::fmt::Debug for FieldCounters {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FieldCounters").field("fields", &self.counters.len()).finish_non_exhaustive()
    }
}

/// The fields of an answer that is kept whole. To serve it again costs one count for all of them; the counts of the
/// fields follow when they are looked at, and at the end.
#[derive(Debug)]
pub struct ServedWhole {
    counters: Arc<FieldCounters>,
    fields: Box<[FieldCounts]>,
    times: AtomicU64,
}

impl ServedWhole {
    /// Of an answer with these fields.
    pub fn new(counters: Arc<FieldCounters>, fields: &[FieldCounts]) -> Self {
        let fields = fields.iter().copied().filter(FieldCounts::is_telling).collect();
        Self { counters, fields, times: AtomicU64::new(0) }
    }

    /// Bytes it takes.
    pub(super) fn weight(&self) -> usize {
        size_of_val(&*self.fields) + size_of::<Self>()
    }

    /// It is served once more.
    pub fn count(&self) {
        self.times.fetch_add(1, Ordering::Relaxed);
    }

    /// Counts its fields, as often as it was served since the last time.
    pub fn settle(&self) {
        let times = self.times.swap(0, Ordering::Relaxed);
        if times > 0 {
            let again: Vec<FieldCounts> = self.fields.iter().map(|counts| counts.again(times)).collect();
            self.counters.add(&again);
        }
    }
}

impl Drop for ServedWhole {
    fn drop(&mut self) {
        self.settle();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_served_whole_counts_for_its_fields_when_they_are_looked_at_or_it_goes() {
        let metrics = Arc::new(Metrics::new());
        let counters = Arc::new(FieldCounters::new(Arc::clone(&metrics), 2, |field| format!("T.f{field}")));
        let counts =
            FieldCounts { field: 1, max_age: 5, misses: 3, fetched: 30, hits: 1, served: 10, ..FieldCounts::default() };
        counters.add([&counts]);
        let whole = ServedWhole::new(counters, &[counts]);
        whole.count();
        whole.count();
        let has = |line: &str| metrics.encode().lines().any(|other| other == line);
        assert!(has("weft_response_cache_field_values_total{field=\"T.f1\",result=\"hit\"} 1"), "{}", metrics.encode());
        assert!(has("weft_response_cache_field_values_total{field=\"T.f1\",result=\"miss\"} 3"));
        whole.settle();
        assert!(has("weft_response_cache_field_values_total{field=\"T.f1\",result=\"hit\"} 9"), "{}", metrics.encode());
        assert!(has("weft_response_cache_field_bytes_total{field=\"T.f1\"} 90"), "{}", metrics.encode());
        whole.count();
        drop(whole);
        assert!(
            has("weft_response_cache_field_values_total{field=\"T.f1\",result=\"hit\"} 13"),
            "{}",
            metrics.encode()
        );
    }
}
