//! The gateway on real sockets: GraphQL over HTTP, batches, guards, limits, connections, access, lists of documents, labels of
//! `@override`, contexts, masks, spans, TLS.

mod access;
mod batching;
mod cached_access;
mod caching;
mod connections;
mod contexts;
mod documents;
pub mod gateway;
mod hot;
mod http_rules;
mod insight;
mod invalidation;
mod labels;
mod limits;
mod masks;
mod race;
pub mod resilience;
mod sharing;
mod spans;
mod surrogate_keys;
mod tls;
