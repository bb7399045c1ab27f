//! Subscriptions as responses that do not end.
//!
//! The gateway says which forms it reads, and takes the one that the subgraph chooses. A subgraph may also give an
//! ordinary answer: that is all that comes then.

use super::address::refuse_encodings;
use super::connection::{self, Client};
use super::error::Failure;
use super::multipart::Multipart;
use super::server_sent::ServerSent;
use super::{FetchError, FetchReply, body};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, Request, Response, Uri, header};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;

static ACCEPT: HeaderValue = HeaderValue::from_static(
    "multipart/mixed;subscriptionSpec=1.0, text/event-stream;q=0.9, application/graphql-response+json;q=0.8, \
     application/json;q=0.7",
);

/// See the module.
pub(super) struct EndlessResponse {
    body: Incoming,
    form: Form,
    over: bool,
}

/// How events are told apart.
enum Form {
    ServerSent(ServerSent),
    Multipart(Multipart),
}

/// What a form makes of the bytes that have come.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Item {
    /// A GraphQL response.
    Event(Bytes),
    /// There are no more.
    Completed,
}

/// Why a form can make nothing of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// One event is larger than it may be.
    TooLarge,
    /// They are not as the form has it.
    Malformed,
}

/// What came of opening.
pub(super) enum Opened {
    Stream(EndlessResponse),
    Answer(FetchReply),
}

/// Asks for the events; one of them may have `limit` bytes.
pub(super) async fn open(
    client: &Client,
    uri: &Uri,
    headers: HeaderMap,
    request: Bytes,
    limit: usize,
) -> Result<Opened, Failure> {
    let sent = client.request(ask(uri, headers, request)).await;
    let response: Response<Incoming> = sent.map_err(|error| Failure::caused(connection::meaning(&error), error))?;
    refuse_encodings(response.headers())?;
    let (head, body) = response.into_parts();
    let form = head.headers.get(header::CONTENT_TYPE).and_then(|value| Form::of(value.to_str().ok()?, limit));
    match form.filter(|_| head.status.is_success()) {
        Some(form) => Ok(Opened::Stream(EndlessResponse { body, form, over: false })),
        None => {
            let body = body::read(body, limit).await?;
            Ok(Opened::Answer(FetchReply { status: head.status, headers: head.headers, body }))
        }
    }
}

fn ask(uri: &Uri, headers: HeaderMap, body: Bytes) -> Request<Full<Bytes>> {
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    request.headers_mut().insert(header::ACCEPT, ACCEPT.clone());
    request
}

impl Form {
    /// By the content type; none: it is no stream.
    fn of(content_type: &str, limit: usize) -> Option<Self> {
        let mut parts = content_type.split(';').map(str::trim);
        let essence = parts.next()?;
        if essence.eq_ignore_ascii_case("text/event-stream") {
            return Some(Self::ServerSent(ServerSent::new(limit)));
        }
        let boundary = parts.filter_map(|parameter| parameter.split_once('=')).find_map(|(name, value)| {
            name.trim().eq_ignore_ascii_case("boundary").then(|| value.trim().trim_matches('"'))
        });
        // RFC 1341, section 7.2: without a boundary nobody can tell the parts.
        essence
            .eq_ignore_ascii_case("multipart/mixed")
            .then(|| Self::Multipart(Multipart::new(boundary.unwrap_or("-"), limit)))
    }

    fn push(&mut self, bytes: &[u8]) {
        match self {
            Self::ServerSent(form) => form.push(bytes),
            Self::Multipart(form) => form.push(bytes),
        }
    }

    fn next(&mut self) -> Result<Option<Item>, Unreadable> {
        match self {
            Self::ServerSent(form) => form.next(),
            Self::Multipart(form) => form.next(),
        }
    }

    fn limit(&self) -> usize {
        match self {
            Self::ServerSent(form) => form.limit,
            Self::Multipart(form) => form.limit,
        }
    }
}

impl EndlessResponse {
    /// The next event; see [`EventStream::next`](super::EventStream::next). A body that ends as HTTP has it has no more,
    /// also when its form has not said so: many servers just end it.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        while !self.over {
            match self.form.next() {
                Ok(Some(Item::Event(event))) => return Some(Ok(event)),
                Ok(Some(Item::Completed)) => self.over = true,
                Ok(None) => match self.body.frame().await {
                    None => self.over = true,
                    Some(Ok(frame)) => self.form.push(frame.data_ref().map_or(&[], |data| data)),
                    Some(Err(error)) => return self.fail(Failure::caused(FetchError::Interrupted, error)),
                },
                Err(Unreadable::TooLarge) => {
                    return self.fail(FetchError::TooLarge { limit: self.form.limit() }.into());
                }
                Err(Unreadable::Malformed) => return self.fail(FetchError::Protocol.into()),
            }
        }
        None
    }

    fn fail(&mut self, failure: Failure) -> Option<Result<Bytes, Failure>> {
        self.over = true;
        Some(Err(failure))
    }
}
