//! A policy service, such as Open Policy Agent, asked over HTTP.
//!
//! It is sent `{"input": {"subject", "scopes", "claims", "policies": [...]}}` and answers with an object that says of
//! each policy whether it is granted, as such or under `result`; only `true` grants. Its decisions are kept for some
//! time by all that it was told, so a hit compares who asks and for what; whoever asks the same at the same time
//! waits for one request. Failures are not kept.

use super::Claims;
use crate::config;
use moka::future::Cache;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use std::time::Duration;

/// Bytes of an answer that are read.
const LONGEST_ANSWER: usize = 1 << 20;
/// Questions that are longer are asked, and not kept.
const LONGEST_KEPT: usize = 8 << 10;

/// See the module.
#[derive(Debug)]
pub(super) struct PolicyService {
    client: reqwest::Client,
    url: String,
    kept: Cache<String, Decided>,
}

/// What the service said.
#[derive(Debug, Clone)]
pub(super) struct Decided(Arc<Map<String, Value>>);

/// Why there is no decision; never with addresses in it.
#[derive(Debug, Clone, thiserror::Error)]
pub enum PolicyServiceError {
    /// The request did not come to a good end.
    #[error("{0}")]
    Failed(Arc<reqwest::Error>),
    /// The service answered with an error.
    #[error("its status is {0}")]
    Status(u16),
    /// The answer is none.
    #[error("its answer is no object of decisions")]
    Malformed,
}

impl PolicyService {
    pub(super) fn new(config: &config::PolicyService) -> Result<Self, PolicyServiceError> {
        let client = reqwest::Client::builder()
            .timeout(config.timeout)
            .redirect(reqwest::redirect::Policy::none())
            .pool_idle_timeout(Duration::from_secs(30))
            .build()?;
        let kept = Cache::builder().max_capacity(config.max_entries).time_to_live(config.ttl).build();
        Ok(Self { client, url: config.url.clone(), kept })
    }

    /// Asks about policies for somebody.
    pub(super) async fn decide(&self, claims: &Claims, policies: &[&str]) -> Result<Decided, PolicyServiceError> {
        let question = json!({ "input": {
            "subject": claims.subject,
            "scopes": claims.scopes().collect::<Vec<_>>(),
            "claims": claims.values,
            "policies": policies,
        } });
        let question = question.to_string();
        if question.len() > LONGEST_KEPT {
            return self.ask(question, policies).await;
        }
        let asking = self.kept.try_get_with_by_ref(question.as_str(), self.ask(question.clone(), policies));
        asking.await.map_err(|error| (*error).clone())
    }

    /// Of what is answered no more is kept than was asked.
    async fn ask(&self, question: String, policies: &[&str]) -> Result<Decided, PolicyServiceError> {
        let request = self.client.post(&self.url).header("content-type", "application/json").body(question);
        let mut response = request.send().await?;
        if !response.status().is_success() {
            return Err(PolicyServiceError::Status(response.status().as_u16()));
        }
        let mut answer = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            answer.extend_from_slice(&chunk);
            if answer.len() > LONGEST_ANSWER {
                return Err(PolicyServiceError::Malformed);
            }
        }
        let mut decisions = match serde_json::from_slice(&answer) {
            Ok(Value::Object(mut members)) => match members.remove("result") {
                Some(Value::Object(decisions)) => decisions,
                Some(Value::Bool(_)) | None => members,
                Some(_) => return Err(PolicyServiceError::Malformed),
            },
            _ => return Err(PolicyServiceError::Malformed),
        };
        decisions.retain(|policy, decision| policies.contains(&policy.as_str()) && decision.is_boolean());
        Ok(Decided(Arc::new(decisions)))
    }
}

impl Decided {
    pub(super) fn grants(&self, policy: &str) -> bool {
        self.0.get(policy) == Some(&Value::Bool(true))
    }
}

impl From<reqwest::Error> for PolicyServiceError {
    fn from(error: reqwest::Error) -> Self {
        Self::Failed(Arc::new(error.without_url()))
    }
}
