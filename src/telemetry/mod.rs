//! Telemetry: logs, metrics, trace context.
