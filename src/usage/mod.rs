//! Usage: which clients ask which operations, told to the registry in aggregate.
//!
//! 1. when an operation is prepared, its [`Footprint`] is worked out: what it touches of the schema;
//! 2. each request adds one to a counter, found by footprint and client ([`table`]): no values, no answers, nobody's
//!    data but the client's own name and version;
//! 3. every few seconds the counts go to the registry ([`report`]), which knows from then on who would miss a field.
//!
//! A report has an id and is sent until it is taken, so that it counts once. While the registry is away the counts
//! grow where they are: nothing is lost and nothing is queued but the one report that waits. Memory is bounded by the
//! number of entries; what comes when all are taken is counted without its client, then not at all, and
//! `weft_usage_uncounted_total` says how often. The registry is told, too: what it takes for unused must be so.

mod client;
mod report;
mod table;

pub use client::Client;
pub use table::Tally;

use crate::config::{RegistrySettings, UsageSettings};
use crate::operation::Footprint;
use crate::source::registry::{RegistryClient, RegistryError};
use crate::telemetry::RegistryMetrics;
use report::Reporter;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use table::Table;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// How long the end of the process may wait for the last report.
const LAST_REPORT: Duration = Duration::from_secs(3);

/// Counts what is asked.
#[derive(Debug)]
pub struct Usage {
    settings: RegistrySettings,
    table: Arc<Table>,
    metrics: RegistryMetrics,
    stop: CancellationToken,
    reporting: Mutex<Option<JoinHandle<()>>>,
}

impl Usage {
    /// Counts, and tells the registry of these settings; the task runs on the runtime that this is called on.
    ///
    /// # Errors
    /// When there is no TLS set-up.
    pub fn start(
        registry: &RegistrySettings,
        usage: UsageSettings,
        metrics: RegistryMetrics,
    ) -> Result<Self, RegistryError> {
        let client = RegistryClient::new(registry.clone())?;
        let table = Arc::new(Table::new(usage.max_entries));
        let stop = CancellationToken::new();
        let reporter = Reporter::new(client, Arc::clone(&table), metrics.clone());
        let reporting = tokio::spawn(reporter.run(usage.interval, stop.clone()));
        Ok(Self { settings: registry.clone(), table, metrics, stop, reporting: Mutex::new(Some(reporting)) })
    }

    /// Whether it tells the registry of these settings.
    pub fn is_for(&self, registry: &RegistrySettings) -> bool {
        self.settings == *registry
    }

    /// A request for this operation by this client; its tally, which takes word of an error later. One look-up and one
    /// addition, without memory of its own once the pair is known.
    pub fn count(&self, footprint: &Arc<Footprint>, client: Client<'_>) -> Option<Arc<Tally>> {
        let tally = self.table.tally(footprint, client);
        match &tally {
            Some(tally) => tally.add(),
            None => {
                self.metrics.uncounted.inc();
            }
        }
        tally
    }

    /// Sends what is left, in bounded time.
    pub async fn finish(&self) {
        self.stop.cancel();
        let reporting = self.reporting.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(reporting) = reporting
            && tokio::time::timeout(LAST_REPORT, reporting).await.is_err()
        {
            tracing::warn!("the last report of usage was not taken in time");
        }
    }
}

impl Drop for Usage {
    fn drop(&mut self) {
        // The task sends what is left, then ends.
        self.stop.cancel();
    }
}
