//! `authorization` as it is written.

use super::{Count, DurationText, HttpUrl, Setting};
use crate::config::{OnPolicyError, WithheldErrors};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Something per policy, by its name.
type PerPolicy<T> = BTreeMap<String, Setting<T>>;

sections! {
    /// Who may see what.
    RawAuthorization {
        /// Whether every request needs a credential, introspection included. Default: false.
        require_authentication: bool,
        /// How @authenticated, @requiresScopes and @policy are taken.
        directives: RawDirectives,
        /// Who decides what @policy asks. A policy that nobody decides is granted to nobody.
        policies: RawPolicies,
    }

    /// How @authenticated, @requiresScopes and @policy are taken.
    RawDirectives {
        /// Whether they are looked at. Default: true.
        enabled: bool,
        /// Whether what would be withheld is told in extensions.authorizationErrors and given all the same.
        /// Default: false.
        dry_run: bool,
        /// Whether an operation is refused as a whole that asks for something the client may not see. Default: false,
        /// what it may not see is null.
        reject_unauthorized: bool,
        /// Who is told what was withheld.
        errors: RawWithheldErrors,
    }

    /// Who is told what was withheld.
    RawWithheldErrors {
        /// The log. Default: true.
        log: bool,
        /// The client: in errors, in extensions (extensions.authorizationErrors), or disabled. Default: errors.
        response: WithheldErrors,
    }

    /// Who decides policies.
    RawPolicies {
        /// Policies that are read off the claims of whoever asks, by name.
        by_claim: PerPolicy<RawClaimTest>,
        /// An HTTP service, such as Open Policy Agent, that is asked about the others.
        service: RawPolicyService,
    }

    /// What a claim must be: true, unless another test is given.
    RawClaimTest {
        /// Its name; one that begins with a slash is a JSON pointer, such as /realm_access/roles.
        claim: String,
        /// The text, number or boolean that it must be, written as text.
        equals: String,
        /// The text that must be in it: in a list, or among words with spaces between.
        contains: String,
    }

    /// A service that decides policies. It is sent {"input": {"claims": {...}, "policies": [...]}} and answers
    /// {"result": {"policy": true, ...}}, as Open Policy Agent does, or {"policy": true, ...}.
    RawPolicyService {
        /// Where it is, for instance http://127.0.0.1:8181/v1/data/graphql/policies.
        url: HttpUrl,
        /// How long it may take. Default: 1s.
        timeout: DurationText,
        /// How long its decisions hold. Default: 10s.
        ttl: DurationText,
        /// Decisions kept, one for each identity and policy. Default: 10000.
        max_entries: Count,
        /// When it fails: deny (its policies are granted to nobody) or reject (the request is answered 503).
        /// Default: deny.
        on_error: OnPolicyError,
    }
}
