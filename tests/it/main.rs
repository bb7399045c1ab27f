//! All integration tests, in one binary.

#![allow(clippy::unwrap_used)]

mod access;
mod architecture;
mod authorization;
mod cache;
mod change;
mod cli;
mod composition;
mod config;
mod contract;
mod delivery;
mod demand;
mod demo_services;
mod dev;
mod differential;
mod excerpts;
mod execute;
mod faults;
mod introspect;
mod migrate;
mod mock;
mod planning;
mod playground;
mod postgres;
mod prepare;
mod process;
mod query_plans;
mod redis;
mod registry;
mod reload;
mod serving;
mod subscriptions;
mod supergraph;
mod upstream;
