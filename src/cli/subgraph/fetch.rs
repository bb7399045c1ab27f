//! `weft subgraph fetch`: a schema as the registry has it.

use crate::cli::Format;
use crate::cli::remote::Target;
use crate::cli::report::{self, Failure};
use crate::registry::Subgraph;
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The subgraph's name
    #[arg(long, short)]
    name: String,
    /// As it was in an older version
    #[arg(long, value_name = "NUMBER")]
    version: Option<i64>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, name, version } = arguments;
    let path = [graph.as_str(), "subgraphs", name];
    let subgraph: Subgraph = remote.ask(async |client| client.get(&path, &[("version", *version)]).await)?;
    match format {
        Format::Text => report::print(&subgraph.sdl),
        Format::Json => report::print_json(&json!(subgraph)),
    }
}
