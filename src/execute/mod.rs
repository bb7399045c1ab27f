//! Execution: `Plan` + variables -> a stream of response parts, nearly always one.
//!
//! The plan knows every shape beforehand, so nothing is parsed into trees, merged or searched:
//!
//! 1. [`schedule`]: a fetch starts when its own inputs are in;
//! 2. [`body`], [`batch`], [`represent`]: its request is written from pieces, variables and the objects
//!    that it asks about, each different entity once; where arguments come from [`contexts`], one request for
//!    each of their values;
//! 3. [`ingest`] over [`scan`] and [`plain`]: its reply is checked and stored, driven by the shape, and objects that
//!    later fetches ask about are put on their lists while they are read;
//! 4. [`store`]: objects are runs of small values, leaves are spans of the replies;
//! 5. [`replicate`]: what came for an entity goes to every object that it was asked for;
//! 6. [`settle`], [`locate`], [`explain`], [`finding`], [`places`]: whatever is wrong becomes errors with the client's
//!    paths ([`error`], [`report`]);
//! 7. [`project`] over [`copy`]: the answer is written from the slots, nulls are propagated, and what is [`withheld`]
//!    from the client is null, into a [`ResponsePart`].
//!
//! A [`Trace`] is written where somebody asks for one. Where there is a cache, [`cached`] stands between the scheduler and upstream.
//!
//! Each [`event`] of a subscription is executed like a query, with the reply of its root given.
//!
//! [`stages`] offers 2 to 7 one at a time.
//!
//! A subgraph that answers nonsense costs its part of the answer and an error. All is bounded: nesting,
//! values, bytes, errors ([`ExecutionLimits`]).

mod batch;
mod body;
mod cached;
mod contexts;
mod copy;
mod error;
mod event;
mod explain;
mod finding;
mod ingest;
mod locate;
mod places;
mod plain;
mod project;
mod replicate;
mod report;
mod represent;
mod response;
mod scan;
mod schedule;
mod settings;
mod settle;
pub mod stages;
mod store;
mod trace;
mod trail;
mod withheld;

pub use cached::{CacheAccess, CachedSubgraph, Counts, FieldAccount, Lifetime, Refresh};
pub use error::{GraphqlError, PathSegment};
pub use event::{opening, run_event};
pub use response::ResponsePart;
pub use settings::{ExecutionLimits, ExecutionSettings, SubgraphSettings};
pub use trace::{Trace, TracedFetch, TracedLookup, Written, micros};

use crate::operation::Variables;
use crate::plan::Plan;
use crate::plan::model::Liveness;
use crate::upstream::Fetch;
use bytes::Bytes;
use futures::Stream;
use http::HeaderMap;
use schedule::Execution;
use std::sync::Arc;
use tokio::time::Instant;

/// What to execute.
#[derive(Debug, Clone)]
pub struct ExecutionRequest<H> {
    /// How.
    pub plan: Arc<Plan>,
    /// Which of the plan's sets are live in this request.
    pub liveness: Liveness,
    /// The values of the operation's variables.
    pub variables: Variables,
    /// The answers to `__schema` and `__type`, by `ProjectedSource::Introspection`.
    pub introspection: Vec<Bytes>,
    /// What goes out to each subgraph.
    pub headers: H,
    /// When the answer is given with what is there.
    pub deadline: Instant,
    /// Whether the objects of the answer are counted.
    pub counts_objects: bool,
    /// Subgraphs and limits.
    pub settings: Arc<ExecutionSettings>,
    /// The cache, where there is one.
    pub cache: Option<CacheAccess>,
    /// When the request began, where what is done for it is written down.
    pub trace: Option<Instant>,
}

/// The headers of requests to subgraphs.
pub trait Headers: Send {
    /// The headers for a subgraph, by its index.
    fn headers(&self, subgraph: usize) -> HeaderMap;
}

impl<T: Fn(usize) -> HeaderMap + Send> Headers for T {
    fn headers(&self, subgraph: usize) -> HeaderMap {
        self(subgraph)
    }
}

/// Runs a plan. Nothing is sent before the stream is polled; dropping it cancels what is under way.
pub fn run<'a, F, H>(request: ExecutionRequest<H>, upstream: &'a F) -> impl Stream<Item = ResponsePart> + Send + 'a
where
    F: Fetch,
    H: Headers + 'a,
{
    futures::stream::unfold(Execution::new(request, upstream), |mut execution| async move {
        let part = execution.part().await?;
        Some((part, execution))
    })
}
