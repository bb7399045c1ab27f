//! Connections: accepted, told apart as HTTP/1.1 or HTTP/2, served, and drained at the end.
//!
//! hyper's own reader of the first bytes waits for them for ever, so they are looked at here, within
//! the time that a client has for its first request. Later requests of a connection may come after a
//! longer pause. Over TLS the handshake says which of the two it is, within the same time.
//!
//! **Draining**: the socket closes, idle connections close at once, requests under way finish within
//! the grace. A connection whose first request is still on its way gets a moment to deliver it: the
//! system had accepted it before. What a connection became by a [`Switch`] is part of it.

use super::lanes::Lanes;
use crate::config::ClientTls;
use axum::body::Body;
use futures::FutureExt;
use futures::future::BoxFuture;
use http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::{http1, http2};
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::IpAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// What a client may do with a connection.
#[derive(Debug, Clone, Copy)]
pub struct ConnectionLimits {
    /// Headers of a request; more are answered 431.
    pub headers: usize,
    /// Bytes of all header lines of a request; more are answered 431.
    pub header_bytes: usize,
    /// How long a new connection may take to send its first request's headers.
    pub first_request: Duration,
    /// How long a connection may be idle, and how long later headers may take.
    pub idle: Duration,
}

impl Default for ConnectionLimits {
    fn default() -> Self {
        Self {
            headers: 100,
            header_bytes: 65_536,
            first_request: Duration::from_secs(10),
            // Longer than the 60 s after which common load balancers drop their side.
            idle: Duration::from_secs(75),
        }
    }
}

/// How long a connection without a request may deliver one once draining has begun.
const LAST_CHANCE: Duration = Duration::from_millis(250);
/// How long the rest of a connection's first four bytes is waited for before they are looked at again.
const LONGEST_PAUSE: Duration = Duration::from_millis(640);
/// Requests that one HTTP/2 connection may have under way.
const MAX_STREAMS: u32 = 256;
/// hyper reads ahead of the headers; this much more fits beside them.
const READ_AHEAD: usize = 16 * 1024;

/// Answers requests.
pub(super) trait Respond: Send + Sync + 'static {
    /// One request, one response. Dropped when the client goes away.
    /// `peer` is the other end of the connection.
    fn respond(&self, request: Request<Incoming>, peer: IpAddr) -> impl Future<Output = Response<Body>> + Send;

    /// What a connection that begins now is secured with; none: with nothing.
    fn tls(&self) -> Option<ClientTls> {
        None
    }
}

/// Goes with the response that switches its connection to another protocol: what is spoken there from then on.
#[derive(Clone)]
pub(super) struct Switch(Arc<Mutex<Option<BoxFuture<'static, ()>>>>);

impl Switch {
    /// Switches to this, which begins once the response has been sent.
    pub fn to(conversation: impl Future<Output = ()> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Some(conversation.boxed()))))
    }

    fn take(&self) -> Option<BoxFuture<'static, ()>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Serves until `drain` is cancelled, and then at most `grace` more. Gives whether all requests finished.
/// Connections are served on `lanes`, if there are any, else where this is called.
pub(super) async fn serve<R: Respond>(
    listener: TcpListener,
    respond: Arc<R>,
    lanes: Option<&Lanes>,
    limits: ConnectionLimits,
    drain: CancellationToken,
    grace: Duration,
) -> bool {
    let (tracker, abort) = (TaskTracker::new(), CancellationToken::new());
    let start = |stream: TcpStream| {
        let (respond, drain, abort) = (Arc::clone(&respond), drain.clone(), abort.clone());
        let work = move |stream| async move {
            tokio::select! {
                () = serve_connection(stream, respond, limits, drain) => {}
                () = abort.cancelled() => {}
            }
        };
        let Some(seat) = lanes.and_then(Lanes::seat) else {
            tracker.spawn(work(stream));
            return;
        };
        let Ok(stream) = stream.into_std() else { return };
        let handle = seat.handle.clone();
        let on_lane = async move {
            // From here on the lane's runtime watches the socket.
            if let Ok(stream) = TcpStream::from_std(stream) {
                work(stream).await;
            }
            drop(seat);
        };
        tracker.spawn_on(on_lane, &handle);
    };
    loop {
        tokio::select! {
            biased;
            () = drain.cancelled() => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => start(stream),
                Err(error) => after_refused_accept(&error).await,
            },
        }
    }
    // The system has accepted these already.
    while let Some(Ok((stream, _))) = listener.accept().now_or_never() {
        start(stream);
    }
    drop(listener);
    tracker.close();
    let finished = timeout(grace, tracker.wait()).await.is_ok();
    abort.cancel();
    tracker.wait().await;
    finished
}

/// A connection that broke before it was accepted is nobody's fault; without file descriptors a pause helps.
async fn after_refused_accept(error: &std::io::Error) {
    use std::io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    if !matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset) {
        tracing::warn!(%error, "connections cannot be accepted");
        sleep(Duration::from_millis(50)).await;
    }
}

async fn serve_connection<R: Respond>(
    stream: TcpStream,
    respond: Arc<R>,
    limits: ConnectionLimits,
    drain: CancellationToken,
) {
    // Answers are written whole, so there is nothing to gain from waiting for more.
    let _ = stream.set_nodelay(true);
    let Ok(peer) = stream.peer_addr().map(|address| address.ip()) else { return };
    match respond.tls() {
        None => {
            let Ok(Some(http2)) = timeout(limits.first_request, begins_as_http2(&stream)).await else { return };
            converse(stream, http2, peer, respond, limits, drain).await;
        }
        // In a box: connections without TLS are not to be as large as those with.
        Some(ClientTls(tls)) => {
            let secured = async {
                let shaken = timeout(limits.first_request, TlsAcceptor::from(tls).accept(stream)).await;
                let stream = match shaken {
                    Ok(Ok(stream)) => stream,
                    Ok(Err(error)) => {
                        return tracing::debug!(%error, "a client and the gateway found no secure connection");
                    }
                    Err(_) => return,
                };
                let http2 = stream.get_ref().1.alpn_protocol() == Some(ClientTls::PROTOCOLS[0]);
                converse(stream, http2, peer, respond, limits, drain).await;
            };
            secured.boxed().await;
        }
    }
}

/// Serves what is asked over a connection that is ready for it.
async fn converse<R: Respond>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    http2: bool,
    peer: IpAddr,
    respond: Arc<R>,
    limits: ConnectionLimits,
    drain: CancellationToken,
) {
    let first = AtomicBool::new(false);
    let switch = Arc::<OnceLock<Switch>>::default();
    let service = service_fn(|request| {
        first.store(true, Ordering::Relaxed);
        let (respond, switch) = (Arc::clone(&respond), Arc::clone(&switch));
        async move {
            let mut response = respond.respond(request, peer).await;
            if let Some(wanted) = response.extensions_mut().remove::<Switch>() {
                let _ = switch.set(wanted);
            }
            Ok::<_, Infallible>(response)
        }
    });
    let io = TokioIo::new(stream);
    let result = if http2 {
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .keep_alive_interval(limits.idle)
            .max_concurrent_streams(MAX_STREAMS)
            .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
        let connection = builder.serve_connection(io, service);
        run(connection, http2::Connection::graceful_shutdown, &first, limits.first_request, drain).await
    } else {
        let mut builder = http1::Builder::new();
        builder
            .timer(TokioTimer::new())
            .header_read_timeout(limits.idle)
            .max_headers(limits.headers)
            .max_header_size(limits.header_bytes)
            .max_buf_size(limits.header_bytes + READ_AHEAD);
        let connection = builder.serve_connection(io, service).with_upgrades();
        let shut_down = http1::UpgradeableConnection::graceful_shutdown;
        run(connection, shut_down, &first, limits.first_request, drain).await
    };
    if let Some(Err(error)) = result {
        tracing::debug!(%error, "a connection broke");
    }
    if let Some(conversation) = switch.get().and_then(Switch::take) {
        conversation.await;
    }
}

/// Drives a connection to its end. None: it sent no request in time.
async fn run<C: Future>(
    connection: C,
    shut_down: impl FnOnce(Pin<&mut C>),
    first: &AtomicBool,
    first_request: Duration,
    drain: CancellationToken,
) -> Option<C::Output> {
    let mut connection = pin!(connection);
    let mut late = pin!(sleep(first_request));
    loop {
        tokio::select! {
            biased;
            result = &mut connection => return Some(result),
            () = &mut late, if !first.load(Ordering::Relaxed) => {
                if !first.load(Ordering::Relaxed) {
                    return None;
                }
            }
            () = drain.cancelled() => break,
        }
    }
    if !first.load(Ordering::Relaxed) {
        let arrived = poll_fn(|context| {
            let result = connection.as_mut().poll(context);
            if result.is_ready() || first.load(Ordering::Relaxed) {
                std::task::Poll::Ready(result)
            } else {
                std::task::Poll::Pending
            }
        });
        if let Ok(std::task::Poll::Ready(result)) = timeout(LAST_CHANCE, arrived).await {
            return Some(result);
        }
    }
    shut_down(connection.as_mut());
    Some(connection.await)
}

/// Whether the first bytes are those of HTTP/2's preface; nothing when the client went away before it said.
async fn begins_as_http2(stream: &TcpStream) -> Option<bool> {
    // No method of HTTP/1.1 in use begins so.
    const PREFACE: &[u8] = b"PRI ";
    let mut bytes = [0; PREFACE.len()];
    let mut pause = Duration::from_millis(5);
    loop {
        let seen = stream.peek(&mut bytes).await.ok().filter(|&length| length > 0)?;
        if !PREFACE.starts_with(&bytes[..seen]) {
            return Some(false);
        }
        if seen == PREFACE.len() {
            return Some(true);
        }
        // The socket stays readable, so peeking again at once would spin; who sends single bytes and
        // waits must not cost more the longer that lasts.
        sleep(pause).await;
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
