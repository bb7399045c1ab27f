//! All integration tests, in one binary.

#![allow(clippy::unwrap_used)]

mod architecture;
mod cli;
mod composition;
mod config;
mod demo_services;
mod execute;
mod introspect;
mod playground;
mod process;
mod reload;
mod serving;
mod supergraph;
mod upstream;
