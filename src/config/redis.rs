//! Where Redis is, and how long it may take.

use rustls_pki_types::CertificateDer;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// How Redis or Valkey is reached. Whoever shares something between gateways uses it.
#[derive(Clone, PartialEq, Eq)]
pub struct RedisSettings {
    /// `redis://`, or `rediss://` for TLS, with user, password and database.
    pub url: String,
    /// How long one command may take; one that takes longer breaks the connection.
    pub timeout: Duration,
    /// How long connecting may take.
    pub connect_timeout: Duration,
    /// What all keys begin with.
    pub namespace: String,
    /// For `rediss://`, the issuers that are trusted in place of the system's.
    pub certificate_authorities: Option<Arc<[CertificateDer<'static>]>>,
}

impl Default for RedisSettings {
    fn default() -> Self {
        Self {
            url: "redis://127.0.0.1:6379".to_owned(),
            timeout: Duration::from_millis(20),
            connect_timeout: Duration::from_secs(2),
            namespace: "weft".to_owned(),
            certificate_authorities: None,
        }
    }
}

/// The URL holds a password.
impl fmt::Debug for RedisSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { url: _, timeout, connect_timeout, namespace, certificate_authorities: _ } = self;
        f.debug_struct("RedisSettings")
            .field("timeout", timeout)
            .field("connect_timeout", connect_timeout)
            .field("namespace", namespace)
            .finish_non_exhaustive()
    }
}
