//! Reloading: when files change, SIGHUP asks for it or a registry delivers, a new snapshot is built, warmed and swapped in.
//!
//! What is wrong with the new one is told with file and line, and the last good one keeps serving.
//! SIGHUP reads everything again, changed or not: also what services say over the network. Where services are
//! polled they are asked every now and then, and only another answer than the last one causes anything.

use super::{Builder, Configured, Observer, Settings, Snapshot, Snapshots, build_schema, warm};
use crate::config::Config;
use crate::diagnostic::Diagnostic;
use crate::source::{Origin, Schema, WatchedFile, Watcher};
use crate::telemetry::LogHandle;
use std::io;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Keeps [`Snapshots`] in step with the files they come from.
pub struct Reload {
    /// How to build.
    pub builder: Builder,
    /// Where the inputs are.
    pub settings: Settings,
    /// What serves.
    pub snapshots: Arc<Snapshots>,
    /// Whose level follows the configuration.
    pub log: LogHandle,
    /// The last good configuration; that of the snapshot that serves, unless its schema was refused since.
    pub config: Arc<Config>,
    /// Where the schema comes from.
    pub origin: Origin,
    /// The configuration's files, as they were when they were read.
    pub config_files: Vec<WatchedFile>,
    /// The schema's files, as they were when they were read.
    pub schema_files: Vec<WatchedFile>,
    /// What was read last: the texts, or what was wrong.
    pub last: Result<Arc<Schema>, Vec<Diagnostic>>,
    /// How often services are asked for their schemas again; none: only when something else causes a reload.
    pub poll: Option<Duration>,
    /// Who is told what came of it.
    pub observer: Arc<dyn Observer>,
}

/// Why to reload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    /// Nothing serves yet.
    Start,
    FileChanged,
    Signal,
    Poll,
    /// By a registry.
    Delivered,
}

impl Reload {
    /// Listens to SIGHUP from here on, and reloads in a task of its own until `stop` is cancelled.
    ///
    /// # Errors
    /// When the system gives the process no signals.
    pub fn start(self, stop: CancellationToken) -> io::Result<JoinHandle<()>> {
        // Before the task runs: a SIGHUP that nobody listens to ends the process.
        let signals = ReloadSignals::new()?;
        Ok(tokio::spawn(self.run(signals, stop)))
    }

    async fn run(mut self, mut signals: ReloadSignals, stop: CancellationToken) {
        let mut watcher = Watcher::new();
        if self.snapshots.current().is_none() {
            self.reload(Cause::Start).await;
        }
        loop {
            watcher.watch(self.config_files.iter().chain(&self.schema_files).cloned().collect());
            let cause = tokio::select! {
                () = stop.cancelled() => return,
                () = watcher.changed() => Cause::FileChanged,
                () = signals.next() => Cause::Signal,
                () = pause(self.poll) => Cause::Poll,
                () = self.origin.changed() => Cause::Delivered,
            };
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.reload(cause) => {}
            }
        }
    }

    async fn reload(&mut self, cause: Cause) {
        let start = Instant::now();
        match self.next_snapshot(cause).await {
            Ok(Some(next)) => {
                self.serve(next, start).await;
                self.settle(true).await;
            }
            Ok(None) => {}
            Err(errors) => {
                self.builder.metrics().loaded(false);
                self.observer.refused(&errors);
                self.settle(false).await;
            }
        }
    }

    /// Lets the origin know what became of what was read last.
    async fn settle(&mut self, serves: bool) {
        if let Ok(schema) = &self.last {
            self.origin.settled(schema, serves).await;
        }
    }

    /// Reads what `cause` says may have changed, and builds. The files read are watched from then on,
    /// whatever comes of them. None: a poll that brought nothing new.
    async fn next_snapshot(&mut self, cause: Cause) -> Result<Option<Snapshot>, Vec<Diagnostic>> {
        if cause == Cause::Signal || self.config_files.iter().any(WatchedFile::has_changed) {
            let Configured { files, config } = Configured::read(&self.settings);
            self.config_files = files;
            self.config = config?;
        }
        if !self.origin.is_for(&self.config.supergraph) {
            let metrics = self.builder.metrics().registry();
            self.origin = Origin::of(&self.config.supergraph, metrics).map_err(|error| vec![error])?;
        }
        let reading = self.origin.read().await;
        self.schema_files = reading.files;
        let schema = reading.schema.map(Arc::new);
        if cause == Cause::Poll && schema == self.last {
            return Ok(None);
        }
        tracing::debug!(?cause, "reloading");
        self.last.clone_from(&schema);
        let schema = schema?;
        self.observer.read(&schema);
        let config = Arc::clone(&self.config);
        build_schema(&self.builder, config, schema, self.snapshots.current()).await.map(Some)
    }

    async fn serve(&self, next: Snapshot, start: Instant) {
        let mut warmed = 0;
        if let Some(old) = self.snapshots.current() {
            warn_of_fixed_settings(&old.config, &next.config);
            warmed = warm::warm(&next, &old).await;
        }
        if let Err(error) = self.log.set_level(&next.config.telemetry.logging) {
            tracing::warn!(%error, "the log level stays as it was");
        }
        let next = Arc::new(next);
        self.snapshots.swap(Arc::clone(&next));
        self.builder.metrics().loaded(true);
        self.observer.serves(&next, warmed, start.elapsed());
    }
}

/// Until services are to be asked again; for ever where they are not.
async fn pause(poll: Option<Duration>) {
    match poll {
        Some(poll) => tokio::time::sleep(poll).await,
        None => std::future::pending().await,
    }
}

/// Sockets, what is where on them, threads and the log's form are the process's, not a snapshot's.
fn warn_of_fixed_settings(old: &Config, new: &Config) {
    let headers =
        |config: &Config| (config.limits.http1_max_request_headers, config.limits.http1_max_request_header_bytes);
    let planners = |config: &Config| config.query_planning.concurrency_limit;
    let fixed = [
        ("supergraph.listen", old.supergraph.listen != new.supergraph.listen),
        ("supergraph.endpoint", old.supergraph.endpoint != new.supergraph.endpoint),
        ("playground", old.playground != new.playground),
        ("health_check.listen", old.health_check.listen != new.health_check.listen),
        ("health_check.enabled", old.health_check.enabled != new.health_check.enabled),
        ("health_check.path", old.health_check.path != new.health_check.path),
        ("telemetry.metrics.prometheus", old.telemetry.prometheus != new.telemetry.prometheus),
        ("limits.http1_max_request_headers", headers(old).0 != headers(new).0),
        ("limits.http1_max_request_header_bytes", headers(old).1 != headers(new).1),
        ("query_planning.concurrency_limit", planners(old) != planners(new)),
        ("shutdown.grace", old.shutdown != new.shutdown),
        ("telemetry.logging.format", old.telemetry.logging.format != new.telemetry.logging.format),
    ];
    for (setting, _) in fixed.into_iter().filter(|(_, changed)| *changed) {
        tracing::warn!(setting, "the change takes effect after a restart");
    }
}

#[cfg(unix)]
struct ReloadSignals(tokio::signal::unix::Signal);

#[cfg(unix)]
impl ReloadSignals {
    fn new() -> io::Result<Self> {
        tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).map(Self)
    }

    async fn next(&mut self) {
        if self.0.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

#[cfg(not(unix))]
struct ReloadSignals;

#[cfg(not(unix))]
impl ReloadSignals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        std::future::pending().await
    }
}
