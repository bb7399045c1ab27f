//! `weft subgraph list`: the subgraphs of a graph.

use crate::cli::Format;
use crate::cli::remote::Target;
use crate::cli::remote::table::{short, table};
use crate::cli::report::{self, Failure};
use crate::registry::Member;
use clap::Args;
use serde_json::json;
use std::io;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// Of an older version
    #[arg(long, value_name = "NUMBER")]
    version: Option<i64>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, version } = arguments;
    let path = [graph.as_str(), "subgraphs"];
    let members: Vec<Member> = remote.ask(async |client| client.get(&path, &[("version", *version)]).await)?;
    if *format == Format::Json {
        return report::print_json(&json!(members));
    }
    let rows = members.into_iter().map(|Member { name, url, hash }| vec![name, short(&hash), url]);
    report::print(&table(&["SUBGRAPH", "SCHEMA", "URL"], &rows.collect::<Vec<_>>(), report::style_of(&io::stdout())))
}
