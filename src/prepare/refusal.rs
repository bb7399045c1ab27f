//! Why a request is not executed: GraphQL errors for the client, and a kind that the server turns into a status.

use crate::operation::OperationKind;
use serde::ser::{Serialize, SerializeMap, Serializer};

/// One entry of `errors` for a request that is not executed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientError {
    /// `extensions.code`.
    pub code: &'static str,
    /// One sentence; never a path, an address or a type of the implementation.
    pub message: String,
    /// Where in the document.
    pub locations: Vec<Location>,
    /// Where in the answer that there is none of.
    pub path: Vec<Box<str>>,
}

/// A place in a document, both counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Location {
    /// The line.
    pub line: usize,
    /// The column, in characters.
    pub column: usize,
}

impl ClientError {
    /// An error without a place.
    pub fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), locations: Vec::new(), path: Vec::new() }
    }
}

impl Serialize for ClientError {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(serde::Serialize)]
        struct Extensions {
            code: &'static str,
        }
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("message", &self.message)?;
        if !self.locations.is_empty() {
            map.serialize_entry("locations", &self.locations)?;
        }
        if !self.path.is_empty() {
            map.serialize_entry("path", &self.path)?;
        }
        map.serialize_entry("extensions", &Extensions { code: self.code })?;
        map.end()
    }
}

/// A request that is not executed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .errors.first().map_or("refused", |error| error.message.as_str()))]
pub struct Refusal {
    /// Whose fault it is.
    pub kind: RefusalKind,
    /// What the client is told; at least one.
    pub errors: Vec<ClientError>,
    /// What the operation would have done, where the document says so.
    pub operation: Option<OperationKind>,
}

/// Whose fault a refusal is, and whether asking again helps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusalKind {
    /// The document's or its variables': asking the same again gives the same.
    Request,
    /// The document is on no list: asking the same again gives the same.
    Unlisted,
    /// Too much is being prepared: asking again later helps.
    Overloaded,
    /// Preparation took too long: asking again may help.
    TimedOut,
    /// A fault of the gateway.
    Internal,
}

impl Refusal {
    /// The client's fault, with one error.
    pub fn request(error: ClientError) -> Self {
        Self::of_document(vec![error])
    }

    /// The client's fault, with all that is wrong with the document.
    pub const fn of_document(errors: Vec<ClientError>) -> Self {
        Self { kind: RefusalKind::Request, errors, operation: None }
    }

    /// Only listed documents are executed, and this is none of them.
    pub fn unlisted() -> Self {
        let error = ClientError::new("QUERY_NOT_IN_SAFELIST", "the document is on no list of those that are executed");
        Self { kind: RefusalKind::Unlisted, errors: vec![error], operation: None }
    }

    /// The gateway has a fault; the log knows which.
    pub fn internal() -> Self {
        let error = ClientError::new("INTERNAL_SERVER_ERROR", "the gateway could not prepare the operation");
        Self { kind: RefusalKind::Internal, errors: vec![error], operation: None }
    }

    /// Too many operations wait to be prepared.
    pub fn overloaded() -> Self {
        let error = ClientError::new("REQUEST_CONCURRENCY_LIMITED", "too many new operations at once, try again");
        Self { kind: RefusalKind::Overloaded, errors: vec![error], operation: None }
    }

    /// The operation was not prepared in time.
    pub fn timed_out() -> Self {
        let error = ClientError::new("GATEWAY_TIMEOUT", "the operation was not prepared in time");
        Self { kind: RefusalKind::TimedOut, errors: vec![error], operation: None }
    }

    /// Bytes it takes in a cache.
    pub(super) fn weight(&self) -> usize {
        self.errors.iter().map(|error| error.message.len() + 128).sum::<usize>() + 128
    }
}
