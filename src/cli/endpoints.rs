//! Where a gateway answers, as URLs.

use crate::config::Config;
use crate::server::Listeners;
use std::net::SocketAddr;

/// The URLs of a gateway; what is not served has none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Endpoints {
    /// The GraphQL endpoint.
    pub(super) graphql: String,
    /// The playground.
    pub(super) playground: Option<String>,
    /// The health check.
    pub(super) health: Option<String>,
    /// The metrics.
    pub(super) metrics: Option<String>,
}

impl Endpoints {
    /// The URLs behind open sockets; the real ports, also where the system chose them.
    pub(super) fn of(config: &Config, listeners: &Listeners) -> Self {
        let clients = listeners.address().unwrap_or(config.supergraph.listen.address);
        Self::at(config, clients, listeners.health_address())
    }

    fn at(config: &Config, clients: SocketAddr, health: Option<SocketAddr>) -> Self {
        let scheme = if config.tls.is_some() { "https" } else { "http" };
        let graphql = format!("{scheme}://{clients}{}", config.supergraph.endpoint);
        let playground = match config.playground {
            shown if shown.at_root => Some(format!("{scheme}://{clients}/")),
            shown if shown.at_endpoint => Some(graphql.clone()),
            _ => None,
        };
        let prometheus = &config.telemetry.prometheus;
        Self {
            graphql,
            playground,
            health: health.map(|address| format!("http://{address}{}", config.health_check.path)),
            metrics: health
                .filter(|_| prometheus.enabled)
                .map(|address| format!("http://{address}{}", prometheus.path)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_promised_that_is_not_served() {
        let mut config = Config::default();
        let clients = SocketAddr::from(([127, 0, 0, 1], 4000));
        let all = Endpoints::at(&config, clients, Some(SocketAddr::from(([127, 0, 0, 1], 8088))));
        assert_eq!(all.graphql, "http://127.0.0.1:4000/graphql");
        assert_eq!(all.playground.as_deref(), Some("http://127.0.0.1:4000/"));
        assert_eq!(all.metrics.as_deref(), Some("http://127.0.0.1:8088/metrics"));
        config.playground.at_root = false;
        let none = Endpoints::at(&config, clients, None);
        assert_eq!(none.playground.as_deref(), Some("http://127.0.0.1:4000/graphql"));
        assert_eq!((none.health, none.metrics), (None, None));
    }
}
