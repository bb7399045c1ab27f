//! `weft subgraph`: one service's schema.

mod introspect;
mod lint;

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
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Introspect(arguments) => introspect::run(arguments),
        Verb::Lint(arguments) => lint::run(arguments),
    }
}
