//! TLS with clients.

use rustls::ServerConfig;
use std::sync::Arc;

/// What the gateway proves itself with: certificates and their key, ready for connections by HTTP/2 and HTTP/1.1.
#[derive(Debug, Clone)]
pub struct ClientTls(pub Arc<ServerConfig>);

impl ClientTls {
    /// The protocols that are spoken, the preferred one first.
    pub const PROTOCOLS: [&'static [u8]; 2] = [b"h2", b"http/1.1"];
}
