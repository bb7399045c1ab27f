//! The registry: its store, its doors, its command line, and what happens to it when the machine does not play along.

mod cli;
mod connections;
mod delivery;
mod disk;
mod gateways;
mod graphql;
mod http;
mod kill;
mod roles;
mod store;
pub mod world;
