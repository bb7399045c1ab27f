//! Who is told what came of reading and building: the log, or the person at `weft dev`.

use super::Snapshot;
use crate::diagnostic::{Diagnostic, Style, render_all};
use crate::source::Schema;
use std::time::Duration;

/// Is told what [`Reload`](super::Reload) does.
pub trait Observer: Send + Sync {
    /// These texts were read, and will be built.
    fn read(&self, schema: &Schema);

    /// A snapshot serves from now on; `took` is the time from the first word of a change.
    fn serves(&self, snapshot: &Snapshot, warmed: usize, took: Duration);

    /// What was read cannot be served; the last good version keeps serving, if there is one.
    fn refused(&self, errors: &[Diagnostic]);
}

/// Tells the log.
#[derive(Debug, Clone, Copy)]
pub struct ToLog;

impl Observer for ToLog {
    fn read(&self, _: &Schema) {}

    fn serves(&self, snapshot: &Snapshot, warmed: usize, _: Duration) {
        let (schema, subgraphs) = (&snapshot.schema_id, snapshot.supergraph.subgraphs.len());
        let version = snapshot.version.as_ref().and_then(|version| version.number);
        tracing::info!(%schema, version, subgraphs, warmed, "reloaded");
    }

    fn refused(&self, errors: &[Diagnostic]) {
        tracing::error!(
            diagnostics = %format_args!("\n{}", render_all(errors, Style::Plain)),
            "what changed cannot be served; the last good version keeps serving"
        );
    }
}
