//! Sweeping: what is only kept for a time is forgotten once it is over.

use super::gateways::FORGOTTEN_AFTER;
use super::now;
use super::usage::{DAY, DAYS};
use crate::store::StoreError;
use crate::store::registry::RegistryTables;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How often.
const PERIOD: Duration = Duration::from_secs(15 * 60);

/// Sweeps now and then, until `stop`.
pub(super) fn start(tables: Arc<RegistryTables>, stop: CancellationToken) {
    let sweeping = async move {
        loop {
            tokio::time::sleep(PERIOD).await;
            if let Err(error) = sweep(&tables, now()).await {
                tracing::warn!(%error, "what is old could not be forgotten");
            }
        }
    };
    tokio::spawn(stop.run_until_cancelled_owned(sweeping));
}

/// Forgets what is too old at `now`. Reports are remembered for as long as a gateway may send one again.
async fn sweep(tables: &RegistryTables, now: i64) -> Result<(), StoreError> {
    tables.forget_usage(now / DAY - DAYS, now - 2 * DAY).await?;
    tables.forget_gateways(now - FORGOTTEN_AFTER).await
}
