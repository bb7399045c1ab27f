//! Telemetry: logs, metrics, trace context, spans.
//!
//! [`start_log`] turns on the log. [`Metrics`] is made once and shared: whoever measures on the
//! request path holds series that were looked up before, so that a measurement is a few atomic
//! additions. [`TraceContext`] reads and writes the W3C headers, [`Spans`] tells a collector what was done in a trace.
//! Series never take names from clients.

mod cached_fields;
mod demand;
mod family;
mod histogram;
mod log;
mod metrics;
mod redis;
mod registry;
mod resilience;
mod spans;
mod subscriptions;
mod trace;

pub use cached_fields::CachedFieldMetrics;
pub use demand::{CostHistogram, DemandMetrics};
pub use histogram::DurationHistogram;
pub use log::{LogError, LogHandle, start_log};
pub use metrics::{
    FetchTimer, METRICS_CONTENT_TYPE, Metrics, OperationType, Outcome, RequestTimer, SubgraphMetrics, SubgraphRequests,
};
pub use redis::RedisMetrics;
pub use registry::RegistryMetrics;
pub use resilience::{BreakerGauge, BreakerState, ResilienceMetrics};
pub use spans::{Attribute, Span, SpanKind, Spans, SpansError};
pub use subscriptions::SubscriptionMetrics;
pub use trace::{SpanId, TraceContext, TraceId};
