//! From a prepared operation to the bytes of its answer.
//!
//! **Sharing**, where the configuration asks for it: queries that are the same in everything, that is in
//! the text of the request, in every header but those of the trace, and in who asks, and that are under way
//! together, are executed once. Whoever leaves does not end it for the others.

use super::caching::{self, WholeAnswers};
use super::clearance::Clearance;
use super::demand::{self, Charge};
use super::gateway::Served;
use super::insight::Asked;
use super::query_plan::{self, Asked as PlanAsked};
use super::rejection::Rejection;
use super::spans::Recording;
use super::trace::{Timeline, Watch};
use crate::access::Claims;
use crate::cache::{AnswerTags, FieldCounters, FieldCounts, ServedWhole, WholeAnswer};
use crate::demand::Told;
use crate::demand::cost::ExplainedCost;
use crate::execute::{self, Counts, ExecutionRequest, Lifetime, ResponsePart, Trace};
use crate::operation::{OperationKind, Variables};
use crate::plan::model::Liveness;
use crate::prepare::{Inputs, Prepared, Refusal};
use crate::snapshot::Snapshot;
use crate::telemetry::{Metrics, TraceContext};
use crate::upstream::{FetchError, FetchReply, FlightKey, Flights, Identity, OutboundHeaders};
use bytes::Bytes;
use futures::StreamExt;
use http::{HeaderMap, HeaderValue};
use smallvec::SmallVec;
use std::pin::pin;
use std::sync::Arc;
use tokio::time::{Instant, timeout_at};

/// The executions that identical queries share.
pub(super) type SharedExecutions = Flights<Option<Executed>>;

/// A finished answer.
#[derive(Debug, Clone)]
pub(super) struct Executed {
    pub body: Bytes,
    /// The codes of its errors, as they are counted.
    codes: Arc<[&'static str]>,
    /// For how long it is good; none: it is not to be kept.
    pub lifetime: Option<Lifetime>,
    /// The tags of what is in it, for those who may keep it.
    pub tags: AnswerTags,
    counts: Counts,
    fields: ServedFields,
    /// The objects in it, where they are counted.
    objects: Arc<[u32]>,
    /// What its client is told of demand; the clients of a shared answer are told each their own.
    pub told: Option<Told>,
}

/// The fields of an answer, as the cache served them.
#[derive(Debug, Clone)]
enum ServedFields {
    Each(Arc<[FieldCounts]>),
    /// All at once.
    Whole(Arc<ServedWhole>),
}

impl Executed {
    /// Whether the answer tells of errors.
    pub fn has_errors(&self) -> bool {
        !self.codes.is_empty()
    }

    /// A text in which there is nothing of subgraphs.
    fn plain(body: Bytes) -> Self {
        Self {
            body,
            codes: Arc::default(),
            lifetime: None,
            tags: AnswerTags::None,
            counts: Counts::default(),
            fields: ServedFields::Each(Arc::default()),
            objects: Arc::default(),
            told: None,
        }
    }

    /// An answer that was kept whole.
    fn kept(answer: WholeAnswer, lifetime: Lifetime) -> Self {
        Self {
            lifetime: Some(lifetime),
            tags: answer.tags,
            counts: Counts { hits: answer.values, ..Counts::default() },
            fields: ServedFields::Whole(answer.fields),
            ..Self::plain(answer.body)
        }
    }

    /// Counts what the cache had to do with it.
    fn count(&self, metrics: &Metrics, counters: Option<&FieldCounters>) {
        let Counts { hits, stale, misses } = self.counts;
        metrics.cached_values(hits, stale, misses);
        match &self.fields {
            ServedFields::Whole(fields) => fields.count(),
            ServedFields::Each(fields) => {
                if let Some(counters) = counters {
                    counters.add(fields.iter().filter(|counts| counts.is_telling()));
                }
            }
        }
    }
}

/// One request for an execution.
pub(super) struct Execution {
    pub served: Served,
    pub prepared: Arc<Prepared>,
    pub headers: HeaderMap,
    pub claims: Arc<Claims>,
    pub clearance: Clearance,
    pub deadline: Instant,
    /// Whether the client is told how the cache served it.
    pub debugged: bool,
    /// What else the client is told of how it is answered.
    pub asked: Asked,
    /// Notes what takes how long, where anybody is told that.
    pub watch: Option<Box<Watch>>,
    /// Tells a collector of traces, where there is one.
    pub recording: Option<Arc<Recording>>,
}

impl Execution {
    /// Executes with `inputs`; `body` is the text of the request where it may share its answer.
    pub async fn answer(
        self,
        inputs: Inputs,
        body: Option<Bytes>,
        charge: Option<Charge>,
        metrics: &Metrics,
    ) -> Result<Executed, Rejection> {
        let shares = self.served.snapshot.config.router.deduplicate
            && self.prepared.operation.kind == OperationKind::Query
            && self.asked.is_nothing()
            && !self.debugged
            && !charge.as_ref().is_some_and(Charge::is_told);
        let counters = self.served.counters.clone();
        let executed = match body.filter(|_| shares) {
            Some(body) => self.share(inputs, body, charge).await?,
            None => self.execute(inputs, charge).await,
        };
        let executed = executed.ok_or_else(Refusal::internal)?;
        executed.codes.iter().for_each(|code| metrics.error(code));
        executed.count(metrics, counters.as_deref());
        Ok(executed)
    }

    async fn share(
        self,
        inputs: Inputs,
        body: Bytes,
        mut charge: Option<Charge>,
    ) -> Result<Option<Executed>, Rejection> {
        let flights = Arc::clone(&self.served.sharing);
        let deadline = self.deadline;
        // Claims are kept by the flight as long as it is under way, so no others are where they are.
        let epoch = self.served.cache.as_ref().map_or(0, |access| access.cache.generations().latest());
        let key = FlightKey { target: Arc::as_ptr(&self.claims) as usize, body, headers: self.headers.clone(), epoch };
        charge.iter_mut().for_each(Charge::begin);
        let flight = flights.join(key, |_| self.execute(inputs, None));
        let executed = timeout_at(deadline, flight).await.map_err(|_| Rejection::timed_out())?;
        Ok(executed
            .map(|executed| Executed { told: charge.map(|charge| charge.settle(&executed.objects)), ..executed }))
    }

    /// Nothing when the gateway failed.
    async fn execute(mut self, inputs: Inputs, mut charge: Option<Charge>) -> Option<Executed> {
        if self.asked.plan == PlanAsked::DryRun {
            return Some(Executed::plain(self.dry_run(&inputs.variables).await));
        }
        // What an answer costs is counted in its objects, so where that matters it is made anew.
        let plain = self.asked.is_nothing() && !self.debugged && charge.is_none();
        let whole = plain.then(|| WholeAnswers::of(&self, &inputs)).flatten();
        if let Some((answer, lifetime)) = whole.as_ref().and_then(WholeAnswers::get) {
            return Some(Executed::kept(answer, lifetime));
        }
        charge.iter_mut().for_each(Charge::begin);
        let mut watch = self.watch.take();
        if let Some(watch) = &mut watch {
            watch.ends("decide");
        }
        let priced = self.asked.field_costs.then(|| inputs.variables.clone());
        let mut part = self.run(inputs, watch.as_ref().map(|watch| watch.start())).await?;
        let traced = watch.zip(part.trace.take()).map(|(watch, trace)| (watch.finish(&trace), trace));
        if let (Some(recording), Some((timeline, trace))) = (&self.recording, &traced) {
            recording.tell(timeline, trace, &self.served);
        }
        let told = |(timeline, trace): (Timeline, Box<Trace>)| timeline.render(&trace, &self.served);
        let trace = traced.filter(|_| self.asked.trace).map(told);
        let withheld = self.clearance.tell(&self.served, &mut part);
        let codes = part.errors.iter().map(|error| counted_code(error.code())).collect();
        let (lifetime, counts) =
            (part.lifetime.map(|lifetime| self.narrowed(lifetime, withheld.is_some())), part.counts);
        let debug = self.debugged.then(|| caching::debug_info(counts, &part.fields, &self.served.snapshot.supergraph));
        let (tags, fields) = (std::mem::take(&mut part.tags), std::mem::take(&mut part.fields));
        // Nothing is shared without allocating.
        let fields = if fields.is_empty() { Arc::default() } else { fields.into() };
        let objects = Arc::clone(&part.objects);
        let told = charge.map(|charge| charge.settle(&objects));
        // Only now: what the client asks beside the answer is no part of what it is told of it.
        let by_field = priced.and_then(|variables| self.cost_by_field(&variables));
        let cost = told.as_ref().and_then(|told| demand::extension(told, by_field.as_ref()));
        let plan = if self.asked.plan == PlanAsked::Beside { Some(self.plan().await) } else { None };
        let extensions = [
            ("queryPlan", &plan),
            ("authorizationErrors", &withheld),
            ("cost", &cost),
            ("cache", &debug),
            ("trace", &trace),
        ];
        let extensions: SmallVec<[(&str, &[u8]); 5]> =
            extensions.into_iter().filter_map(|(name, json)| Some((name, json.as_deref()?))).collect();
        let body = part.finish(&extensions);
        if let (Some(whole), Some(lifetime), Some(counters)) = (whole, lifetime, &self.served.counters) {
            let fields = ServedWhole::new(Arc::clone(counters), &fields);
            whole.keep(&body, lifetime, counts.hits + counts.misses, tags.clone(), fields);
        }
        let fields = ServedFields::Each(fields);
        Some(Executed { body, codes, lifetime, tags, counts, fields, objects, told })
    }

    /// What depends on who asks is for nobody else.
    fn narrowed(&self, lifetime: Lifetime, withheld: bool) -> Lifetime {
        Lifetime { private: lifetime.private || withheld || self.claims.is_authenticated(), ..lifetime }
    }

    /// The value of `extensions.queryPlan`.
    async fn plan(&self) -> Vec<u8> {
        let snapshot = &self.served.snapshot;
        let choices = snapshot.preparer.choices(&self.prepared).await;
        query_plan::render(&self.prepared.plan, &snapshot.supergraph, choices)
    }

    /// The plan, and what the operation would cost where the client is told.
    async fn dry_run(&self, variables: &Variables) -> Bytes {
        let told = demand::estimate(&self.served, &self.prepared, self.clearance.given(variables), &self.headers);
        let by_field = if self.asked.field_costs { self.cost_by_field(variables) } else { None };
        let cost = demand::extension(&told, by_field.as_ref());
        query_plan::dry_run(&self.plan().await, cost.as_deref())
    }

    fn cost_by_field(&self, variables: &Variables) -> Option<ExplainedCost> {
        self.served.snapshot.preparer.explain_cost(&self.prepared, self.clearance.given(variables))
    }

    /// Answers one event of a subscription, or says what can be said when nobody is asked. What is told beside the answer
    /// is what every client is told.
    pub async fn answer_event(
        &self,
        inputs: Inputs,
        event: Option<Result<FetchReply, FetchError>>,
        charge: Option<Charge>,
        metrics: &Metrics,
    ) -> Option<Bytes> {
        let (snapshot, headers) = (&self.served.snapshot, self.outbound_headers());
        let request = self.request(inputs, &headers, Instant::now() + snapshot.config.router.timeout, None);
        let mut part = match event {
            Some(event) => execute::run_event(request, event, &*snapshot.upstream).await?,
            None => pin!(execute::run(request, &*snapshot.upstream)).next().await?,
        };
        let withheld = self.clearance.tell(&self.served, &mut part);
        part.errors.iter().for_each(|error| metrics.error(counted_code(error.code())));
        let told = charge.map(|charge| charge.settle(&part.objects));
        let cost = told.as_ref().and_then(|told| demand::extension(told, None));
        let extensions = [("authorizationErrors", &withheld), ("cost", &cost)];
        let extensions: SmallVec<[(&str, &[u8]); 2]> =
            extensions.into_iter().filter_map(|(name, json)| Some((name, json.as_deref()?))).collect();
        Some(part.finish(&extensions))
    }

    /// Runs the plan.
    async fn run(&self, inputs: Inputs, traced: Option<Instant>) -> Option<ResponsePart> {
        let headers = self.outbound_headers();
        let request = self.request(inputs, &headers, self.deadline, traced);
        let mut parts = pin!(execute::run(request, &*self.served.snapshot.upstream));
        // Queries and mutations have one part.
        parts.next().await
    }

    /// What subgraphs get of this request's headers.
    pub fn outbound_headers(&self) -> OutboundHeaders<Vouched<'_>> {
        let snapshot = &self.served.snapshot;
        let recorded = || self.recording.as_ref().map(|recording| recording.context().clone());
        let begun = || recorded().unwrap_or_else(|| TraceContext::from_headers(&self.headers));
        let trace = snapshot.config.telemetry.trace_context.then(begun);
        snapshot.upstream.outbound_headers(&self.headers, Vouched { claims: &self.claims, snapshot }, trace)
    }

    /// Which of the plan's sets are live for whoever asks.
    pub fn liveness(&self, variables: &Variables) -> Liveness {
        self.prepared.plan.liveness_behind(&self.clearance.closed, &variables.conditions())
    }

    fn request<'h>(
        &self,
        inputs: Inputs,
        headers: &'h OutboundHeaders<Vouched<'_>>,
        deadline: Instant,
        traced: Option<Instant>,
    ) -> ExecutionRequest<impl execute::Headers + 'h> {
        ExecutionRequest {
            plan: Arc::clone(&self.prepared.plan),
            liveness: self.liveness(&inputs.variables),
            variables: inputs.variables,
            introspection: inputs.introspection,
            counts_objects: self.served.snapshot.demand.is_some(),
            headers: |subgraph| headers.of(subgraph),
            deadline,
            settings: Arc::clone(&self.served.execution),
            cache: caching::for_request(&self.served, &self.headers, &self.claims),
            trace: traced,
        }
    }
}

/// What the gateway vouches for of whoever asks.
pub(super) struct Vouched<'a> {
    claims: &'a Claims,
    snapshot: &'a Snapshot,
}

impl Identity for Vouched<'_> {
    fn claim(&self, name: &str, join: &str) -> Option<HeaderValue> {
        self.claims.header(name, join)
    }

    fn signed(&self, subgraph: usize, claims: &[Box<str>]) -> Option<HeaderValue> {
        let subgraph = self.snapshot.supergraph.subgraphs.get(subgraph)?;
        self.snapshot.authenticator.signer()?.sign(self.claims, claims, &subgraph.name)
    }
}

/// The code under which an error of an answer is counted. A subgraph whose errors are shown chooses its
/// own codes, without end; what is not the gateway's counts as the subgraph's.
fn counted_code(code: Option<&str>) -> &'static str {
    const OWN: &[&str] = &[
        "GATEWAY_TIMEOUT",
        "REQUEST_CONCURRENCY_LIMITED",
        "REQUEST_LIMIT_EXCEEDED",
        "RESPONSE_VALIDATION_FAILED",
        "SUBREQUEST_HTTP_ERROR",
        "SUBREQUEST_MALFORMED_RESPONSE",
        "TOO_MANY_ERRORS",
        "UNAUTHORIZED_FIELD_OR_TYPE",
    ];
    OWN.iter().find(|own| code == Some(**own)).copied().unwrap_or("DOWNSTREAM_SERVICE_ERROR")
}
