//! HTTP in and out.
//!
//! [`Listeners`] opens the sockets, [`serve`] answers on them until it is told to stop. In reading order:
//!
//! - `connections`: accepted, told apart, served and drained; `lanes`: the threads that serve them;
//! - `site`: what is where on the clients' listener, and compression;
//! - `request`: **the request path** as one readable function;
//! - `negotiation`, `csrf`, `cors`, `body`, `parameters`: its steps on the way in;
//! - `persisted`: queries that are known by an id or by their hash; `batch`: several requests in one body;
//! - `clearance`: what the client gets of what it asked for;
//! - `demand`: the verdict on what it costs;
//! - `execution`: its heart, alone or shared between identical queries; `caching`: the cache that it uses;
//! - `subscription`: an execution for each event; `streaming`: its answers as one response;
//! - `websocket`: another way in and out, of many operations on one connection;
//! - `response`, `rejection`, `query_plan`, `trace`: on the way out; `insight`: who gets to see the last two; `spans`: what a
//!   collector of traces is told;
//! - `health`: the other listener; `invalidation`: where it is told what is not good any more;
//! - [`playground`]: the page for people; `data`, `ownership`, `history`: what its panels show.

mod batch;
mod body;
mod caching;
mod clearance;
mod connections;
mod cors;
mod csrf;
mod data;
mod demand;
mod execution;
mod gateway;
mod health;
mod history;
mod insight;
mod invalidation;
mod lanes;
mod listeners;
mod negotiation;
mod ownership;
mod parameters;
mod persisted;
pub mod playground;
mod query_plan;
mod rejection;
mod request;
mod response;
mod site;
mod spans;
mod streaming;
mod subscription;
mod trace;
mod websocket;

pub use connections::ConnectionLimits;
pub use gateway::{Gateway, GatewayOptions};
pub use listeners::{ListenError, Listeners};

use crate::config::Config;
use health::Health;
use lanes::Lanes;
use site::Site;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How to serve; what a reload cannot change.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// What a client may do with a connection.
    pub connections: ConnectionLimits,
    /// How long requests under way may take once the end is near.
    pub grace: Duration,
    /// The path of the health check.
    pub health_path: String,
    /// The path of the metrics, if they are served.
    pub metrics_path: Option<String>,
}

impl ServeOptions {
    /// As the configuration has it.
    pub fn of(config: &Config) -> Self {
        Self {
            connections: ConnectionLimits {
                headers: config.limits.http1_max_request_headers,
                header_bytes: config.limits.http1_max_request_header_bytes,
                ..ConnectionLimits::default()
            },
            grace: config.shutdown.grace,
            health_path: config.health_check.path.clone(),
            metrics_path: config.telemetry.prometheus.enabled.then(|| config.telemetry.prometheus.path.clone()),
        }
    }
}

/// Serves until `shutdown` is done, then drains: readiness turns to 503, the clients' socket closes, idle
/// connections close, requests under way finish within the grace; health answers to the end.
///
/// Gives whether all requests finished.
pub async fn serve(
    listeners: Listeners,
    gateway: Arc<Gateway>,
    options: ServeOptions,
    shutdown: impl Future<Output = ()> + Send,
) -> bool {
    let (drain, end) = (CancellationToken::new(), CancellationToken::new());
    let health = listeners.health.map(|listener| {
        let health = Health { gateway: Arc::clone(&gateway), path: options.health_path, metrics: options.metrics_path };
        let limits = options.connections;
        tokio::spawn(connections::serve(listener, Arc::new(health), None, limits, end.clone(), Duration::from_secs(1)))
    });
    let site = Arc::new(Site::new(Arc::clone(&gateway)));
    let lanes = Lanes::start();
    if let Err(error) = &lanes {
        tracing::warn!(%error, "there are no threads of their own for clients");
    }
    let lanes = lanes.as_ref().ok();
    let clients = connections::serve(listeners.clients, site, lanes, options.connections, drain.clone(), options.grace);
    let stop = async {
        shutdown.await;
        gateway.start_draining();
        drain.cancel();
    };
    let (finished, ()) = tokio::join!(clients, stop);
    end.cancel();
    if let Some(health) = health {
        let _ = health.await;
    }
    finished
}
