//! The orders service: what customers ordered, and how it gets to them.
//!
//! `tables.rs` makes and fills the database, `store.rs` asks it, `placing.rs` writes to it,
//! `lookup.rs` batches what it is asked, `schema.rs`, `stubs.rs`, `mutation.rs` and `subscription.rs`
//! are the resolvers.

mod lookup;
mod mutation;
mod placing;
mod schema;
mod store;
mod stubs;
mod subscription;
mod tables;

use std::sync::Arc;

use async_graphql::{Request, Schema};
use axum::http::HeaderMap;

use super::database::Database;
use super::subgraph::{Building, Endpoint, Equip, exported_sdl as export, router};
use super::{Data, DemoError, Service};

/// The service over its database.
pub async fn open(data: &Data) -> Result<Endpoint, DemoError> {
    let database = Database::open::<tables::OrderTables>(data).await?;
    let store = Arc::new(store::Store::new(database.clone()));
    Ok(Endpoint { router: router(build, Service::Orders.sdl(), Equipment(store)), database })
}

/// What the resolvers export.
pub fn exported_sdl() -> String {
    export(build())
}

fn build() -> Building<schema::Query, mutation::Mutation, subscription::Subscription> {
    Schema::build(schema::Query, mutation::Mutation, subscription::Subscription)
        .enable_federation()
        .enable_subscription_in_federation()
}

struct Equipment(Arc<store::Store>);

impl Equip for Equipment {
    fn equip(&self, request: Request, _: &HeaderMap) -> Request {
        request.data(Arc::clone(&self.0)).data(lookup::Lookups::new(&self.0))
    }
}
