//! Tokens that mean nothing to the gateway: whoever made them is asked (RFC 7662).
//!
//! What a server said is remembered for a configured time, never past the token's `exp`; that a token is not active is
//! remembered too. All who bring one token at once wait for one question. Questions are bounded in time and number, and
//! a server that fails is left alone for a while. A failure is never remembered as an answer, and proves nothing.

mod breaker;

use super::clock::{Clock, Millis, millis};
use super::keys::fetch::{self, FetchError};
use super::remembered::Remembered;
use super::token::{Expected, read};
use super::{Claims, Refusal};
use crate::config;
use ahash::RandomState;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use breaker::Breaker;
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use http::HeaderValue;
use http::header::AUTHORIZATION;
use reqwest::Client;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::runtime::Handle;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use url::form_urlencoded::{Serializer, byte_serialize};

/// Longer ones are not asked about.
const LONGEST: usize = 16 * 1024;
const REMEMBERED_ENTRIES: u64 = 20_000;
const REMEMBERED_BYTES: u64 = 32 << 20;
/// A short token may have long claims: each counts for as much as its answer may reasonably be.
const REMEMBERED_FACTOR: usize = 16;

type Outcome = Result<Arc<Claims>, Refusal>;
type Question = Shared<BoxFuture<'static, Outcome>>;

/// One authorization server.
pub(super) struct Introspector {
    config: config::Introspection,
    leeway: Millis,
    clock: Clock,
    client: Client,
    runtime: Handle,
    credential: Option<HeaderValue>,
    remembered: Remembered<(Outcome, Millis)>,
    asking: Mutex<HashMap<Box<str>, Question, RandomState>>,
    turns: Semaphore,
    breaker: Breaker,
}

impl Introspector {
    pub fn new(config: config::Introspection, leeway: Millis, clock: Clock, client: Client, runtime: Handle) -> Self {
        Self {
            credential: config.client.as_ref().and_then(|(name, secret)| basic(name, secret)),
            turns: Semaphore::new(config.concurrency_limit.min(Semaphore::MAX_PERMITS)),
            breaker: Breaker::default(),
            remembered: Remembered::new(REMEMBERED_ENTRIES, REMEMBERED_BYTES, REMEMBERED_FACTOR),
            asking: Mutex::default(),
            config,
            leeway,
            clock,
            client,
            runtime,
        }
    }

    /// Whether it is for this configuration.
    pub fn is_for(&self, config: &config::Introspection, leeway: Millis) -> bool {
        self.config == *config && self.leeway == leeway
    }

    /// Who brings this token.
    pub async fn verify(self: &Arc<Self>, token: &str) -> Outcome {
        if token.len() > LONGEST {
            return Err(Refusal::TooLong);
        }
        if token.is_empty() || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Refusal::Unreadable);
        }
        match self.remembered.get(token) {
            Some((outcome, until)) if self.clock.now() < until => return outcome,
            Some(_) => self.remembered.forget(token),
            None => {}
        }
        self.join(token).await
    }

    /// Joins those who wait for an answer about this token, or asks. Whoever leaves does not end it for the others;
    /// and since a question is bounded in time, so is their number.
    fn join(self: &Arc<Self>, token: &str) -> Question {
        let mut asking = self.asking.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(question) = asking.get(token) {
            return question.clone();
        }
        let (server, token): (_, Box<str>) = (Arc::clone(self), token.into());
        let own = token.clone();
        let work = self.runtime.spawn(async move {
            let outcome = server.ask_in_turn(&own).await;
            server.asking.lock().unwrap_or_else(PoisonError::into_inner).remove(&own);
            outcome
        });
        let question = work.map(|done| done.unwrap_or(Err(Refusal::Unavailable))).boxed().shared();
        asking.insert(token, question.clone());
        question
    }

    /// Asks, when it is this question's turn and the server is not being left alone. That others are asked about for too
    /// long is not the server's failure: a flood of tokens must not have everybody refused.
    async fn ask_in_turn(&self, token: &str) -> Outcome {
        let Ok(_turn) = timeout(self.config.timeout, self.turns.acquire()).await else {
            tracing::debug!("too many tokens wait to be introspected");
            return Err(Refusal::Unavailable);
        };
        let Some(attempt) = self.breaker.attempt(self.clock.now()) else { return Err(Refusal::Unavailable) };
        let answer = match timeout(self.config.timeout, self.ask(token)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => return Err(self.failed(attempt, &error)),
            Err(_) => return Err(self.failed(attempt, &FetchError::Http("it does not answer in time".into()))),
        };
        attempt.succeeded();
        let (outcome, until) = self.judge(answer);
        self.remembered.keep(token, (outcome.clone(), until));
        outcome
    }

    fn failed(&self, attempt: breaker::Attempt<'_>, error: &FetchError) -> Refusal {
        let server = &self.config.url[..url::Position::AfterPath];
        if attempt.failed(self.clock.now()) {
            tracing::warn!(server, %error, "tokens can not be introspected; the server is left alone for a while");
        } else {
            tracing::debug!(server, %error, "a token can not be introspected");
        }
        Refusal::Unavailable
    }

    async fn ask(&self, token: &str) -> Result<Map<String, Value>, FetchError> {
        let form = Serializer::new(String::new())
            .append_pair("token", token)
            .append_pair("token_type_hint", "access_token")
            .finish();
        let mut request = self.client.post(self.config.url.clone()).body(form);
        request = request.header("content-type", "application/x-www-form-urlencoded");
        if let Some(credential) = &self.credential {
            request = request.header(AUTHORIZATION, credential.clone());
        }
        for (name, value) in &self.config.headers {
            request = request.header(name, value.clone());
        }
        let body = fetch::send(request).await?;
        serde_json::from_slice(&body).map_err(|_| FetchError::NotAnAnswer)
    }

    /// What an answer says, and until when it is believed.
    fn judge(&self, answer: Map<String, Value>) -> (Outcome, Millis) {
        let now = self.clock.now();
        let negative = now.saturating_add(millis(self.config.negative_ttl));
        if answer.get("active") != Some(&Value::Bool(true)) {
            return (Err(Refusal::Inactive), negative);
        }
        let expected = Expected {
            // The server has spoken for the token; an issuer is checked only where it names one (section 2.2).
            issuers: if answer.contains_key("iss") { &self.config.issuers } else { &[] },
            audiences: &self.config.audiences,
            requires_expiry: false,
            leeway: self.leeway,
        };
        match expected.check(&answer, now) {
            Err(refusal) => (Err(refusal), negative),
            Ok(end) => {
                let named = answer.get("iss").and_then(Value::as_str);
                let issuer = named.unwrap_or(&self.config.url[..url::Position::AfterPath]).to_owned();
                let claims = Arc::new(read(answer, &issuer, &self.config.claims));
                (Ok(claims), end.min(now.saturating_add(millis(self.config.ttl))))
            }
        }
    }
}

/// A client's name and secret, each encoded as in a form first (RFC 6749, section 2.3.1).
fn basic(name: &str, secret: &str) -> Option<HeaderValue> {
    let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let pair = STANDARD.encode(format!("{}:{}", encoded(name), encoded(secret)));
    let mut value = HeaderValue::try_from(format!("Basic {pair}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}
