//! `weft subgraph introspect URL`: a running service -> its SDL, by `{ _service { sdl } }`.

use crate::cli::report::{self, Failure, READING};
use crate::source;
use clap::Args;
use http::{HeaderMap, HeaderName, HeaderValue};
use std::fs;
use std::path::PathBuf;
use url::Url;

#[derive(Args)]
pub(in crate::cli) struct Arguments {
    /// The service's GraphQL endpoint
    #[arg(value_name = "URL")]
    url: Url,
    /// A header to send along, as `name: value`; may be given several times
    #[arg(long, short = 'H', value_name = "HEADER", value_parser = header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Where to write the SDL [default: standard output]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("give it as `name: value`")?;
    let name = name.trim().parse().map_err(|_| format!("{name:?} is not the name of a header"))?;
    // The value may be a secret: it is not repeated.
    let value = HeaderValue::from_str(value.trim()).map_err(|_| "the value has characters that no header may have")?;
    Ok((name, value))
}

pub(super) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let headers: HeaderMap = arguments.header.iter().cloned().collect();
    let asking = report::patiently(READING, source::introspect(&arguments.url, headers));
    let sdl = crate::cli::runtime(Some(1))?.block_on(asking).map_err(|error| vec![error])?;
    match &arguments.output {
        None => report::print(&sdl),
        Some(path) => fs::write(path, &sdl).map_err(|error| Failure::file("write", path, &error)),
    }
}
