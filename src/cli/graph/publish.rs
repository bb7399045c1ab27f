//! `weft graph publish`: all subgraphs of a `supergraph.yaml` as one version. So a graph begins whose subgraphs do not
//! compose one by one.

use crate::cli::remote::Target;
use crate::cli::remote::findings::Locals;
use crate::cli::report::{self, Failure, READING};
use crate::cli::subgraph::publish;
use crate::source::{self, Schema};
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The supergraph.yaml that names the subgraphs
    #[arg(long, short, value_name = "FILE", default_value = "supergraph.yaml")]
    config: PathBuf,
    /// What to say of it in the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, config, message } = arguments;
    let reading = crate::cli::runtime(Some(1))?.block_on(report::patiently(READING, source::read_yaml(config)));
    let Schema::Subgraphs(subgraphs) = reading.schema? else {
        return Err(Failure::because(format!("{} names no subgraphs", config.display())));
    };
    let mut locals = Locals::default();
    for subgraph in &subgraphs {
        locals.add(&subgraph.name, Path::new(&subgraph.sdl.name), &subgraph.sdl.text);
    }
    let put = |subgraph: &source::SubgraphSdl| {
        let url = Some(&subgraph.url).filter(|url| !url.is_empty());
        json!({ "name": subgraph.name, "sdl": subgraph.sdl.text, "url": url })
    };
    let body = json!({ "subgraphs": subgraphs.iter().map(put).collect::<Vec<_>>(), "message": message });
    let published = remote.ask(async |client| client.post(&[graph.as_str(), "publish"], body).await);
    publish::told(published, &locals, *format)
}
