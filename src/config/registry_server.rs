//! A registry that is served beside the gateway.

use super::StoreLocation;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;

/// Where teams publish their schemas.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistryServer {
    /// Where it listens.
    pub listen: SocketAddr,
    /// Where it keeps what is published.
    pub database: StoreLocation,
}

impl Default for RegistryServer {
    fn default() -> Self {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 4100));
        Self { listen, database: StoreLocation::Sqlite(PathBuf::from("weft-registry.db")) }
    }
}
