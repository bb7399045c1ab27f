//! The log: text for people, JSON for machines, on standard error.
//!
//! Messages are static and say what happened; what it happened to stands in fields. Never logged:
//! bodies, tokens, variables. `info` is a change of state, `warn` something to act on, `debug` one
//! request.

use crate::config::{LogFormat, Logging};
use std::io::IsTerminal;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::{SubscriberInitExt, TryInitError};
use tracing_subscriber::{Layer, Registry, fmt, reload};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// The level is none, nor are its directives.
    #[error("the log level is not valid: {0}")]
    Level(#[from] ParseError),
    /// The process logs already.
    #[error("the log was already started")]
    Started(#[from] TryInitError),
    /// The log is gone.
    #[error("the log level can not change any more")]
    Gone(#[from] reload::Error),
}

/// Changes the log's level while it runs.
#[derive(Debug, Clone)]
pub struct LogHandle {
    filter: reload::Handle<Targets, Registry>,
}

impl LogHandle {
    /// Logs at another level from now on; the format stays.
    pub fn set_level(&self, logging: &Logging) -> Result<(), LogError> {
        self.filter.reload(logging.level.parse::<Targets>()?).map_err(LogError::from)
    }
}

/// Starts the process's log.
pub fn start_log(logging: &Logging) -> Result<LogHandle, LogError> {
    let (filter, handle) = reload::Layer::new(logging.level.parse::<Targets>()?);
    let terminal = std::io::stderr().is_terminal();
    let lines = match (logging.format, terminal) {
        (LogFormat::Json, _) | (LogFormat::Auto, false) => json().boxed(),
        (LogFormat::Text | LogFormat::Auto, _) => fmt::layer().with_writer(std::io::stderr).with_ansi(terminal).boxed(),
    };
    tracing_subscriber::registry().with(filter).with(lines).try_init()?;
    Ok(LogHandle { filter: handle })
}

/// One flat object a line, the fields beside the message.
fn json<S>() -> impl Layer<S>
where
    S: tracing::Subscriber + for<'a> tracing_subscriber::registry::LookupSpan<'a>,
{
    fmt::layer().json().flatten_event(true).with_current_span(false).with_writer(std::io::stderr)
}
