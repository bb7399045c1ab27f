//! Caching: between the scheduler and upstream, field by field.
//!
//! A fetch of which something can be cached takes this way instead of the direct one:
//!
//! 1. [`wanted`]: its fields get their names, with the values of variables filled in;
//! 2. [`lookup`]: its objects get their keys, and each is looked up, in memory and then, where there is that, in what
//!    gateways share;
//! 3. [`serve`]: what is there is handed to the ordinary ingest as the JSON that a subgraph would have sent, so that
//!    there is one way into the store and all checks hold. Objects that lack nothing leave the batch;
//! 4. [`ask`]: the others are asked for the union of what they lack, with a document put together from the
//!    plan's pieces;
//! 5. [`harvest`]: of the reply, the values without an error at or below them are kept, with their [`tags`]. When there is no
//!    reply, [`serve`] falls back to what is old but good enough for that;
//! 6. [`refresh`]: what was served although it had expired is fetched anew, and nobody waits for it.
//!
//! [`account`] says field by field how that went, where somebody asks.
//! [`freshness`] says for how long the answer is good that comes of it all. Mutations and subscriptions neither read
//! nor write the cache; what their replies invalidate is heard as of any reply, and what the schema says of a mutation
//! is [`owed`] once it is sent.

mod account;
mod ask;
mod freshness;
mod harvest;
mod lookup;
mod owed;
mod refresh;
mod serve;
mod tags;
mod wanted;

pub use account::FieldAccount;
pub use freshness::{Counts, Lifetime};
pub use refresh::Refresh;

pub(super) use freshness::Freshness;
pub(super) use harvest::Harvest;
pub(super) use lookup::Lookup;
pub(super) use owed::Owed;

use super::Headers;
use super::batch::Batch;
use super::body::Body;
use super::explain;
use super::ingest::{Asked, Only};
use super::schedule::{Execution, asked};
use super::settle::Settling;
use super::store::Store;
use crate::cache::{Cache, Control, Record, of_tag};
use crate::operation::{OperationKind, Variables};
use crate::plan::Plan;
use crate::plan::model::Fetch as PlannedFetch;
use crate::upstream::{Fetch, FetchError, FetchReply};
use bytes::Bytes;
use harvest::Larder;
use http::{HeaderMap, HeaderName, StatusCode};
use lookup::Quality;
use serve::{Lacking, ServedReply};
use std::sync::Arc;
use tags::Tagging;

/// The cache, as one request may use it.
#[derive(Clone)]
pub struct CacheAccess {
    /// The cache.
    pub cache: Arc<Cache>,
    /// By `SubgraphId::index`: how answers of a subgraph are kept.
    pub subgraphs: Arc<[CachedSubgraph]>,
    /// For whom private values are kept; without it they are not.
    pub identity: Option<Bytes>,
    /// Whether answers tell the names of the tags that are in them.
    pub tells_tags: bool,
    /// Who fetches what has expired while it is served; without it nothing is served that has.
    pub refresh: Option<Arc<dyn Refresh>>,
}

impl CacheAccess {
    /// What a tag stands for, in all subgraphs.
    fn slots_of_tag<'t>(&'t self, tag: &'t str) -> impl Iterator<Item = u32> + 't {
        let subgraphs = self.subgraphs.iter().filter(|subgraph| subgraph.enabled);
        subgraphs.map(|subgraph| of_tag(&subgraph.name, tag.as_bytes()))
    }
}

/// How the answers of one subgraph are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CachedSubgraph {
    /// Its name, the same in all snapshots.
    pub name: Box<str>,
    /// Whether they are kept at all.
    pub enabled: bool,
    /// Milliseconds for which it is remembered that an entity is not known; 0: not at all.
    pub missing: u64,
    /// Milliseconds for which a value is served afterwards, while a new one is fetched.
    pub stale_while_revalidate: u64,
    /// Milliseconds for which a value is served afterwards, when a new one cannot be had.
    pub stale_if_error: u64,
    /// Headers of its requests that its answers depend on, beside those that it names itself.
    pub vary: Box<[HeaderName]>,
}

/// A request to a subgraph for what was not in the cache.
pub(super) struct Pending {
    lookup: Arc<Lookup>,
    /// The last invalidation that was known when it was sent.
    since: u64,
    lacking: Lacking,
}

impl Pending {
    /// The fields that are asked for.
    pub(super) fn only(&self) -> &Only {
        &self.lacking.only
    }
}

/// How a fetch goes on.
pub(super) enum Way {
    /// All of it was in the cache.
    Served,
    /// This has to be asked.
    Ask(Body),
    /// It is looked up elsewhere; what comes of that is for [`Execution::take_in`].
    LookUp(Elsewhere),
}

/// Keys to be looked up elsewhere.
pub(super) struct Elsewhere {
    cache: Arc<Cache>,
    keys: Vec<Vec<u8>>,
}

impl Elsewhere {
    /// Looks them up; never takes longer than the store's timeout.
    pub(super) async fn look_up(self) -> Vec<Option<Record>> {
        self.cache.get_shared(&self.keys).await
    }
}

impl<F: Fetch, H: Headers> Execution<'_, F, H> {
    /// Sends a fetch through the cache. `None`: it has nothing to do with it.
    pub(super) fn through_cache(&mut self, position: usize) -> Option<Way> {
        let access = self.request.cache.clone()?;
        let plan = Arc::clone(&self.request.plan);
        let fetch = &plan.fetches[position];
        if !self.request.liveness.is_live(fetch.live) {
            return None;
        }
        let subgraph = access.subgraphs.get(fetch.subgraph.index()).filter(|subgraph| subgraph.enabled);
        let (Some(cacheable), Some(subgraph)) = (fetch.cacheable.as_deref(), subgraph) else {
            self.freshness.spoil();
            return None;
        };
        let headers = || self.request.headers.headers(fetch.subgraph.index());
        let variant = access.cache.vary().variant(&subgraph.name, &subgraph.vary, headers);
        if !variant.is_empty() {
            self.freshness.narrow();
        }
        let (liveness, variables) = (&self.request.liveness, &self.request.variables);
        let mut lookup = Lookup::of(&mut self.store, (&plan, fetch, cacheable), liveness, variables, variant);
        for (group, object) in lookup.lost() {
            explain::shape(&mut self.store, &plan, object, fetch.entities[group].shape);
        }
        let keys = lookup.look_up(&access, subgraph, &plan);
        if keys.is_empty() || !access.cache.is_shared() {
            return Some(self.serve_and_ask(position, lookup));
        }
        self.looking[position] = Some(Box::new(lookup));
        Some(Way::LookUp(Elsewhere { cache: access.cache, keys }))
    }

    /// Goes on with a fetch that was looked up elsewhere.
    pub(super) fn take_in(&mut self, position: usize, records: Vec<Option<Record>>) -> Option<Way> {
        let access = self.request.cache.clone()?;
        let mut lookup = self.looking.get_mut(position)?.take()?;
        let plan = Arc::clone(&self.request.plan);
        let subgraph = access.subgraphs.get(plan.fetches[position].subgraph.index())?;
        lookup.take_in(&access, subgraph, &plan, records);
        Some(self.serve_and_ask(position, *lookup))
    }

    fn serve_and_ask(&mut self, position: usize, lookup: Lookup) -> Way {
        let Some(access) = self.request.cache.clone() else { return Way::Served };
        let plan = Arc::clone(&self.request.plan);
        let fetch = &plan.fetches[position];
        let lookup = Arc::new(lookup);
        let good = if access.refresh.is_some() { Quality::Stale } else { Quality::Fresh };
        let lacking = Lacking::of(&lookup, &plan, good);
        let since = access.cache.generations().latest();
        if let Some(trace) = &mut self.trace {
            trace.looked_up(position, account::account(&lookup, &plan, &lacking, access.cache.now()));
        }
        for reply in serve::replies(&lookup, (&plan, fetch), &lacking, &mut self.freshness) {
            self.serve(position, reply);
        }
        self.refresh(position, &lookup, since);
        if lacking.is_empty() {
            return Way::Served;
        }
        let Some(cacheable) = fetch.cacheable.as_deref() else { return Way::Served };
        let (liveness, variables) = (&self.request.liveness, &self.request.variables);
        let body = ask::write(&lookup, (fetch, cacheable), liveness, variables, &lacking);
        self.pending[position] = Some(Box::new(Pending { lookup, since, lacking }));
        Way::Ask(body)
    }

    /// Takes in a reply out of the cache.
    fn serve(&mut self, position: usize, reply: ServedReply) {
        let request = &self.request;
        let asked = Asked { only: Some(&reply.only), ..asked(request, position, &reply.batches) };
        let settling = Settling {
            asked,
            store: &mut self.store,
            report: &mut self.report,
            subgraph: request.settings.subgraph(request.plan.fetches[position].subgraph.index()),
            limits: request.settings.limits,
            explained: false,
            harvest: None,
        };
        settling.settle(Ok(FetchReply { status: StatusCode::OK, headers: HeaderMap::new(), body: reply.json }));
    }

    /// What is to be done with the end of a request when there is a cache: what failed may be served from it all the
    /// same. Gives what is still to be settled.
    pub(super) fn fall_back(&mut self, position: usize, pending: Box<Pending>) -> Option<Box<Pending>> {
        let plan = Arc::clone(&self.request.plan);
        let fetch = &plan.fetches[position];
        let (replies, lacking) =
            serve::fall_back(&pending.lookup, (&plan, fetch), &pending.lacking, &mut self.freshness);
        for reply in replies {
            self.serve(position, reply);
        }
        (!lacking.is_empty()).then(|| Box::new(Pending { lacking, ..*pending }))
    }

    /// The objects that a request asks about.
    pub(super) fn batches_of(pending: &Pending) -> Vec<Batch> {
        ask::batches(&pending.lookup, &pending.lacking)
    }

    /// Keeps what came for a request that had to do with the cache.
    pub(super) fn keep(&mut self, position: usize, pending: &Pending, harvest: &Harvest, reply: &Came) {
        let request = &self.request;
        let Some(access) = &request.cache else { return };
        let fetch = &request.plan.fetches[position];
        let headers = || request.headers.headers(fetch.subgraph.index());
        let (plan, variables) = (&*request.plan, &request.variables);
        let kitchen = Kitchen { plan, fetch, access, store: &self.store, variables, headers: &headers };
        kitchen.keep(pending, harvest, reply, &mut self.freshness);
    }

    /// Hears what the headers of a reply invalidate, whatever it was to.
    pub(super) fn hear(&mut self, position: usize, headers: &HeaderMap) {
        let Some(access) = &self.request.cache else { return };
        let fetch = &self.request.plan.fetches[position];
        if fetch.kind != OperationKind::Query {
            self.freshness.spoil();
        }
        let Some(subgraph) = access.subgraphs.get(fetch.subgraph.index()) else { return };
        let said = headers.get_all(INVALIDATES).iter().filter_map(|value| value.to_str().ok());
        let tags = said.flat_map(|value| value.split([',', ' '])).filter(|tag| !tag.is_empty());
        let slots: Vec<u32> = tags.flat_map(|tag| access.slots_of_tag(tag)).take(MOST_INVALIDATED).collect();
        if !slots.is_empty() {
            tracing::debug!(subgraph = &*subgraph.name, "a reply invalidates what is cached");
            access.cache.invalidate(&slots);
        }
    }
}

/// By which a subgraph says, in any reply, which tags are not good any more, in all subgraphs.
const INVALIDATES: &str = "cache-tag-invalidate";

/// How many places one reply may invalidate.
const MOST_INVALIDATED: usize = 10_000;

/// A reply as the cache looks at it, once the rest of it has gone into the store.
pub(super) struct Came {
    pub(super) body: Bytes,
    pub(super) control: Control,
}

impl Came {
    /// Of a reply.
    pub(super) fn of(reply: &FetchReply) -> Self {
        Self { body: reply.body.clone(), control: Control::of(&reply.headers) }
    }
}

/// Whether a subgraph is in such a state that what is old is better than what it says.
pub(super) fn is_failure(reply: &Result<FetchReply, FetchError>) -> bool {
    reply.as_ref().map_or(true, |reply| reply.status.is_server_error())
}

/// What keeping takes.
struct Kitchen<'a> {
    plan: &'a Plan,
    fetch: &'a PlannedFetch,
    access: &'a CacheAccess,
    store: &'a Store,
    variables: &'a Variables,
    headers: &'a dyn Fn() -> HeaderMap,
}

impl Kitchen<'_> {
    /// Keeps what came for a request, under the values of all that is known now to matter.
    fn keep(&self, pending: &Pending, harvest: &Harvest, reply: &Came, freshness: &mut Freshness) {
        let Self { plan, fetch, access, store, variables, headers } = *self;
        let subgraph = access.subgraphs.get(fetch.subgraph.index());
        let (Some(subgraph), Some(cacheable)) = (subgraph, fetch.cacheable.as_deref()) else { return };
        if !access.cache.vary().learn(&subgraph.name, &reply.control.vary) {
            return freshness.spoil();
        }
        let variant = access.cache.vary().variant(&subgraph.name, &subgraph.vary, headers);
        if !variant.is_empty() {
            freshness.narrow();
        }
        let (name, told) = (&*subgraph.name, access.tells_tags);
        let of_reply = tags::of_reply(name, &reply.control, told);
        let tags = Tagging { subgraph: name, cacheable, variables, reply: of_reply.as_ref(), told };
        let (control, subgraph_index) = (&reply.control, fetch.subgraph.index());
        let larder = Larder { access, subgraph, subgraph_index, plan, store, control, variant: &variant, tags };
        pending.keep(harvest, &reply.body, larder, freshness);
    }
}

impl std::fmt::Debug for CacheAccess {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CacheAccess").field("subgraphs", &self.subgraphs).finish_non_exhaustive()
    }
}
