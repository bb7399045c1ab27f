//! `weft graph rollback`: an older version is served again, as a new one.

use crate::cli::remote::Target;
use crate::cli::remote::findings::Locals;
use crate::cli::report::Failure;
use crate::cli::subgraph::publish;
use clap::Args;
use serde_json::json;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The version to serve again [default: the one before the newest]
    #[arg(long, value_name = "NUMBER")]
    to: Option<i64>,
    /// What to say of it in the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, to, message } = arguments;
    let body = json!({ "version": to, "message": message });
    let published = remote.ask(async |client| client.post(&[graph.as_str(), "rollback"], body).await);
    publish::told(published, &Locals::default(), *format)
}
