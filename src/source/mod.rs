//! Sources: a schema file or a registry -> [`Supergraph`], and word of its changes.
//!
//! 1. [`read()`]: the file, and when it is a Rover `supergraph.yaml` every subgraph schema it names,
//!    from other files or from running services. This is all the I/O there is.
//! 2. [`Schema::supergraph`]: the texts parsed or composed; time of the processor only.
//! 3. [`Watcher`]: tells when a file that was read has other bytes.
//!
//! [`Origin`] is where a gateway reads: a file, or a variant that [`registry`] follows.
//!
//! What a running service says is not watched: it is asked again at every reload.

mod configuration;
mod fetch;
mod origin;
pub mod registry;
mod subgraphs;
mod watch;

pub use configuration::{ConfigReading, read_config};
pub use origin::Origin;
pub use subgraphs::SubgraphSdl;
pub use watch::{WatchedFile, Watcher};

use crate::compose;
use crate::config::ComposeFile;
use crate::diagnostic::{Diagnostic, Source};
use crate::subgraph::Subgraph;
use crate::supergraph::{self, Supergraph};
use http::HeaderMap;
use registry::Delivered;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What reading a schema file gave.
pub struct Reading {
    /// Every file that was read or should have been, as it was.
    pub files: Vec<WatchedFile>,
    /// The texts, or why some are missing.
    pub schema: Result<Schema, Vec<Diagnostic>>,
}

/// Everything that a supergraph is made of, as text.
#[derive(Debug, PartialEq, Eq)]
pub enum Schema {
    /// It is composed already.
    Supergraph(Arc<Source>),
    /// It is composed already, and comes from a registry.
    Delivered(Arc<Delivered>),
    /// It is to be composed from these, sorted by name.
    Subgraphs(Vec<SubgraphSdl>),
}

/// A supergraph, and what is to be said about it all the same.
pub struct Composed {
    /// The composed graph.
    pub supergraph: Supergraph,
    /// Hints and warnings.
    pub hints: Vec<Diagnostic>,
}

/// Reads a schema file, which is a supergraph SDL or a `supergraph.yaml`: its content decides.
pub async fn read(path: &Path) -> Reading {
    let (file, source) = read_file(path, None).await;
    match source {
        Err(error) => Reading { files: vec![file], schema: Err(vec![error]) },
        Ok(source) if ComposeFile::looks_like(&source.text) => read_subgraphs(path, file, &source).await,
        Ok(source) => Reading { files: vec![file], schema: Ok(Schema::Supergraph(source)) },
    }
}

/// Reads a `supergraph.yaml` and the subgraph schemas it names, whatever its content looks like.
pub async fn read_yaml(path: &Path) -> Reading {
    let (file, source) = read_file(path, None).await;
    match source {
        Err(error) => Reading { files: vec![file], schema: Err(vec![error]) },
        Ok(source) => read_subgraphs(path, file, &source).await,
    }
}

/// Asks a running service for its SDL.
///
/// # Errors
/// Why there is none, and what to do about it.
pub async fn introspect(url: &url::Url, headers: HeaderMap) -> Result<String, Diagnostic> {
    let sdl = match fetch::client() {
        Ok(client) => fetch::fetch_sdl(&client, url, headers).await,
        Err(error) => Err(error),
    };
    sdl.map_err(|error| {
        Diagnostic::error("SUBGRAPH_NOT_INTROSPECTED", format!("no schema from {url}: {error}")).help(error.help())
    })
}

async fn read_subgraphs(path: &Path, file: WatchedFile, source: &Arc<Source>) -> Reading {
    let mut reading = subgraphs::read(path, source).await;
    reading.files.insert(0, file);
    reading
}

impl Schema {
    /// The supergraph: parsed, or composed from the subgraphs.
    ///
    /// # Errors
    /// Everything that is wrong, with its places.
    pub fn supergraph(&self) -> Result<Composed, Vec<Diagnostic>> {
        match self {
            Self::Supergraph(source) => parse(source),
            Self::Delivered(version) => parse(&version.source),
            Self::Subgraphs(subgraphs) => compose_all(subgraphs),
        }
    }
}

fn parse(source: &Arc<Source>) -> Result<Composed, Vec<Diagnostic>> {
    supergraph::parse(source).map(|supergraph| Composed { supergraph, hints: Vec::new() })
}

/// Composes subgraphs given as text.
///
/// # Errors
/// Everything that is wrong with any of them; with all of them together when each is right alone.
pub fn compose_all(subgraphs: &[SubgraphSdl]) -> Result<Composed, Vec<Diagnostic>> {
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for subgraph in subgraphs {
        match Subgraph::parse(&subgraph.name, &subgraph.url, Arc::clone(&subgraph.sdl)) {
            Ok(subgraph) => read.push(subgraph),
            Err(more) => errors.extend(more),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let compose::Composition { supergraph, hints } = compose::compose(&read)?;
    Ok(Composed { supergraph, hints })
}

/// Reads a text file, off the threads that serve. `subgraph` owns it, if it is a subgraph's schema.
async fn read_file(path: &Path, subgraph: Option<&str>) -> (WatchedFile, Result<Arc<Source>, Diagnostic>) {
    let bytes = tokio::fs::read(path).await;
    let file = WatchedFile::new(path, &bytes);
    let name = path.display().to_string();
    let source = text(&name, bytes).map(|text| match subgraph {
        Some(subgraph) => Source::of_subgraph(subgraph, name, text),
        None => Source::new(name, text),
    });
    (file, source)
}

/// Reads text files, on the thread that it is called on.
///
/// # Errors
/// Every file that cannot be read.
pub fn read_texts(paths: &[PathBuf]) -> Result<Vec<Arc<Source>>, Vec<Diagnostic>> {
    let read = |path: &PathBuf| {
        let name = path.display().to_string();
        text(&name, std::fs::read(path)).map(|text| Source::new(name, text))
    };
    let (mut sources, mut errors) = (Vec::new(), Vec::new());
    for outcome in paths.iter().map(read) {
        match outcome {
            Ok(source) => sources.push(source),
            Err(error) => errors.push(error),
        }
    }
    if errors.is_empty() { Ok(sources) } else { Err(errors) }
}

/// What was read, as text.
fn text(name: &str, bytes: io::Result<Vec<u8>>) -> Result<String, Diagnostic> {
    let bytes = bytes.map_err(|error| unreadable(name, &error))?;
    String::from_utf8(bytes).map_err(|error| {
        Diagnostic::error("FILE_UNREADABLE", format!("{name} is not UTF-8 text"))
            .help(format!("byte {} is the first that is not", error.utf8_error().valid_up_to()))
    })
}

/// What `${env.NAME}` stands for in files.
fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn unreadable(name: &str, error: &io::Error) -> Diagnostic {
    let reason = match error.kind() {
        io::ErrorKind::NotFound => "there is no such file".to_owned(),
        io::ErrorKind::PermissionDenied => "permission denied".to_owned(),
        io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    };
    Diagnostic::error("FILE_UNREADABLE", format!("cannot read {name}: {reason}"))
        .help("check the path; it is relative to the working directory")
}
