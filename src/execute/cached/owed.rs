//! What a mutation makes stale by the schema or the configuration: known when it is sent, and invalidated when it is
//! over, however that is.

use super::super::Headers;
use super::super::schedule::Execution;
use super::tags::filled;
use crate::cache::Cache;
use crate::upstream::Fetch;
use serde_json::Value;
use std::sync::Arc;

/// An invalidation that is due: it is made when this is dropped. So it comes after the reply and before the client's
/// answer, as well as when there is no reply, or when the client does not wait for one.
#[derive(Debug)]
pub(in crate::execute) struct Owed {
    fetch: usize,
    cache: Arc<Cache>,
    slots: Vec<u32>,
}

impl Drop for Owed {
    fn drop(&mut self) {
        tracing::debug!("a mutation invalidates what is cached");
        self.cache.invalidate(&self.slots);
    }
}

impl<F: Fetch, H: Headers> Execution<'_, F, H> {
    /// A fetch is sent: from here on its mutation may take place.
    pub(in crate::execute) fn owe(&mut self, position: usize) {
        let request = &self.request;
        let Some(access) = &request.cache else { return };
        let live = request.plan.fetches[position].invalidates.iter().filter(|one| request.liveness.is_live(one.live));
        let tags = live.filter_map(|one| filled(&one.tag, &request.variables, &mut Value::default));
        let slots: Vec<u32> = tags.flat_map(|tag| access.slots_of_tag(&tag).collect::<Vec<_>>()).collect();
        if !slots.is_empty() {
            self.owed.push(Owed { fetch: position, cache: Arc::clone(&access.cache), slots });
        }
    }

    /// A fetch is over.
    pub(in crate::execute) fn pay(&mut self, position: usize) {
        self.owed.retain(|owed| owed.fetch != position);
    }
}
