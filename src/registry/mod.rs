//! The registry: teams publish their subgraphs' schemas here, gateways follow what composes.
//!
//! A graph has variants (`shop@prod`); a variant has subgraphs, and versions, each of which is the supergraph composed
//! from all of them at one time. A version is never changed. What is served of a variant is its newest version.
//!
//! - [`GraphRef`], [`Submission`], [`Finding`], [`Refusal`]: the words of all that follows;
//! - **who**: [`Role`] says what a token may do, `token` makes tokens and knows who brings one;
//! - **verbs**, one file each: `publish` (also deletes), `rollback`, `contract`, `check`, `diff`, `read`;
//! - of a check: `impact` knows whom changes concern, `checked_contract` looks at the contracts, `past_check` keeps what
//!   was found;
//! - `composing`: the processor's work, off the threads that answer, a few at a time;
//! - **gateways**: `heads` knows what is served of each variant and tells whoever waits, `delivery` answers the long
//!   poll, `gateways` remembers who follows, `usage` counts what clients ask for;
//! - **doors**: `http` and `graphql` have the same powers; `server` opens them.
//!
//! **How a publish is safe.** The variant is read with its revision, composed without any lock, and written in one
//! transaction whose first statement moves the revision on, if it still is what was read. Whoever comes second reads and
//! composes again. So the store has the old version or the new one, whole, whatever happens to the process or to the
//! disk; and several registries may share one PostgreSQL.

mod access;
mod check;
mod checked_contract;
mod composing;
mod contract;
mod delivery;
mod diff;
mod finding;
mod gateways;
mod graphql;
mod heads;
mod http;
mod impact;
mod names;
mod past_check;
mod publish;
mod read;
mod refusal;
mod rollback;
mod server;
mod submission;
mod sweep;
mod token;
mod usage;
mod version;

pub use access::{Access, Role};
pub use check::{CheckRequest, Checked, Verdict};
pub use checked_contract::CheckedContract;
pub use contract::ContractTerms;
pub use delivery::Delivery;
pub use diff::{Diff, MemberChange};
pub use finding::{Finding, Place};
pub use gateways::FollowingGateway;
pub use impact::{ChangedPart, ClientUse};
pub use past_check::{CheckCounts, CheckOutcome, PastCheck};
pub use publish::Published;
pub use read::{Attempt, Graph, Subgraph};
pub use refusal::{Refusal, RefusalKind};
pub use server::{ServerOptions, serve};
pub use submission::{Change, Submission};
pub use token::{NewToken, Token, TokenRequest};
pub use usage::{OperationUse, ReportedOperation, UsageReport};
pub use version::{Member, Version};

pub use crate::config::GraphRef;

use crate::config::StoreLocation;
use crate::store::StoreError;
use crate::store::registry::RegistryTables;
use crate::store::secret;
use composing::Composer;
use delivery::Bodies;
use heads::Heads;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// How many publishes may be under way at once; those of one variant are made one after the other.
const TURNS: usize = 16;

/// One registry over one store. Others may work over the same one.
pub struct Registry {
    tables: Arc<RegistryTables>,
    composer: Composer,
    /// Publishes of one variant wait here for each other, in the order in which they came. It spares them composing in
    /// vain; what is right is decided by the transaction.
    turns: [Semaphore; TURNS],
    heads: Heads,
    bodies: Bodies,
}

impl Registry {
    /// The registry over the store at this place. Until `stop` it follows what other registries write there.
    ///
    /// # Errors
    /// When the location is none, or the store does not answer.
    pub async fn open(location: &StoreLocation, stop: CancellationToken) -> Result<Arc<Self>, StoreError> {
        let tables = Arc::new(RegistryTables::new(location)?);
        // Makes the tables: what cannot be used is said now.
        tables.variants().await?;
        let heads = Heads::follow(Arc::clone(&tables), stop.clone());
        sweep::start(Arc::clone(&tables), stop.clone());
        let turns = std::array::from_fn(|_| Semaphore::new(1));
        let registry = Arc::new(Self { tables, composer: Composer::new(), turns, heads, bodies: Bodies::new() });
        contract::catch_up(&registry, stop);
        Ok(registry)
    }

    /// Closes the store.
    pub async fn close(&self) {
        self.tables.close().await;
    }
}

/// What a text is known by: its SHA-256 in hexadecimal digits.
fn checksum(text: &str) -> String {
    secret::digits(&secret::hash(text))
}

/// Milliseconds since 1970.
fn now() -> i64 {
    chrono::Utc::now().timestamp_millis()
}

/// A time as people and scripts read it.
fn time(millis: i64) -> String {
    let time = chrono::DateTime::from_timestamp_millis(millis).unwrap_or_default();
    time.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
