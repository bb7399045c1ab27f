//! The sockets: opened before anything is served, so that a port that is taken is an error at start
//! and port 0 is known to whoever prints it.

use crate::config::Listen;
use std::io;
use std::net::SocketAddr;
use tokio::net::TcpListener;

/// The open sockets.
#[derive(Debug)]
pub struct Listeners {
    pub(super) clients: TcpListener,
    pub(super) health: Option<TcpListener>,
}

/// A socket that cannot be opened.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} ({purpose}): {error}")]
pub struct ListenError {
    /// Where.
    pub address: SocketAddr,
    /// What for: `clients` or `health`.
    pub purpose: &'static str,
    /// What the system says.
    pub error: io::Error,
}

impl Listeners {
    /// Opens both sockets. A health port that nobody chose and that is taken costs a warning, not the start.
    ///
    /// # Errors
    /// When a chosen address, or the clients', cannot be listened on.
    pub async fn open(clients: Listen, health: Option<Listen>) -> Result<Self, ListenError> {
        let clients = listen(clients, "clients").await?;
        let health = match health {
            None => None,
            Some(listen_on) => match listen(listen_on, "health").await {
                Ok(listener) => Some(listener),
                Err(error) if listen_on.chosen => return Err(error),
                Err(error) => {
                    tracing::warn!(%error, "health and metrics are not served: free the address, or have `serve` use another by --health-listen");
                    None
                }
            },
        };
        Ok(Self { clients, health })
    }

    /// Where clients connect.
    ///
    /// # Errors
    /// When the system does not know its own socket.
    pub fn address(&self) -> io::Result<SocketAddr> {
        self.clients.local_addr()
    }

    /// Where health and metrics are, if they are served.
    pub fn health_address(&self) -> Option<SocketAddr> {
        self.health.as_ref().and_then(|listener| listener.local_addr().ok())
    }
}

async fn listen(listen: Listen, purpose: &'static str) -> Result<TcpListener, ListenError> {
    let failed = |error| ListenError { address: listen.address, purpose, error };
    TcpListener::bind(listen.address).await.map_err(failed)
}
