//! `traffic_shaping.*.retry` and `traffic_shaping.*.circuit_breaker` as they are written.

use super::super::values::{Count, DurationText, Percent, Whole};
use super::Setting;
use schemars::JsonSchema;
use serde::Deserialize;

sections! {
    /// How requests that failed are sent again: those that reached nobody, whose connection broke, or that were answered
    /// 502, 503, 504 or 429.
    RawRetry {
        /// How often a request is sent at most, the first time included; 10 at most. Default: 3.
        max_attempts: Count,
        /// The longest wait before the second attempt; it doubles with every further one. How long it is, is drawn between
        /// nothing and that. Default: 50ms.
        interval: DurationText,
        /// The longest wait before any attempt. A longer Retry-After is waited for where the timeout leaves time for
        /// it. Default: 2s.
        max_interval: DurationText,
        /// How long one attempt may take. Default: all that is left of the timeout, so that one that is not answered at
        /// all is not repeated.
        attempt_timeout: DurationText,
        /// Whether mutations are sent again though the subgraph may have acted on them. Default: false, so they are
        /// where it could not be reached.
        mutations: bool,
        /// How many retries there may be altogether.
        budget: RawRetryBudget,
    }

    /// How many requests to a subgraph may be retries, so that an outage is not made worse by them.
    RawRetryBudget {
        /// Retries that there may always be, per second. Default: 10.
        min_per_second: Whole,
        /// Retries beside, for a hundred requests. Default: 20.
        percent: Percent,
        /// How far back requests and retries are counted, 1s to 60s. Default: 10s.
        ttl: DurationText,
    }

    /// When an address of a subgraph is left alone, and when it is tried again.
    RawCircuitBreaker {
        /// The share of requests that have to fail, in percent. Default: 50.
        error_threshold: Percent,
        /// Of so many requests at least. Default: 20.
        volume_threshold: Count,
        /// In this time, 1s to 10m. Default: 10s.
        window: DurationText,
        /// How long it is left alone, 10ms to 10m. Default: 10s.
        reset_timeout: DurationText,
        /// Requests that are then let through, all of which have to go well. Default: 3.
        half_open_attempts: Count,
    }
}
