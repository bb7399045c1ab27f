//! Ctrl-C and SIGTERM -> the word to drain; a second one ends the process at once.

use super::report::{Failure, plain};
use std::io;
use tokio_util::sync::CancellationToken;

/// What a shell reports for a process that Ctrl-C ended.
const INTERRUPTED: i32 = 130;

/// Starts to listen; the token is cancelled by the first signal.
///
/// # Errors
/// When the system does not let the process listen.
pub(super) fn listen() -> Result<CancellationToken, Failure> {
    let token = CancellationToken::new();
    let mut stop = StopSignals::new().map_err(|error| refused(&error))?;
    let cancelled = token.clone();
    tokio::spawn(async move {
        stop.next().await;
        tracing::info!("stopping; requests under way finish first");
        cancelled.cancel();
        stop.next().await;
        std::process::exit(INTERRUPTED);
    });
    Ok(token)
}

/// The system does not let the process listen.
pub(super) fn refused(error: &io::Error) -> Failure {
    Failure::because(format!("the process cannot listen to signals: {}", plain(error)))
}

#[cfg(unix)]
struct StopSignals {
    interrupt: tokio::signal::unix::Signal,
    terminate: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl StopSignals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct StopSignals;

#[cfg(not(unix))]
impl StopSignals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}
