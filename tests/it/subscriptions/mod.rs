//! Subscriptions: every protocol of subgraphs, every form for clients, and all the ways in which they end.

mod answers;
mod demo;
mod ends;
mod events;
mod hostile;
mod limits;
mod listener;
mod mock;
mod service;
mod websocket;

use crate::serving::gateway::Running;
use listener::Form;
use serde_json::{Value, json};
use service::{Entities, Service, Speech};
use std::future::Future;
use std::path::Path;
use std::time::Duration;
use weft::config::{Config, SubscriptionProtocol};
use weft::diagnostic::Source;

const ORDERS: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@authenticated"])
type Query { orders: [Order!]! }
type Subscription {
  orderPlaced(by: ID): Order
  secret: Int @authenticated
  ticks: Int!
}
type Order @key(fields: "id") { id: ID! total: Int! note: String @authenticated buyer: User }
type User @key(fields: "id") { id: ID! }
"#;

const USERS: &str = r#"extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
type Query { me: User }
type User @key(fields: "id") { id: ID! name: String! }
"#;

/// What clients of these tests mostly ask.
const PLACED: &str = "subscription Placed($by: ID) { orderPlaced(by: $by) { total buyer { name } } }";

/// A gateway over a service with events and one with entities.
struct World {
    gateway: Running,
    orders: Service,
    users: Entities,
}

impl World {
    async fn new(speech: Speech) -> Self {
        Self::with(speech, |_| {}).await
    }

    async fn with(speech: Speech, configure: impl FnOnce(&mut Config)) -> Self {
        let (orders, users) = (Service::start(speech).await, Entities::start().await);
        let configure = |config: &mut Config| {
            config.subgraphs.change("orders", |orders| {
                orders.subscription.protocol = speech.protocol();
                orders.subscription.path = Some("/events".to_owned());
                orders.include_errors = true;
            });
            configure(config);
        };
        let subgraphs = [("orders", ORDERS, orders.url.clone()), ("users", USERS, users.url.clone())];
        Self { gateway: Running::over_urls(configure, &subgraphs).await, orders, users }
    }
}

impl Speech {
    const ALL: [Self; 4] = [Self::WebSocket, Self::OldWebSocket, Self::ServerSent, Self::Multipart];

    fn protocol(self) -> SubscriptionProtocol {
        match self {
            Self::WebSocket => SubscriptionProtocol::WebSocket,
            Self::OldWebSocket => SubscriptionProtocol::OldWebSocket,
            Self::ServerSent | Self::Multipart => SubscriptionProtocol::Http,
        }
    }
}

/// An order as the service sends it.
fn placed(total: u32, buyer: &str) -> Value {
    json!({ "data": { "orderPlaced": { "total": total, "buyer": { "__typename": "User", "id": buyer } } } })
}

/// The same as clients see it.
fn shown(total: u32, name: &str) -> Value {
    json!({ "data": { "orderPlaced": { "total": total, "buyer": { "name": name } } } })
}

/// A configuration as a file has it.
fn config(yaml: &str) -> Config {
    let source = Source::new("weft.yaml", yaml);
    Config::from_yaml(&source, &|_| None, Path::new(".")).unwrap_or_else(|errors| panic!("{errors:?}"))
}

/// Nothing here takes so long, unless it never comes.
async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future).await.expect("it did not come")
}

/// What the first error of an answer is called.
fn code(answer: &Value) -> &str {
    answer["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}
