//! Spans of one request, for the collector of traces.
//!
//! | span | kind | attributes beside the usual ones |
//! |---|---|---|
//! | `query`, `mutation`, `subscription` until its stream begins | server | `graphql.operation.type`, `graphql.operation.name` |
//! | `receive`, `prepare`, `decide`, `execute`, `write` | internal | |
//! | `fetch`, below `execute` | client | `subgraph.name`, `weft.fetch`, `weft.entities`, `weft.attempts`, `weft.shared`, `http.request.resend_count` and `weft.retries` where there were any |
//!
//! A fetch has the span that its `traceparent` names, so that what the subgraph does hangs below it. Names come from
//! no client but that of the operation, which is cut. A request that is answered with another one's execution, or from
//! the cache of whole answers, has its own span only.

use super::gateway::Served;
use super::trace::Timeline;
use crate::execute::{Trace, TracedFetch};
use crate::prepare::Prepared;
use crate::snapshot::Snapshot;
use crate::telemetry::{Attribute, Span, SpanId, SpanKind, Spans, TraceContext};
use http::StatusCode;
use http::request::Parts;
use std::borrow::Cow;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};
use tokio::time::Instant;

/// Characters of an operation's name.
const LONGEST_NAME: usize = 200;

/// What is recorded of one request.
#[derive(Debug)]
pub(super) struct Recording {
    spans: Arc<Spans>,
    context: TraceContext,
    root: SpanId,
    method: http::Method,
    start: Instant,
    began: SystemTime,
    prepared: OnceLock<Arc<Prepared>>,
}

impl Recording {
    /// Of a request that began at this time; none where there is no collector. One that is not sampled has a trace all
    /// the same, for subgraphs to know so.
    pub fn begin(snapshot: &Snapshot, head: &Parts, start: Instant) -> Option<Arc<Self>> {
        let spans = Arc::clone(snapshot.spans.as_ref()?);
        let context = TraceContext::sampled_by(&head.headers, spans.sampling());
        let began = SystemTime::now() - start.elapsed();
        let (root, method, prepared) = (SpanId::random(), head.method.clone(), OnceLock::new());
        Some(Arc::new(Self { spans, context, root, method, start, began, prepared }))
    }

    /// Whether anything is told.
    pub fn is_sampled(&self) -> bool {
        self.context.sampled()
    }

    /// Its trace.
    pub fn context(&self) -> &TraceContext {
        &self.context
    }

    /// What is asked is known now.
    pub fn is_of(&self, prepared: &Arc<Prepared>) {
        if self.is_sampled() {
            // It is known once.
            let _ = self.prepared.set(Arc::clone(prepared));
        }
    }

    /// Tells of the phases and of the fetches.
    pub fn tell(&self, timeline: &Timeline, trace: &Trace, served: &Served) {
        if !self.is_sampled() {
            return;
        }
        let execute = SpanId::random();
        let phases = timeline.phases().map(|(name, start, duration)| Span {
            id: if name == "execute" { execute } else { SpanId::random() },
            ..self.span(name, self.root, start, duration)
        });
        let fetches = trace.fetches.iter().map(|fetch| Span {
            id: fetch.span.unwrap_or_else(SpanId::random),
            kind: SpanKind::Client,
            attributes: attributes(fetch, served),
            error: error(fetch),
            ..self.span("fetch", execute, fetch.start, fetch.duration)
        });
        self.spans.export(&self.context, phases.chain(fetches));
    }

    /// The answer is made.
    pub fn finish(&self, status: StatusCode) {
        if !self.is_sampled() {
            return;
        }
        let mut attributes = vec![
            Attribute::new("http.request.method", self.method.to_string()),
            Attribute::new("http.response.status_code", i64::from(status.as_u16())),
        ];
        let operation = self.prepared.get().map(|prepared| &prepared.operation);
        if let Some(operation) = operation {
            attributes.push(Attribute::new("graphql.operation.type", operation.kind.keyword()));
            let name = operation.name.as_ref().map(|name| name.chars().take(LONGEST_NAME).collect::<String>());
            attributes.extend(name.map(|name| Attribute::new("graphql.operation.name", name)));
        }
        let span = Span {
            id: self.root,
            parent: self.context.parent(),
            parent_is_remote: true,
            kind: SpanKind::Server,
            name: operation.map_or("request", |operation| operation.kind.keyword()).into(),
            end: self.began + self.start.elapsed(),
            attributes,
            error: status.is_server_error().then_some(Cow::Borrowed("the gateway could not answer")),
            ..self.span("", self.root, 0, 0)
        };
        self.spans.export(&self.context, [span]);
    }

    /// A span at a time of the request, in microseconds.
    fn span(&self, name: &'static str, parent: SpanId, start: u64, duration: u64) -> Span {
        let start = self.began + Duration::from_micros(start);
        Span {
            trace: self.context.trace_id(),
            id: parent,
            parent: Some(parent),
            parent_is_remote: false,
            kind: SpanKind::Internal,
            name: name.into(),
            start,
            end: start + Duration::from_micros(duration),
            attributes: Vec::new(),
            error: None,
        }
    }
}

fn attributes(fetch: &TracedFetch, served: &Served) -> Vec<Attribute> {
    let subgraph = served.snapshot.supergraph.subgraphs.get(fetch.subgraph);
    let name = subgraph.map_or_else(String::new, |subgraph| subgraph.name.to_string());
    let witness = fetch.witness();
    let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
    let mut attributes = vec![
        Attribute::new("subgraph.name", name),
        Attribute::new("http.request.method", "POST"),
        Attribute::new("http.request.body.size", number(fetch.sent)),
        Attribute::new("http.response.body.size", number(fetch.received)),
        Attribute::new("weft.fetch", number(fetch.fetch)),
        Attribute::new("weft.entities", number(fetch.entities)),
        Attribute::new("weft.attempts", i64::from(witness.attempts())),
        Attribute::new("weft.shared", witness.has_joined()),
    ];
    let retries = witness.retries();
    if !retries.is_empty() {
        let reasons: Vec<&str> = retries.iter().map(|retry| retry.reason.name()).collect();
        attributes.push(Attribute::new("http.request.resend_count", number(retries.len())));
        attributes.push(Attribute::new("weft.retries", reasons.join(", ")));
    }
    attributes.extend(fetch.status.map(|status| Attribute::new("http.response.status_code", i64::from(status))));
    attributes
}

/// OpenTelemetry has a client's span fail from 400 on.
fn error(fetch: &TracedFetch) -> Option<Cow<'static, str>> {
    let told = fetch.error.as_ref().map(|error| Cow::Owned(error.clone()));
    told.or_else(|| {
        let status = fetch.status.filter(|status| *status >= 400)?;
        Some(Cow::Owned(format!("HTTP status {status}")))
    })
}
