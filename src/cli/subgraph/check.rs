//! `weft subgraph check`: what would come of publishing a schema, for people, scripts and pull requests.

use crate::cli::remote::findings::Locals;
use crate::cli::remote::{self, Remote, checked};
use crate::cli::report::{self, Failure};
use crate::registry::{Checked, GraphRef, Verdict};
use clap::Args;
use serde_json::json;
use std::path::PathBuf;
use std::{fs, io};

#[derive(Args)]
#[command(after_help = "Exit code: 0 when it may be published, 1 when it does not compose or breaks clients.")]
pub(in crate::cli) struct Arguments {
    /// The graph: shop, or a variant of it: shop@prod
    #[arg(value_name = "GRAPH", value_parser = remote::graph_ref)]
    graph: GraphRef,
    /// The subgraph's name
    #[arg(long, short)]
    name: String,
    /// The subgraph's SDL
    #[arg(long, short, value_name = "FILE.graphql")]
    schema: PathBuf,
    /// Let breaking changes pass that nobody's operations touch, where usage is recorded
    #[arg(long)]
    allow_unused: bool,
    /// What to say of it among the checks: a branch, a pull request
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = CheckFormat::Text)]
    format: CheckFormat,
    #[command(flatten)]
    remote: Remote,
}

/// Text for people, JSON for scripts, Markdown for a comment on a pull request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum CheckFormat {
    Text,
    Json,
    Markdown,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { graph, name, schema, allow_unused, message, format, remote } = arguments;
    let sdl = fs::read_to_string(schema).map_err(|error| Failure::file("read", schema, &error))?;
    let mut locals = Locals::default();
    locals.add(name, schema, &sdl);
    let body = json!({ "subgraphs": [{ "name": name, "sdl": sdl }], "allowUnused": allow_unused, "message": message });
    let checked: Checked = remote.ask(async |client| client.post(&[graph.as_str(), "check"], body).await)?;
    match format {
        CheckFormat::Text => report::print(&checked::text(&checked, &locals, report::style_of(&io::stdout())))?,
        CheckFormat::Json => report::print_json(&json!(checked))?,
        CheckFormat::Markdown => report::print(&checked::markdown(&checked))?,
    }
    match checked.verdict {
        Verdict::Passed => Ok(()),
        Verdict::Failed => Err(Failure::Told),
    }
}
