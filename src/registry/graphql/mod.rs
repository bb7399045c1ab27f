//! The GraphQL API at `/graphql`: the same powers as the HTTP API's, with the same tokens.

mod extent;
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
/// How many fields a query may have; one that reads large texts or has something composed counts as fifty.
const COMPLEXITY: usize = 500;
/// Bytes of a document: parsed it takes a multiple of them. Schemas belong into the variables.
const LONGEST: usize = 256 * 1024;

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
    let mut request: async_graphql::Request = serde_json::from_slice(&body)
        .map_err(|error| Refusal::bad_request("INVALID_REQUEST", format!("the body is no GraphQL request: {error}")))?;
    bounded(&mut request)?;
    let caller = Caller { registry: Arc::clone(&door.registry), access };
    let response = api().execute(request.data(caller)).await;
    let body = serde_json::to_vec(&response).map_err(|_| Refusal::internal("an answer is no JSON"))?;
    Ok(([(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// Refuses what would take long to look at, before it is looked at.
fn bounded(request: &mut async_graphql::Request) -> Result<(), Refusal> {
    if request.query.len() > LONGEST {
        let message = format!("the document has more than {LONGEST} bytes");
        return Err(Refusal::bad_request("INVALID_REQUEST", message).help("put schemas into the variables"));
    }
    match request.parsed_query() {
        Ok(document) => extent::check(document),
        // What is wrong with it is answered as GraphQL answers it.
        Err(_) => Ok(()),
    }
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
