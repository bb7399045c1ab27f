//! All integration tests, in one binary.

#![allow(clippy::unwrap_used)]

mod architecture;
mod cli;
mod config;
mod demo_services;
mod introspect;
mod playground;
mod process;
mod reload;
mod supergraph;
mod upstream;
