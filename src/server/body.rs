//! Request bodies: read whole, within a limit.

use super::rejection::Rejection;
use bytes::Bytes;
use http::header::{EXPECT, HeaderMap};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use hyper::body::{Body, Incoming};
use std::time::Duration;

/// What is still read of a body that is refused, so that the client gets to read the answer: a connection
/// closed on unread bytes is reset, and the answer is lost with it.
const LINGER_BYTES: usize = 16 << 20;
const LINGER: Duration = Duration::from_secs(1);

/// Reads a body of at most `limit` bytes.
pub(super) async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Rejection> {
    if body.size_hint().lower() > limit as u64 {
        discard(body).await;
        return Err(Rejection::too_large(limit));
    }
    match Limited::new(&mut body, limit).collect().await {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<LengthLimitError>() => {
            discard(body).await;
            Err(Rejection::too_large(limit))
        }
        Err(_) => Err(Rejection::bad_request("the request body broke off")),
    }
}

/// Reads the body of a request that is refused for its head, unless the client waits to be asked for it.
pub(super) async fn discard_refused(headers: &HeaderMap, body: Incoming) {
    if !headers.contains_key(EXPECT) && !body.is_end_stream() {
        discard(body).await;
    }
}

async fn discard(mut body: Incoming) {
    let read = async {
        let mut seen = 0;
        while let Some(Ok(frame)) = body.frame().await {
            seen += frame.data_ref().map_or(0, Bytes::len);
            if seen > LINGER_BYTES {
                break;
            }
        }
    };
    // What does not come in time is not waited for.
    let _ = tokio::time::timeout(LINGER, read).await;
}
