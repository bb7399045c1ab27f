//! Requests that never become an answer with data: which status, and which GraphQL errors.

use super::negotiation::MediaType;
use crate::prepare::{ClientError, Refusal, RefusalKind};
use http::StatusCode;
use http::header::{HeaderName, HeaderValue};
use std::borrow::Cow;
use std::sync::Arc;

/// Why a request is turned away.
#[derive(Debug)]
pub(super) struct Rejection {
    status: Status,
    errors: Errors,
    /// A header that goes with the status: `Allow`, `Retry-After`, `Accept-Encoding`.
    header: Option<(&'static str, Cow<'static, str>)>,
}

#[derive(Debug)]
enum Errors {
    Own(Box<ClientError>),
    Of(Arc<Refusal>),
}

#[derive(Debug, Clone, Copy)]
enum Status {
    /// The same for every media type.
    Always(StatusCode),
    /// A well-formed HTTP request whose operation is refused: 400, but 200 for `application/json`, whose
    /// status says nothing of the operation (GraphQL over HTTP, section 6.4).
    OfOperation,
}

impl Rejection {
    /// A request that is wrong as HTTP or as a message.
    pub fn new(status: StatusCode, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        let error = ClientError::new(code, message.into());
        Self { status: Status::Always(status), errors: Errors::Own(Box::new(error)), header: None }
    }

    /// 400 for a message that is no GraphQL request.
    pub fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "INVALID_GRAPHQL_REQUEST", message)
    }

    /// 405 with what is allowed instead.
    pub fn method(message: &'static str, allow: &'static str) -> Self {
        let rejection = Self::new(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", message);
        rejection.with("allow", allow)
    }

    /// 415 for a body that is not sent as it is.
    pub fn encoded_body() -> Self {
        let message = "request bodies must not be compressed";
        let rejection = Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message);
        rejection.with("accept-encoding", "identity")
    }

    /// 401, the same for every reason.
    pub fn unauthenticated() -> Self {
        let message = "the credential is missing, wrong or expired";
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", message).with("www-authenticate", "Bearer")
    }

    /// 403 for an operation that asks for what the client may not see.
    pub fn unauthorized(errors: Vec<ClientError>) -> Self {
        let refusal = Arc::new(Refusal::of_document(errors));
        Self { status: Status::Always(StatusCode::FORBIDDEN), errors: Errors::Of(refusal), header: None }
    }

    /// 503 when nobody can say what the client may see.
    pub fn undecided() -> Self {
        let message = "what you may see cannot be decided now";
        let rejection = Self::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", message);
        rejection.with("retry-after", "1")
    }

    /// 413.
    pub fn too_large(limit: usize) -> Self {
        let message = format!("the request body is larger than {limit} bytes");
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "PAYLOAD_TOO_LARGE", message)
    }

    /// 503 before there is a schema.
    pub fn not_ready() -> Self {
        let rejection = Self::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", "no schema is loaded yet");
        rejection.with("retry-after", "1")
    }

    /// 503 when enough requests are under way.
    pub fn overloaded() -> Self {
        let message = "too many requests are under way";
        let rejection = Self::new(StatusCode::SERVICE_UNAVAILABLE, "REQUEST_CONCURRENCY_LIMITED", message);
        rejection.with("retry-after", "1")
    }

    /// 503 when enough subscriptions are open.
    pub fn too_many_subscriptions() -> Self {
        let message = "too many subscriptions are open";
        let rejection = Self::new(StatusCode::SERVICE_UNAVAILABLE, "SUBSCRIPTION_LIMIT_EXCEEDED", message);
        rejection.with("retry-after", "1")
    }

    /// 406 for a client that would wait for the end of what has none.
    pub fn not_as_a_stream() -> Self {
        let message = "a subscription is answered as multipart/mixed;subscriptionSpec=1.0 or text/event-stream: \
                       accept one of them by name, or subscribe over WebSocket";
        Self::new(StatusCode::NOT_ACCEPTABLE, "NOT_ACCEPTABLE", message)
    }

    /// 426 for a handshake that is none.
    pub fn no_websocket() -> Self {
        let message = "a WebSocket is opened by an upgrade of HTTP/1.1, in version 13 of the protocol";
        let rejection = Self::new(StatusCode::UPGRADE_REQUIRED, "WEBSOCKET_UPGRADE_FAILED", message);
        rejection.with("sec-websocket-version", "13")
    }

    /// 429 for a client that has too little left; after so many seconds it has enough.
    pub fn too_often(message: String, seconds: u64) -> Self {
        let rejection = Self::new(StatusCode::TOO_MANY_REQUESTS, "REQUEST_RATE_LIMITED", message);
        rejection.with("retry-after", seconds.to_string())
    }

    /// 503 when nobody can say whether a client has enough left.
    pub fn undecided_budget() -> Self {
        let message = "whether you have points left cannot be found out now";
        let rejection = Self::new(StatusCode::SERVICE_UNAVAILABLE, "SERVICE_UNAVAILABLE", message);
        rejection.with("retry-after", "1")
    }

    /// 504.
    pub fn timed_out() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "GATEWAY_TIMEOUT", "the request took too long")
    }

    fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.header = Some((name, value.into()));
        self
    }

    /// The header that goes with the status.
    pub fn header(&self) -> Option<(HeaderName, HeaderValue)> {
        let (name, value) = self.header.as_ref()?;
        Some((HeaderName::from_static(name), HeaderValue::from_str(value).ok()?))
    }

    /// The status for a client that reads `media`.
    pub fn status(&self, media: MediaType) -> StatusCode {
        match (self.status, media) {
            (Status::Always(status), _) => status,
            (Status::OfOperation, MediaType::GraphqlResponse) => StatusCode::BAD_REQUEST,
            (Status::OfOperation, MediaType::Json) => StatusCode::OK,
        }
    }

    /// What the client is told.
    pub fn errors(&self) -> &[ClientError] {
        match &self.errors {
            Errors::Own(error) => std::slice::from_ref(&**error),
            Errors::Of(refusal) => &refusal.errors,
        }
    }
}

impl From<Arc<Refusal>> for Rejection {
    fn from(refusal: Arc<Refusal>) -> Self {
        let status = match refusal.kind {
            RefusalKind::Request => Status::OfOperation,
            RefusalKind::Unlisted => Status::Always(StatusCode::FORBIDDEN),
            RefusalKind::Overloaded => Status::Always(StatusCode::SERVICE_UNAVAILABLE),
            RefusalKind::TimedOut => Status::Always(StatusCode::GATEWAY_TIMEOUT),
            RefusalKind::Internal => Status::Always(StatusCode::INTERNAL_SERVER_ERROR),
        };
        let rejection = Self { status, errors: Errors::Of(Arc::clone(&refusal)), header: None };
        if refusal.kind == RefusalKind::Overloaded { rejection.with("retry-after", "1") } else { rejection }
    }
}

impl From<Refusal> for Rejection {
    fn from(refusal: Refusal) -> Self {
        Self::from(Arc::new(refusal))
    }
}
