//! `weft subgraph`: one service's schema.

mod check;
mod delete;
mod fetch;
mod introspect;
mod lint;
mod list;
pub(super) mod publish;

use super::report::Failure;
use clap::{Args, Subcommand};

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Ask a running service for its schema
    Introspect(introspect::Arguments),
    /// Check a schema: its own validity, and the habits that make graphs easy to read
    Lint(lint::Arguments),
    /// Say what would come of publishing a schema: composition, changes, which clients would break
    Check(check::Arguments),
    /// Publish a schema to the registry; gateways that follow the graph pick it up
    Publish(publish::Arguments),
    /// List a graph's subgraphs
    List(list::Arguments),
    /// Print a schema as the registry has it
    Fetch(fetch::Arguments),
    /// Take a subgraph out of a graph
    Delete(delete::Arguments),
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Introspect(arguments) => introspect::run(arguments),
        Verb::Lint(arguments) => lint::run(arguments),
        Verb::Check(arguments) => check::run(arguments),
        Verb::Publish(arguments) => publish::run(arguments),
        Verb::List(arguments) => list::run(arguments),
        Verb::Fetch(arguments) => fetch::run(arguments),
        Verb::Delete(arguments) => delete::run(arguments),
    }
}
