//! What is done about a subgraph that fails: asking again, and leaving it alone for a while.

use std::time::Duration;

/// How a request that failed is sent again.
#[derive(Debug, Clone, PartialEq)]
pub struct Retry {
    /// How often a request is sent at most, the first time included.
    pub max_attempts: usize,
    /// The longest wait before the second attempt; it doubles with every further one.
    pub interval: Duration,
    /// The longest wait before any attempt.
    pub max_interval: Duration,
    /// How long one attempt may take; else it may take all the time that the subgraph has.
    pub attempt_timeout: Option<Duration>,
    /// Whether mutations are sent again though the subgraph may have acted on them.
    pub mutations: bool,
    /// How many retries there may be altogether.
    pub budget: RetryBudget,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            max_attempts: 3,
            interval: Duration::from_millis(50),
            max_interval: Duration::from_secs(2),
            attempt_timeout: None,
            mutations: false,
            budget: RetryBudget::default(),
        }
    }
}

/// How many requests to a subgraph may be retries, so that an outage is not made worse by them.
#[derive(Debug, Clone, PartialEq)]
pub struct RetryBudget {
    /// Retries that there may always be, per second of `ttl`.
    pub min_per_second: usize,
    /// Retries beside, for a hundred requests.
    pub percent: f64,
    /// How far back requests and retries are counted.
    pub ttl: Duration,
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self { min_per_second: 10, percent: 20.0, ttl: Duration::from_secs(10) }
    }
}

/// When an address of a subgraph is left alone, and when it is tried again.
#[derive(Debug, Clone, PartialEq)]
pub struct CircuitBreaker {
    /// The share of requests that have to fail, in percent ...
    pub error_threshold: f64,
    /// ... of so many at least ...
    pub volume_threshold: usize,
    /// ... in this time.
    pub window: Duration,
    /// How long it is left alone.
    pub reset_timeout: Duration,
    /// Requests that are then let through, all of which have to go well.
    pub half_open_attempts: usize,
}

impl Default for CircuitBreaker {
    fn default() -> Self {
        Self {
            error_threshold: 50.0,
            volume_threshold: 20,
            window: Duration::from_secs(10),
            reset_timeout: Duration::from_secs(10),
            half_open_attempts: 3,
        }
    }
}
