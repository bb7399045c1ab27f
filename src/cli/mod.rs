//! The command line: one file per verb.
//!
//! Arguments come in, an exit code goes out: 0 when it worked, 1 when an input is wrong (every problem
//! is named, with its place), 2 when the command itself is. Results go to standard output, everything
//! else to standard error, so that a pipe carries results only.

mod completions;
mod compose;
mod config;
mod cost;
mod demo;
mod dev;
mod endpoints;
mod explain;
mod gateway;
mod graph;
mod init;
mod keys;
mod migrate;
mod permission;

mod plan;
mod registry;
mod remote;
mod report;
mod serve;
mod signals;
mod subgraph;

use clap::{CommandFactory, Parser, Subcommand};
use report::Failure;
use std::process::ExitCode;
use tokio::runtime::{self, Runtime};

/// Runs the command that the process was started with.
pub fn run() -> ExitCode {
    let Some(verb) = Cli::parse().verb else {
        // Asked for nothing, it says what there is to ask for.
        let _ = Cli::command().print_help();
        return ExitCode::SUCCESS;
    };
    let outcome = match verb {
        Verb::Serve(arguments) => serve::run(&arguments),
        Verb::Demo(arguments) => demo::run(&arguments),
        Verb::Dev(arguments) => dev::run(&arguments),
        Verb::Init(arguments) => init::run(&arguments),
        Verb::Compose(arguments) => compose::run(&arguments),
        Verb::Plan(arguments) => plan::run(&arguments),
        Verb::Subgraph(arguments) => subgraph::run(&arguments),
        Verb::Graph(arguments) => graph::run(&arguments),
        Verb::Registry(arguments) => registry::run(&arguments),
        Verb::Explain(arguments) => explain::run(&arguments),
        Verb::Config(arguments) => config::run(&arguments),
        Verb::Keys(arguments) => keys::run(&arguments),
        Verb::Permission(arguments) => permission::run(&arguments),
        Verb::Migrate(arguments) => migrate::run(&arguments),
        Verb::Completions(arguments) => completions::run(&arguments),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.print();
            ExitCode::FAILURE
        }
    }
}

/// Weft weaves many services' GraphQL schemas into one graph.
#[derive(Parser)]
#[command(name = "weft", version, disable_help_subcommand = true, max_term_width = 100)]
#[command(after_help = "Try it: weft demo")]
struct Cli {
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    /// Serve a supergraph
    Serve(serve::Arguments),
    /// Run a sample shop: four services and the gateway over them
    Demo(demo::Arguments),
    /// Start a project: a graph of two services to change
    Init(init::Arguments),
    /// Compose and serve while you edit: every save is taken into service or shown with its errors
    Dev(dev::Arguments),
    /// Compose subgraphs into a supergraph
    Compose(compose::Arguments),
    /// Show how an operation would be answered
    Plan(plan::Arguments),
    /// Work with one service's schema
    Subgraph(subgraph::Arguments),
    /// Work with a registry's graphs: history, rollback, who follows
    Graph(graph::Arguments),
    /// Run a registry: teams publish schemas to it, gateways follow what composes
    Registry(registry::Arguments),
    /// Say what the code of an error or hint means
    Explain(explain::Arguments),
    /// Describe or check the configuration file
    Config(config::Arguments),
    /// Make, list and revoke API keys
    Keys(keys::Arguments),
    /// Let somebody see how requests are answered, for a while
    Permission(permission::Arguments),
    /// Turn the configuration of another gateway into weft.yaml
    Migrate(migrate::Arguments),
    /// Print a script that completes this command in a shell
    Completions(completions::Arguments),
}

/// Text for people or JSON for scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    Text,
    Json,
}

/// A runtime with `threads` workers, or as many as there are processors.
fn runtime(threads: Option<usize>) -> Result<Runtime, Failure> {
    let mut builder = runtime::Builder::new_multi_thread();
    if let Some(threads) = threads {
        builder.worker_threads(threads);
    }
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::because(format!("the system gives no threads: {}", report::plain(&error))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_arguments_are_consistent() {
        Cli::command().debug_assert();
    }
}
