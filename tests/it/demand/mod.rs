//! How much may be asked: costs as text, budgets, budgets over HTTP, and budgets that gateways share.

mod bound;
mod budgets;
mod cost;
mod documented;
mod serving;
mod shared;

use std::path::Path;
use weft::config::Config;
use weft::diagnostic::{Source, Style, render_all};

fn secret(name: &str) -> Option<String> {
    name.starts_with("WEFT_").then(|| format!("a long value for {name}"))
}

/// A configuration, from its text. Secrets of Weft's own that it reads of the environment have values.
fn config(yaml: &str) -> Config {
    Config::from_yaml(&Source::new("weft.yaml", yaml), &secret, Path::new(""))
        .unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)))
}
