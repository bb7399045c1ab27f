//! A Rover `supergraph.yaml` -> the SDL of every subgraph it names, all read at the same time.

use super::fetch::{self, FetchSdlError};
use super::{Reading, Schema, WatchedFile, environment, read_file};
use crate::config::{ComposeFile, ComposeSubgraph, SchemaLocation};
use crate::diagnostic::{Diagnostic, Source, Span};
use futures::future::join_all;
use http::HeaderMap;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;
use url::Url;

/// One subgraph's schema as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphSdl {
    /// Its name.
    pub name: String,
    /// Where it is reached.
    pub url: String,
    /// Its SDL.
    pub sdl: Arc<Source>,
}

/// Reads what the yaml `source`, found at `path`, names. The files given back are not the yaml itself.
pub(super) async fn read(path: &Path, source: &Arc<Source>) -> Reading {
    let folder = path.parent().unwrap_or(Path::new(""));
    let yaml = match ComposeFile::from_yaml(source, &environment, folder) {
        Ok(yaml) => yaml,
        Err(errors) => return Reading { files: Vec::new(), schema: Err(errors) },
    };
    let mut files: Vec<WatchedFile> = yaml.files.iter().map(|file| WatchedFile::read(file)).collect();
    let client = fetch::client();
    let all = join_all(yaml.subgraphs.into_iter().map(|subgraph| read_one(subgraph, &client))).await;
    let (mut read, mut errors) = (Vec::new(), Vec::new());
    for (file, sdl) in all {
        files.extend(file);
        match sdl {
            Ok(sdl) => read.push(sdl),
            Err(error) => errors.push(error),
        }
    }
    Reading { files, schema: if errors.is_empty() { Ok(Schema::Subgraphs(read)) } else { Err(errors) } }
}

type Client = Result<reqwest::Client, FetchSdlError>;

async fn read_one(
    subgraph: ComposeSubgraph,
    client: &Client,
) -> (Option<WatchedFile>, Result<SubgraphSdl, Diagnostic>) {
    let ComposeSubgraph { name, routing_url, schema, span } = subgraph;
    let (file, sdl) = match schema {
        SchemaLocation::File(path) => {
            let (file, sdl) = read_file(&plain(&path), Some(&name)).await;
            let sdl = sdl.map_err(|error| error.at(span, "named here").help("paths are relative to this file"));
            (Some(file), sdl)
        }
        SchemaLocation::Service { url, headers } => (None, ask(&name, &url, headers, client, span).await),
        SchemaLocation::Inline(sdl) => {
            let place = format!("{} ({name})", span.source.name);
            (None, Ok(Source::of_subgraph(&name, place, sdl)))
        }
    };
    // Without an address a supergraph can be looked at; whoever serves it asks for one.
    let url = routing_url.unwrap_or_default();
    (file, sdl.map(|sdl| SubgraphSdl { name, url, sdl }))
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

/// A path without the `./` that people write.
fn plain(path: &Path) -> PathBuf {
    path.components().filter(|part| *part != Component::CurDir).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_files_as_people_would() {
        assert_eq!(plain(&Path::new("schemas").join("./users.graphql")), Path::new("schemas/users.graphql"));
        assert_eq!(plain(&Path::new("").join("./users.graphql")), Path::new("users.graphql"));
        assert_eq!(plain(&Path::new("a").join("../b.graphql")), Path::new("a/../b.graphql"));
    }
}
