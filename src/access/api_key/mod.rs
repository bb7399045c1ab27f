//! Weft's own keys -> [`Claims`].
//!
//! A key is found by its public id, in the configuration or in the store, and its hash is compared in constant time.
//! What the store said is believed for a configured time, and no longer: so long a revoked key may still work here, and
//! when the store is down for longer none does. That there is no key of an id is remembered too.

use super::clock::{Clock, Millis, millis};
use super::{Claims, Credential, Refusal};
use crate::config;
use crate::store::secret;
use crate::store::{KeyTable, StoreError, StoredKey};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use moka::future::Cache;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// How long the store may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whoever knows keys.
pub(super) struct ApiKeys {
    fixed: BTreeMap<String, Known>,
    store: Option<Stored>,
    clock: Clock,
}

/// The keys of a store, and what is remembered of them.
struct Stored {
    table: Arc<KeyTable>,
    ttl: Millis,
    remembered: Cache<Box<str>, Remembered>,
    runtime: Handle,
}

/// What the store said of an id, and until when that is believed.
#[derive(Clone)]
struct Remembered {
    key: Option<Arc<Known>>,
    until: Millis,
}

/// A key that there is.
struct Known {
    hash: [u8; 32],
    claims: Arc<Claims>,
    expires: Option<Millis>,
    revoked: bool,
}

impl ApiKeys {
    /// The keys of this configuration.
    pub fn new(config: &config::ApiKeys, clock: Clock, runtime: Handle) -> Result<Self, StoreError> {
        let fixed = config.fixed.iter().map(|key| {
            let claims = claims(&key.id, &key.owner, &key.scopes, key.tier.as_deref(), None);
            (key.id.clone(), Known { hash: key.hash, claims, expires: None, revoked: false })
        });
        let store = match &config.store {
            None => None,
            Some(location) => Some(Stored {
                table: Arc::new(KeyTable::new(location)?),
                ttl: millis(config.ttl),
                remembered: Cache::new(config.max_entries as u64),
                runtime,
            }),
        };
        Ok(Self { fixed: fixed.collect(), store, clock })
    }

    /// Who brings this key.
    pub async fn verify(&self, text: &str) -> Result<Arc<Claims>, Refusal> {
        let id = secret::id(text).ok_or(Refusal::UnknownApiKey)?;
        if let Some(known) = self.fixed.get(id) {
            return known.admit(text, self.clock.now());
        }
        let store = self.store.as_ref().ok_or(Refusal::UnknownApiKey)?;
        let known = store.find(id, &self.clock).await?.ok_or(Refusal::UnknownApiKey)?;
        known.admit(text, self.clock.now())
    }
}

impl Known {
    fn admit(&self, text: &str, now: Millis) -> Result<Arc<Claims>, Refusal> {
        verify_slices_are_equal(&self.hash, &secret::hash(text)).map_err(|_| Refusal::UnknownApiKey)?;
        if self.revoked {
            return Err(Refusal::Revoked);
        }
        if self.expires.is_some_and(|expires| now >= expires) {
            return Err(Refusal::Expired);
        }
        Ok(Arc::clone(&self.claims))
    }
}

impl Stored {
    /// The key of this id, as the store has it or had it a moment ago. All who ask for one id at once wait for one
    /// look into the store.
    async fn find(&self, id: &str, clock: &Clock) -> Result<Option<Arc<Known>>, Refusal> {
        match self.remembered.get(id).await {
            Some(known) if clock.now() < known.until => return Ok(known.key),
            Some(_) => self.remembered.invalidate(id).await,
            None => {}
        }
        let looking = self.remembered.try_get_with(id.into(), self.look_up(id, clock));
        looking.await.map(|known| known.key).map_err(|_| Refusal::Unavailable)
    }

    async fn look_up(&self, id: &str, clock: &Clock) -> Result<Remembered, Refusal> {
        let until = clock.now().saturating_add(self.ttl);
        let (table, wanted) = (Arc::clone(&self.table), id.to_owned());
        // Connections belong to the runtime that outlives those of the clients' threads.
        let query = self.runtime.spawn(async move { table.find(&wanted).await });
        match timeout(PATIENCE, query).await {
            Ok(Ok(Ok(found))) => Ok(Remembered { key: found.and_then(known).map(Arc::new), until }),
            Ok(Ok(Err(error))) => {
                tracing::warn!(%error, "API keys can not be looked up");
                Err(Refusal::Unavailable)
            }
            Ok(Err(_)) | Err(_) => {
                tracing::warn!("API keys can not be looked up: the store does not answer in time");
                Err(Refusal::Unavailable)
            }
        }
    }
}

fn known(key: StoredKey) -> Option<Known> {
    let claims = claims(&key.id, &key.owner, &key.scopes, key.tier.as_deref(), key.expires);
    Some(Known { hash: config::sha256(&key.hash)?, claims, expires: key.expires, revoked: key.revoked.is_some() })
}

/// The same names as in a token, so that rules and policies need not know which it was.
fn claims(id: &str, owner: &str, scopes: &[String], tier: Option<&str>, expires: Option<Millis>) -> Arc<Claims> {
    let mut values = Map::new();
    values.insert("sub".into(), json!(owner));
    values.insert("scope".into(), json!(scopes.join(" ")));
    values.insert("key_id".into(), json!(id));
    if let Some(tier) = tier {
        values.insert("tier".into(), Value::from(tier));
    }
    let scopes = scopes.iter().map(|scope| scope.as_str().into()).collect();
    let mut claims = Claims::new(Credential::Key { id: id.into() }, Some(owner.into()), scopes, values);
    claims.tier = tier.map(Into::into);
    claims.expires = expires;
    Arc::new(claims)
}
