//! `weft config schema|validate`: the configuration file described for editors, or checked.

use super::Format;
use super::report::{self, Failure};
use crate::config;
use crate::diagnostic::Diagnostic;
use crate::source;
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Arguments {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Print the JSON Schema of weft.yaml, for editors
    Schema,
    /// Check a configuration file
    Validate(Validate),
}

#[derive(Args)]
struct Validate {
    /// The configuration file
    #[arg(value_name = "FILE", default_value = "weft.yaml", env = "WEFT_CONFIG", hide_env_values = true)]
    file: PathBuf,
    /// How to print the result
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    match &arguments.verb {
        Verb::Schema => report::print_json(&config::schema()),
        Verb::Validate(validate) => run_validate(validate),
    }
}

fn run_validate(Validate { file, format }: &Validate) -> Result<(), Failure> {
    let errors = source::read_config(file).config.err().unwrap_or_default();
    match format {
        Format::Json => {
            let told: Vec<Value> = errors.iter().map(Diagnostic::to_json).collect();
            report::print_json(&json!({ "valid": errors.is_empty(), "errors": told }))?;
            if errors.is_empty() { Ok(()) } else { Err(Failure::Told) }
        }
        Format::Text if errors.is_empty() => report::print(&format!("{} is valid\n", file.display())),
        Format::Text => Err(errors.into()),
    }
}
