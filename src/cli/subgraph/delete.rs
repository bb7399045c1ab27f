//! `weft subgraph delete`: a graph without one of its subgraphs, when the others compose alone.

use super::publish;
use crate::cli::remote::Target;
use crate::cli::remote::findings::Locals;
use crate::cli::report::Failure;
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The subgraph's name
    #[arg(long, short)]
    name: String,
    /// What to say of it in the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, name, message } = arguments;
    let body = json!({ "delete": [name], "message": message });
    let published = remote.ask(async |client| client.post(&[graph.as_str(), "publish"], body).await);
    publish::told(published, &Locals::default(), *format)
}
