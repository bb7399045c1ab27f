//! Where the schema comes from: a file, or a registry that is followed.

use super::registry::{Delivered, Follower};
use super::{Reading, Schema, read};
use crate::config;
use crate::diagnostic::Diagnostic;
use crate::telemetry::RegistryMetrics;
use std::path::PathBuf;
use std::sync::Arc;

/// Where the schema comes from.
#[derive(Debug)]
pub enum Origin {
    /// A supergraph SDL, or a `supergraph.yaml`.
    File(PathBuf),
    /// A variant in a registry.
    Registry(Box<Follower>),
    /// Nothing was named.
    Nowhere,
}

impl Origin {
    /// What the configuration names. A registry is asked from here on.
    ///
    /// # Errors
    /// When the registry cannot be asked at all.
    pub fn of(supergraph: &config::Supergraph, metrics: RegistryMetrics) -> Result<Self, Diagnostic> {
        match (&supergraph.registry, &supergraph.path) {
            (Some(settings), _) => match Follower::start(settings, metrics) {
                Ok(follower) => Ok(Self::Registry(Box::new(follower))),
                Err(error) => Err(Diagnostic::error("REGISTRY_UNAVAILABLE", error.to_string()).help(error.help())),
            },
            (None, Some(path)) => Ok(Self::File(path.clone())),
            (None, None) => Ok(Self::Nowhere),
        }
    }

    /// Whether it is what the configuration names.
    pub fn is_for(&self, supergraph: &config::Supergraph) -> bool {
        match (self, &supergraph.registry) {
            (Self::Registry(follower), Some(settings)) => follower.is_for(settings),
            (Self::Registry(_), None) | (_, Some(_)) => false,
            (Self::File(path), None) => supergraph.path.as_ref() == Some(path),
            (Self::Nowhere, None) => supergraph.path.is_none(),
        }
    }

    /// What is there now.
    pub async fn read(&mut self) -> Reading {
        match self {
            Self::File(path) => read(path).await,
            Self::Registry(follower) => {
                let schema = follower.read().await;
                Reading { files: Vec::new(), schema: schema.map(Schema::Delivered).map_err(|error| vec![error]) }
            }
            Self::Nowhere => Reading { files: Vec::new(), schema: Err(vec![nothing_named()]) },
        }
    }

    /// What to start with when this cannot be served: the last good copy.
    pub fn instead_of(&self, schema: &Schema) -> Option<Schema> {
        match (self, schema.delivered()) {
            (Self::Registry(follower), Some(version)) => follower.instead_of(version).map(Schema::Delivered),
            _ => None,
        }
    }

    /// Returns when a registry has something new. Files are watched by those who read them.
    pub async fn changed(&mut self) {
        match self {
            Self::Registry(follower) => follower.changed().await,
            Self::File(_) | Self::Nowhere => std::future::pending().await,
        }
    }

    /// What was read serves now, or cannot be.
    pub async fn settled(&mut self, schema: &Schema, serves: bool) {
        if let (Self::Registry(follower), Some(version)) = (self, schema.delivered()) {
            follower.settled(version, serves).await;
        }
    }
}

impl Schema {
    /// The version, if it comes from a registry.
    pub fn delivered(&self) -> Option<&Arc<Delivered>> {
        match self {
            Self::Delivered(version) => Some(version),
            Self::Supergraph(_) | Self::Subgraphs(_) => None,
        }
    }
}

fn nothing_named() -> Diagnostic {
    Diagnostic::error("NO_SUPERGRAPH", "there is no supergraph to serve").help(
        "name a supergraph SDL or a supergraph.yaml: `--supergraph FILE`, WEFT_SUPERGRAPH, or `supergraph.path` in \
         weft.yaml; or a registry and a variant: `--registry URL --graph shop@prod`",
    )
}
