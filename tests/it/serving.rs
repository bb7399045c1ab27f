//! The gateway on real sockets: GraphQL over HTTP, guards, limits, connections, labels of `@override`.

mod connections;
mod gateway;
mod http_rules;
mod labels;
mod limits;
