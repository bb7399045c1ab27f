//! What the command line and the environment decide; it wins over the configuration file, also when
//! that is read again.

use crate::config::{Config, GraphRef, Listen, RegistrySettings, RegistryToken};
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the inputs are, and what wins over the configuration file.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// The configuration file; without one the defaults hold.
    pub config: Option<PathBuf>,
    /// Instead of `supergraph.path`.
    pub supergraph: Option<PathBuf>,
    /// Instead of `supergraph.registry` and `supergraph.path`.
    pub registry: Option<RegistryChoice>,
    /// Instead of `supergraph.registry.token`.
    pub token: Option<RegistryToken>,
    /// Instead of `supergraph.registry.last_good`.
    pub last_good: Option<PathBuf>,
    /// Instead of `supergraph.listen`.
    pub listen: Option<SocketAddr>,
    /// Instead of `health_check.listen` and `health_check.enabled`.
    pub health: Option<HealthListen>,
    /// Instead of `telemetry.logging.level`.
    pub log: Option<String>,
    /// Instead of the supergraph's URLs and `override_subgraph_url`: by subgraph, where it is asked.
    pub subgraph_urls: Vec<(String, url::Url)>,
    /// Whether clients see the errors of all subgraphs, whatever `include_subgraph_errors` says.
    pub show_errors: bool,
}

/// A registry, and the variant in it.
#[derive(Debug, Clone)]
pub struct RegistryChoice {
    /// Where it is.
    pub urls: Vec<url::Url>,
    /// What to follow.
    pub graph: GraphRef,
}

/// Where health and metrics are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HealthListen {
    /// There.
    At(SocketAddr),
    /// Nowhere.
    Off,
}

impl Settings {
    /// Lets the settings win over what a file said.
    pub(super) fn apply(&self, config: &mut Config) {
        if let Some(path) = &self.supergraph {
            config.supergraph.path = Some(path.clone());
            config.supergraph.registry = None;
        }
        if let Some(RegistryChoice { urls, graph }) = &self.registry {
            config.supergraph.path = None;
            let of_file = config.supergraph.registry.take().filter(|registry| registry.graph == *graph);
            let registry = of_file.unwrap_or_else(|| RegistrySettings::new(urls.clone(), graph.clone()));
            config.supergraph.registry = Some(RegistrySettings { urls: urls.clone(), ..registry });
        }
        if let Some(registry) = &mut config.supergraph.registry {
            if let Some(token) = &self.token {
                registry.token = Some(token.clone());
            }
            if let Some(file) = &self.last_good {
                registry.last_good = Some(file.clone());
            }
        }
        if let Some(address) = self.listen {
            config.supergraph.listen = Listen::chosen(address);
        }
        match self.health {
            Some(HealthListen::At(address)) => {
                config.health_check.enabled = true;
                config.health_check.listen = Listen::chosen(address);
            }
            Some(HealthListen::Off) => config.health_check.enabled = false,
            None => {}
        }
        if let Some(level) = &self.log {
            config.telemetry.logging.level.clone_from(level);
        }
        if self.show_errors {
            config.subgraphs.change_all(|settings| settings.include_errors = true);
        }
        for (subgraph, url) in &self.subgraph_urls {
            config.subgraphs.change(subgraph, |settings| settings.urls = vec![url.clone()]);
        }
    }
}
