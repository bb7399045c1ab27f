//! `weft migrate GATEWAY FILE`: the configuration of another gateway as `weft.yaml`.

use super::report::{self, Failure};
use crate::diagnostic::{Diagnostic, Source};
use crate::migrate::{self, Gateway, Migration};
use clap::Args;
use serde_json::{Value, json};
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
pub(super) struct Arguments {
    /// Whose configuration it is
    #[arg(value_enum, value_name = "GATEWAY")]
    gateway: Name,
    /// The file: router.yaml, router.config.yaml, config.yaml or grafbase.toml
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Where to write weft.yaml; without it, it is printed
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// How to print what was not carried, and the result
    #[arg(long, value_enum, default_value_t = super::Format::Text)]
    format: super::Format,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Name {
    Apollo,
    Hive,
    Cosmo,
    Grafbase,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { gateway, file, output, format } = arguments;
    let gateway = match gateway {
        Name::Apollo => Gateway::Apollo,
        Name::Hive => Gateway::Hive,
        Name::Cosmo => Gateway::Cosmo,
        Name::Grafbase => Gateway::Grafbase,
    };
    let text = fs::read_to_string(file).map_err(|error| Failure::file("read", file, &error))?;
    let migration = migrate::migrate(gateway, &Source::new(file.display().to_string(), text))?;
    if let Some(path) = output {
        if path.exists() {
            let help = "give another file, or remove it first";
            return Err(Failure::because(format!("{} exists already", path.display())).help(help));
        }
        fs::write(path, &migration.yaml).map_err(|error| Failure::file("write", path, &error))?;
    }
    match format {
        super::Format::Json => report::print_json(&as_json(&migration)),
        super::Format::Text => {
            report::print_diagnostics(&migration.left);
            let Migration { carried, left, .. } = &migration;
            let place = output.as_ref().map_or_else(String::new, |path| format!(" to {}", path.display()));
            report::note(&format!("carried {carried} settings{place}, left {}", left.len()));
            if output.is_none() { report::print(&migration.yaml) } else { Ok(()) }
        }
    }
}

fn as_json(migration: &Migration) -> Value {
    let left: Vec<Value> = migration.left.iter().map(Diagnostic::to_json).collect();
    json!({ "config": migration.yaml, "carried": migration.carried, "left": left })
}
