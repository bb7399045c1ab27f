//! Policies: what `@policy` names, granted to somebody or not.
//!
//! A policy is read off the claims where the configuration says how; the others are asked of the policy service, all
//! that an operation needs in one request. What nobody decides is granted to nobody.

use super::Claims;
use super::forward::scalar;
use super::policy_service::{PolicyService, PolicyServiceError};
use crate::config::{self, ClaimTest, Expected, OnPolicyError};
use serde_json::Value;
use std::collections::BTreeMap;

/// Who decides policies.
#[derive(Debug, Default)]
pub struct Policies {
    by_claim: BTreeMap<String, ClaimTest>,
    service: Option<(PolicyService, OnPolicyError)>,
}

/// The policies that are granted to somebody, of those that were asked about; sorted.
#[derive(Debug, Default)]
pub struct Granted<'a>(Vec<&'a str>);

/// The policies cannot be decided, and the configuration does not want to go on without that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("policies cannot be decided")]
pub struct Undecided;

impl Policies {
    /// As configured.
    ///
    /// # Errors
    /// When there can be no client for the service.
    pub fn new(config: &config::Policies) -> Result<Self, PolicyServiceError> {
        let service = match &config.service {
            Some(service) => Some((PolicyService::new(service)?, service.on_error)),
            None => None,
        };
        Ok(Self { by_claim: config.by_claim.clone(), service })
    }

    /// Decides what was asked about, sorted, for somebody. Without a service nothing is waited for.
    ///
    /// # Errors
    /// When the service fails and requests are to be refused then.
    pub async fn granted<'a>(&self, claims: &Claims, asked: &'a [Box<str>]) -> Result<Granted<'a>, Undecided> {
        let (own, others): (Vec<&str>, Vec<&str>) =
            asked.iter().map(|policy| &**policy).partition(|policy| self.by_claim.contains_key(*policy));
        let holds = |policy: &&str| self.by_claim.get(*policy).is_some_and(|test| test.holds(claims));
        let mut granted: Vec<&str> = own.into_iter().filter(holds).collect();
        if let Some((service, on_error)) = self.service.as_ref().filter(|_| !others.is_empty()) {
            match service.decide(claims, &others).await {
                Ok(decided) => granted.extend(others.into_iter().filter(|policy| decided.grants(policy))),
                Err(error) => {
                    tracing::warn!(%error, "the policy service does not decide");
                    if *on_error == OnPolicyError::Reject {
                        return Err(Undecided);
                    }
                }
            }
        }
        granted.sort_unstable();
        Ok(Granted(granted))
    }
}

impl Granted<'_> {
    /// Whether a policy is among them.
    pub fn contains(&self, policy: &str) -> bool {
        self.0.binary_search(&policy).is_ok()
    }
}

impl ClaimTest {
    /// Whether somebody's claims are so.
    fn holds(&self, claims: &Claims) -> bool {
        let Some(value) = claims.claim(&self.claim) else { return false };
        match &self.expected {
            Expected::True => *value == Value::Bool(true),
            Expected::Equals(text) => scalar(&value).is_some_and(|value| value == text.as_str()),
            Expected::Contains(text) => match &*value {
                Value::Array(items) => items.iter().any(|item| scalar(item).is_some_and(|item| item == text.as_str())),
                Value::String(words) => words.split_ascii_whitespace().any(|word| word == text),
                _ => false,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Credential;
    use futures::FutureExt;
    use serde_json::json;

    fn granted(claim: &str, expected: Expected, values: Value) -> bool {
        let Value::Object(values) = values else { unreachable!() };
        let claims = Claims::new(Credential::Key { id: "k".into() }, None, Vec::new(), values);
        let test = ClaimTest { claim: claim.into(), expected };
        let policies = Policies { by_claim: [("p".to_owned(), test)].into(), service: None };
        let asked = ["p".into(), "unknown".into()];
        let granted = policies.granted(&claims, &asked).now_or_never().unwrap().unwrap();
        assert!(!granted.contains("unknown"), "what nobody decides is granted to nobody");
        granted.contains("p")
    }

    #[test]
    fn claims_decide_policies() {
        let (equals, contains) =
            (|text: &str| Expected::Equals(text.into()), |text: &str| Expected::Contains(text.into()));
        let values = json!({
            "roles": ["admin", 7], "groups": "staff night", "level": 3, "verified": true, "https://x/y": "z",
            "realm": { "a/b": ["admin"] },
        });
        assert!(granted("roles", contains("admin"), values.clone()));
        assert!(granted("roles", contains("7"), values.clone()));
        assert!(granted("groups", contains("night"), values.clone()));
        assert!(granted("level", equals("3"), values.clone()));
        assert!(granted("verified", Expected::True, values.clone()));
        assert!(granted("https://x/y", equals("z"), values.clone()));
        assert!(granted("/realm/a~1b/0", equals("admin"), values.clone()));
        for (claim, expected) in [
            ("roles", equals("admin")),
            ("roles", contains("adm")),
            ("groups", contains("nigh")),
            ("level", Expected::True),
            ("missing", Expected::True),
            ("/realm/missing", contains("admin")),
            ("realm", contains("a/b")),
        ] {
            assert!(!granted(claim, expected, values.clone()), "{claim}");
        }
    }
}
