//! `subscription` as it is written.

use super::super::SubscriptionProtocol;
use super::super::values::{Count, DurationText, HeartbeatText, UrlPath};
use super::{PerSubgraph, Setting};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// Subscriptions.
    RawSubscription {
        /// Whether they are served. Default: true.
        enabled: bool,
        /// How events get from subgraphs to the gateway.
        mode: RawSubscriptionMode,
        /// Answers that wait for a client that reads slowly; with one more its subscription ends. Default: 128.
        queue_capacity: Count,
        /// How many may be open; more are answered 503. Default: 10000.
        max_opened_subscriptions: Count,
        /// How long one may last. Default: as long as its client wants.
        max_lifetime: DurationText,
    }

    /// How events get from subgraphs to the gateway.
    RawSubscriptionMode {
        /// Over a connection to the subgraph for each subscription.
        passthrough: RawPassthrough,
    }

    /// Connections to subgraphs, one for each subscription.
    RawPassthrough {
        /// To every subgraph.
        all: RawSubgraphSubscription,
        /// To one subgraph; what it leaves out is as above.
        subgraphs: PerSubgraph<RawSubgraphSubscription>,
    }

    /// How a subgraph is asked for events.
    RawSubgraphSubscription {
        /// The path in place of that of the subgraph's URL.
        path: UrlPath,
        /// graphql_ws (WebSocket, graphql-transport-ws), graphql_transport_ws (WebSocket, the old protocol of
        /// subscriptions-transport-ws) or http (multipart/mixed;subscriptionSpec=1.0 or text/event-stream). Default:
        /// graphql_ws.
        protocol: SubscriptionProtocol,
        /// How often the subgraph is asked over WebSocket whether it is still there: disabled, enabled (5s) or a
        /// duration; who does not answer until the next time is gone. Default: disabled.
        heartbeat_interval: HeartbeatText,
    }
}
