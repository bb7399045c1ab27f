//! The way of a request from its headers to its claims.

use super::clock::{Clock, millis};
use super::credential::{Places, Presented};
use super::keys::KeySource;
use super::keys::fetch;
use super::log::RefusalLog;
use super::token::{Issuer, Tokens};
use super::{Claims, Refusal, Signer};
use crate::config::{Authentication, TokenIssuer};
use http::HeaderMap;
use reqwest::Client;
use std::sync::Arc;
use tokio::runtime::Handle;

/// Knows who asks, under one configuration.
pub struct Authenticator {
    config: Authentication,
    places: Places,
    tokens: Tokens,
    signer: Option<Signer>,
    log: RefusalLog,
}

/// A credential that proves nothing. Why is in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unauthenticated;

/// Why nobody could be known under a configuration.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticatorError {
    /// Keys that are at hand, in a file, can not be read.
    #[error("the keys of {from} can not be used: {why}")]
    Keys {
        /// Where.
        from: String,
        /// What is wrong with them.
        why: String,
    },
    /// The system gives no HTTP client.
    #[error("no request can be sent to identity providers: {0}")]
    Client(#[from] reqwest::Error),
    /// The key to sign with is of another kind than its algorithm.
    #[error("the key of \"authentication.signing\" is not one for its algorithm")]
    Signing,
    /// Called outside of a runtime, which keys and stores need.
    #[error("there is no runtime to keep keys in step with their issuers")]
    Runtime,
}

impl Authenticator {
    /// For this configuration. Sources of keys that `previous` has too are taken over with all that they know.
    ///
    /// # Errors
    /// When key files can not be read. What is elsewhere need not be there yet.
    pub fn new(config: &Authentication, clock: Clock, previous: Option<&Self>) -> Result<Self, AuthenticatorError> {
        let mut issuers = Vec::new();
        if !config.issuers.is_empty() {
            let runtime = Handle::try_current().map_err(|_| AuthenticatorError::Runtime)?;
            let client = fetch::client()?;
            for issuer in &config.issuers {
                let kept = previous.and_then(|previous| previous.source_of(issuer));
                let begun = issuers.iter().map(|issuer: &Issuer| &issuer.keys).find(|keys| is_of(keys, issuer));
                let keys = match kept.or(begun) {
                    Some(keys) => Arc::clone(keys),
                    None => start(issuer, &clock, &client, &runtime)?,
                };
                issuers.push(Issuer { config: issuer.clone(), keys });
            }
        }
        let signer = match &config.signing {
            Some(signing) => Some(Signer::new(signing, clock.clone()).ok_or(AuthenticatorError::Signing)?),
            None => None,
        };
        let tokens = Tokens::new(issuers, millis(config.leeway), clock);
        let (config, places) = (config.clone(), Places::new(config));
        Ok(Self { config, places, tokens, signer, log: RefusalLog::default() })
    }

    /// Whether it is for this configuration.
    pub fn is_for(&self, config: &Authentication) -> bool {
        self.config == *config
    }

    /// Who sends these headers. A request without a credential is anonymous; one with a bad credential is not.
    ///
    /// # Errors
    /// For every reason the same.
    pub async fn authenticate(&self, headers: &HeaderMap) -> Result<Arc<Claims>, Unauthenticated> {
        let claims = match self.places.find(headers) {
            Ok(Presented::Nothing) => return Ok(Claims::anonymous()),
            Ok(Presented::Token(token)) => self.tokens.verify(token).await,
            Ok(Presented::Key(_)) => Err(Refusal::UnknownApiKey),
            Err(refusal) => Err(refusal),
        };
        claims.map_err(|refusal| {
            self.log.refused(&refusal);
            Unauthenticated
        })
    }

    /// Signs claims for subgraphs, if there is a key for that.
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    fn source_of(&self, issuer: &TokenIssuer) -> Option<&Arc<KeySource>> {
        self.tokens.sources().find(|keys| is_of(keys, issuer))
    }
}

fn is_of(keys: &KeySource, issuer: &TokenIssuer) -> bool {
    keys.location == issuer.keys && keys.poll_interval == issuer.poll_interval
}

fn start(
    issuer: &TokenIssuer,
    clock: &Clock,
    client: &Client,
    runtime: &Handle,
) -> Result<Arc<KeySource>, AuthenticatorError> {
    let (location, every) = (issuer.keys.clone(), issuer.poll_interval);
    KeySource::start(location, every, clock.clone(), client.clone(), runtime.clone()).map_err(|why| {
        let from = match &issuer.keys {
            crate::config::KeyLocation::File(path) => path.display().to_string(),
            _ => "the binary".to_owned(),
        };
        AuthenticatorError::Keys { from, why: why.to_string() }
    })
}
