//! All integration tests, in one binary.

#![allow(clippy::unwrap_used)]

mod architecture;
mod demo_services;
