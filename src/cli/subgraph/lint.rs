//! `weft subgraph lint`: one schema -> what is wrong with it alone, and which habits it breaks.

use crate::cli::Format;
use crate::cli::report::{self, Failure};
use crate::diagnostic::{Diagnostic, Severity, Source};
use crate::subgraph::{self, Subgraph};
use clap::Args;
use serde_json::Value;
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
#[command(after_help = "Exit code: 0 when the schema is valid, 1 when it is not; with --strict also 1 for warnings.")]
pub(in crate::cli) struct Arguments {
    /// The subgraph's SDL
    #[arg(value_name = "FILE.graphql")]
    file: PathBuf,
    /// Let warnings fail, too
    #[arg(long)]
    strict: bool,
    /// How to print the findings
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let path = &arguments.file;
    let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    let source = Source::new(path.display().to_string(), text);
    let findings = match Subgraph::parse(&name, "", source) {
        Ok(subgraph) => subgraph::lint(&subgraph),
        Err(errors) => errors,
    };
    match arguments.format {
        Format::Text => report::print_diagnostics(&findings),
        Format::Json => {
            report::print_json(&findings.iter().map(Diagnostic::to_json).collect::<Vec<Value>>().into())?;
        }
    }
    let fails = |finding: &Diagnostic| match finding.severity {
        Severity::Error => true,
        Severity::Warning => arguments.strict,
        Severity::Hint => false,
    };
    if findings.iter().any(fails) { Err(Failure::Told) } else { Ok(()) }
}
