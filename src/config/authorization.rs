//! Who may see what: how `@authenticated`, `@requiresScopes` and `@policy` are taken, and who decides policies.

use std::collections::BTreeMap;
use std::time::Duration;

/// `authorization`.
#[derive(Debug, Clone, Default)]
pub struct Authorization {
    /// Whether a request needs a credential, whatever it asks for, introspection included.
    pub require_authentication: bool,
    /// How the directives are taken.
    pub directives: AccessDirectives,
    /// Who decides what `@policy` asks.
    pub policies: Policies,
}

/// How `@authenticated`, `@requiresScopes` and `@policy` are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDirectives {
    /// Whether they are looked at.
    pub enabled: bool,
    /// Whether what they say is only told, and everything is given all the same.
    pub dry_run: bool,
    /// Whether an operation that asks for something that the client may not see is refused as a whole.
    pub reject_unauthorized: bool,
    /// Whether the log says what was withheld.
    pub log: bool,
    /// Where the answer says so.
    pub response: WithheldErrors,
}

impl Default for AccessDirectives {
    fn default() -> Self {
        Self {
            enabled: true,
            dry_run: false,
            reject_unauthorized: false,
            log: true,
            response: WithheldErrors::default(),
        }
    }
}

/// Where an answer says what was withheld.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WithheldErrors {
    /// In `errors`.
    #[default]
    Errors,
    /// In `extensions.authorizationErrors`.
    Extensions,
    /// Nowhere.
    Disabled,
}

/// Who decides policies. One that nobody decides is granted to nobody.
#[derive(Debug, Clone, Default)]
pub struct Policies {
    /// By name, those that are read off the claims.
    pub by_claim: BTreeMap<String, ClaimTest>,
    /// Who is asked about the others.
    pub service: Option<PolicyService>,
}

/// What a claim must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimTest {
    /// Its name; one that begins with a slash is a JSON pointer.
    pub claim: String,
    /// What it must be.
    pub expected: Expected,
}

/// See [`ClaimTest`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// `true`.
    True,
    /// This text, or the number or boolean that is written so.
    Equals(String),
    /// A list with this text, or texts with spaces between, this one among them.
    Contains(String),
}

/// An HTTP service that decides policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyService {
    /// Where it is.
    pub url: String,
    /// How long it may take.
    pub timeout: Duration,
    /// How long its decisions hold.
    pub ttl: Duration,
    /// Decisions kept.
    pub max_entries: u64,
    /// What becomes of a request when it fails.
    pub on_error: OnPolicyError,
}

/// What becomes of a request whose policies cannot be decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnPolicyError {
    /// They are not granted.
    #[default]
    Deny,
    /// The request is answered 503.
    Reject,
}
