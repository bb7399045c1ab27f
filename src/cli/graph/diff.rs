//! `weft graph diff`: what one version has otherwise than another.

use crate::cli::Format;
use crate::cli::remote::Target;
use crate::cli::report::{self, Failure};
use crate::registry::{Diff, MemberChange};
use clap::Args;
use serde_json::json;
use std::fmt::Write;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The version to compare with [default: the one before]
    #[arg(long, value_name = "NUMBER")]
    from: Option<i64>,
    /// The version to compare [default: the newest]
    #[arg(long, value_name = "NUMBER")]
    to: Option<i64>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, from, to } = arguments;
    let numbers = [("from", *from), ("to", *to)];
    let diff: Diff = remote.ask(async |client| client.get(&[graph.as_str(), "diff"], &numbers).await)?;
    match format {
        Format::Json => report::print_json(&json!(diff)),
        Format::Text => report::print(&text(&diff)),
    }
}

fn text(diff: &Diff) -> String {
    let Diff { graph, from, to, subgraphs, changes } = diff;
    let mut text = format!("{graph}, version {to} against {from}\n");
    for change in subgraphs {
        let _ = writeln!(text, "  {}", told(change));
    }
    if changes.is_empty() {
        text += "clients see no difference\n";
    }
    for change in changes {
        let _ = writeln!(text, "{:<10} {:<28} {}", change.criticality, change.rule, change.message);
    }
    text
}

fn told(MemberChange { name, before, after }: &MemberChange) -> String {
    match (before, after) {
        (None, _) => format!("subgraph {name} is new"),
        (_, None) => format!("subgraph {name} is gone"),
        (Some(before), Some(after)) if before.hash == after.hash => {
            format!("subgraph {name} is at {} now", after.url)
        }
        (Some(before), Some(after)) if before.url == after.url => format!("subgraph {name} has another schema"),
        (_, Some(after)) => format!("subgraph {name} has another schema, and is at {} now", after.url),
    }
}
