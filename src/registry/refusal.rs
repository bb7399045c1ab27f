//! Why the registry does not do what it was asked for.

use super::Finding;
use crate::store::StoreError;
use std::fmt;

/// What kind of refusal it is: whose fault, and whether asking again may help.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The request makes no sense.
    BadRequest,
    /// It brings no token that is good.
    Unauthenticated,
    /// Its token is not for that.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// It is too large.
    TooLarge,
    /// What was to be published does not compose.
    DoesNotCompose,
    /// Too many ask for the same thing at once.
    Busy,
    /// The store does not answer.
    Unavailable,
    /// The store can not write.
    Full,
    /// A fault of the registry.
    Internal,
}

/// A refusal, ready to be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// What kind it is.
    pub kind: RefusalKind,
    /// A stable, upper-case code.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
    /// The number under which a failed attempt is kept.
    pub attempt: Option<i64>,
    /// Everything that is wrong with the schemas.
    pub findings: Vec<Finding>,
}

impl Refusal {
    pub(super) fn new(kind: RefusalKind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), help: None, attempt: None, findings: Vec::new() }
    }

    pub(super) fn bad_request(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(RefusalKind::BadRequest, code, message)
    }

    pub(super) fn not_found(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(RefusalKind::NotFound, code, message)
    }

    pub(super) fn busy(message: impl Into<String>) -> Self {
        Self::new(RefusalKind::Busy, "REGISTRY_BUSY", message).help("try again in a moment")
    }

    /// A bug: the log has what happened.
    pub(super) fn internal(message: &'static str) -> Self {
        tracing::error!(message, "the registry failed");
        Self::new(RefusalKind::Internal, "INTERNAL_ERROR", message).help("look into the registry's log")
    }

    /// Says what to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Refusal {}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        if error.is_full() {
            tracing::error!(%error, "the store can not write; nothing was changed");
            let message = "the store can not write: its disk is full or its file may not grow; nothing was changed, \
                           and what was served is served";
            return Self::new(RefusalKind::Full, "STORE_FULL", message).help("make room, then publish again");
        }
        tracing::error!(%error, "the store does not answer");
        let message = "the registry's store does not answer; nothing was changed";
        Self::new(RefusalKind::Unavailable, "STORE_UNAVAILABLE", message).help("try again; the registry's log says why")
    }
}
