//! `weft graph delete`: a variant is forgotten. Gateways that follow it keep what they have.

use crate::cli::Format;
use crate::cli::remote::Target;
use crate::cli::report::{self, Failure};
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// Say that it is meant: nothing brings it back
    #[arg(long)]
    confirm: bool,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Target { graph, format, remote } = &arguments.target;
    if !arguments.confirm {
        let failure = Failure::because(format!("{graph} would be deleted with its history"));
        return Err(failure.help("say --confirm when that is meant"));
    }
    remote.ask(async |client| client.delete(&[graph.as_str()]).await)?;
    match format {
        Format::Json => report::print_json(&json!({ "graph": graph, "deleted": true })),
        Format::Text => report::print(&format!("deleted {graph}\n")),
    }
}
