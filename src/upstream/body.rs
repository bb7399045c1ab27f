//! Reads an answer's body, up to a limit.
//!
//! The announced length is believed only as a reason to refuse. An answer that came in one piece, as
//! small ones do, is handed on without a copy.

use super::FetchError;
use super::error::Failure;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use hyper::body::{Body, Incoming};

/// What is set aside on the word of `content-length`; more comes as it arrives.
const MAX_RESERVED: usize = 1024 * 1024;

/// The whole body.
pub(super) async fn read(mut body: Incoming, limit: usize) -> Result<Bytes, Failure> {
    let too_large = || Failure::from(FetchError::TooLarge { limit });
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(too_large());
    }
    let Some(first) = next(&mut body).await? else { return Ok(Bytes::new()) };
    if first.len() > limit {
        return Err(too_large());
    }
    if body.is_end_stream() {
        return Ok(first);
    }
    let Some(second) = next(&mut body).await? else { return Ok(first) };
    let mut whole = BytesMut::with_capacity(announced.min(MAX_RESERVED).max(first.len() + second.len()));
    whole.extend_from_slice(&first);
    let mut piece = second;
    loop {
        if piece.len() > limit - whole.len() {
            return Err(too_large());
        }
        whole.extend_from_slice(&piece);
        match next(&mut body).await? {
            Some(more) => piece = more,
            None => return Ok(whole.freeze()),
        }
    }
}

/// The next piece that is not empty; trailers are passed over.
async fn next(body: &mut Incoming) -> Result<Option<Bytes>, Failure> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Failure::caused(FetchError::Interrupted, error))?;
        if let Ok(piece) = frame.into_data()
            && !piece.is_empty()
        {
            return Ok(Some(piece));
        }
    }
    Ok(None)
}
