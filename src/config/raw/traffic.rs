//! `traffic_shaping` as it is written.

use super::super::Http2;
use super::super::values::{ByteSize, Count, DurationText};
use super::switch::RawSwitchOr;
use super::{PerSubgraph, Setting, resilience};
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// Timeouts, limits and connections.
    RawTrafficShaping {
        /// Client requests.
        router: RawRouterTraffic,
        /// Requests to every subgraph.
        all: RawSubgraphTraffic,
        /// Requests to one subgraph.
        subgraphs: PerSubgraph<RawSubgraphTraffic>,
    }

    /// Client requests.
    RawRouterTraffic {
        /// How long one may take as a whole. Default: 60s.
        timeout: DurationText,
        /// How many may be under way; more are answered 503. Default: no limit.
        concurrency_limit: Count,
        /// Whether identical queries that are under way together are executed once. Default: false.
        deduplicate_query: bool,
    }

    /// Requests to a subgraph.
    RawSubgraphTraffic {
        /// How long one may take, with all that is done to have it answered: waiting for its turn, and retries. Default:
        /// 30s.
        timeout: DurationText,
        /// How long a connection may take to open. Default: 5s.
        connect_timeout: DurationText,
        /// Bytes of one answer. Default: 64MiB.
        max_response_bytes: ByteSize,
        /// How many may be under way; more wait, within their timeout. Default: no limit.
        concurrency_limit: Count,
        /// Idle connections kept. Default: 1024.
        pool_max_idle: Count,
        /// How long an idle connection is kept. Default: 30s.
        pool_idle_timeout: DurationText,
        /// HTTP/2: enable (where TLS agrees on it), disable, or http2only (also without TLS). Default: enable.
        http2: Http2,
        /// Whether identical queries to it that are under way together are sent once. Default: true.
        deduplicate_query: bool,
        /// Whether requests that failed are sent again, and how. Default: false.
        retry: RawSwitchOr<resilience::RawRetry>,
        /// Whether a subgraph that fails is left alone for a while, each of its addresses for itself. Default: false.
        circuit_breaker: RawSwitchOr<resilience::RawCircuitBreaker>,
    }
}
