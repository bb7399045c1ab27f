//! `weft graph list`: the variants that the token may read.

use crate::cli::Format;
use crate::cli::remote::Remote;
use crate::cli::remote::table::{short, table};
use crate::cli::report::{self, Failure};
use crate::registry::Graph;
use clap::Args;
use serde_json::json;
use std::io;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    #[command(flatten)]
    remote: Remote,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let graphs: Vec<Graph> = arguments.remote.ask(async |client| client.get(&[], &[]).await)?;
    if arguments.format == Format::Json {
        return report::print_json(&json!(graphs));
    }
    let cells = |Graph { graph, created, version, supergraph }: Graph| {
        let version = version.map_or_else(|| "-".to_owned(), |version| version.to_string());
        vec![graph, version, supergraph.map_or_else(|| "-".to_owned(), |hash| short(&hash)), created]
    };
    let rows: Vec<Vec<String>> = graphs.into_iter().map(cells).collect();
    report::print(&table(&["GRAPH", "VERSION", "SUPERGRAPH", "SINCE"], &rows, report::style_of(&io::stdout())))
}
