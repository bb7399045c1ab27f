//! `weft subgraph publish`: a schema becomes part of a graph, when it composes.

use crate::cli::Format;
use crate::cli::remote::checked::count;
use crate::cli::remote::findings::Locals;
use crate::cli::remote::{self, Target, Trouble};
use crate::cli::report::{self, Failure};
use crate::registry::Published;
use clap::Args;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The subgraph's name
    #[arg(long, short)]
    name: String,
    /// The subgraph's SDL
    #[arg(long, short, value_name = "FILE.graphql")]
    schema: PathBuf,
    /// Where gateways reach it [default: where it was before]
    #[arg(long, value_name = "URL")]
    routing_url: Option<String>,
    /// What to say of it in the history
    #[arg(long, short, value_name = "TEXT")]
    message: Option<String>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, name, schema, routing_url, message } = arguments;
    let sdl = fs::read_to_string(schema).map_err(|error| Failure::file("read", schema, &error))?;
    let mut locals = Locals::default();
    locals.add(name, schema, &sdl);
    let body = json!({
        "subgraphs": [{ "name": name, "sdl": sdl, "url": routing_url }],
        "message": message,
    });
    let published = remote.ask(async |client| client.post(&[graph.as_str(), "publish"], body).await);
    told(published, &locals, *format)
}

/// Says what was published, or why it was not.
pub(in crate::cli) fn told(
    published: Result<Published, Trouble>,
    locals: &Locals,
    format: Format,
) -> Result<(), Failure> {
    let published = match published {
        Ok(published) => published,
        Err(Trouble::DoesNotCompose(findings, failure)) if format == Format::Json => {
            report::print_json(&json!({ "changed": false, "errors": findings }))?;
            failure.print();
            return Err(Failure::Told);
        }
        Err(trouble) => return Err(remote::told(trouble, locals)),
    };
    if format == Format::Json {
        return report::print_json(&json!(published));
    }
    let Published { graph, changed, version } = &published;
    // Hints are of use to whoever has the files before them.
    if !locals.is_empty() {
        report::print_diagnostics(&locals.diagnostics(&version.hints));
    }
    let (number, subgraphs) = (version.number, count(version.subgraphs.len(), "subgraph"));
    report::print(&if *changed {
        format!("{graph} is version {number} now: {}, {subgraphs}\n", version.action)
    } else {
        format!("unchanged: {graph} is still version {number}\n")
    })
}
