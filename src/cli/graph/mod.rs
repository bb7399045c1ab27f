//! `weft graph`: graphs of a registry, as wholes.

mod contract;
mod delete;
mod diff;
mod fetch;
mod gateways;
mod history;
mod list;
mod publish;
mod rollback;

use super::report::Failure;
use clap::{Args, Subcommand};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// List the graphs and their variants
    List(list::Arguments),
    /// Print a graph's supergraph, or what clients see of it
    Fetch(fetch::Arguments),
    /// Publish all subgraphs that a supergraph.yaml names, together
    Publish(publish::Arguments),
    /// List what was served, and when, by whom
    History(history::Arguments),
    /// Serve an older version again
    Rollback(rollback::Arguments),
    /// Show what one version has otherwise than another
    Diff(diff::Arguments),
    /// Make a variant a part of another one, chosen by @tag
    Contract(contract::Arguments),
    /// List the gateways that follow a graph, and what each serves
    Gateways(gateways::Arguments),
    /// Forget a graph's variant with everything that was published to it
    Delete(delete::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::List(arguments) => list::run(arguments),
        Verb::Fetch(arguments) => fetch::run(arguments),
        Verb::Publish(arguments) => publish::run(arguments),
        Verb::History(arguments) => history::run(arguments),
        Verb::Rollback(arguments) => rollback::run(arguments),
        Verb::Diff(arguments) => diff::run(arguments),
        Verb::Contract(arguments) => contract::run(arguments),
        Verb::Gateways(arguments) => gateways::run(arguments),
        Verb::Delete(arguments) => delete::run(arguments),
    }
}
