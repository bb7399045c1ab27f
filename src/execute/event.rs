//! Subscriptions: a plan whose root reply repeats.
//!
//! The plan is that of a query over the root type, with one root fetch. [`opening`] is the request that subscribes;
//! each event is then answered by [`run_event`]: the ordinary execution, in which the reply of the root fetch is given
//! instead of fetched. So entities, nulls, errors and gates are what they are for a query.

use super::response::ResponsePart;
use super::store::Store;
use super::{ExecutionRequest, Headers, body, run};
use crate::operation::Variables;
use crate::plan::Plan;
use crate::plan::model::{Liveness, RuntimeType};
use crate::upstream::{Fetch, FetchError, FetchReply, FetchRequest};
use bytes::Bytes;
use futures::StreamExt;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};

/// Whom to subscribe at, by `SubgraphId::index`, and the body of that request. None: nothing of it is for whoever asks.
pub fn opening(plan: &Plan, liveness: &Liveness, variables: &Variables) -> Option<(usize, Bytes)> {
    let root = plan.fetches.first().filter(|fetch| fetch.root.is_some() && liveness.is_live(fetch.live))?;
    // Nothing is known yet, and a root fetch asks about nothing that is.
    let mut store = Store::new(0, 0, RuntimeType::UNKNOWN, 0);
    let request = body::write(&mut store, plan, root, liveness, variables).requests.pop()?;
    Some((root.subgraph.index(), request.json))
}

/// Answers one event, or says why there is none.
pub async fn run_event<F, H>(
    request: ExecutionRequest<H>,
    event: Result<FetchReply, FetchError>,
    upstream: &F,
) -> Option<ResponsePart>
where
    F: Fetch,
    H: Headers,
{
    let given = WithEvent { event: Mutex::new(Some(event)), upstream };
    let mut parts = pin!(run(request, &given));
    parts.next().await
}

/// Gives the event to the first request, on which all others wait: it is that of the root.
struct WithEvent<'a, F> {
    event: Mutex<Option<Result<FetchReply, FetchError>>>,
    upstream: &'a F,
}

impl<F: Fetch> Fetch for WithEvent<'_, F> {
    async fn fetch(&self, request: FetchRequest) -> Result<FetchReply, FetchError> {
        let event = self.event.lock().unwrap_or_else(PoisonError::into_inner).take();
        match event {
            Some(event) => event,
            None => self.upstream.fetch(request).await,
        }
    }
}
