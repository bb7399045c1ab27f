//! Weft weaves many services' GraphQL schemas into one graph and answers each client query by
//! fanning out to the services in parallel.
//!
//! This page is the map. The rooms, in reading order; each may use only what
//! `tests/it/architecture.rs` lists for it, and every arrow runs one way.
//!
//! **Schema time**: SDL -> [`subgraph`] -> [`compose`] -> [`supergraph`] -> [`graph`] -> [`snapshot`].
//!
//! - [`diagnostic`]: code, message, labelled source spans, hint -> text or JSON.
//! - [`subgraph`]: one service's SDL read into a `Subgraph`, with its own validation.
//! - [`compose`]: all subgraphs merged into one supergraph, or all the errors at once.
//! - [`supergraph`]: the interned model; reads and writes join SDL; derives the API schema.
//! - [`change`]: two versions of a supergraph -> what clients see differently, and how bad that is.
//! - [`contract`]: a supergraph -> the part of it that some clients see, chosen by `@tag`.
//! - [`graph`]: the query graph, type-in-subgraph nodes and the moves between them.
//!
//! **Request time**: HTTP -> [`access`] -> [`prepare`] -> [`demand`] -> [`execute`] -> bytes out.
//!
//! - [`access`]: who asks and what they may see: credentials -> `Claims` -> the units of a plan that are off.
//! - [`operation`]: a valid document normalized into an `Operation`; variables and conditions.
//! - [`introspect`]: `__schema` and `__type` answered by the gateway itself.
//! - [`plan`]: `Operation` x `QueryGraph` -> `Plan`; explained as text, JSON, DOT, Mermaid.
//! - [`prepare`]: query text, or the id of a listed document -> `Prepared`, cached; planning happens off the serving
//!   threads.
//! - [`demand`]: how much may be asked: what operations cost, and budgets over time.
//! - [`upstream`]: one request to one subgraph, or a stream of its events: pools, TLS, timeouts, limits, retries,
//!   breakers, several addresses.
//! - [`cache`]: what subgraphs have answered, field by field.
//! - [`execute`]: runs a `Plan`: schedule, fetch, ingest, represent, project; of a subscription once for each event.
//! - [`server`]: HTTP in and out; `server/request.rs` is the request path in one function.
//!
//! **Control**
//!
//! - [`config`]: raw YAML -> resolved `Config`, with file:line errors and a JSON schema.
//! - [`source`]: a file, a `supergraph.yaml` or a registry -> `Supergraph`, and its changes.
//! - [`snapshot`]: everything one version of the supergraph needs to serve; swapped whole.
//! - [`usage`]: which clients ask which operations, told to the registry in aggregate.
//! - [`store`]: what is kept outside of the process.
//! - [`telemetry`]: logs, metrics, trace context, spans for a collector.
//! - [`registry`]: what teams publish: graphs, variants, versions, checks; its HTTP and GraphQL APIs.
//! - [`migrate`]: the configuration of another gateway -> `weft.yaml`, and what could not be carried.
//! - [`mock`]: a subgraph that does not exist yet, answered from its schema.
//! - [`demo`]: four real services of an online shop.
//! - [`cli`]: one file per verb.
//!
//! **Invariants.** `diagnostic`, `subgraph`, `supergraph`, `graph`, `compose`, `change`, `contract`, `operation`,
//! `plan` and `introspect` are synchronous, do no I/O, know no tokio and no telemetry, and are
//! deterministic: the same input gives the same bytes. `execute` never sees the query graph or
//! SDL. `upstream` never sees a plan. Only `snapshot` knows reload. Three forms cross borders,
//! each with one text form used in goldens: `Supergraph` (join SDL), `Operation` (GraphQL),
//! `Plan` (explain text).

#![deny(unsafe_code)]

pub mod access;
pub mod cache;
pub mod change;
pub mod cli;
pub mod compose;
pub mod config;
pub mod contract;
pub mod demand;
pub mod demo;
pub mod diagnostic;
pub mod execute;
pub mod graph;
pub mod introspect;
pub mod migrate;
pub mod mock;
pub mod operation;
pub mod plan;
pub mod prepare;
pub mod registry;
pub mod server;
pub mod snapshot;
pub mod source;
pub mod store;
pub mod subgraph;
pub mod supergraph;
pub mod telemetry;
pub mod upstream;
pub mod usage;
