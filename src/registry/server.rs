//! The registry on a socket: accepts, answers, drains.
//!
//! hyper waits for the first bytes of a connection for ever, and so it does for the first request of HTTP/2: whoever
//! opens connections and is silent would take all places. So a connection has its time for the first request, whatever
//! it sends before.

use super::Registry;
use super::http::{Door, router};
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// How a registry serves.
#[derive(Debug, Clone, Copy)]
pub struct ServerOptions {
    /// Connections at once; who comes later waits to be accepted.
    pub connections: usize,
    /// How long the head of a request may take, and a connection until its first. A client of HTTP/2 is asked as often
    /// whether it is still there.
    pub head: Duration,
    /// How long requests under way may take once the end is near.
    pub grace: Duration,
}

impl Default for ServerOptions {
    fn default() -> Self {
        Self { connections: 12_000, head: Duration::from_secs(10), grace: Duration::from_secs(5) }
    }
}

/// Serves the registry until `stop`. Whoever waits for a change then is answered at once; other requests finish.
pub async fn serve(registry: Arc<Registry>, listener: TcpListener, options: ServerOptions, stop: CancellationToken) {
    let router = router(Door::new(Arc::clone(&registry), stop.clone()));
    let places = Arc::new(Semaphore::new(options.connections));
    let graceful = GracefulShutdown::new();
    let mut server = auto::Builder::new(TokioExecutor::new());
    server.http1().timer(TokioTimer::new()).header_read_timeout(options.head);
    server.http2().timer(TokioTimer::new()).keep_alive_interval(options.head);
    loop {
        let accepted = async {
            let place = Arc::clone(&places).acquire_owned().await;
            (listener.accept().await, place)
        };
        let (accepted, place) = tokio::select! {
            accepted = accepted => accepted,
            () = stop.cancelled() => break,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Mostly there are no file descriptors left; they come back when connections end.
                tracing::warn!(%error, "the registry can not accept a connection");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        // Small answers must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let asked = Arc::new(AtomicBool::new(false));
        let (router, asking) = (TowerToHyperService::new(router.clone()), Arc::clone(&asked));
        let service = service_fn(move |request| {
            asking.store(true, Ordering::Relaxed);
            router.call(request)
        });
        let connection = server.serve_connection(TokioIo::new(stream), service).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            let _place = place;
            tokio::select! {
                // A client that breaks off is no event.
                _ = connection => {}
                () = silence(&asked, options.head) => {}
            }
        });
    }
    drop(listener);
    if timeout(options.grace, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests to the registry that took longer than the grace were cut off");
    }
    registry.close().await;
}

/// Over once nothing was asked for so long; never where something was.
async fn silence(asked: &AtomicBool, patience: Duration) {
    tokio::time::sleep(patience).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending().await
    }
}
