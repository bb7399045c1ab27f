//! The response cache as the server uses it: one for all snapshots, and what each request may do with it.

use super::execution::Execution;
use super::gateway::Served;
use crate::access::{Claims, Credential};
use crate::cache::{AnswerTags, Cache, Clock, FieldCounters, FieldCounts, ServedWhole, WholeAnswer};
use crate::config::{Config, ResponseCache};
use crate::execute::{CacheAccess, CachedSubgraph, Counts, Lifetime, Refresh};
use crate::operation::{OperationKind, VariableId};
use crate::plan::Plan;
use crate::prepare::Inputs;
use crate::snapshot::Snapshot;
use crate::supergraph::{FieldId, Supergraph};
use crate::telemetry::Metrics;
use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

/// The cache of the process; made when a snapshot first wants it.
#[derive(Debug, Default)]
pub(super) struct ProcessCache {
    cache: OnceLock<Arc<Cache>>,
}

impl ProcessCache {
    /// What requests under a snapshot may do with it; nothing where it is off.
    pub fn of(&self, snapshot: &Snapshot) -> Option<CacheAccess> {
        let config = &snapshot.config.response_cache;
        if !config.enabled {
            return None;
        }
        let cache = self.cache.get_or_init(|| {
            let cache = Cache::new(config.max_bytes, Clock::default());
            let redis = snapshot.redis.as_ref().filter(|_| config.shared);
            Arc::new(match redis {
                Some(redis) => cache.sharing(Arc::clone(redis)),
                None => cache,
            })
        });
        let subgraphs = snapshot.supergraph.subgraphs.iter().map(|subgraph| of_subgraph(config, &subgraph.name));
        let refresh: Arc<dyn Refresh> = Arc::new(Arc::clone(&snapshot.upstream));
        Some(CacheAccess {
            cache: Arc::clone(cache),
            subgraphs: subgraphs.collect(),
            identity: None,
            tells_tags: config.surrogate_keys.is_some(),
            refresh: Some(refresh),
        })
    }

    /// The cache, once it is made.
    pub fn get(&self) -> Option<&Arc<Cache>> {
        self.cache.get()
    }
}

/// Counters for the fields of a snapshot's schema.
pub(super) fn field_counters(snapshot: &Snapshot, metrics: &Arc<Metrics>) -> Arc<FieldCounters> {
    let supergraph = Arc::clone(&snapshot.supergraph);
    let fields = supergraph.fields.len();
    Arc::new(FieldCounters::new(Arc::clone(metrics), fields, move |field| coordinate(&supergraph, field)))
}

/// `Type.field`.
fn coordinate(supergraph: &Supergraph, field: u32) -> String {
    let field = supergraph.field(FieldId::from_index(field as usize));
    format!("{}.{}", supergraph.ty(field.parent).name, field.name)
}

fn of_subgraph(config: &ResponseCache, name: &str) -> CachedSubgraph {
    let settings = config.of(name);
    let millis = |time: Duration| u64::try_from(time.min(config.max_ttl).as_millis()).unwrap_or(u64::MAX);
    CachedSubgraph {
        name: name.into(),
        enabled: settings.enabled,
        missing: millis(settings.missing_ttl),
        stale_while_revalidate: millis(settings.stale_while_revalidate),
        stale_if_error: millis(settings.stale_if_error),
        vary: settings.vary.clone().into(),
    }
}

/// What one request may do with the cache: private values are those of whom the configured header names, else of who
/// has proved to be somebody.
pub(super) fn for_request(served: &Served, headers: &HeaderMap, claims: &Claims) -> Option<CacheAccess> {
    let access = served.cache.clone()?;
    let identity = match &served.snapshot.config.response_cache.private_id {
        Some(name) => named(headers, name),
        None => proved(claims),
    };
    Some(CacheAccess { identity, ..access })
}

/// All values of a header: of two, none is more than the other.
fn named(headers: &HeaderMap, name: &HeaderName) -> Option<Bytes> {
    let values: Vec<&[u8]> = headers.get_all(name).iter().map(HeaderValue::as_bytes).collect();
    (values.iter().any(|value| !value.is_empty())).then(|| values.join(&b'\n').into())
}

/// By which credential, and as whom: the same subject of two issuers is two clients.
fn proved(claims: &Claims) -> Option<Bytes> {
    let credential = match &claims.credential {
        Credential::None => return None,
        Credential::Token { issuer } => ["token", issuer],
        Credential::Key { id } => ["key", id],
    };
    // A token without a subject is nobody in particular; a key is somebody by itself.
    let subject = match (&claims.subject, &claims.credential) {
        (None, Credential::Token { .. }) => return None,
        (subject, _) => subject.as_deref().unwrap_or_default(),
    };
    serde_json::to_vec(&(credential, subject)).ok().map(Into::into)
}

/// The whole answers that are kept for what one request asks.
pub(super) struct WholeAnswers {
    cache: Arc<Cache>,
    plan: Arc<Plan>,
    /// Under which the answer is kept for everyone, and for the client alone where that is somebody.
    keys: [Option<Vec<u8>>; 2],
    since: u64,
}

impl WholeAnswers {
    /// Of a query that nothing but its variables makes different for different clients; none for others.
    pub fn of(execution: &Execution, inputs: &Inputs) -> Option<Self> {
        let prepared = &execution.prepared;
        if prepared.operation.kind != OperationKind::Query || prepared.guards.is_some() {
            return None;
        }
        let access = for_request(&execution.served, &execution.headers, &execution.claims)?;
        let plan = Arc::clone(&prepared.plan);
        let mut key = (Arc::as_ptr(&plan) as usize).to_le_bytes().to_vec();
        for at in 0..prepared.operation.variables.len() {
            let json = inputs.variables.json(VariableId(u32::try_from(at).ok()?));
            let length = json.map_or(u64::MAX, |json| json.len() as u64);
            key.extend_from_slice(&length.to_le_bytes());
            key.extend_from_slice(json.map(|json| &**json).unwrap_or_default());
        }
        let own = access.identity.map(|identity| [&key[..], b"\xff", &identity].concat());
        let since = access.cache.generations().latest();
        Some(Self { cache: access.cache, plan, keys: [Some(key), own], since })
    }

    /// The answer that is kept.
    pub fn get(&self) -> Option<(WholeAnswer, Lifetime)> {
        let answer = self.keys.iter().flatten().find_map(|key| self.cache.answer(key))?;
        let now = self.cache.now();
        let lifetime = Lifetime {
            max_age: answer.until.saturating_sub(now) / 1_000,
            age: now.saturating_sub(answer.born) / 1_000,
            private: answer.private,
            varies: false,
        };
        Some((answer, lifetime))
    }

    /// Keeps an answer; `fields` are counted when it is served again.
    pub fn keep(&self, body: &Bytes, lifetime: Lifetime, values: u64, tags: AnswerTags, fields: ServedWhole) {
        let [for_all, own] = &self.keys;
        let key = if lifetime.private { own } else { for_all };
        let (Some(key), false) = (key, lifetime.varies) else { return };
        let now = self.cache.now();
        let answer = WholeAnswer {
            body: Bytes::copy_from_slice(body),
            born: now.saturating_sub(lifetime.age.saturating_mul(1_000)),
            until: now.saturating_add(lifetime.max_age.saturating_mul(1_000)),
            since: self.since,
            private: lifetime.private,
            values,
            tags,
            fields: Arc::new(fields),
            holds: Arc::clone(&self.plan) as _,
        };
        self.cache.keep_answer(key, answer);
    }
}

/// By which a client asks how the cache served it: ours and Apollo's.
const DEBUG: [&str; 2] = ["weft-cache-debug", "apollo-cache-debugging"];

/// Whether a client asks for that, and may.
pub(super) fn is_debugged(config: &Config, headers: &HeaderMap) -> bool {
    config.response_cache.enabled && config.response_cache.debug && DEBUG.iter().any(|name| headers.contains_key(*name))
}

/// The value of `extensions.cache`: the totals, then each field that may be kept, in the order in which it was come to.
pub(super) fn debug_info(counts: Counts, fields: &[FieldCounts], supergraph: &Supergraph) -> Vec<u8> {
    let mut merged: Vec<FieldCounts> = Vec::new();
    for counts in fields.iter().filter(|counts| counts.is_telling()) {
        match merged.iter_mut().find(|other| (other.field, other.subgraph) == (counts.field, counts.subgraph)) {
            Some(other) => {
                other.hits += counts.hits;
                other.stale += counts.stale;
                other.misses += counts.misses;
            }
            None => merged.push(*counts),
        }
    }
    let told = merged.iter().map(|counts| {
        let subgraph = supergraph.subgraphs.get(counts.subgraph as usize).map(|subgraph| subgraph.name.as_str());
        json!({
            "field": coordinate(supergraph, counts.field),
            "subgraph": subgraph,
            "hits": counts.hits,
            "misses": counts.misses,
            "stale": counts.stale,
            "maxAge": counts.max_age,
        })
    });
    let Counts { hits, stale, misses } = counts;
    json!({ "hits": hits, "stale": stale, "misses": misses, "fields": told.collect::<Vec<_>>() })
        .to_string()
        .into_bytes()
}
