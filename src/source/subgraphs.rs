//! A Rover `supergraph.yaml` -> the SDL of every subgraph it names, all read at the same time.

use super::fetch::{self, FetchSdlError};
use super::{Reading, Schema, WatchedFile, read_file};
use crate::config::{RoverSubgraph, RoverSupergraph, SchemaSource};
use crate::diagnostic::{Diagnostic, Source, Span};
use futures::future::join_all;
use http::HeaderMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// One subgraph's schema as text.
#[derive(Debug, Clone)]
pub struct SubgraphSdl {
    /// Its name.
    pub name: String,
    /// Where it is reached.
    pub url: String,
    /// Its SDL.
    pub sdl: Arc<Source>,
}

/// Reads what the yaml `source`, found at `path`, names. The files given back are the subgraphs' only.
pub(super) async fn read(path: &Path, source: &Arc<Source>) -> Reading {
    let folder = path.parent().unwrap_or(Path::new(""));
    let RoverSupergraph { subgraphs, notes, files } = match RoverSupergraph::read(source, folder) {
        Ok(yaml) => yaml,
        Err(errors) => return Reading { files: Vec::new(), schema: Err(errors) },
    };
    let mut files: Vec<WatchedFile> = files.iter().map(|file| WatchedFile::read(file)).collect();
    let client = fetch::client();
    let all = join_all(subgraphs.into_iter().map(|subgraph| read_one(folder, subgraph, &client))).await;
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for (file, sdl) in all {
        files.extend(file);
        match sdl {
            Ok(sdl) => read.push(sdl),
            Err(error) => errors.push(error),
        }
    }
    let schema = if errors.is_empty() { Ok(Schema::Subgraphs { subgraphs: read, notes }) } else { Err(errors) };
    Reading { files, schema }
}

type Client = Result<reqwest::Client, FetchSdlError>;

async fn read_one(
    folder: &Path,
    subgraph: RoverSubgraph,
    client: &Client,
) -> (Option<WatchedFile>, Result<SubgraphSdl, Diagnostic>) {
    let RoverSubgraph { name, routing_url, schema, span } = subgraph;
    let (file, sdl) = match schema {
        SchemaSource::File(path) => {
            let (file, sdl) = read_file(&beside(folder, &path), Some(&name)).await;
            let sdl = sdl.map_err(|error| error.at(span, "named here").help("the path is relative to this file"));
            (Some(file), sdl)
        }
        SchemaSource::Service { url, headers } => (None, ask(&name, &url, headers, client, span).await),
        SchemaSource::Inline(sdl) => (None, Ok(sdl)),
    };
    (file, sdl.map(|sdl| SubgraphSdl { name, url: routing_url, sdl }))
}

async fn ask(
    name: &str,
    url: &Url,
    headers: HeaderMap,
    client: &Client,
    span: Span,
) -> Result<Arc<Source>, Diagnostic> {
    let sdl = match client {
        Ok(client) => fetch::fetch_sdl(client, url, headers).await.map_err(|error| (error.to_string(), error.help())),
        Err(error) => Err((error.to_string(), error.help())),
    };
    sdl.map(|sdl| Source::of_subgraph(name, name, sdl)).map_err(|(problem, help)| {
        Diagnostic::error("SUBGRAPH_NOT_INTROSPECTED", format!("no schema from the subgraph \"{name}\": {problem}"))
            .at(span, "asked here")
            .help(help)
    })
}

/// The path of a file named in a file of `folder`, without the `./` that people write.
fn beside(folder: &Path, file: &Path) -> PathBuf {
    folder.join(file).components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_files_as_people_would() {
        assert_eq!(beside(Path::new("schemas"), Path::new("./users.graphql")), Path::new("schemas/users.graphql"));
        assert_eq!(beside(Path::new(""), Path::new("./users.graphql")), Path::new("users.graphql"));
        assert_eq!(beside(Path::new("a"), Path::new("../b.graphql")), Path::new("a/../b.graphql"));
        assert_eq!(beside(Path::new("a"), Path::new("/b.graphql")), Path::new("/b.graphql"));
    }
}
