//! What `serve` and `demo` have in common: the log, the sockets, the threads that plan, the serving.

use super::report::{Failure, plain};
use crate::config::{Config, Logging};
use crate::server::{self, Gateway, GatewayOptions, Listeners, ServeOptions};
use crate::snapshot::{Builder, Snapshots};
use crate::telemetry::{self, LogHandle, Metrics};
use std::io;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Starts the log.
pub(super) fn start_log(config: &Config) -> Result<LogHandle, Failure> {
    let logging = &config.telemetry.logging;
    if !Logging::is_level(&logging.level) {
        return Err(Failure::because(format!("{:?} is no level to log at", logging.level))
            .help("give off, error, warn, info, debug or trace, or directives such as info,weft::upstream=debug"));
    }
    telemetry::start_log(logging).map_err(|error| Failure::because(format!("the log cannot be started: {error}")))
}

/// What builds snapshots, with its threads.
pub(super) fn builder(config: &Config) -> Result<Builder, Failure> {
    Builder::new(config.query_planning.concurrency_limit, Arc::new(Metrics::new()))
        .map_err(|error| Failure::because(format!("the system gives no threads: {}", plain(&error))))
}

/// Opens the sockets; `option` is how a person chooses another address for clients.
pub(super) async fn listen(config: &Config, option: &str) -> Result<Listeners, Failure> {
    let health = config.health_check.enabled.then_some(config.health_check.listen);
    Listeners::open(config.supergraph.listen, health).await.map_err(|error| {
        let option = if error.purpose == "health" { "--health-listen" } else { option };
        let failure = Failure::because(format!("cannot listen on {}: {}", error.address, plain(&error.error)));
        match error.error.kind() {
            io::ErrorKind::AddrInUse => {
                failure.help(format!("stop what uses the port, or choose another with {option}"))
            }
            io::ErrorKind::PermissionDenied => {
                failure.help(format!("ports below 1024 take privileges; choose another with {option}"))
            }
            _ => failure.help(format!("choose another address with {option}")),
        }
    })
}

/// Serves until `stop` is cancelled and the requests under way are done.
pub(super) async fn serve(
    config: &Config,
    listeners: Listeners,
    snapshots: Arc<Snapshots>,
    builder: &Builder,
    options: GatewayOptions,
    stop: CancellationToken,
) {
    let gateway = Arc::new(Gateway::new(Arc::clone(&snapshots), Arc::clone(builder.metrics()), config, options));
    if !server::serve(listeners, gateway, ServeOptions::of(config), stop.cancelled_owned()).await {
        tracing::warn!("requests that took longer than the grace were cut off");
    }
    if let Some(spans) = snapshots.current().and_then(|snapshot| snapshot.spans.clone()) {
        // What was recorded last is sent before the process ends.
        let _ = tokio::task::spawn_blocking(move || spans.finish()).await;
    }
}
