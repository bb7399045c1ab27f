//! The gateway on real sockets: GraphQL over HTTP, guards, limits, connections.

mod connections;
mod gateway;
mod http_rules;
mod limits;
mod sharing;
