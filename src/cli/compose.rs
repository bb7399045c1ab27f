//! `weft compose`: a `supergraph.yaml` -> supergraph SDL, or everything that is wrong.

use super::Format;
use super::report::{self, Failure, READING};
use crate::diagnostic::{Diagnostic, Severity};
use crate::source::{self, Composed};
use crate::supergraph;
use clap::Args;
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(super) struct Arguments {
    /// The supergraph.yaml that names the subgraphs (Rover's format)
    #[arg(long, short, value_name = "FILE")]
    config: PathBuf,
    /// Where to write the supergraph SDL [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    // Schemas may have to be asked for over the network.
    let reading = super::runtime(Some(1))?.block_on(report::patiently(READING, source::read_yaml(&arguments.config)));
    let outcome = reading.schema.and_then(|schema| schema.supergraph());
    if arguments.format == Format::Json {
        return print_json(arguments, outcome);
    }
    let Composed { supergraph, hints } = outcome?;
    report::print_diagnostics(&hints);
    let sdl = supergraph::render(&supergraph);
    match &arguments.output {
        None => report::print(&sdl),
        Some(path) => {
            write(path, &sdl)?;
            let (types, subgraphs) = (supergraph.types.len(), supergraph.subgraphs.len());
            eprintln!("composed {subgraphs} subgraphs, {types} types -> {}", path.display());
            Ok(())
        }
    }
}

/// `{supergraph, hints, errors}`; the SDL is left out when it goes to a file.
fn print_json(arguments: &Arguments, outcome: Result<Composed, Vec<Diagnostic>>) -> Result<(), Failure> {
    let told = |diagnostics: &[Diagnostic], error: bool| -> Vec<Value> {
        let wanted = diagnostics.iter().filter(|diagnostic| (diagnostic.severity == Severity::Error) == error);
        wanted.map(Diagnostic::to_json).collect()
    };
    match outcome {
        Ok(Composed { supergraph, hints }) => {
            let sdl = supergraph::render(&supergraph);
            let mut result = json!({ "supergraph": null, "hints": told(&hints, false), "errors": [] });
            match &arguments.output {
                Some(path) => write(path, &sdl)?,
                None => result["supergraph"] = sdl.into(),
            }
            report::print_json(&result)
        }
        Err(errors) => {
            let result = json!({ "supergraph": null, "hints": told(&errors, false), "errors": told(&errors, true) });
            report::print_json(&result)?;
            Err(Failure::Told)
        }
    }
}

fn write(path: &Path, sdl: &str) -> Result<(), Failure> {
    fs::write(path, sdl).map_err(|error| Failure::file("write", path, &error))
}
