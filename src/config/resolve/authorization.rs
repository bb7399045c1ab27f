//! `authorization`: each policy is decided in one way.

use super::section;
use crate::config::raw::authorization::{
    RawAuthorization, RawClaimTest, RawDirectives, RawPolicies, RawPolicyService, RawWithheldErrors,
};
use crate::config::yaml::{Reports, Setting, code};
use crate::config::{AccessDirectives, Authorization, ClaimTest, Expected, OnPolicyError, Policies, PolicyService};
use std::time::Duration;

pub(super) fn resolve(raw: RawAuthorization, reports: &Reports) -> Authorization {
    let mut authorization = Authorization::default();
    raw.require_authentication.store(&mut authorization.require_authentication);
    directives(section(raw.directives), &mut authorization.directives);
    authorization.policies = policies(section(raw.policies), reports);
    authorization
}

fn directives(raw: RawDirectives, directives: &mut AccessDirectives) {
    raw.enabled.store(&mut directives.enabled);
    raw.dry_run.store(&mut directives.dry_run);
    raw.reject_unauthorized.store(&mut directives.reject_unauthorized);
    let RawWithheldErrors { log, response } = section(raw.errors);
    log.store(&mut directives.log);
    response.store(&mut directives.response);
}

fn policies(raw: RawPolicies, reports: &Reports) -> Policies {
    let tests = raw.by_claim.take().unwrap_or_default().into_iter();
    let by_claim = tests.filter_map(|(name, test)| Some((name, claim_test(test, reports)?))).collect();
    let service = if raw.service.key == (0..0) { None } else { service(raw.service, reports) };
    Policies { by_claim, service }
}

fn claim_test(setting: Setting<RawClaimTest>, reports: &Reports) -> Option<ClaimTest> {
    let key = setting.key.clone();
    let RawClaimTest { claim, equals, contains } = setting.take()?;
    if claim.key == (0..0) {
        reports.add(reports.error(code::MISSING_KEY, key, "a policy lacks the key \"claim\""));
    }
    if equals.is_set() && contains.is_set() {
        let message = "a policy has \"equals\" or \"contains\", not both";
        reports.add(reports.error(code::CONFLICT, contains.key, message));
        return None;
    }
    let expected = match (equals.take(), contains.take()) {
        (Some(text), _) => Expected::Equals(text),
        (_, Some(text)) => Expected::Contains(text),
        _ => Expected::True,
    };
    Some(ClaimTest { claim: claim.take()?, expected })
}

fn service(setting: Setting<RawPolicyService>, reports: &Reports) -> Option<PolicyService> {
    let key = setting.key.clone();
    let raw = setting.take()?;
    if raw.url.key == (0..0) {
        reports.add(reports.error(code::MISSING_KEY, key, "\"service\" lacks the key \"url\""));
    }
    let mut service = PolicyService {
        url: raw.url.take()?.0.into(),
        timeout: Duration::from_secs(1),
        ttl: Duration::from_secs(10),
        max_entries: 10_000,
        on_error: OnPolicyError::Deny,
    };
    raw.timeout.store(&mut service.timeout);
    raw.ttl.store(&mut service.ttl);
    if let Some(entries) = raw.max_entries.take() {
        service.max_entries = entries.0 as u64;
    }
    raw.on_error.store(&mut service.on_error);
    Some(service)
}
