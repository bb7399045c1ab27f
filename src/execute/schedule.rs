//! The scheduler: a fetch starts when its own inputs are in, and a part is written when its fetches are done.
//!
//! All of a request runs in the request's own task: fetches are futures side by side, and between two
//! of their replies the store is nobody else's, so nothing is locked. Dropping an [`Execution`] drops
//! its fetches, which cancels them.

use super::batch::Batch;
use super::body::{self, Bodies, Body};
use super::cached::{self, Came, Freshness, Harvest, Lookup, Owed, Pending, Way};
use super::explain;
use super::ingest::Asked;
use super::project::{Sources, project};
use super::report::Report;
use super::response::ResponsePart;
use super::settle::{Outcome, Settling};
use super::store::Store;
use super::trace::Trace;
use super::{ExecutionRequest, Headers};
use crate::cache::Record;
use crate::operation::OperationKind;
use crate::plan::Plan;
use crate::plan::model::{FetchId, LayoutId, RuntimeType, Typing};
use crate::upstream::{Fetch, FetchError, FetchReply, FetchRequest};
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use smallvec::SmallVec;
use std::collections::VecDeque;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

/// One running request.
pub(super) struct Execution<'a, F, H> {
    pub(super) request: ExecutionRequest<H>,
    upstream: &'a F,
    pub(super) store: Store,
    pub(super) report: Report,
    progress: Vec<Progress>,
    in_flight: FuturesUnordered<BoxFuture<'a, Arrival>>,
    /// Requests of one fetch that wait for others of it to be answered.
    queued: VecDeque<(Sent, FetchRequest)>,
    /// By fetch: its request for what was not in the cache. Empty where there is no cache.
    pub(super) pending: Vec<Option<Box<Pending>>>,
    /// By fetch: what is being looked up elsewhere. Empty where there is no cache.
    pub(super) looking: Vec<Option<Box<Lookup>>>,
    /// For how long the answer is good.
    pub(super) freshness: Freshness,
    /// What is done, where that is written down.
    pub(super) trace: Option<Box<Trace>>,
    /// What mutations that are under way make stale.
    pub(super) owed: Vec<Owed>,
    next_part: usize,
}

/// How far a fetch is.
#[derive(Debug)]
enum Progress {
    /// Its inputs are not all in.
    Waiting,
    /// It is being looked up in the cache that gateways share.
    LookedUp,
    /// It is under way, for these objects: by request, until that is answered.
    Sent(SmallVec<[Option<Vec<Batch>>; 1]>),
    /// It is over, or was not needed.
    Done,
}

/// One of the requests of a fetch; nearly always there is but one.
#[derive(Debug, Clone, Copy)]
struct Sent {
    fetch: usize,
    request: usize,
}

/// Requests of one fetch that are under way at once; there are many only where contextual arguments have many
/// values.
const SIDE_BY_SIDE: usize = 32;

/// The end of what was under way.
enum Arrival {
    /// A request was answered, or was not.
    Reply { sent: Sent, reply: Result<FetchReply, FetchError>, took: Duration },
    /// A fetch was looked up where gateways share their cache.
    LookedUp { fetch: usize, records: Vec<Option<Record>> },
}

/// A place for each fetch, where there is a cache.
fn for_each_cached<H, T>(request: &ExecutionRequest<H>) -> Vec<Option<T>> {
    let fetches = request.cache.as_ref().map_or(0, |_| request.plan.fetches.len());
    std::iter::repeat_with(|| None).take(fetches).collect()
}

impl<'a, F: Fetch, H: Headers> Execution<'a, F, H> {
    /// Ready to run; nothing is sent before the first part is asked for.
    pub(super) fn new(request: ExecutionRequest<H>, upstream: &'a F) -> Self {
        let plan = &request.plan;
        let limits = request.settings.limits;
        let slots = plan.layouts.first().map_or(0, |layout| layout.slots);
        Self {
            store: Store::new(slots, plan.lists.len(), root_type(plan), limits.values),
            report: Report::new(limits.errors),
            progress: std::iter::repeat_with(|| Progress::Waiting).take(plan.fetches.len()).collect(),
            in_flight: FuturesUnordered::new(),
            queued: VecDeque::new(),
            pending: for_each_cached(&request),
            looking: for_each_cached(&request),
            freshness: match &request.cache {
                Some(access) => Freshness::new(access.cache.now(), access.tells_tags),
                None => Freshness::new(0, false),
            },
            trace: request.trace.map(|start| Box::new(Trace::new(start))),
            owed: Vec::new(),
            next_part: 0,
            request,
            upstream,
        }
    }

    /// The next part of the answer, once all it waits for has arrived or the deadline has passed.
    pub(super) async fn part(&mut self) -> Option<ResponsePart> {
        let plan = self.request.plan.clone();
        let part = plan.parts.get(self.next_part)?;
        self.next_part += 1;
        self.start_ready();
        let deadline = sleep_until(self.request.deadline);
        tokio::pin!(deadline);
        while part.waits_for.iter().any(|&fetch| !self.is_done(fetch)) {
            tokio::select! {
                biased;
                Some(arrival) = self.in_flight.next() => {
                    self.arrive(arrival);
                    self.start_ready();
                }
                () = &mut deadline => self.give_up(),
            }
        }
        let sources = Sources {
            plan: &plan,
            liveness: &self.request.liveness,
            store: &self.store,
            introspection: &self.request.introspection,
            limits: self.request.settings.limits,
            counts_objects: self.request.counts_objects,
        };
        let begun = self.trace.as_ref().map(|trace| trace.now());
        let part = project(sources, part, &mut self.report);
        if let Some((trace, begun)) = self.trace.as_mut().zip(begun) {
            trace.written(begun, part.data().len());
        }
        let lifetime = self.freshness.lifetime().filter(|_| part.errors.is_empty());
        let tags = lifetime.map(|_| self.freshness.tags()).unwrap_or_default();
        let fields = std::mem::take(&mut self.freshness.fields);
        Some(ResponsePart { lifetime, tags, counts: self.freshness.counts, fields, trace: self.trace.clone(), ..part })
    }

    fn is_done(&self, fetch: FetchId) -> bool {
        matches!(self.progress.get(fetch.index()), None | Some(Progress::Done))
    }

    /// Starts every fetch whose inputs are in. Fetches depend on earlier ones only, so one pass also
    /// sees what the ones that are not needed make ready.
    fn start_ready(&mut self) {
        let plan = self.request.plan.clone();
        for (position, fetch) in plan.fetches.iter().enumerate() {
            let ready = matches!(self.progress[position], Progress::Waiting)
                && fetch.depends_on.iter().all(|&before| self.is_done(before));
            if ready {
                self.progress[position] = self.start(position);
            }
        }
    }

    /// Sends what a fetch has to ask.
    fn start(&mut self, fetch: usize) -> Progress {
        match self.through_cache(fetch) {
            Some(way) => self.go_on(fetch, way),
            None => {
                let requests = self.prepare(fetch);
                self.ask(fetch, requests)
            }
        }
    }

    fn go_on(&mut self, fetch: usize, way: Way) -> Progress {
        match way {
            Way::Served => Progress::Done,
            Way::Ask(body) => self.ask(fetch, vec![body]),
            Way::LookUp(elsewhere) => {
                let looking = async move { Arrival::LookedUp { fetch, records: elsewhere.look_up().await } };
                self.in_flight.push(Box::pin(looking));
                Progress::LookedUp
            }
        }
    }

    fn ask(&mut self, fetch: usize, requests: Vec<Body>) -> Progress {
        if requests.is_empty() {
            return Progress::Done;
        }
        self.owe(fetch);
        let mut waiting = SmallVec::with_capacity(requests.len());
        for (request, Body { json, batches }) in requests.into_iter().enumerate() {
            let sent = Sent { fetch, request };
            let row = &self.request.plan.fetches[fetch];
            let subgraph = row.subgraph.index();
            let headers = self.request.headers.headers(subgraph);
            let noting = |trace: &mut Box<Trace>| trace.sent((fetch, request), subgraph, (&headers, &json), &batches);
            let witness = self.trace.as_mut().map(noting);
            let outgoing = FetchRequest {
                subgraph,
                body: json,
                headers,
                deadline: self.request.deadline,
                // A query under way may have been answered before what this operation has written, which it must see.
                shareable: self.request.plan.kind == OperationKind::Query,
                writes: row.kind == OperationKind::Mutation,
                epoch: self.request.cache.as_ref().map_or(0, |access| access.cache.generations().latest()),
                witness,
            };
            if request < SIDE_BY_SIDE {
                self.send(sent, outgoing);
            } else {
                self.queued.push_back((sent, outgoing));
            }
            waiting.push(Some(batches));
        }
        Progress::Sent(waiting)
    }

    /// The requests of a fetch and what they ask about; none when nobody needs it.
    fn prepare(&mut self, position: usize) -> Vec<Body> {
        let request = &self.request;
        let plan = &*request.plan;
        let fetch = &plan.fetches[position];
        if !request.liveness.is_live(fetch.live) {
            return Vec::new();
        }
        let Bodies { requests, lost } =
            body::write(&mut self.store, plan, fetch, &request.liveness, &request.variables);
        for (group, object) in lost {
            explain::shape(&mut self.store, plan, object, fetch.entities[group].shape);
        }
        requests
    }

    fn send(&self, sent: Sent, request: FetchRequest) {
        let upstream = self.upstream;
        self.in_flight.push(Box::pin(async move {
            let start = Instant::now();
            let reply = upstream.fetch(request).await;
            Arrival::Reply { sent, reply, took: start.elapsed() }
        }));
    }

    fn arrive(&mut self, arrival: Arrival) {
        let (Sent { fetch, request }, reply, took) = match arrival {
            Arrival::Reply { sent, reply, took } => (sent, reply, took),
            Arrival::LookedUp { fetch, records } => {
                if let Some(way) = self.take_in(fetch, records) {
                    self.progress[fetch] = self.go_on(fetch, way);
                }
                return;
            }
        };
        if let Some((sent, request)) = self.queued.pop_front() {
            self.send(sent, request);
        }
        // A fetch that was given up may have arrived all the same.
        let Some(Progress::Sent(waiting)) = self.progress.get_mut(fetch) else { return };
        let Some(batches) = waiting.get_mut(request).and_then(Option::take) else { return };
        if waiting.iter().all(Option::is_none) {
            self.progress[fetch] = Progress::Done;
        }
        if let Some(trace) = &mut self.trace {
            trace.arrived((fetch, request), &reply, took);
        }
        self.settle(fetch, &batches, reply, took);
        if let Some(trace) = &mut self.trace {
            trace.taken_in((fetch, request));
        }
    }

    fn settle(&mut self, fetch: usize, batches: &[Batch], reply: Result<FetchReply, FetchError>, took: Duration) {
        if self.request.cache.is_some() {
            return self.settle_cached(fetch, batches, reply, took);
        }
        self.take(fetch, batches, reply, took, None);
    }

    /// The same, where there is a cache: it may stand in for a reply that is none, and what comes is put into it.
    fn settle_cached(
        &mut self,
        fetch: usize,
        batches: &[Batch],
        reply: Result<FetchReply, FetchError>,
        took: Duration,
    ) {
        self.pay(fetch);
        if let Ok(reply) = &reply {
            self.hear(fetch, &reply.headers);
        }
        let Some(pending) = self.pending.get_mut(fetch).and_then(Option::take) else {
            self.freshness.spoil();
            return self.take(fetch, batches, reply, took, None);
        };
        if cached::is_failure(&reply) {
            self.freshness.spoil();
            if let Some(rest) = self.fall_back(fetch, pending) {
                let batches = Self::batches_of(&rest);
                self.take(fetch, &batches, reply, took, Some((&rest, &mut Harvest::default())));
            }
            return;
        }
        let (mut harvest, came) = (Harvest::default(), reply.as_ref().ok().map(Came::of));
        self.take(fetch, batches, reply, took, Some((&pending, &mut harvest)));
        if let Some(came) = came {
            self.keep(fetch, &pending, &harvest, &came);
        }
    }

    fn take(
        &mut self,
        fetch: usize,
        batches: &[Batch],
        reply: Result<FetchReply, FetchError>,
        took: Duration,
        cached: Option<(&Pending, &mut Harvest)>,
    ) {
        let request = &self.request;
        let subgraph = request.settings.subgraph(request.plan.fetches[fetch].subgraph.index());
        let status = reply.as_ref().map_or(0, |reply| reply.status.as_u16());
        let only = cached.as_ref().map(|(pending, _)| pending.only());
        let outcome = Settling {
            asked: Asked { only, note: cached.is_some(), ..asked(request, fetch, batches) },
            store: &mut self.store,
            report: &mut self.report,
            subgraph,
            limits: request.settings.limits,
            explained: false,
            harvest: cached.map(|(_, harvest)| harvest),
        }
        .settle(reply);
        log(&subgraph.name, status, took, &outcome);
    }

    /// The time is up: whatever is not there yet fails, and what would have followed is not asked.
    fn give_up(&mut self) {
        self.in_flight.clear();
        self.queued.clear();
        if let Some(trace) = &mut self.trace {
            trace.give_up();
        }
        for position in 0..self.progress.len() {
            let unanswered: Vec<Vec<Batch>> = match std::mem::replace(&mut self.progress[position], Progress::Done) {
                Progress::Sent(waiting) => waiting.into_iter().flatten().collect(),
                Progress::Waiting | Progress::LookedUp => {
                    self.prepare(position).into_iter().map(|body| body.batches).collect()
                }
                Progress::Done => continue,
            };
            for batches in unanswered {
                self.settle(position, &batches, Err(FetchError::Timeout), Duration::ZERO);
            }
        }
    }
}

/// What a fetch asks for, all of it.
pub(super) fn asked<'a, H>(request: &'a ExecutionRequest<H>, fetch: usize, batches: &'a [Batch]) -> Asked<'a> {
    Asked {
        plan: &request.plan,
        liveness: &request.liveness,
        fetch: &request.plan.fetches[fetch],
        batches,
        depth: request.settings.limits.depth,
        complaints: request.settings.limits.errors,
        only: None,
        note: false,
    }
}

/// The type of the root object: as root fetches have it, else the only type there is. A plan without
/// root fetches answers introspection and `__typename` only.
pub(super) fn root_type(plan: &Plan) -> RuntimeType {
    let mut roots = plan.shapes.iter().filter(|shape| shape.layout == LayoutId(0));
    let typed = roots.find_map(|shape| match shape.typing {
        Typing::Static(ty) => Some(ty),
        _ => None,
    });
    typed.unwrap_or(if plan.types.len() == 1 { RuntimeType(0) } else { RuntimeType::UNKNOWN })
}

fn log(subgraph: &str, status: u16, took: Duration, outcome: &Outcome) {
    let duration_ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
    match outcome {
        Outcome::Fine => tracing::debug!(subgraph, status, duration_ms, "fetched"),
        Outcome::Errors(count, first) => {
            tracing::warn!(subgraph, status, duration_ms, count, first, "a subgraph's reply has errors");
        }
        // Without a status there was no reply, and upstream has said why.
        Outcome::Failed(reason) if status == 0 => tracing::debug!(subgraph, duration_ms, reason, "no reply"),
        Outcome::Failed(reason) => tracing::warn!(subgraph, status, duration_ms, reason, "a fetch failed"),
    }
}
