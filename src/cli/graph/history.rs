//! `weft graph history`: what was served of a graph, the newest first; or what did not compose, or was asked about.

use crate::cli::Format;
use crate::cli::remote::findings::Locals;
use crate::cli::remote::table::{short, table};
use crate::cli::remote::{Target, checked};
use crate::cli::report::{self, Failure};
use crate::diagnostic::render_all;
use crate::registry::{Attempt, PastCheck, Version};
use clap::Args;
use serde_json::json;
use std::io;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// Versions before this one, or checks
    #[arg(long, value_name = "NUMBER")]
    before: Option<i64>,
    /// How many, at most 100
    #[arg(long, value_name = "NUMBER", default_value_t = 20)]
    limit: i64,
    /// The last attempts that did not compose, with their errors
    #[arg(long)]
    attempts: bool,
    /// The last checks, with their verdicts
    #[arg(long, conflicts_with = "attempts")]
    checks: bool,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.attempts {
        return attempts(arguments);
    }
    if arguments.checks {
        return checks(arguments);
    }
    let Arguments { target: Target { graph, format, remote }, before, limit, .. } = arguments;
    let numbers = [("before", *before), ("limit", Some(*limit))];
    let versions: Vec<Version> = remote.ask(async |client| client.get(&[graph.as_str(), "history"], &numbers).await)?;
    if *format == Format::Json {
        return report::print_json(&json!(versions));
    }
    let cells = |version: Version| {
        let (supergraph, said) = (short(&version.supergraph), first_line(version.message.as_deref()));
        vec![version.number.to_string(), version.created, version.author, supergraph, version.action, said]
    };
    let rows: Vec<Vec<String>> = versions.into_iter().map(cells).collect();
    let head = ["VERSION", "WHEN", "WHO", "SUPERGRAPH", "WHAT", "MESSAGE"];
    report::print(&table(&head, &rows, report::style_of(&io::stdout())))
}

fn checks(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, before, limit, .. } = arguments;
    let numbers = [("before", *before), ("limit", Some(*limit))];
    let checks: Vec<PastCheck> = remote.ask(async |client| client.get(&[graph.as_str(), "checks"], &numbers).await)?;
    if *format == Format::Json {
        return report::print_json(&json!(checks));
    }
    let cells = |PastCheck { number, created, author, action, message, outcome }: PastCheck| {
        let against = outcome.version.map_or_else(|| "-".to_owned(), |version| version.to_string());
        let (verdict, found) = (checked::verdict(outcome.verdict).to_owned(), checked::counted(&outcome));
        vec![number.to_string(), created, author, verdict, against, found, action, first_line(message.as_deref())]
    };
    let rows: Vec<Vec<String>> = checks.into_iter().map(cells).collect();
    let head = ["CHECK", "WHEN", "WHO", "VERDICT", "AGAINST", "FOUND", "WHAT", "MESSAGE"];
    report::print(&table(&head, &rows, report::style_of(&io::stdout())))
}

fn first_line(message: Option<&str>) -> String {
    message.and_then(|message| message.lines().next()).unwrap_or_default().to_owned()
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
