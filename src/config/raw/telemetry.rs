//! `telemetry` as it is written, but for its section on traces.

use super::super::LogFormat;
use super::super::values::{LogLevel, UrlPath};
use super::{Setting, tracing};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// Logs, metrics and trace context.
    RawTelemetry {
        /// The log, on standard error.
        logging: RawLogging,
        /// Metrics.
        metrics: RawMetrics,
        /// What is passed on to subgraphs.
        propagation: RawPropagation,
        /// Spans of requests, for a collector of traces.
        tracing: tracing::RawTracing,
    }

    /// The log.
    RawLogging {
        /// What it shows. Default: info.
        level: LogLevel,
        /// The form of a line: text, json, or auto (text on a terminal, else json). Default: auto.
        format: LogFormat,
    }

    /// Metrics.
    RawMetrics {
        /// For Prometheus, on the health listener.
        prometheus: RawPrometheus,
    }

    /// Metrics for Prometheus.
    RawPrometheus {
        /// Whether they are served. Default: true.
        enabled: bool,
        /// Their path. Default: /metrics.
        path: UrlPath,
    }

    /// What is passed on to subgraphs.
    RawPropagation {
        /// traceparent and tracestate of W3C trace context. Default: true.
        trace_context: bool,
    }
}
