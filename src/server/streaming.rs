//! Answers that come one after the other, as one HTTP response.
//!
//! - `multipart/mixed;subscriptionSpec=1.0`, as Apollo's clients read it: each part is `{"payload": RESPONSE}`, `{}` is a
//!   sign of life, and `{"payload": null, "errors": []}` says why there is no more. The delimiter that ends a part
//!   is sent with it, so that nobody waits for it.
//! - `text/event-stream`, GraphQL over SSE with distinct connections: events `next` and `complete`; a comment is a sign of
//!   life.

use super::negotiation::StreamType;
use super::subscription::{Sent, Subscription};
use axum::body::Body;
use bytes::Bytes;
use futures::stream;
use http::Response;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use std::convert::Infallible;
use std::time::Duration;
use tokio::time::timeout;

/// How often a client hears that there is nothing new.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The response to a subscription.
pub(super) fn response(form: StreamType, subscription: Subscription) -> Response<Body> {
    let opening = [form.opening(), &form.heartbeat()].concat();
    let rest = stream::unfold(subscription, move |mut subscription| async move {
        let bytes = match timeout(HEARTBEAT, subscription.next()).await {
            Ok(sent) => form.write(&sent?),
            Err(_) => form.heartbeat(),
        };
        Some((Ok::<_, Infallible>(Bytes::from(bytes)), subscription))
    });
    let opening = stream::iter([Ok(Bytes::from(opening))]);
    with_head(form, Body::from_stream(futures::StreamExt::chain(opening, rest)))
}

/// The response with the only answer, to a client that reads nothing but streams.
pub(super) fn once(form: StreamType, answer: Bytes) -> Response<Body> {
    let whole = [form.opening(), &form.write(&Sent::Next(answer)), &form.write(&Sent::Completed)].concat();
    with_head(form, Body::from(whole))
}

fn with_head(form: StreamType, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, form.content_type());
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    // nginx would gather what comes.
    headers.insert(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));
    response
}

impl StreamType {
    const fn content_type(self) -> HeaderValue {
        match self {
            Self::Multipart => HeaderValue::from_static("multipart/mixed;boundary=\"graphql\";subscriptionSpec=1.0"),
            Self::ServerSent => HeaderValue::from_static("text/event-stream; charset=utf-8"),
        }
    }

    /// What comes before all else.
    const fn opening(self) -> &'static [u8] {
        match self {
            Self::Multipart => b"--graphql",
            Self::ServerSent => b"",
        }
    }

    fn heartbeat(self) -> Vec<u8> {
        match self {
            Self::Multipart => part([b"{}"]),
            Self::ServerSent => b":\n\n".to_vec(),
        }
    }

    fn write(self, sent: &Sent) -> Vec<u8> {
        match (self, sent) {
            (Self::Multipart, Sent::Next(answer)) => part([b"{\"payload\":", &**answer, b"}"]),
            (Self::Multipart, Sent::Failed(errors)) => {
                [part([b"{\"payload\":null,\"errors\":", &**errors, b"}"]), b"--\r\n".to_vec()].concat()
            }
            (Self::Multipart, Sent::Completed) => b"--\r\n".to_vec(),
            (Self::ServerSent, Sent::Next(answer)) => next(answer),
            (Self::ServerSent, Sent::Failed(errors)) => {
                let last = [b"{\"errors\":", &**errors, b"}"].concat();
                [next(&last), COMPLETE.to_vec()].concat()
            }
            (Self::ServerSent, Sent::Completed) => COMPLETE.to_vec(),
        }
    }
}

/// An event without data is one that browsers pass over, so there is an empty line of it.
const COMPLETE: &[u8] = b"event: complete\ndata:\n\n";

fn part<const N: usize>(content: [&[u8]; N]) -> Vec<u8> {
    [b"\r\ncontent-type: application/json\r\n\r\n", &*content.concat(), b"\r\n--graphql"].concat()
}

/// What a subgraph sends may be written on several lines; each is one of `data`.
fn next(answer: &[u8]) -> Vec<u8> {
    let mut event = Vec::with_capacity(answer.len() + 32);
    event.extend_from_slice(b"event: next\n");
    for line in answer.split(|&byte| byte == b'\n' || byte == b'\r').filter(|line| !line.is_empty()) {
        event.extend_from_slice(b"data: ");
        event.extend_from_slice(line);
        event.push(b'\n');
    }
    event.push(b'\n');
    event
}
