//! How subscriptions end, what their clients are told of it, and as what it is counted.

use crate::prepare::ClientError;
use crate::server::rejection::Rejection;
use crate::snapshot::Replaced;

/// Why a subscription is over.
#[derive(Debug)]
pub(super) enum End {
    /// The subgraph has no more events.
    Completed,
    /// The subgraph's stream broke, or there is none; the last answer has said so.
    SubgraphFailed,
    /// Nobody is there to be told.
    ClientLeft,
    /// The client reads more slowly than events come.
    TooSlow,
    /// Another snapshot serves.
    Replaced(Replaced),
    /// The credential of whoever asked holds no longer.
    Expired,
    /// It was as long as it may be.
    Lifetime,
    /// An event was refused, as a query would be.
    Refused(Rejection),
    /// The process ends.
    Shutdown,
    /// The gateway failed.
    Internal,
}

impl End {
    /// As it is counted; under Apollo's names where it has any.
    pub(super) const fn reason(&self) -> &'static str {
        match self {
            Self::Completed => "server_close",
            Self::SubgraphFailed => "subgraph_error",
            Self::ClientLeft => "client_disconnect",
            Self::TooSlow => "client_too_slow",
            Self::Replaced(Replaced::BySchema) => "schema_reload",
            Self::Replaced(Replaced::ByConfiguration) => "config_reload",
            Self::Expired => "credential_expired",
            Self::Lifetime => "max_lifetime",
            Self::Refused(_) => "refused",
            Self::Shutdown => "shutdown",
            Self::Internal => "internal_error",
        }
    }

    /// What the client is told beside that it is over.
    pub(super) fn errors(&self) -> Vec<ClientError> {
        let (code, message) = match self {
            Self::Completed | Self::SubgraphFailed | Self::ClientLeft => return Vec::new(),
            Self::Refused(rejection) => return rejection.errors().to_vec(),
            Self::TooSlow => ("SUBSCRIPTION_CLIENT_TOO_SLOW", "events come faster than you read them"),
            Self::Replaced(Replaced::BySchema) => {
                ("SUBSCRIPTION_SCHEMA_RELOAD", "subscription has been closed due to a schema reload")
            }
            Self::Replaced(Replaced::ByConfiguration) => {
                ("SUBSCRIPTION_CONFIG_RELOAD", "subscription has been closed due to a configuration reload")
            }
            Self::Expired => ("UNAUTHENTICATED", "the credential has expired"),
            Self::Lifetime => (
                "SUBSCRIPTION_MAX_LIFETIME_EXCEEDED",
                "subscription closed because the maximum lifetime has been reached",
            ),
            Self::Shutdown => ("SUBSCRIPTION_GATEWAY_SHUTDOWN", "the gateway shuts down"),
            Self::Internal => ("INTERNAL_SERVER_ERROR", "internal error"),
        };
        vec![ClientError::new(code, message)]
    }
}
