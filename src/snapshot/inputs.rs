//! Settings -> configuration -> supergraph -> [`Snapshot`], with every file that took part: also when
//! it fails, since a change to one of them is what mends it.

use super::{Builder, Settings, Snapshot};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{self, WatchedFile};
use std::sync::Arc;

/// The configuration, or what is wrong with it.
pub struct Configured {
    /// The files that were read, as they were.
    pub files: Vec<WatchedFile>,
    /// What they gave.
    pub config: Result<Arc<Config>, Vec<Diagnostic>>,
}

impl Configured {
    /// Reads the configuration file, if there is one, and lets the settings win over it.
    pub fn read(settings: &Settings) -> Self {
        let Some(path) = &settings.config else {
            let mut config = Config::default();
            settings.apply(&mut config);
            return Self { files: Vec::new(), config: Ok(Arc::new(config)) };
        };
        let source::ConfigReading { files, config } = source::read_config(path);
        let config = config.map(|mut config| {
            settings.apply(&mut config);
            Arc::new(config)
        });
        Self { files, config }
    }
}

/// One try at building a snapshot from files.
pub struct Attempt {
    /// The files of the schema that were read, as they were.
    pub files: Vec<WatchedFile>,
    /// The snapshot, or everything that is wrong.
    pub snapshot: Result<Snapshot, Vec<Diagnostic>>,
}

impl Attempt {
    /// Reads the supergraph that `config` names and builds the snapshot, off the thread it is called on.
    /// Hints and warnings go to the log.
    pub async fn start(builder: &Builder, config: Arc<Config>, previous: Option<Arc<Snapshot>>) -> Self {
        let Some(path) = config.supergraph.path.clone() else {
            return Self { files: Vec::new(), snapshot: Err(vec![no_supergraph()]) };
        };
        let source::Reading { files, schema } = source::read(&path).await;
        let schema = match schema {
            Ok(schema) => schema,
            Err(errors) => return Self { files, snapshot: Err(errors) },
        };
        let builder = builder.clone();
        let work = move || assemble(&builder, config, &schema, previous.as_deref());
        let snapshot = tokio::task::spawn_blocking(work).await;
        Self { files, snapshot: snapshot.unwrap_or_else(|panic| Err(vec![broken(&panic)])) }
    }
}

fn assemble(
    builder: &Builder,
    config: Arc<Config>,
    schema: &source::Schema,
    previous: Option<&Snapshot>,
) -> Result<Snapshot, Vec<Diagnostic>> {
    let source::Composed { supergraph, hints } = schema.supergraph()?;
    log_notes(&hints);
    let known: Vec<&str> = supergraph.subgraphs.iter().map(|subgraph| subgraph.name.as_str()).collect();
    log_notes(&config.unknown_subgraphs(&known));
    log_notes(&config.unknown_labels(&supergraph.override_labels()));
    builder.build(config, Arc::new(supergraph), previous)
}

/// Logs hints and warnings about what is taken into service all the same.
fn log_notes(notes: &[Diagnostic]) {
    for note in notes {
        let at = note.labels.first().map(|label| label.span.to_string());
        match note.severity {
            Severity::Hint => tracing::debug!(code = note.code, at, note = %note.message, "composition hint"),
            _ => tracing::warn!(code = note.code, at, note = %note.message, help = note.help, "look at this"),
        }
    }
}

fn no_supergraph() -> Diagnostic {
    Diagnostic::error("NO_SUPERGRAPH", "there is no supergraph to serve").help(
        "name a supergraph SDL or a supergraph.yaml: `--supergraph FILE`, WEFT_SUPERGRAPH, or `supergraph.path` in weft.yaml",
    )
}

/// A defect of this program must not end a gateway that serves.
fn broken(panic: &tokio::task::JoinError) -> Diagnostic {
    Diagnostic::error("INTERNAL_ERROR", format!("building the snapshot failed: {panic}"))
        .help("this is a defect in Weft; please report it with the schema")
}
