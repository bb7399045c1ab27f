//! Trust: which certificates of subgraphs are believed.

use rustls::crypto::CryptoProvider;
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::CertificateDer;
use std::sync::{Arc, OnceLock};

/// A TLS client that trusts `authorities`, or the system's roots.
///
/// # Errors
/// When none of the configured certificates can be an issuer.
pub(super) fn client(authorities: Option<&[CertificateDer<'static>]>) -> Result<ClientConfig, rustls::Error> {
    let roots = match authorities {
        Some(authorities) => Arc::new(custom(authorities)?),
        None => system(),
    };
    let config = ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// aws-lc-rs, named outright: a process-wide default would be another's to choose.
fn provider() -> Arc<CryptoProvider> {
    static PROVIDER: OnceLock<Arc<CryptoProvider>> = OnceLock::new();
    Arc::clone(PROVIDER.get_or_init(|| Arc::new(rustls::crypto::aws_lc_rs::default_provider())))
}

fn custom(authorities: &[CertificateDer<'static>]) -> Result<RootCertStore, rustls::Error> {
    let mut roots = RootCertStore::empty();
    for certificate in authorities {
        roots.add(certificate.clone())?;
    }
    Ok(roots)
}

/// The system's roots, read once, when the first HTTPS subgraph wants them. A system without any is no
/// error here: its connections fail, each with its own.
fn system() -> Arc<RootCertStore> {
    static ROOTS: OnceLock<Arc<RootCertStore>> = OnceLock::new();
    let load = || {
        let loaded = rustls_native_certs::load_native_certs();
        let mut roots = RootCertStore::empty();
        let (added, ignored) = roots.add_parsable_certificates(loaded.certs);
        if added == 0 {
            tracing::warn!(errors = ?loaded.errors, "no root certificates found on this system");
        } else {
            tracing::debug!(added, ignored, "root certificates loaded");
        }
        Arc::new(roots)
    };
    Arc::clone(ROOTS.get_or_init(load))
}
