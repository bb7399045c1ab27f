//! All integration tests, in one binary.

#![allow(clippy::unwrap_used)]

mod architecture;
mod composition;
mod introspect;
mod supergraph;
