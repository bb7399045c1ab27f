//! `weft graph fetch`: a supergraph, or what clients see of it, as SDL.

use crate::cli::Format;
use crate::cli::remote::Target;
use crate::cli::report::{self, Failure};
use crate::registry::Version;
use clap::Args;
use serde_json::json;
use std::fs;
use std::path::PathBuf;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// An older version
    #[arg(long, value_name = "NUMBER")]
    version: Option<i64>,
    /// What clients see, in place of the supergraph
    #[arg(long)]
    api: bool,
    /// Where to write the SDL [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    target: Target,
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { target: Target { graph, format, remote }, version, api, output } = arguments;
    let what = if *api { "schema" } else { "supergraph" };
    let (sdl, version) = remote.ask(async |client| {
        let version: Version = client.get(&[graph.as_str()], &[("version", *version)]).await?;
        let sdl = client.text(&[graph.as_str(), what], &[("version", Some(version.number))]).await?;
        Ok((sdl, version))
    })?;
    if let Some(path) = output {
        fs::write(path, &sdl).map_err(|error| Failure::file("write", path, &error))?;
    }
    match format {
        Format::Json => {
            let sdl = output.is_none().then_some(sdl);
            report::print_json(&json!({ "graph": graph, "version": version, "sdl": sdl }))
        }
        Format::Text if output.is_none() => report::print(&sdl),
        Format::Text => {
            eprintln!("{graph}, version {}", version.number);
            Ok(())
        }
    }
}
