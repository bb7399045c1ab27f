//! Settings -> configuration -> supergraph -> [`Snapshot`], with every file that took part: also when
//! it fails, since a change to one of them is what mends it.

use super::{Builder, Settings, Snapshot, Version};
use crate::config::Config;
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{self, WatchedFile};
use crate::supergraph::{Supergraph, unfillable};
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

/// Builds the snapshot of a schema, off the thread it is called on. Hints and warnings go to the log.
///
/// # Errors
/// Everything that is wrong with the schema, or that keeps it from being served under this configuration.
pub async fn build_schema(
    builder: &Builder,
    config: Arc<Config>,
    schema: Arc<source::Schema>,
    previous: Option<Arc<Snapshot>>,
) -> Result<Snapshot, Vec<Diagnostic>> {
    let builder = builder.clone();
    let work = move || assemble(&builder, config, &schema, previous.as_deref());
    tokio::task::spawn_blocking(work).await.unwrap_or_else(|panic| Err(vec![broken(&panic)]))
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
    log_mutations(&config, &supergraph);
    let mut snapshot = builder.build(config, Arc::new(supergraph), previous)?;
    snapshot.version = schema.delivered().map(|delivered| Version::of(delivered));
    Ok(snapshot)
}

/// Logs what the configuration says of mutations that the supergraph does not have, or not so.
fn log_mutations(config: &Config, supergraph: &Supergraph) {
    let fields = supergraph.mutation.map(|mutation| supergraph.fields_of(mutation)).unwrap_or_default();
    let known: Vec<&str> = fields.iter().map(|&field| supergraph.field(field).name.as_str()).collect();
    log_notes(&config.unknown_mutations(&known));
    log_notes(&config.idle_invalidations(|name, tag| {
        let field = fields.iter().map(|&field| supergraph.field(field)).find(|field| field.name == name)?;
        unfillable(tag, &field.arguments)
    }));
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

/// A defect of this program must not end a gateway that serves.
fn broken(panic: &tokio::task::JoinError) -> Diagnostic {
    Diagnostic::error("INTERNAL_ERROR", format!("building the snapshot failed: {panic}"))
        .help("this is a defect in Weft; please report it with the schema")
}
