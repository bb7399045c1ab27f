//! Tokens -> [`Claims`].
//!
//! 1. `compact`: the text is taken apart;
//! 2. the issuers that the token may be of are found by its `iss`;
//! 3. a key is found by `kid` and algorithm, and the signature is checked with it;
//! 4. `check`: times, issuer, audience;
//! 5. `reading`: who, with which scopes.
//!
//! What came of it is remembered by the whole token: never past `exp`, and no longer than the key is in its set. Tokens
//! that are refused are not remembered; refusing one costs no more than remembering it would.

mod check;
mod compact;
mod reading;

pub(super) use check::Expected;
pub(super) use compact::Compact;
pub(super) use reading::{claim, read};

use super::clock::{Clock, Millis};
use super::keys::{Key, KeySource, algorithm};
use super::refusal::KeyId;
use super::remembered::Remembered;
use super::{Claims, Refusal};
use crate::config::{TokenAlgorithm, TokenIssuer};
use serde_json::Value;
use std::sync::Arc;

/// Keys tried on one token that names none.
const MOST_TRIED: usize = 8;
const REMEMBERED_ENTRIES: u64 = 50_000;
const REMEMBERED_BYTES: u64 = 64 << 20;
/// The token itself, and its claims, once as values with their names.
const REMEMBERED_FACTOR: usize = 4;

/// Whoever verifies tokens.
pub(super) struct Tokens {
    issuers: Vec<Issuer>,
    leeway: Millis,
    clock: Clock,
    remembered: Remembered<Verified>,
}

/// One issuer, with its keys.
pub(super) struct Issuer {
    pub config: TokenIssuer,
    pub keys: Arc<KeySource>,
}

#[derive(Clone)]
struct Verified {
    claims: Arc<Claims>,
    key: Arc<Key>,
    until: Millis,
}

impl Tokens {
    pub fn new(issuers: Vec<Issuer>, leeway: Millis, clock: Clock) -> Self {
        let remembered = Remembered::new(REMEMBERED_ENTRIES, REMEMBERED_BYTES, REMEMBERED_FACTOR);
        Self { issuers, leeway, clock, remembered }
    }

    /// The sources of keys.
    pub fn sources(&self) -> impl Iterator<Item = &Arc<KeySource>> {
        self.issuers.iter().map(|issuer| &issuer.keys)
    }

    /// Whether a token is for somebody else to judge: it is no signed token, or none of these issuers'.
    pub fn is_foreign(&self, token: &str) -> bool {
        let whose = |token: Compact<'_>| self.of(&token).next().is_none();
        match Compact::parse(token) {
            Ok(token) => whose(token),
            // What has the form of a signed token and is not right is refused here and told to nobody.
            Err(_) => token.bytes().filter(|byte| *byte == b'.').count() != 2,
        }
    }

    /// Whether what came of this token is remembered; then it need not be looked at.
    pub fn remembers(&self, token: &str) -> bool {
        self.remembered.get(token).is_some()
    }

    /// Who brings this token.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, Refusal> {
        let now = self.clock.now();
        if let Some(known) = self.remembered.get(token) {
            if now < known.until && known.key.is_valid(now) {
                return Ok(known.claims);
            }
            self.remembered.forget(token);
        }
        let mut parts = Compact::parse(token)?;
        let algorithm = algorithm(&parts.algorithm).ok_or(Refusal::Algorithm)?;
        let (issuer, key) = self.signer(&parts, algorithm).await?;
        let expected = Expected {
            issuers: &issuer.config.issuers,
            audiences: &issuer.config.audiences,
            requires_expiry: issuer.config.requires_expiry,
            leeway: self.leeway,
        };
        let until = expected.check(&parts.claims, now)?;
        let values = std::mem::take(&mut parts.claims);
        let name = values.get("iss").and_then(Value::as_str).map_or_else(|| issuer.keys.name(), ToOwned::to_owned);
        let claims = Arc::new(read(values, &name, &issuer.config.claims));
        self.remembered.keep(token, Verified { claims: Arc::clone(&claims), key, until });
        Ok(claims)
    }

    /// The issuers that the token may be of.
    fn of<'a>(&'a self, token: &Compact<'_>) -> impl Iterator<Item = &'a Issuer> + use<'a> {
        let named = token.claims.get("iss").and_then(Value::as_str).map(ToOwned::to_owned);
        self.issuers.iter().filter(move |issuer| {
            let own = &issuer.config.issuers;
            own.is_empty() || named.as_ref().is_some_and(|named| own.contains(named))
        })
    }

    /// Whose signature it is, and made with which key. Of several reasons why it is nobody's the last one is given.
    async fn signer(&self, token: &Compact<'_>, algorithm: TokenAlgorithm) -> Result<(&Issuer, Arc<Key>), Refusal> {
        let mut refusal = Refusal::Issuer;
        for issuer in self.of(token) {
            match self.key(issuer, token, algorithm).await {
                Ok(key) => return Ok((issuer, key)),
                Err(other) => refusal = other,
            }
        }
        Err(refusal)
    }

    async fn key(&self, issuer: &Issuer, token: &Compact<'_>, algorithm: TokenAlgorithm) -> Result<Arc<Key>, Refusal> {
        if !issuer.config.algorithms.contains(&algorithm) {
            return Err(Refusal::Algorithm);
        }
        match self.known_key(issuer, token, algorithm) {
            Err(Refusal::UnknownKey(_)) if issuer.keys.look_again().await => self.known_key(issuer, token, algorithm),
            outcome => outcome,
        }
    }

    fn known_key(&self, issuer: &Issuer, token: &Compact<'_>, algorithm: TokenAlgorithm) -> Result<Arc<Key>, Refusal> {
        let (now, keys) = (self.clock.now(), issuer.keys.keys());
        let kid = token.key_id.as_deref();
        let valid: Vec<&Arc<Key>> = keys.named(kid).filter(|key| key.is_valid(now)).collect();
        if valid.is_empty() {
            return Err(Refusal::UnknownKey(KeyId::of(kid)));
        }
        let mut fitting = valid.into_iter().filter(|key| key.is_for(algorithm)).take(MOST_TRIED).peekable();
        if fitting.peek().is_none() {
            return Err(Refusal::KeyMisused(KeyId::of(kid)));
        }
        let verifies = |key: &&Arc<Key>| key.verifies(token.signed, token.signature, algorithm);
        fitting.find(verifies).map(Arc::clone).ok_or(Refusal::Signature)
    }
}
