//! The users service: customers, their addresses and notifications.
//!
//! `tables.rs` makes and fills the database, `store.rs` asks it, `schema.rs` and `mutation.rs` are
//! the resolvers.

mod mutation;
mod schema;
mod store;
mod tables;

use std::sync::Arc;

use async_graphql::{EmptySubscription, ID, Request, Schema};
use axum::http::HeaderMap;

use super::database::Database;
use super::scalar::row_id;
use super::subgraph::{Building, Endpoint, Equip, exported_sdl as export, router};
use super::{Data, DemoError, Service};

/// The service over its database.
pub async fn open(data: &Data) -> Result<Endpoint, DemoError> {
    let database = Database::open::<tables::UserTables>(data).await?;
    let store = Arc::new(store::Store::new(database.clone()));
    Ok(Endpoint { router: router(build, Service::Users.sdl(), Equipment(store)), database })
}

/// What the resolvers export.
pub fn exported_sdl() -> String {
    export(build())
}

fn build() -> Building<schema::Query, mutation::Mutation> {
    Schema::build(schema::Query, mutation::Mutation, EmptySubscription).enable_federation()
}

/// The customer on whose behalf a request is made.
struct Viewer(Option<i64>);

struct Equipment(Arc<store::Store>);

impl Equip for Equipment {
    fn equip(&self, request: Request, headers: &HeaderMap) -> Request {
        let viewer = headers.get("x-user-id").and_then(|value| value.to_str().ok());
        request
            .data(Arc::clone(&self.0))
            .data(store::Lookups::new(&self.0))
            .data(Viewer(viewer.and_then(|id| row_id(&ID::from(id)))))
    }
}
