//! The series of the connection to Redis.

use super::family::Shared;
use prometheus_client::metrics::{MetricType, counter::Counter, gauge::Gauge};
use prometheus_client::registry::Registry;
use std::sync::Arc;

/// Whether there is a connection, and what became of the commands.
#[derive(Debug, Clone)]
pub struct RedisMetrics {
    /// Connections that answer: 1, and 2 for a moment while a reload takes a new one into service.
    pub up: Gauge,
    /// Commands that were answered.
    pub answered: Arc<Counter>,
    /// Commands that were refused, or whose connection broke.
    pub failed: Arc<Counter>,
    /// Commands without an answer in time.
    pub late: Arc<Counter>,
    /// Commands that were not sent, or not waited for, since there was no connection.
    pub skipped: Arc<Counter>,
    commands: Shared<Counter, 1>,
}

impl RedisMetrics {
    pub(super) fn new() -> Self {
        let commands = Shared::new(["result"], MetricType::Counter);
        Self {
            up: Gauge::default(),
            answered: commands.series(["answered"]),
            failed: commands.series(["failed"]),
            late: commands.series(["timeout"]),
            skipped: commands.series(["unavailable"]),
            commands,
        }
    }

    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("weft_redis_up", "Connections to Redis that answer: 0 while it does not", self.up.clone());
        registry.register("weft_redis_commands", "Commands for Redis", self.commands.clone());
    }
}
