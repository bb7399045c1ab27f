//! The way of a request from its headers to its claims.

use super::api_key::ApiKeys;
use super::clock::{Clock, millis};
use super::credential::{Places, Presented};
use super::introspection::Introspector;
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
    introspectors: Vec<Arc<Introspector>>,
    keys: Option<Arc<ApiKeys>>,
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
    /// The store of keys is none.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
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
        let (mut issuers, mut introspectors) = (Vec::new(), Vec::new());
        let leeway = millis(config.leeway);
        if config.takes_tokens() {
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
            introspectors.extend(config.introspection.iter().map(|server| {
                let known = previous.into_iter().flat_map(|previous| &previous.introspectors);
                let kept = known.into_iter().find(|known| known.is_for(server, leeway)).map(Arc::clone);
                let new = || Introspector::new(server.clone(), leeway, clock.clone(), client.clone(), runtime.clone());
                kept.unwrap_or_else(|| Arc::new(new()))
            }));
        }
        let signer = match &config.signing {
            Some(signing) => Some(Signer::new(signing, clock.clone()).ok_or(AuthenticatorError::Signing)?),
            None => None,
        };
        let keys = api_keys(config, &clock, previous)?;
        let tokens = Tokens::new(issuers, leeway, clock);
        let (config, places) = (config.clone(), Places::new(config));
        Ok(Self { config, places, tokens, introspectors, keys, signer, log: RefusalLog::default() })
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
            Ok(Presented::Token(token)) => self.judge(token).await,
            Ok(Presented::Key(key)) => match &self.keys {
                Some(keys) => keys.verify(key).await,
                None => Err(Refusal::UnknownApiKey),
            },
            Err(refusal) => Err(refusal),
        };
        claims.map_err(|refusal| {
            self.log.refused(&refusal);
            Unauthenticated
        })
    }

    /// Verifies a token, or asks the servers about it, one after the other: whoever knows it is right about it.
    async fn judge(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        if self.introspectors.is_empty() || self.tokens.remembers(token) || !self.tokens.is_foreign(token) {
            return self.tokens.verify(token).await;
        }
        let mut refusal = Refusal::Inactive;
        for introspector in &self.introspectors {
            match introspector.verify(token).await {
                Ok(claims) => return Ok(claims),
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }

    /// Signs claims for subgraphs, if there is a key for that.
    pub fn signer(&self) -> Option<&Signer> {
        self.signer.as_ref()
    }

    fn source_of(&self, issuer: &TokenIssuer) -> Option<&Arc<KeySource>> {
        self.tokens.sources().find(|keys| is_of(keys, issuer))
    }
}

/// Those of `previous`, with all that they remember, when nothing about them is new.
fn api_keys(
    config: &Authentication,
    clock: &Clock,
    previous: Option<&Authenticator>,
) -> Result<Option<Arc<ApiKeys>>, AuthenticatorError> {
    let Some(keys) = &config.api_keys else { return Ok(None) };
    let kept = previous.filter(|previous| previous.config.api_keys.as_ref() == Some(keys));
    if let Some(kept) = kept.and_then(|previous| previous.keys.clone()) {
        return Ok(Some(kept));
    }
    let runtime = Handle::try_current().map_err(|_| AuthenticatorError::Runtime)?;
    Ok(Some(Arc::new(ApiKeys::new(keys, clock.clone(), runtime)?)))
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
