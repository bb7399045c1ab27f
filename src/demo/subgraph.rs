//! A schema made into an HTTP endpoint that speaks the federation subgraph protocol.
//!
//! Takes an async-graphql schema, the SDL it is published as, and what each request gets of its
//! own; gives a [`Router`] with `POST /graphql` and `GET /health`, and WebSocket at `/graphql`
//! where there are subscriptions.
//!
//! async-graphql prints Federation 2.5 but not every directive, so `_service { sdl }` is answered
//! by an extension with the hand-written text. An extension costs every field of every request a
//! detour, so it stands in a second copy of the schema that only sees requests which name
//! `_service`.

use std::sync::Arc;

use async_graphql::extensions::{Extension, ExtensionContext, ExtensionFactory, NextResolve, ResolveInfo};
use async_graphql::{
    Data, EmptySubscription, Executor, ObjectType, Request, SDLExportOptions, Schema, SchemaBuilder, ServerResult,
    SubscriptionType, Value, async_trait,
};
use async_graphql_axum::{GraphQLRequest, GraphQLResponse, GraphQLSubscription};
use axum::extract::{DefaultBodyLimit, FromRequest, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{RequestExt, Router};
use futures::stream::BoxStream;

use super::database::Database;
use super::quiet::until_quiet;

/// How large a request may be: some 100 000 representations.
const BODY_LIMIT: usize = 16 * 1024 * 1024;

/// A service that can be served.
pub struct Endpoint {
    /// Its routes.
    pub router: Router,
    /// What it keeps.
    pub database: Database,
}

/// A schema before it is finished.
pub type Building<Q, M, S = EmptySubscription> = SchemaBuilder<Q, M, S>;

/// Gives a request what it needs of its own, such as its look-ups and its viewer.
pub trait Equip: Send + Sync + 'static {
    /// Adds data to the request.
    fn equip(&self, request: Request, headers: &HeaderMap) -> Request;
}

/// The routes of a subgraph. `build` is called twice.
pub fn router<Q, M, S, E>(build: impl Fn() -> Building<Q, M, S>, sdl: &'static str, equip: E) -> Router
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
    E: Equip,
{
    let subgraph =
        Subgraph { schema: build().finish(), described: build().extension(PublishedSdl(sdl)).finish(), equip };
    let subgraph = Arc::new(subgraph);
    let mut endpoint = post(answer::<Q, M, S, E>);
    if !S::is_empty() {
        endpoint = endpoint.get_service(GraphQLSubscription::new(Conversing(Arc::clone(&subgraph))));
    }
    Router::new()
        .route("/graphql", endpoint)
        .route("/health", get(|| async { "ok\n" }))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(subgraph)
}

/// What async-graphql makes of the resolvers.
pub fn exported_sdl<Q, M, S>(building: Building<Q, M, S>) -> String
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    building.finish().sdl_with_options(SDLExportOptions::new().federation().include_specified_by())
}

struct Subgraph<Q, M, S, E> {
    schema: Schema<Q, M, S>,
    described: Schema<Q, M, S>,
    equip: E,
}

/// Executes what comes over WebSocket: each operation has what a request of its own would have.
struct Conversing<Q, M, S, E>(Arc<Subgraph<Q, M, S, E>>);

impl<Q, M, S, E> Clone for Conversing<Q, M, S, E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<Q, M, S, E> Executor for Conversing<Q, M, S, E>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
    E: Equip,
{
    async fn execute(&self, request: Request) -> async_graphql::Response {
        self.0.schema.execute(self.0.equip.equip(request, &HeaderMap::new())).await
    }

    fn execute_stream(
        &self,
        request: Request,
        session: Option<Arc<Data>>,
    ) -> BoxStream<'static, async_graphql::Response> {
        Executor::execute_stream(&self.0.schema, self.0.equip.equip(request, &HeaderMap::new()), session)
    }
}

async fn answer<Q, M, S, E>(
    State(subgraph): State<Arc<Subgraph<Q, M, S, E>>>,
    headers: HeaderMap,
    request: axum::extract::Request,
) -> Response
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
    E: Equip,
{
    let request: GraphQLRequest = match GraphQLRequest::from_request(request.with_limited_body(), &()).await {
        Ok(request) => request,
        Err(rejection) => return rejection.into_response(),
    };
    let request = subgraph.equip.equip(request.into_inner(), &headers);
    let schema = if request.query.contains("_service") { &subgraph.described } else { &subgraph.schema };
    // Look-ups wait on locks, which spend tokio's budget: a batch of thousands would be cut into the
    // pieces that fit one budget. Unconstrained and run until quiet, all its keys meet.
    let answer = tokio::task::unconstrained(until_quiet(schema.execute(request))).await;
    let mut response = GraphQLResponse::from(answer).into_response();
    if !accepts_graphql_response(&headers) {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    response
}

/// Whether the client asked for the media type of GraphQL over HTTP; those who did not are older
/// than it.
fn accepts_graphql_response(headers: &HeaderMap) -> bool {
    headers
        .get_all(header::ACCEPT)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .any(|value| value.contains("application/graphql-response+json"))
}

/// Answers `_service { sdl }` with a fixed text.
#[derive(Clone, Copy)]
struct PublishedSdl(&'static str);

impl ExtensionFactory for PublishedSdl {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(*self)
    }
}

#[async_trait::async_trait]
impl Extension for PublishedSdl {
    async fn resolve(
        &self,
        ctx: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        if info.parent_type == "_Service" && info.name == "sdl" {
            return Ok(Some(Value::from(self.0)));
        }
        next.run(ctx, info).await
    }
}
