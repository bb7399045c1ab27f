//! How subscriptions are served, and how subgraphs are asked for their events.

use schemars::JsonSchema;
use serde::Deserialize;
use std::time::Duration;

/// What one client's subscription may be, and how many there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Subscription {
    /// Whether they are served.
    pub enabled: bool,
    /// Answers that wait for a client that reads slowly; with one more its subscription ends.
    pub queue_capacity: usize,
    /// How many may be open; more are refused.
    pub max_opened: usize,
    /// How long one may last; none: as long as its client wants.
    pub max_lifetime: Option<Duration>,
}

impl Default for Subscription {
    fn default() -> Self {
        Self { enabled: true, queue_capacity: 128, max_opened: 10_000, max_lifetime: None }
    }
}

/// How one subgraph is asked for events.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SubgraphSubscription {
    /// What it speaks.
    pub protocol: SubscriptionProtocol,
    /// The path in place of that of its URL; starts with a slash.
    pub path: Option<String>,
    /// How often it is asked whether it is still there, where it speaks WebSocket.
    pub heartbeat: Option<Duration>,
}

/// How events get from a subgraph to the gateway. The names are those of Apollo's router, which calls the protocols by
/// the libraries that speak them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum SubscriptionProtocol {
    /// WebSocket, with the subprotocol `graphql-transport-ws` of the library graphql-ws.
    #[default]
    #[serde(rename = "graphql_ws")]
    WebSocket,
    /// WebSocket, with the subprotocol `graphql-ws` of the old library subscriptions-transport-ws.
    #[serde(rename = "graphql_transport_ws")]
    OldWebSocket,
    /// A response that does not end: `multipart/mixed;subscriptionSpec=1.0` or `text/event-stream`, whichever the
    /// subgraph has.
    #[serde(rename = "http")]
    Http,
}
