//! The client, with the issuers that it is to trust.

use crate::config::RedisSettings;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use redis::{Client, RedisResult, TlsCertificates};

/// A client of the server; one over TLS trusts the configured issuers, or the system's.
pub(super) fn client(settings: &RedisSettings) -> RedisResult<Client> {
    let url = settings.url.as_str();
    match &settings.certificate_authorities {
        Some(authorities) if url.starts_with("rediss:") => {
            let root_cert: String = authorities.iter().map(|authority| pem(authority)).collect();
            Client::build_with_tls(url, TlsCertificates { client_tls: None, root_cert: Some(root_cert.into()) })
        }
        _ => Client::open(url),
    }
}

/// RFC 7468.
fn pem(der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: String = text.as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line) + "\n").collect();
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}
