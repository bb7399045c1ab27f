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

/// A configuration, from its text. Whatever it reads of the environment has a value.
fn config(yaml: &str) -> Config {
    Config::from_yaml(&Source::new("weft.yaml", yaml), &|name| Some(format!("a long value for {name}")), Path::new(""))
        .unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)))
}
