//! One set of keys, kept in step with where it comes from.
//!
//! **When it is read.** At the start; every poll interval; and when a token names a key that is not in it, but
//! for this last reason only once in [`SPACING`], however many such tokens come. All who wait for a key wait
//! for the same reading. Tokens whose key is known never wait.
//!
//! **When it can not be read** its keys stay valid for [`KEPT`] after they were last seen; keys that are not known
//! stay so. A set that was read takes the place of the old one whole: a key that has left it is valid no more, nor is
//! what is remembered of tokens that it signed.

use super::fetch::{self, FetchError};
use super::jwk::{KeySet, KeySetError};
use crate::access::clock::{Clock, Millis, millis};
use crate::config::KeyLocation;
use arc_swap::ArcSwap;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use http::HeaderMap;
use reqwest::Client;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use url::Url;

/// The least time between two readings for the sake of unknown keys, and before a poll.
const SPACING: Duration = Duration::from_secs(30);
/// How long keys are good for after they were last seen.
const KEPT: Duration = Duration::from_secs(24 * 3_600);
/// How long the place that a discovery document named is believed.
const DISCOVERED: Duration = Duration::from_secs(3_600);
/// How often it is looked whether a poll is due.
const TICK: Duration = Duration::from_millis(500);

/// A set of keys and its whereabouts.
pub(in crate::access) struct KeySource {
    pub location: KeyLocation,
    pub poll_interval: Duration,
    clock: Clock,
    client: Client,
    runtime: Handle,
    keys: ArcSwap<KeySet>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// When it was last begun to be read.
    read: Option<Millis>,
    /// When that was last done because of an unknown key.
    asked: Option<Millis>,
    reading: Option<Shared<BoxFuture<'static, ()>>>,
    /// Where discovery says the keys are, and until when that is believed.
    discovered: Option<(Url, Millis)>,
}

/// Why a set was not read.
#[derive(Debug, thiserror::Error)]
pub(in crate::access) enum ReadError {
    #[error(transparent)]
    Fetch(#[from] FetchError),
    #[error(transparent)]
    Set(#[from] KeySetError),
}

impl KeySource {
    /// A source; one that is local is read at once, another one is begun to be read.
    pub fn start(
        location: KeyLocation,
        poll_interval: Duration,
        clock: Clock,
        client: Client,
        runtime: Handle,
    ) -> Result<Arc<Self>, ReadError> {
        let source = Arc::new(Self {
            location,
            poll_interval,
            clock,
            client,
            runtime,
            keys: ArcSwap::default(),
            state: Mutex::default(),
        });
        match fetch::read_local(&source.location) {
            Some(text) => {
                source.state().read = Some(source.clock.now());
                source.take(KeySet::read(&text?)?);
            }
            None => drop(source.begin_reading(&mut source.state())),
        }
        source.runtime.spawn(poll(Arc::downgrade(&source)));
        Ok(source)
    }

    /// The keys as they are now.
    pub fn keys(&self) -> Arc<KeySet> {
        self.keys.load_full()
    }

    /// Where they come from, for the log.
    pub fn name(&self) -> String {
        match &self.location {
            KeyLocation::Url { url, .. } => url[..url::Position::AfterPath].to_owned(),
            KeyLocation::File(path) => path.display().to_string(),
            KeyLocation::Discovery { issuer } => issuer.clone(),
            KeyLocation::Inline(_) => "the binary".to_owned(),
        }
    }

    /// Reads the set again because a token names a key that is not in it, and waits for that; gives whether
    /// there is anything new to look at.
    pub async fn look_again(self: &Arc<Self>) -> bool {
        let reading = {
            let mut state = self.state();
            match &state.reading {
                Some(reading) => reading.clone(),
                None if self.is_due(state.asked, SPACING) => {
                    state.asked = Some(self.clock.now());
                    self.begin_reading(&mut state)
                }
                None => return false,
            }
        };
        reading.await;
        true
    }

    /// Reads the set if it was not read for the poll interval.
    fn poll(self: &Arc<Self>) {
        let mut state = self.state();
        if state.reading.is_none() && self.is_due(state.read, self.poll_interval.max(SPACING)) {
            drop(self.begin_reading(&mut state));
        }
    }

    fn is_due(&self, last: Option<Millis>, spacing: Duration) -> bool {
        last.is_none_or(|last| self.clock.now().saturating_sub(last) >= millis(spacing))
    }

    /// Begins to read. The reading belongs to nobody who waits for it: their leaving does not end it.
    fn begin_reading(self: &Arc<Self>, state: &mut State) -> Shared<BoxFuture<'static, ()>> {
        state.read = Some(self.clock.now());
        let source = Arc::clone(self);
        let work = self.runtime.spawn(async move {
            match source.read().await {
                Ok(set) => source.take(set),
                Err(error) => {
                    source.state().discovered = None;
                    tracing::warn!(source = source.name(), %error, "keys of tokens can not be read; those known stay valid for a day");
                }
            }
            source.state().reading = None;
        });
        // A panic in there would be a defect; there are then no new keys.
        let reading = work.map(drop).boxed().shared();
        state.reading = Some(reading.clone());
        reading
    }

    async fn read(&self) -> Result<KeySet, ReadError> {
        let (url, headers) = match &self.location {
            KeyLocation::Url { url, headers } => (url.clone(), headers.iter().cloned().collect()),
            KeyLocation::Discovery { issuer } => (self.discover(issuer).await?, HeaderMap::new()),
            local => {
                let local = local.clone();
                let read = tokio::task::spawn_blocking(move || fetch::read_local(&local)).await;
                let text = read.ok().flatten().ok_or(FetchError::NotADocument)?;
                return Ok(KeySet::read(&text?)?);
            }
        };
        let text = fetch::fetch_set(&self.client, url, headers).await?;
        Ok(KeySet::read(&text)?)
    }

    async fn discover(&self, issuer: &str) -> Result<Url, FetchError> {
        let now = self.clock.now();
        let known = self.state().discovered.clone();
        if let Some((url, _)) = known.filter(|(_, until)| now < *until) {
            return Ok(url);
        }
        let url = fetch::discover(&self.client, issuer).await?;
        self.state().discovered = Some((url.clone(), now.saturating_add(millis(DISCOVERED))));
        Ok(url)
    }

    fn take(&self, set: KeySet) {
        let old = self.keys.load_full();
        let set = set.replacing(&old, self.clock.now().saturating_add(millis(KEPT)));
        if set.len() == 0 {
            tracing::warn!(source = self.name(), "a set of keys has none that signatures can be checked with");
        }
        tracing::debug!(source = self.name(), keys = set.len(), "keys of tokens were read");
        self.keys.store(Arc::new(set));
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Polls for as long as somebody else has the source.
async fn poll(source: Weak<KeySource>) {
    loop {
        tokio::time::sleep(TICK).await;
        let Some(source) = source.upgrade() else { return };
        source.poll();
    }
}
