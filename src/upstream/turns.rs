//! Places among the requests to a subgraph that may be under way.

use super::FetchError;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, timeout_at};

/// As many as `concurrency_limit` says, or any number.
pub(super) struct Turns {
    subgraph: Box<str>,
    permits: Option<Semaphore>,
}

impl Turns {
    pub(super) fn new(subgraph: &str, limit: Option<usize>) -> Self {
        let permits = limit.map(|limit| Semaphore::new(limit.min(Semaphore::MAX_PERMITS)));
        Self { subgraph: subgraph.into(), permits }
    }

    /// Waits for a place until `end`.
    pub(super) async fn take(&self, end: Instant) -> Result<Option<SemaphorePermit<'_>>, FetchError> {
        let Some(permits) = &self.permits else { return Ok(None) };
        match timeout_at(end, permits.acquire()).await {
            Ok(Ok(permit)) => Ok(Some(permit)),
            Ok(Err(_)) | Err(_) => {
                tracing::warn!(subgraph = &*self.subgraph, "too many requests to the subgraph are under way");
                Err(FetchError::Overloaded)
            }
        }
    }
}
