//! Why a fetch gave no reply: whose fault it is and whether asking again is safe.
//!
//! The messages are for clients: they never hold an address, a header or a body. The log has those,
//! under the field `subgraph`.

use std::error::Error;

/// Why there is no reply, with what the log may know besides.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) error: FetchError,
    cause: Option<Box<dyn Error + Send + Sync>>,
}

impl Failure {
    /// An error that another one caused.
    pub(super) fn caused(error: FetchError, cause: impl Error + Send + Sync + 'static) -> Self {
        Self { error, cause: Some(Box::new(cause)) }
    }

    /// The same, for a cause that is boxed already.
    pub(super) fn caused_by(error: FetchError, cause: Box<dyn Error + Send + Sync>) -> Self {
        Self { error, cause: Some(cause) }
    }

    /// Tells the log all of it, and gives what clients may know.
    pub(super) fn log(&self, subgraph: &str, url: &str) -> FetchError {
        let (error, causes) = (self.error, self.causes());
        tracing::warn!(subgraph, url, %error, causes, "subgraph request failed");
        error
    }

    /// The causes, outermost first.
    pub(super) fn causes(&self) -> String {
        let mut text = String::new();
        let mut next = self.cause.as_deref().map(|cause| cause as &dyn Error);
        while let Some(cause) = next {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause.to_string());
            next = cause.source();
        }
        text
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self { error, cause: None }
    }
}

/// Why there is no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum FetchError {
    /// The subgraph's timeout or the request's deadline passed.
    #[error("the subgraph did not answer in time")]
    Timeout,
    /// No connection: unknown host, refused, unreachable.
    #[error("the subgraph could not be reached")]
    Connect,
    /// A connection, but no trust: an unknown issuer, an expired or a wrong certificate.
    #[error("no secure connection to the subgraph")]
    Tls,
    /// The answer is larger than the subgraph may send.
    #[error("the subgraph's answer is larger than {limit} bytes")]
    TooLarge {
        /// The limit, in bytes.
        limit: usize,
    },
    /// The connection broke, or did not speak HTTP, after the request may have been read.
    #[error("the connection to the subgraph broke off")]
    Interrupted,
    /// The answer is compressed in a way that was not asked for.
    #[error("the subgraph's answer has a content encoding that was not asked for")]
    Encoding,
    /// The stream of events is not as its protocol has it, or the subgraph does not speak that.
    #[error("the subgraph does not keep to the protocol of its subscriptions")]
    Protocol,
    /// Too many requests to this subgraph are already under way.
    #[error("too many requests to the subgraph are under way")]
    Overloaded,
    /// The subgraph has failed so often that it is left alone for a while: nothing was sent.
    #[error("the subgraph has failed too often and is not asked for a while")]
    CircuitOpen,
    /// The request could not be made, for instance because there is no such subgraph.
    #[error("the request to the subgraph could not be made")]
    Unsendable,
}

/// Whose fault a [`FetchError`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The subgraph's, or the network's on the way to it.
    Subgraph,
    /// The gateway's or its configuration's.
    Gateway,
}

impl FetchError {
    /// Whose fault it is.
    pub fn fault(self) -> Fault {
        match self {
            // That it is left alone is the gateway's doing, for a reason that only the subgraph can mend.
            Self::Timeout
            | Self::Connect
            | Self::Tls
            | Self::TooLarge { .. }
            | Self::Interrupted
            | Self::Encoding
            | Self::CircuitOpen
            | Self::Protocol => Fault::Subgraph,
            Self::Overloaded | Self::Unsendable => Fault::Gateway,
        }
    }

    /// Whether the subgraph can not have acted on the request, so that even a mutation may be sent again.
    pub fn retry_is_safe(self) -> bool {
        matches!(self, Self::Connect | Self::Tls | Self::Overloaded | Self::CircuitOpen)
    }

    /// The `extensions.code` of the GraphQL error.
    pub fn code(self) -> &'static str {
        match self {
            Self::Timeout => "GATEWAY_TIMEOUT",
            Self::Overloaded => "REQUEST_CONCURRENCY_LIMITED",
            Self::CircuitOpen => "SUBGRAPH_CIRCUIT_BREAKER_REJECTED",
            Self::Connect
            | Self::Tls
            | Self::TooLarge { .. }
            | Self::Interrupted
            | Self::Encoding
            | Self::Protocol
            | Self::Unsendable => "SUBREQUEST_HTTP_ERROR",
        }
    }
}
