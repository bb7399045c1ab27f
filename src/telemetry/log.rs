//! The log: text for people, JSON for machines, on standard error.
//!
//! Messages are static and say what happened; what it happened to stands in fields. Never logged:
//! bodies, tokens, variables. `info` is a change of state, `warn` something to act on, `debug` one
//! request.

use crate::config::{LogFormat, Logging};
use std::io::IsTerminal;
use tracing_subscriber::filter::{ParseError, Targets};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::registry::LookupSpan;
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
    let lines = lines(logging.format, std::io::stderr().is_terminal(), std::io::stderr);
    tracing_subscriber::registry().with(filter).with(lines).try_init()?;
    Ok(LogHandle { filter: handle })
}

/// What writes the lines: one flat JSON object each, the fields beside the message, or text.
fn lines<S, W>(format: LogFormat, terminal: bool, writer: W) -> Box<dyn Layer<S> + Send + Sync>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    // See https://no-color.org.
    let colourless = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let lines = fmt::layer().with_writer(writer).with_ansi(terminal && !colourless);
    match (format, terminal) {
        (LogFormat::Json, _) | (LogFormat::Auto, false) => {
            lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
        }
        (LogFormat::Text, _) | (LogFormat::Auto, true) => lines.boxed(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    fn logged(format: LogFormat, terminal: bool) -> String {
        let written = Arc::new(Mutex::new(Vec::new()));
        let sink = Arc::clone(&written);
        let writer = move || Sink(Arc::clone(&sink));
        let subscriber = tracing_subscriber::registry().with(lines(format, terminal, writer));
        tracing::subscriber::with_default(subscriber, || {
            tracing::info!(subgraph = "products", "supergraph loaded");
        });
        let bytes = written.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn machines_get_one_flat_object_a_line() {
        for line in [logged(LogFormat::Json, true), logged(LogFormat::Auto, false)] {
            let line: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(line["message"], "supergraph loaded");
            assert_eq!(line["subgraph"], "products");
            assert_eq!(line["level"], "INFO");
        }
    }

    #[test]
    fn people_get_text_coloured_on_a_terminal_only() {
        assert!(logged(LogFormat::Auto, true).contains('\u{1b}'));
        let plain = logged(LogFormat::Text, false);
        assert!(plain.ends_with("supergraph loaded subgraph=\"products\"\n"), "{plain}");
    }
}
