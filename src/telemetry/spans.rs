//! Spans: what was done for a request, told to an OpenTelemetry collector by OTLP over HTTP.
//!
//! Whoever records makes [`Span`]s once a request is over and hands them to [`Spans::export`], which never waits: they go
//! into a bounded queue, and a thread of its own sends them in batches. What does not fit is dropped; a collector that is
//! away costs memory up to that bound, and a line in the log.

use super::family::Shared;
use super::{SpanId, TraceContext, TraceId};
use crate::config::{Sampling, Tracing};
use opentelemetry::trace::{SpanContext, SpanKind as OtelKind, Status, TraceFlags, TraceState};
use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_otlp::{ExporterBuildError, Protocol, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, SpanData, SpanEvents, SpanExporter, SpanLinks, SpanProcessor,
};
use prometheus_client::metrics::{MetricType, counter::Counter};
use prometheus_client::registry::Registry;
use std::borrow::Cow;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime};

/// Spans that wait to be sent.
const QUEUE: usize = 16_384;
/// Spans of one export.
const BATCH: usize = 2_048;
/// How long a span waits for others.
const DELAY: Duration = Duration::from_secs(2);
/// How long the last spans may take at the end.
const LAST: Duration = Duration::from_secs(5);

/// The way to the collector.
#[derive(Debug)]
pub struct Spans {
    processor: Arc<BatchSpanProcessor>,
    settings: Tracing,
    scope: InstrumentationScope,
}

/// No exporter could be made, which is to say no TLS set-up.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be exported: {0}")]
pub struct SpansError(String);

/// Something that was done, and when.
#[derive(Debug)]
pub struct Span {
    /// Its trace.
    pub trace: TraceId,
    /// Itself.
    pub id: SpanId,
    /// What it was done for.
    pub parent: Option<SpanId>,
    /// Whether that is in another process.
    pub parent_is_remote: bool,
    /// On which side of a request.
    pub kind: SpanKind,
    /// A name of low cardinality.
    pub name: Cow<'static, str>,
    /// When it began.
    pub start: SystemTime,
    /// When it was over.
    pub end: SystemTime,
    /// What is told of it.
    pub attributes: Vec<Attribute>,
    /// Why it failed, if it did.
    pub error: Option<Cow<'static, str>>,
}

/// A name by OpenTelemetry's semantic conventions where there is one, and a value.
pub type Attribute = KeyValue;

/// On which side of a request a span is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SpanKind {
    /// A request of a client.
    Server,
    /// A request to a subgraph.
    Client,
    /// Neither.
    Internal,
}

/// What became of the spans.
#[derive(Debug, Clone)]
pub(super) struct SpanMetrics {
    exported: Arc<Counter>,
    failed: Arc<Counter>,
    spans: Shared<Counter, 1>,
}

impl SpanMetrics {
    pub(super) fn new() -> Self {
        let spans = Shared::new(["result"], MetricType::Counter);
        Self { exported: spans.series(["exported"]), failed: spans.series(["failed"]), spans }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("weft_spans", "Spans sent to the collector of traces", self.spans.clone());
    }
}

impl Spans {
    /// Begins to export as the settings say. Starts a thread; nothing is sent before there is a span.
    ///
    /// # Errors
    /// When no HTTP client can be made.
    pub fn start(settings: &Tracing, metrics: &super::Metrics) -> Result<Self, SpansError> {
        let wanted = settings.clone();
        // Its HTTP client blocks, and must not be made where a runtime runs.
        let making = std::thread::spawn(move || exporter(&wanted));
        let exporter = making.join().map_err(|_| SpansError("the exporter could not be made".into()))?;
        let exporter = exporter.map_err(|error| SpansError(error.to_string()))?;
        let reporting = Reporting { exporter, metrics: metrics.spans(), is_failing: AtomicBool::new(false) };
        let config = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE)
            .with_max_export_batch_size(BATCH)
            .with_scheduled_delay(DELAY)
            .build();
        let mut processor = BatchSpanProcessor::new(reporting, config);
        processor.set_resource(&resource(settings));
        let scope = InstrumentationScope::builder("weft").with_version(env!("CARGO_PKG_VERSION")).build();
        Ok(Self { processor: Arc::new(processor), settings: settings.clone(), scope })
    }

    /// What it was started with.
    pub fn settings(&self) -> &Tracing {
        &self.settings
    }

    /// Which requests are recorded.
    pub fn sampling(&self) -> Sampling {
        self.settings.sampling
    }

    /// Hands spans of one sampled trace over. Never waits.
    pub fn export(&self, context: &TraceContext, spans: impl IntoIterator<Item = Span>) {
        let state = context.state().and_then(|state| state.parse().ok()).unwrap_or(TraceState::NONE);
        for span in spans {
            self.processor.on_end(self.finished(span, state.clone()));
        }
    }

    /// Sends what waits, for a few seconds at most. Blocks.
    pub fn finish(&self) {
        // What could not be sent was told when it could not.
        let _ = self.processor.shutdown_with_timeout(LAST);
    }

    fn finished(&self, span: Span, state: TraceState) -> SpanData {
        let Span { trace, id, parent, parent_is_remote, kind, name, start, end, attributes, error } = span;
        let otel = |id: SpanId| opentelemetry::SpanId::from_bytes(id.to_bytes());
        let trace = opentelemetry::TraceId::from_bytes(trace.to_bytes());
        SpanData {
            span_context: SpanContext::new(trace, otel(id), TraceFlags::SAMPLED, false, state),
            parent_span_id: parent.map_or(opentelemetry::SpanId::INVALID, otel),
            parent_span_is_remote: parent_is_remote,
            span_kind: match kind {
                SpanKind::Server => OtelKind::Server,
                SpanKind::Client => OtelKind::Client,
                SpanKind::Internal => OtelKind::Internal,
            },
            name,
            start_time: start,
            end_time: end,
            attributes,
            dropped_attributes_count: 0,
            events: SpanEvents::default(),
            links: SpanLinks::default(),
            status: error.map_or(Status::Unset, |description| Status::Error { description }),
            instrumentation_scope: self.scope.clone(),
        }
    }
}

/// Nobody waits for the last spans of a configuration that was replaced.
impl Drop for Spans {
    fn drop(&mut self) {
        let processor = Arc::clone(&self.processor);
        std::thread::spawn(move || processor.shutdown_with_timeout(LAST));
    }
}

fn exporter(settings: &Tracing) -> Result<opentelemetry_otlp::SpanExporter, ExporterBuildError> {
    let headers = settings.headers.iter();
    let headers = headers.filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())));
    opentelemetry_otlp::SpanExporter::builder()
        .with_http()
        .with_protocol(Protocol::HttpBinary)
        .with_endpoint(settings.endpoint.as_str())
        .with_timeout(settings.timeout)
        .with_headers(headers.collect())
        .build()
}

fn resource(settings: &Tracing) -> Resource {
    let attributes = settings.resource.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone()));
    Resource::builder_empty()
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .with_attributes(attributes)
        .with_service_name(settings.service_name.clone())
        .build()
}

/// Counts what becomes of spans, and says once that they do not arrive.
#[derive(Debug)]
struct Reporting<E> {
    exporter: E,
    metrics: SpanMetrics,
    is_failing: AtomicBool,
}

impl<E: SpanExporter> SpanExporter for Reporting<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let count = batch.len() as u64;
        let outcome = self.exporter.export(batch).await;
        match &outcome {
            Ok(()) => {
                self.metrics.exported.inc_by(count);
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("traces arrive again");
                }
            }
            Err(error) => {
                self.metrics.failed.inc_by(count);
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(%error, "traces cannot be exported; what is recorded meanwhile is lost");
                }
            }
        }
        outcome
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}
