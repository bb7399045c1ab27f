//! Snapshots: everything that one version of the supergraph needs to serve, swapped whole.
//!
//! A [`Config`] and a [`Supergraph`] go in, a [`Snapshot`] comes out. [`Snapshots`] holds the one
//! that serves: a request takes it once, at its beginning, and keeps it to its end, so that no request
//! sees two versions. A new one is built beside the old one, off the serving threads; the old one is
//! dropped with its last request.
//!
//! - [`Settings`]: where the inputs are, and what the command line decides over the configuration file;
//! - `inputs`: settings -> configuration -> supergraph, with every file that took part;
//! - [`Builder`]: configuration and supergraph -> [`Snapshot`];
//! - [`Reload`]: the only thing that knows when to do that again: watched files, SIGHUP, polled services, a registry;
//! - [`Observer`]: is told what came of it;
//! - `warm`: the operations that clients asked most, prepared before they ask again.

mod build;
mod inputs;
mod observer;
mod reload;
mod settings;
mod warm;

pub use build::Builder;
pub use inputs::{Configured, build_schema};
pub use observer::{Observer, ToLog};
pub use reload::Reload;
pub use settings::{HealthListen, RegistryChoice, Settings};

use crate::access::{Authenticator, Policies};
use crate::config::{Config, GraphRef};
use crate::demand::Demand;
use crate::prepare::{Documents, Preparer};
use crate::source::registry::Delivered;
use crate::store::redis::Redis;
use crate::supergraph::Supergraph;
use crate::telemetry::Spans;
use crate::upstream::Upstream;
use crate::usage::Usage;
use arc_swap::ArcSwapOption;
use std::sync::Arc;
use tokio::sync::Notify;

/// What serves: one version of the supergraph under one configuration.
pub struct Snapshot {
    /// Query text -> prepared operation, with its cache.
    pub preparer: Preparer,
    /// The way to the subgraphs; a reload keeps it, with pools and breakers, for each whose address and settings stay.
    pub upstream: Arc<Upstream>,
    /// Knows who asks; a reload that changes nothing about that keeps it, with all that it remembers.
    pub authenticator: Arc<Authenticator>,
    /// Decides policies; a reload of nothing but the schema keeps it, with all that it remembers.
    pub policies: Arc<Policies>,
    /// The configuration.
    pub config: Arc<Config>,
    /// The composed graph.
    pub supergraph: Arc<Supergraph>,
    /// The documents that clients may ask for by their ids, if there are lists of them.
    pub documents: Option<Arc<Documents>>,
    /// How much may be asked, where that matters; clients keep their budgets when a snapshot is swapped.
    pub demand: Option<Arc<Demand>>,
    /// What gateways share, if they share anything; kept as long as its settings do not change.
    pub redis: Option<Arc<Redis>>,
    /// Counts what is asked, for the registry; kept as long as its settings do not change.
    pub usage: Option<Arc<Usage>>,
    /// The way to the collector of traces, if there is one; kept as long as its settings do not change.
    pub spans: Option<Arc<Spans>>,
    /// Names the supergraph: the same SDL has the same one on every machine, as 16 hexadecimal digits.
    pub schema_id: Box<str>,
    /// What the registry calls it, if it comes from one.
    pub version: Option<Version>,
}

/// What a registry calls a supergraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// The variant.
    pub graph: GraphRef,
    /// Its number, if the registry names one.
    pub number: Option<u64>,
}

impl Version {
    fn of(delivered: &Delivered) -> Self {
        Self { graph: delivered.graph.clone(), number: delivered.version }
    }
}

/// The snapshot that serves, if there is one yet; shared by the listeners and the reload task.
#[derive(Default)]
pub struct Snapshots {
    current: ArcSwapOption<Snapshot>,
    swapped: Notify,
}

/// What took the place of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replaced {
    /// Another supergraph.
    BySchema,
    /// The same, under another configuration.
    ByConfiguration,
}

impl Snapshots {
    /// Serves `first`.
    pub fn new(first: Snapshot) -> Self {
        Self { current: ArcSwapOption::from_pointee(first), swapped: Notify::new() }
    }

    /// What serves now; nothing before the first one is built, while the gateway is not ready.
    pub fn current(&self) -> Option<Arc<Snapshot>> {
        self.current.load_full()
    }

    /// Serves `next` from here on; requests under way finish with what they have.
    pub fn swap(&self, next: Arc<Snapshot>) {
        self.current.store(Some(next));
        self.swapped.notify_waiters();
    }

    /// Waits until another snapshot serves than `old`, for what would keep that for too long.
    pub async fn replaced(&self, old: &Arc<Snapshot>) -> Replaced {
        loop {
            // From here on a swap is noticed, whenever it comes.
            let swapped = self.swapped.notified();
            if let Some(current) = self.current().filter(|current| !Arc::ptr_eq(current, old)) {
                let same = current.schema_id == old.schema_id;
                return if same { Replaced::ByConfiguration } else { Replaced::BySchema };
            }
            swapped.await;
        }
    }
}
