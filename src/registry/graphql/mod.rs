//! The GraphQL API at `/graphql`: the same powers as the HTTP API's, with the same tokens.

mod mutation;
mod query;
mod refused;

use super::http::{Door, bearer, read};
use super::{Access, Refusal, Registry};
use async_graphql::{Context, EmptySubscription, Schema};
use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use http::header;
use mutation::Mutation;
use query::Query;
use std::sync::{Arc, OnceLock};

/// How deep a query may be.
const DEPTH: usize = 12;
/// How many fields and checks a query may have.
const COMPLEXITY: usize = 500;

type Api = Schema<Query, Mutation, EmptySubscription>;

/// Its route.
pub(super) fn routes() -> Router<Door> {
    Router::new().route("/graphql", post(answer))
}

fn api() -> &'static Api {
    static API: OnceLock<Api> = OnceLock::new();
    API.get_or_init(|| {
        Schema::build(Query, Mutation, EmptySubscription).limit_depth(DEPTH).limit_complexity(COMPLEXITY).finish()
    })
}

/// Who asks is known before anything else is looked at.
async fn answer(State(door): State<Door>, request: Request) -> Result<Response, Refusal> {
    let access = door.registry.authenticate(bearer(request.headers())).await?;
    let (body, _place) = read(request.into_body(), &door).await?;
    let request: async_graphql::Request = serde_json::from_slice(&body)
        .map_err(|error| Refusal::bad_request("INVALID_REQUEST", format!("the body is no GraphQL request: {error}")))?;
    let caller = Caller { registry: Arc::clone(&door.registry), access };
    let response = api().execute(request.data(caller)).await;
    let body = serde_json::to_vec(&response).map_err(|_| Refusal::internal("an answer is no JSON"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Who asks whom.
struct Caller {
    registry: Arc<Registry>,
    access: Access,
}

impl Caller {
    fn of<'a>(context: &Context<'a>) -> &'a Self {
        context.data_unchecked()
    }
}
