//! The payments service: how customers pay, and what was paid.
//!
//! `tables.rs` makes and fills the database, `store.rs` asks it, `settling.rs` writes to it,
//! `lookup.rs` batches what it is asked; `schema.rs`, `methods.rs`, `stubs.rs` and `mutation.rs`
//! are the resolvers.

mod lookup;
mod methods;
mod mutation;
mod schema;
mod settling;
mod store;
mod stubs;
mod tables;

use std::sync::Arc;

use async_graphql::{EmptySubscription, Request, Schema};
use axum::http::HeaderMap;

use super::database::Database;
use super::subgraph::{Building, Endpoint, Equip, exported_sdl as export, router};
use super::{Data, DemoError, Service};

/// The service over its database.
pub async fn open(data: &Data) -> Result<Endpoint, DemoError> {
    let database = Database::open::<tables::PaymentTables>(data).await?;
    let store = Arc::new(store::Store::new(database.clone()));
    Ok(Endpoint { router: router(build, Service::Payments.sdl(), Equipment(store)), database })
}

/// What the resolvers export.
pub fn exported_sdl() -> String {
    export(build())
}

fn build() -> Building<schema::Query, mutation::Mutation> {
    Schema::build(schema::Query, mutation::Mutation, EmptySubscription).enable_federation()
}

struct Equipment(Arc<store::Store>);

impl Equip for Equipment {
    fn equip(&self, request: Request, _: &HeaderMap) -> Request {
        request.data(Arc::clone(&self.0)).data(lookup::Lookups::new(&self.0))
    }
}
