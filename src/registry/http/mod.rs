//! The HTTP API.
//!
//! `{graph}` is `shop` or `shop@prod`. Answers are JSON but for supergraphs and SDL asked for as text; a refusal is
//! `{"errors": [{code, message, help}]}`.
//!
//! | request | what it does |
//! |---|---|
//! | `GET /v1/graphs` | lists the variants |
//! | `GET /v1/graphs/{graph}` | the version that is served; `?version=N` another |
//! | `DELETE /v1/graphs/{graph}` | forgets the variant |
//! | `GET /v1/graphs/{graph}/supergraph` | the supergraph, for gateways: see `delivery` |
//! | `GET /v1/graphs/{graph}/schema` | what clients see; `?version=N` of another version |
//! | `GET /v1/graphs/{graph}/history` | versions, the newest first; `?before=N&limit=N` |
//! | `GET /v1/graphs/{graph}/diff` | `?from=N&to=N` |
//! | `POST /v1/graphs/{graph}/rollback` | `{version, message}` |
//! | `GET /v1/graphs/{graph}/contract` | which part of which variant it is |
//! | `POST /v1/graphs/{graph}/contract` | makes it one: `{source, include: [tag], exclude: [tag], hideUnreachable}` |
//! | `GET /v1/graphs/{graph}/attempts` | what did not compose |
//! | `GET /v1/graphs/{graph}/checks` | what was asked about, the newest first; `?before=N&limit=N` |
//! | `GET /v1/graphs/{graph}/gateways` | who follows |
//! | `POST /v1/graphs/{graph}/publish` | `{subgraphs: [{name, sdl, url}], delete: [name], message}`, all together |
//! | `POST /v1/graphs/{graph}/check` | the same, with `allowUnused` |
//! | `POST /v1/graphs/{graph}/usage` | what clients asked for |
//! | `GET /v1/graphs/{graph}/subgraphs` | lists the subgraphs |
//! | `GET /v1/graphs/{graph}/subgraphs/{name}` | one with its SDL; `?version=N` |
//! | `PUT /v1/graphs/{graph}/subgraphs/{name}` | publishes it: `{sdl, url, message}` |
//! | `DELETE /v1/graphs/{graph}/subgraphs/{name}` | deletes it |
//! | `GET /health` | `ok` |

mod answer;
mod caller;
mod delivery;
mod graphs;
mod received;
mod subgraphs;
mod usage;

pub(super) use caller::bearer;
pub(super) use received::read;

use super::{Refusal, Registry};
use axum::Router;
use axum::routing::{get, post};
use http::{HeaderName, Method, header};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower_http::cors::{Any, CorsLayer};

/// Bodies in memory at once.
const BODIES: usize = 8;
/// Gateways that wait for a change at once; more are answered without a wait.
const WAITING: usize = 10_000;

/// What every request gets to see.
#[derive(Clone)]
pub(super) struct Door {
    /// The registry.
    pub(super) registry: Arc<Registry>,
    /// Done when the end is near: nobody is kept waiting any longer.
    pub(super) stop: CancellationToken,
    bodies: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
}

impl Door {
    pub(super) fn new(registry: Arc<Registry>, stop: CancellationToken) -> Self {
        let (bodies, waiting) = (Arc::new(Semaphore::new(BODIES)), Arc::new(Semaphore::new(WAITING)));
        Self { registry, stop, bodies, waiting }
    }
}

/// All routes.
pub(super) fn router(door: Door) -> Router {
    Router::new()
        .route("/health", get(|| async { "ok\n" }))
        .route("/v1/graphs", get(graphs::list))
        .route("/v1/graphs/{graph}", get(graphs::fetch).delete(graphs::forget))
        .route("/v1/graphs/{graph}/supergraph", get(delivery::supergraph))
        .route("/v1/graphs/{graph}/schema", get(graphs::schema))
        .route("/v1/graphs/{graph}/history", get(graphs::history))
        .route("/v1/graphs/{graph}/diff", get(graphs::diff))
        .route("/v1/graphs/{graph}/rollback", post(graphs::rollback))
        .route("/v1/graphs/{graph}/contract", get(graphs::contract).post(graphs::set_contract))
        .route("/v1/graphs/{graph}/attempts", get(graphs::attempts))
        .route("/v1/graphs/{graph}/checks", get(graphs::checks))
        .route("/v1/graphs/{graph}/gateways", get(graphs::gateways))
        .route("/v1/graphs/{graph}/publish", post(subgraphs::publish_all))
        .route("/v1/graphs/{graph}/check", post(subgraphs::check))
        .route("/v1/graphs/{graph}/usage", post(usage::report))
        .route("/v1/graphs/{graph}/subgraphs", get(subgraphs::list))
        .route(
            "/v1/graphs/{graph}/subgraphs/{name}",
            get(subgraphs::fetch).put(subgraphs::publish).delete(subgraphs::delete),
        )
        .merge(super::graphql::routes())
        .fallback(|| async { Refusal::not_found("NOT_FOUND", "there is nothing at this path") })
        .layer(cors())
        .with_state(door)
}

/// A page of any origin may ask: it has to bring a token, which no browser sends unasked.
fn cors() -> CorsLayer {
    CorsLayer::new()
        .allow_origin(Any)
        .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
        .allow_headers([header::AUTHORIZATION, header::CONTENT_TYPE, header::IF_NONE_MATCH])
        .expose_headers([header::ETAG, HeaderName::from_static("weft-version")])
        .max_age(Duration::from_secs(600))
}
