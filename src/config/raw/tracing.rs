//! `telemetry.tracing` as it is written.

use super::super::values::{DurationText, HttpUrl, Share};
use super::authentication::RawNamedHeader;
use super::{List, Setting};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

sections! {
    /// Spans of requests. Nothing is recorded without "otlp".
    RawTracing {
        /// The service that the spans are of. Default: weft.
        service_name: String,
        /// Which share of the traces that begin here is recorded, from 0 to 1. Default: 1.
        sampler: Share,
        /// Whether a client that brings a trace decides whether it is recorded. Default: true.
        parent_based_sampler: bool,
        /// What else is told of the service, such as deployment.environment.name.
        resource: BTreeMap<String, Setting<String>>,
        /// Where spans go. This section turns them on.
        otlp: RawOtlp,
    }

    /// An OpenTelemetry collector, or whatever else takes OTLP over HTTP.
    RawOtlp {
        /// Whether spans go there. Default: true.
        enabled: bool,
        /// Its address; without a path /v1/traces is asked. Default: http://127.0.0.1:4318.
        endpoint: HttpUrl,
        /// What is sent along, such as a token.
        headers: List<RawNamedHeader>,
        /// How long one export may take. Default: 10s.
        timeout: DurationText,
    }
}
