//! `weft graph history`: what was served of a graph, the newest first, or what did not compose.

use crate::cli::Format;
use crate::cli::remote::Target;
use crate::cli::remote::findings::Locals;
use crate::cli::remote::table::{short, table};
use crate::cli::report::{self, Failure};
use crate::diagnostic::render_all;
use crate::registry::{Attempt, Version};
use clap::Args;
use serde_json::json;
use std::io;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// Versions before this one
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// How many, at most 100
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: i64,
    /// The last attempts that did not compose, with their errors
    #[arg(long)]
    attempts: bool,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.attempts {
        return attempts(arguments);
    }
    let Arguments { target: Target { graph, format, remote }, before, limit, .. } = arguments;
    let numbers = [("before", *before), ("limit", Some(*limit))];
    let versions: Vec<Version> = remote.ask(async |client| client.get(&[graph.as_str(), "history"], &numbers).await)?;
    if *format == Format::Json {
        return report::print_json(&json!(versions));
    }
    let cells = |version: Version| {
        let said = version.message.as_deref().and_then(|message| message.lines().next()).unwrap_or_default();
        let supergraph = short(&version.supergraph);
        vec![version.number.to_string(), version.created, version.author, supergraph, version.action, said.to_owned()]
    };
    let rows: Vec<Vec<String>> = versions.into_iter().map(cells).collect();
    let head = ["VERSION", "WHEN", "WHO", "SUPERGRAPH", "WHAT", "MESSAGE"];
    report::print(&table(&head, &rows, report::style_of(&io::stdout())))
}

fn attempts(arguments: &Arguments) -> Result<(), Failure> {
    let Target { graph, format, remote } = &arguments.target;
    let attempts: Vec<Attempt> = remote.ask(async |client| client.get(&[graph.as_str(), "attempts"], &[]).await)?;
    if *format == Format::Json {
        return report::print_json(&json!(attempts));
    }
    let style = report::style_of(&io::stdout());
    for attempt in &attempts {
        let errors = render_all(&Locals::default().diagnostics(&attempt.errors), style);
        let Attempt { number, created, author, action, .. } = attempt;
        report::print(&format!("attempt {number}, {created}, {author}: {action}\n{errors}\n"))?;
    }
    Ok(())
}
