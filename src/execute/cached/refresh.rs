//! What has expired and is served all the same is fetched anew, once, in a task of its own.
//!
//! It is a fetch like any other, whose reply goes into a copy of the store that nobody reads: so what is kept has
//! passed the same checks.

use super::super::Headers;
use super::super::ingest::Asked;
use super::super::report::Report;
use super::super::schedule::Execution;
use super::super::settings::ExecutionSettings;
use super::super::settle::Settling;
use super::super::store::Store;
use super::freshness::Freshness;
use super::lookup::{Lookup, Quality};
use super::serve::Lacking;
use super::{CacheAccess, Came, Harvest, Kitchen, Pending, ask};
use crate::cache::Refreshing;
use crate::operation::Variables;
use crate::plan::Plan;
use crate::plan::model::Liveness;
use crate::upstream::{Fetch, FetchError, FetchReply, FetchRequest};
use bytes::Bytes;
use futures::future::BoxFuture;
use http::HeaderMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long refreshing may take.
const TIME: Duration = Duration::from_secs(60);

/// Sends requests that nobody waits for.
pub trait Refresh: Send + Sync {
    /// One request, one reply.
    fn fetch(&self, request: FetchRequest) -> BoxFuture<'static, Result<FetchReply, FetchError>>;
}

impl<F: Fetch + 'static> Refresh for Arc<F> {
    fn fetch(&self, request: FetchRequest) -> BoxFuture<'static, Result<FetchReply, FetchError>> {
        let upstream = Self::clone(self);
        Box::pin(async move { Fetch::fetch(&*upstream, request).await })
    }
}

impl<F: Fetch, H: Headers> Execution<'_, F, H> {
    /// Begins to fetch what is served although it has expired, unless somebody does so already.
    pub(super) fn refresh(&self, position: usize, lookup: &Arc<Lookup>, since: u64) {
        let request = &self.request;
        let Some((access, upstream)) =
            request.cache.as_ref().and_then(|access| Some((access, access.refresh.clone()?)))
        else {
            return;
        };
        let plan = &request.plan;
        let fetch = &plan.fetches[position];
        let index = fetch.subgraph.index();
        let (Some(cacheable), Some(subgraph)) = (fetch.cacheable.as_deref(), access.subgraphs.get(index)) else {
            return;
        };
        let mut lacking = stale(lookup);
        if lacking.is_empty() {
            return;
        }
        let mut refreshing = access.cache.refreshing();
        for (group, objects) in lookup.groups.iter().zip(&mut lacking.objects) {
            objects.retain(|&at| {
                let keys = group.objects[at].keys(subgraph, lookup.variant(), access);
                keys.into_iter().next_back().is_some_and(|key| refreshing.begin(key))
            });
        }
        if lacking.is_empty() {
            return;
        }
        let body = ask::write(lookup, (fetch, cacheable), &request.liveness, &request.variables, &lacking);
        let headers = request.headers.headers(index);
        let refresher = Refresher {
            plan: Arc::clone(plan),
            position,
            liveness: request.liveness.clone(),
            variables: request.variables.clone(),
            settings: Arc::clone(&request.settings),
            access: access.clone(),
            store: self.store.clone(),
            pending: Pending { lookup: Arc::clone(lookup), since, lacking },
            headers,
        };
        tokio::spawn(refresher.run(upstream, body.json, refreshing));
    }
}

/// The values that are served although they have expired.
fn stale(lookup: &Lookup) -> Lacking {
    let mut lacking = Lacking::default();
    for group in &lookup.groups {
        let is_stale =
            |at: usize, field: usize| group.objects[at].hit(field).is_some_and(|hit| hit.quality == Quality::Stale);
        let is_missing = |at: usize| group.objects[at].missing.is_some_and(|hit| hit.quality == Quality::Stale);
        let fields = 0..group.wanted.len();
        let objects: Vec<usize> = (0..group.objects.len())
            .filter(|&at| is_missing(at) || fields.clone().any(|field| is_stale(at, field)))
            .collect();
        let asked = fields.map(|field| objects.iter().any(|&at| is_missing(at) || is_stale(at, field)));
        lacking
            .only
            .fields
            .push((group.shape, asked.zip(&group.wanted).map(|(asked, wanted)| asked && wanted.live).collect()));
        lacking.objects.push(objects);
    }
    lacking
}

/// All that it takes, apart from the request that it came up in.
struct Refresher {
    plan: Arc<Plan>,
    position: usize,
    liveness: Liveness,
    variables: Variables,
    settings: Arc<ExecutionSettings>,
    access: CacheAccess,
    store: Store,
    pending: Pending,
    headers: HeaderMap,
}

impl Refresher {
    async fn run(mut self, upstream: Arc<dyn Refresh>, body: Bytes, refreshing: Refreshing) {
        let subgraph = self.plan.fetches[self.position].subgraph.index();
        let headers = self.headers.clone();
        let (deadline, epoch) = (Instant::now() + TIME, self.pending.since);
        let (shareable, writes) = (true, false);
        let request = FetchRequest { subgraph, body, headers, deadline, shareable, writes, epoch, witness: None };
        if let Ok(reply) = upstream.fetch(request).await {
            self.settle(reply);
        }
        drop(refreshing);
    }

    fn settle(&mut self, reply: FetchReply) {
        let (plan, limits) = (&self.plan, self.settings.limits);
        let fetch = &plan.fetches[self.position];
        let batches = ask::batches(&self.pending.lookup, &self.pending.lacking);
        let (mut harvest, came) = (Harvest::default(), Came::of(&reply));
        let settling = Settling {
            asked: Asked {
                plan,
                liveness: &self.liveness,
                fetch,
                batches: &batches,
                depth: limits.depth,
                complaints: limits.errors,
                only: Some(self.pending.only()),
                note: true,
            },
            store: &mut self.store,
            report: &mut Report::new(limits.errors),
            subgraph: self.settings.subgraph(fetch.subgraph.index()),
            limits,
            explained: false,
            harvest: Some(&mut harvest),
        };
        settling.settle(Ok(reply));
        let headers = || self.headers.clone();
        let kitchen = Kitchen {
            plan,
            fetch,
            access: &self.access,
            store: &self.store,
            variables: &self.variables,
            headers: &headers,
        };
        kitchen.keep(&self.pending, &harvest, &came, &mut Freshness::new(self.access.cache.now(), false));
    }
}
