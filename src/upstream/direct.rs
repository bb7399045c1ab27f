//! HTTP/1.1 without tasks: a connection is driven by the fetch that uses it.
//!
//! A pooled client gives each connection a task, so that every exchange passes two channels and
//! wakes two tasks, and a lock guards the pool. Here a fetch takes a connection out of its lane's pool, has
//! its [`exchange`] on it, and puts it back: nobody else is woken. Idle connections are not watched;
//! what the subgraph did to one meanwhile is seen when it is taken, before anything is sent on it.
//!
//! A request is sent again only when the connection took nothing of it.

use super::FetchError;
use super::connection::{self, Connector, meaning_of_connect};
use super::error::Failure;
use super::exchange::{Broken, Reply, exchange};
use super::lane::PerLane;
use super::wire::RequestHead;
use super::witness::Witness;
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use hyper_util::rt::TokioIo;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Waker};
use std::time::{Duration, Instant};
use tokio::io::{AsyncRead, ReadBuf};
use tower::Service;

/// One subgraph's connections.
pub(super) struct Direct {
    /// Whom to connect to.
    uri: Uri,
    connector: Connector,
    head: RequestHead,
    pools: PerLane<Arc<Pool>>,
}

/// A connection.
type Stream = TokioIo<connection::Stream>;

/// The idle connections of one lane, the one used last at the end.
struct Pool {
    idle: Mutex<Vec<Idle>>,
    most: usize,
    longest: Duration,
    /// Bytes of the last reply: the next one is likely to be alike.
    expected: AtomicUsize,
    /// Whether a task waits to close what was idle for too long.
    swept: AtomicBool,
}

struct Idle {
    stream: Stream,
    since: Instant,
}

impl Direct {
    /// For the subgraph at `uri`; all its requests have the headers `own`. A lane keeps at most its share of `most`
    /// idle connections, each for `longest`.
    pub(super) fn new(
        uri: Uri,
        own: &[(HeaderName, HeaderValue)],
        connector: Connector,
        most: usize,
        longest: Duration,
    ) -> Self {
        let most = most.div_ceil(super::lane::lanes());
        let (expected, swept) = (AtomicUsize::new, AtomicBool::new);
        let pool =
            || Arc::new(Pool { idle: Mutex::default(), most, longest, expected: expected(0), swept: swept(false) });
        Self { head: RequestHead::new(&uri, own), uri, connector, pools: PerLane::new(pool) }
    }

    /// One request, one reply with its whole body.
    pub(super) async fn exchange(
        &self,
        headers: &HeaderMap,
        body: &[u8],
        limit: usize,
        witness: Option<&Witness>,
        accept: impl Fn(&HeaderMap) -> Result<(), FetchError>,
    ) -> Result<Reply, Failure> {
        let pool = self.pools.mine();
        let head = self.head.write(headers, body.len());
        loop {
            let (mut stream, kept) = match pool.take() {
                Some(stream) => (stream, true),
                None => (self.connect().await?, false),
            };
            if let Some(witness) = witness {
                witness.attempt(kept);
            }
            let expected = pool.expected.load(Ordering::Relaxed);
            match exchange(&mut stream, (head.as_slice(), body), expected, limit, &accept).await {
                Ok(reply) => {
                    pool.expected.store(reply.length, Ordering::Relaxed);
                    if reply.reusable {
                        Pool::put(pool, stream);
                    }
                    return Ok(reply);
                }
                Err(Broken::Untaken(_)) if kept => {}
                Err(broken) => return Err(broken.into_failure()),
            }
        }
    }

    async fn connect(&self) -> Result<Stream, Failure> {
        let connecting = self.connector.clone().call(self.uri.clone());
        let stream = connecting.await.map_err(|error| Failure::caused_by(meaning_of_connect(&*error), error))?;
        Ok(TokioIo::new(stream))
    }
}

impl Pool {
    /// The connection that was used last, if it is still of use.
    fn take(&self) -> Option<Stream> {
        loop {
            let Idle { mut stream, since } = self.idle().pop()?;
            // Older ones are even older.
            if since.elapsed() > self.longest {
                self.idle().clear();
                return None;
            }
            if is_quiet(&mut stream) {
                return Some(stream);
            }
        }
    }

    fn put(pool: &Arc<Self>, stream: Stream) {
        let mut idle = pool.idle();
        if idle.len() < pool.most {
            idle.push(Idle { stream, since: Instant::now() });
        }
        drop(idle);
        if !pool.swept.swap(true, Ordering::Relaxed) {
            tokio::spawn(sweep(Arc::downgrade(pool), pool.longest));
        }
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether nothing has come on an idle connection, neither its end nor bytes that nobody asked for.
fn is_quiet(stream: &mut Stream) -> bool {
    let mut byte = [0];
    let mut context = Context::from_waker(Waker::noop());
    Pin::new(stream).poll_read(&mut context, &mut ReadBuf::new(&mut byte)).is_pending()
}

/// Closes what was idle for too long, or was closed by the subgraph, for as long as anything is idle.
async fn sweep(pool: Weak<Pool>, longest: Duration) {
    loop {
        tokio::time::sleep(longest / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.idle();
        idle.retain_mut(|idle| idle.since.elapsed() <= longest && is_quiet(&mut idle.stream));
        if idle.is_empty() {
            pool.swept.store(false, Ordering::Relaxed);
            return;
        }
    }
}
