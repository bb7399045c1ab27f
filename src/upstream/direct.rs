//! HTTP/1.1 without tasks: a connection is driven by the fetch that uses it.
//!
//! hyper's pooled client gives each connection a task, so that every exchange passes two channels and
//! wakes two tasks, and a lock guards the pool. Here a fetch takes a connection out of its lane's pool, polls
//! it beside its own request, and puts it back: nobody else is woken. Idle connections are not polled;
//! what the subgraph did to one meanwhile is seen when it is taken, before anything is sent on it.
//!
//! A request is sent again only when the connection had not taken it.

use super::connection::{Connector, Stream, meaning_of_connect};
use super::error::Failure;
use super::lane::PerLane;
use super::{FetchError, body};
use bytes::Bytes;
use futures::FutureExt;
use http::{Request, Uri, response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::{TrySendError, http1};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};
use tower::Service;

/// One subgraph's connections.
pub(super) struct Direct {
    /// Whom to connect to.
    uri: Uri,
    connector: Connector,
    pools: PerLane<Arc<Pool>>,
}

/// The idle connections of one lane, the one used last at the end.
struct Pool {
    idle: Mutex<Vec<Idle>>,
    most: usize,
    longest: Duration,
    /// Whether a task waits to close what was idle for too long.
    swept: AtomicBool,
}

struct Idle {
    connection: Connection,
    since: Instant,
}

/// A connection with both of its ends.
struct Connection {
    sender: http1::SendRequest<Full<Bytes>>,
    driver: Pin<Box<http1::Connection<Stream, Full<Bytes>>>>,
    /// Why it ended, once it has.
    ended: Option<Option<hyper::Error>>,
}

impl Direct {
    /// For the subgraph at `uri`; a lane keeps at most its share of `most` idle connections, each for `longest`.
    pub(super) fn new(uri: Uri, connector: Connector, most: usize, longest: Duration) -> Self {
        let share = most.div_ceil(super::lane::lanes());
        let pool = || Arc::new(Pool { idle: Mutex::default(), most: share, longest, swept: AtomicBool::new(false) });
        Self { uri, connector, pools: PerLane::new(pool) }
    }

    /// One request in origin form, one reply with its whole body.
    pub(super) async fn exchange(
        &self,
        mut request: Request<Full<Bytes>>,
        limit: usize,
        accept: impl FnOnce(&http::HeaderMap) -> Result<(), FetchError>,
    ) -> Result<(response::Parts, Bytes), Failure> {
        let pool = self.pools.mine();
        let (mut connection, response) = loop {
            let (mut connection, kept) = match pool.take() {
                Some(connection) => (connection, true),
                None => (self.connect().await?, false),
            };
            match connection.send(request).await {
                Ok(response) => break (connection, response),
                Err(mut error) => match error.take_message().filter(|_| kept) {
                    Some(unsent) => request = unsent,
                    None => return Err(Failure::caused(FetchError::Interrupted, error.into_error())),
                },
            }
        };
        let (head, incoming) = response.into_parts();
        accept(&head.headers)?;
        let body = connection.drive(body::read(incoming, limit)).await?;
        if connection.is_reusable().await {
            Pool::put(pool, connection);
        }
        Ok((head, body))
    }

    async fn connect(&self) -> Result<Connection, Failure> {
        let connecting = self.connector.clone().call(self.uri.clone());
        let stream = connecting.await.map_err(|error| Failure::caused_by(meaning_of_connect(&*error), error))?;
        let handshake = http1::Builder::new().handshake(stream).await;
        let (sender, driver) = handshake.map_err(|error| Failure::caused(FetchError::Interrupted, error))?;
        Ok(Connection { sender, driver: Box::pin(driver), ended: None })
    }
}

impl Connection {
    async fn send(
        &mut self,
        request: Request<Full<Bytes>>,
    ) -> Result<http::Response<Incoming>, TrySendError<Request<Full<Bytes>>>> {
        let sending = self.sender.try_send_request(request);
        self.drive(sending).await
    }

    /// Drives the connection while something is done with it. What waits for a connection that ended is
    /// told so by hyper, so it comes to an end too.
    async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            // The connection goes first: a request was handed to it already, and a body is asked for by polling.
            self.poll(context);
            if let Poll::Ready(output) = work.as_mut().poll(context) {
                return Poll::Ready(output);
            }
            // What the work has just asked for may be at hand.
            self.poll(context);
            work.as_mut().poll(context)
        })
        .await
    }

    fn poll(&mut self, context: &mut Context<'_>) {
        if self.ended.is_none()
            && let Poll::Ready(end) = self.driver.as_mut().poll(context)
        {
            self.ended = Some(end.err());
        }
    }

    /// Whether another request can be sent.
    async fn is_reusable(&mut self) -> bool {
        poll_fn(|context| {
            self.poll(context);
            Poll::Ready(())
        })
        .await;
        self.ended.is_none() && self.sender.is_ready()
    }
}

impl Pool {
    /// The connection that was used last, if it is still of use.
    fn take(&self) -> Option<Connection> {
        loop {
            let Idle { mut connection, since } = self.idle().pop()?;
            // Older ones are even older.
            if since.elapsed() > self.longest {
                self.idle().clear();
                return None;
            }
            if connection.is_reusable().now_or_never() == Some(true) {
                return Some(connection);
            }
        }
    }

    fn put(pool: &Arc<Self>, connection: Connection) {
        let mut idle = pool.idle();
        if idle.len() < pool.most {
            idle.push(Idle { connection, since: Instant::now() });
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

/// Closes what was idle for too long, or was closed by the subgraph, for as long as anything is idle.
async fn sweep(pool: Weak<Pool>, longest: Duration) {
    loop {
        tokio::time::sleep(longest / 2).await;
        let Some(pool) = pool.upgrade() else { return };
        let mut idle = pool.idle();
        idle.retain_mut(|idle| {
            idle.since.elapsed() <= longest && idle.connection.is_reusable().now_or_never() == Some(true)
        });
        if idle.is_empty() {
            pool.swept.store(false, Ordering::Relaxed);
            return;
        }
    }
}
