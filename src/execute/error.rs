//! GraphQL errors as clients see them, and what a client may know of a subgraph's failure.
//!
//! [`Fault`] is what went wrong with a fetch, in full; [`GraphqlError`] is what is told. Between them
//! stands [`Fault::tell`]: a subgraph whose errors are not shown has its messages and extensions
//! replaced, and keeps the path, the subgraph's name and the gateway's own code. Addresses are in
//! neither form.

use http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

/// A GraphQL error of a response.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GraphqlError {
    /// What is wrong, for people.
    pub message: String,
    /// Where in the response; empty when it concerns no single field.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub path: Vec<PathSegment>,
    /// `code`, `service` and more.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub extensions: Map<String, Value>,
}

/// A step of a response path.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum PathSegment {
    /// Into a field, by its response key.
    Key(Box<str>),
    /// Into a list.
    Index(usize),
}

impl GraphqlError {
    /// An error of the gateway's own making with a code.
    pub fn new(code: &str, message: impl Into<String>, path: Vec<PathSegment>) -> Self {
        let mut extensions = Map::new();
        extensions.insert("code".to_owned(), Value::from(code));
        Self { message: message.into(), path, extensions }
    }

    /// Its `extensions.code`.
    pub fn code(&self) -> Option<&str> {
        self.extensions.get("code")?.as_str()
    }
}

/// What went wrong with a fetch.
#[derive(Debug, Clone)]
pub(super) enum Fault {
    /// No reply, for a reason with this code and message.
    NoReply { code: &'static str, message: String },
    /// A status that says failure.
    Http { status: StatusCode },
    /// A reply that does not hold what was asked.
    Malformed { reason: &'static str },
    /// An error that the subgraph reported.
    Reported { message: Option<String>, extensions: Map<String, Value> },
}

/// The message in place of one that is not shown, as Apollo's router has it.
const REDACTED: &str = "Subgraph errors redacted";

impl Fault {
    /// The error that a client gets.
    pub(super) fn tell(&self, service: &str, shown: bool, path: Vec<PathSegment>) -> GraphqlError {
        let mut error =
            if shown { self.in_full(service) } else { GraphqlError::new(self.code(), REDACTED, Vec::new()) };
        error.path = path;
        error.extensions.insert("service".to_owned(), Value::from(service));
        error
    }

    fn in_full(&self, service: &str) -> GraphqlError {
        let (message, more) = match self {
            Self::NoReply { message, .. } => {
                (format!("HTTP fetch failed from '{service}': {message}"), json!({ "reason": message }))
            }
            Self::Http { status } => {
                let reason = reason(*status);
                let http = json!({ "reason": reason, "http": { "status": status.as_u16() } });
                (format!("HTTP fetch failed from '{service}': {reason}"), http)
            }
            Self::Malformed { reason } => {
                (format!("service '{service}' response was malformed: {reason}"), json!({ "reason": reason }))
            }
            Self::Reported { message, extensions } => {
                let message =
                    message.clone().unwrap_or_else(|| "the subgraph reported an error without a message".into());
                let mut extensions = extensions.clone();
                extensions.entry("code").or_insert_with(|| Value::from(self.code()));
                return GraphqlError { message, path: Vec::new(), extensions };
            }
        };
        let mut error = GraphqlError::new(self.code(), message, Vec::new());
        if let Value::Object(more) = more {
            error.extensions.extend(more);
        }
        error
    }

    /// The gateway's code for it.
    pub(super) const fn code(&self) -> &'static str {
        match self {
            Self::NoReply { code, .. } => code,
            Self::Http { .. } => "SUBREQUEST_HTTP_ERROR",
            Self::Malformed { .. } => "SUBREQUEST_MALFORMED_RESPONSE",
            Self::Reported { .. } => "DOWNSTREAM_SERVICE_ERROR",
        }
    }

    /// For the log, where nothing is hidden but what could be long.
    pub(super) fn summary(&self) -> String {
        match self {
            Self::NoReply { message, .. } => message.clone(),
            Self::Http { status } => reason(*status),
            Self::Malformed { reason } => (*reason).to_owned(),
            Self::Reported { message, .. } => message.iter().flat_map(|text| text.chars()).take(1000).collect(),
        }
    }
}

fn reason(status: StatusCode) -> String {
    format!("{}: {}", status.as_u16(), status.canonical_reason().unwrap_or("unknown status"))
}
