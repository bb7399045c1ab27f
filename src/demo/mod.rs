//! The sample world: an online shop of four services.
//!
//! Takes where to keep data and where to listen; gives four real HTTP subgraphs, each with its own
//! SQLite database, made and filled the same way every time. The services never talk to each
//! other: that their ids line up comes from the pure functions of [`seed`].
//!
//! - [`service`]: one service on one listener; starts, answers, stops.
//! - `subgraph`: an async-graphql schema that answers `_service` with `schemas/NAME.graphql`.
//! - [`credentials`]: the keys and the token that its gateway knows.
//! - `database`: SQLite opened, checked and seeded; counts its statements.
//! - `lookup`, `quiet`: many look-ups of one request made into one SQL query.
//! - `page`, `scalar`, `place`: what several schemas have in common.
//! - [`seed`], `shipping`: the shop's facts and tariffs as pure functions.
//! - `users`, `products`, `orders`, `payments`: one service each: `tables.rs` (DDL and seeding),
//!   `store.rs` (SQL), `schema.rs` (what is read), `mutation.rs` (what is written).
//!
//! **Invariant.** `schemas/NAME.graphql` is the source of truth; a test compares it with what the
//! resolvers export.

pub mod credentials;
mod database;
mod error;
mod lookup;
mod orders;
mod page;
mod payments;
mod place;
mod products;
mod quiet;
mod scalar;
pub mod seed;
pub mod service;
mod shipping;
mod subgraph;
mod users;

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

pub use error::DemoError;
pub use service::{Running, start};

/// One of the shop's services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// Customers, their addresses and notifications.
    Users,
    /// Orders and their items.
    Orders,
    /// The catalogue and the stock.
    Products,
    /// Ways to pay and payments.
    Payments,
}

impl Service {
    /// All four, in the order of their ports.
    pub const ALL: [Self; 4] = [Self::Users, Self::Orders, Self::Products, Self::Payments];

    /// The subgraph's name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Users => "users",
            Self::Orders => "orders",
            Self::Products => "products",
            Self::Payments => "payments",
        }
    }

    /// The service with this subgraph name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|service| service.name() == name)
    }

    /// The subgraph's schema: the text of `schemas/NAME.graphql`.
    #[must_use]
    pub fn sdl(self) -> &'static str {
        match self {
            Self::Users => include_str!("../../schemas/users.graphql"),
            Self::Orders => include_str!("../../schemas/orders.graphql"),
            Self::Products => include_str!("../../schemas/products.graphql"),
            Self::Payments => include_str!("../../schemas/payments.graphql"),
        }
    }

    /// What async-graphql exports for the resolvers: [`Self::sdl`] but for what it cannot print.
    #[must_use]
    pub fn exported_sdl(self) -> String {
        match self {
            Self::Users => users::exported_sdl(),
            Self::Orders => orders::exported_sdl(),
            Self::Products => products::exported_sdl(),
            Self::Payments => payments::exported_sdl(),
        }
    }

    /// The port of the composed `schemas/supergraph.graphql`.
    #[must_use]
    pub fn default_port(self) -> u16 {
        match self {
            Self::Users => 4001,
            Self::Orders => 4002,
            Self::Products => 4003,
            Self::Payments => 4004,
        }
    }
}

/// Where the services keep what they know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Data {
    /// In memory: every start begins afresh.
    Memory,
    /// In `NAME.sqlite` files of this directory, which is created when missing.
    Directory(PathBuf),
}

/// Which ports the four services listen on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ports {
    /// [`Service::default_port`] of each.
    Default,
    /// Any that are free.
    Free,
}

/// The whole shop, running.
#[derive(Debug)]
pub struct Demo {
    services: Vec<Running>,
}

impl Demo {
    /// Starts all four services concurrently, on the runtime it is called in.
    ///
    /// # Errors
    /// The first failure in the order of [`Service::ALL`]; what had started is stopped.
    pub async fn start(data: &Data, host: IpAddr, ports: Ports) -> Result<Self, DemoError> {
        let starts = Service::ALL.map(|service| {
            let port = match ports {
                Ports::Default => service.default_port(),
                Ports::Free => 0,
            };
            let data = data.clone();
            // Tasks of their own, so that seeding uses all cores.
            tokio::spawn(async move { start(service, &data, SocketAddr::new(host, port)).await })
        });
        let mut services = Vec::with_capacity(starts.len());
        let mut failure = None;
        for starting in starts {
            match starting.await.unwrap_or_else(|panic| Err(DemoError::Panicked(panic))) {
                Ok(running) => services.push(running),
                Err(error) => failure = failure.or(Some(error)),
            }
        }
        let demo = Self { services };
        match failure {
            None => Ok(demo),
            Some(error) => {
                demo.stop().await;
                Err(error)
            }
        }
    }

    /// The services, in the order of [`Service::ALL`].
    #[must_use]
    pub fn services(&self) -> &[Running] {
        &self.services
    }

    /// Stops all four: accepted requests are answered, databases closed.
    pub async fn stop(self) {
        futures::future::join_all(self.services.into_iter().map(Running::stop)).await;
    }
}
