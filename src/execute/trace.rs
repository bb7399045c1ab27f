//! What was done for one request, and when, for whoever asks.
//!
//! Nothing is written, and nothing allocated, unless the request asks: the scheduler has an `Option` that it looks at
//! once per fetch. Times are microseconds since the request began.

use super::batch::Batch;
use super::cached::FieldAccount;
use crate::telemetry::SpanId;
use crate::upstream::{FetchError, FetchReply, Witness};
use http::HeaderMap;
use serde::Serialize;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// See the module.
#[derive(Debug, Clone)]
pub struct Trace {
    start: Instant,
    /// Requests to subgraphs, in the order in which they were made.
    pub fetches: Vec<TracedFetch>,
    /// What was looked for in the cache, in the order in which it was.
    pub lookups: Vec<TracedLookup>,
    /// The writing of the answer.
    pub written: Option<Written>,
}

/// One request to one subgraph.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedFetch {
    /// Row of the plan's fetches.
    pub fetch: usize,
    /// Which of the requests of that fetch; nearly always the only one.
    pub request: usize,
    /// The subgraph, by its index.
    #[serde(skip)]
    pub subgraph: usize,
    /// When it was made.
    pub start: u64,
    /// How long the answer took; until the end of the request where there was none.
    pub duration: u64,
    /// Bytes of its body.
    pub sent: usize,
    /// Bytes of the reply's body.
    pub received: usize,
    /// The status of the reply.
    pub status: Option<u16>,
    /// Why there is none.
    pub error: Option<String>,
    /// Different entities asked about.
    pub entities: usize,
    /// Objects that they are for.
    pub objects: usize,
    /// How long it took to check and store the reply.
    pub ingest: u64,
    /// The span that its headers name.
    #[serde(skip)]
    pub span: Option<SpanId>,
    #[serde(skip)]
    witness: Arc<Witness>,
}

/// What was looked for in the cache on behalf of one fetch.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TracedLookup {
    /// Row of the plan's fetches.
    pub fetch: usize,
    /// When that was known.
    pub at: u64,
    /// By type and field.
    pub fields: Vec<FieldAccount>,
}

/// The writing of the answer.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Written {
    /// When it began.
    pub start: u64,
    /// How long it took.
    pub duration: u64,
    /// Bytes of the data.
    pub bytes: usize,
}

impl TracedFetch {
    /// What upstream knows of it.
    pub fn witness(&self) -> &Witness {
        &self.witness
    }
}

impl Trace {
    /// Of a request that began at this time.
    pub(super) fn new(start: Instant) -> Self {
        Self { start, fetches: Vec::new(), lookups: Vec::new(), written: None }
    }

    /// Microseconds since the request began.
    pub fn now(&self) -> u64 {
        micros(self.start.elapsed())
    }

    /// A request is made, one of those of a fetch. Gives who is told what becomes of it.
    pub(super) fn sent(
        &mut self,
        (fetch, request): (usize, usize),
        subgraph: usize,
        (headers, body): (&HeaderMap, &[u8]),
        batches: &[Batch],
    ) -> Arc<Witness> {
        let witness = Arc::new(Witness::default());
        let asked = || batches.iter().filter(|batch| batch.asked);
        self.fetches.push(TracedFetch {
            fetch,
            request,
            subgraph,
            start: self.now(),
            duration: 0,
            sent: body.len(),
            received: 0,
            status: None,
            error: None,
            entities: asked().map(|batch| batch.first.len()).sum(),
            objects: asked().map(|batch| batch.objects().count()).sum(),
            ingest: 0,
            span: SpanId::of(headers),
            witness: Arc::clone(&witness),
        });
        witness
    }

    /// It is answered, or failed.
    pub(super) fn arrived(&mut self, sent: (usize, usize), reply: &Result<FetchReply, FetchError>, took: Duration) {
        let now = self.now();
        let Some(traced) = self.of(sent) else { return };
        // Of many requests of one fetch some wait for others before they go out.
        traced.start = now.saturating_sub(micros(took));
        traced.duration = micros(took);
        match reply {
            Ok(reply) => {
                traced.status = Some(reply.status.as_u16());
                traced.received = reply.body.len();
            }
            Err(error) => traced.error = Some(error.to_string()),
        }
    }

    /// What came of it is in the store.
    pub(super) fn taken_in(&mut self, sent: (usize, usize)) {
        let now = self.now();
        if let Some(traced) = self.of(sent) {
            traced.ingest = now.saturating_sub(traced.start + traced.duration);
        }
    }

    /// The time is up: what is not answered never will be.
    pub(super) fn give_up(&mut self) {
        let now = self.now();
        for traced in self.fetches.iter_mut().filter(|traced| traced.status.is_none() && traced.error.is_none()) {
            traced.duration = now.saturating_sub(traced.start);
            traced.error = Some(FetchError::Timeout.to_string());
        }
    }

    /// A fetch was looked up in the cache.
    pub(super) fn looked_up(&mut self, fetch: usize, fields: Vec<FieldAccount>) {
        self.lookups.push(TracedLookup { fetch, at: self.now(), fields });
    }

    /// The answer was written, from `start` until now.
    pub(super) fn written(&mut self, start: u64, bytes: usize) {
        self.written = Some(Written { start, duration: self.now().saturating_sub(start), bytes });
    }

    fn of(&mut self, (fetch, request): (usize, usize)) -> Option<&mut TracedFetch> {
        self.fetches.iter_mut().find(|traced| (traced.fetch, traced.request) == (fetch, request))
    }
}

/// A span of time in whole microseconds.
pub fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}
