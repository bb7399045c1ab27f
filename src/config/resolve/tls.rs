//! `tls.supergraph`.

use super::required;
use crate::config::ClientTls;
use crate::config::raw::tls::RawClientsTls;
use crate::config::yaml::{Reports, Setting, code};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use std::sync::Arc;

/// None where clients are served without.
pub(super) fn resolve(raw: Setting<RawClientsTls>, reports: &Reports) -> Option<ClientTls> {
    let place = raw.key.clone();
    let raw = raw.take()?;
    let certificate = required(raw.certificate, "certificate", &place, reports);
    let key = required(raw.key, "key", &place, reports);
    let mut chain = certificate?.0.to_vec();
    chain.extend(raw.certificate_chain.take().iter().flat_map(|certificates| certificates.0.iter().cloned()));
    let key = key?.0.clone_key();
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()));
    let builder = builder.with_safe_default_protocol_versions();
    match builder.and_then(|builder| builder.with_no_client_auth().with_single_cert(chain, key)) {
        Ok(mut config) => {
            config.alpn_protocols = ClientTls::PROTOCOLS.map(<[u8]>::to_vec).to_vec();
            Some(ClientTls(Arc::new(config)))
        }
        Err(error) => {
            let error =
                reports.error(code::CONFLICT, place, format!("the certificate and the key are of no use: {error}"));
            reports
                .add(error.help("the first certificate has to be the key's own, those of its issuers come behind it"));
            None
        }
    }
}
