//! One request and its reply on an HTTP/1.1 connection.
//!
//! What is read goes straight into the buffer that the reply's body is then a part of, with room for as
//! much as this subgraph sent last time: nearly always one `writev` and one `read` are all that a fetch asks of
//! the system, and no byte is copied. hyper's client hands requests and pieces
//! of replies through channels, reads in small steps, and leaves the pieces to be joined.
//!
//! While the request is still going out the reply is already read: a subgraph may answer, and stop
//! reading, before it has all of it.

use super::FetchError;
use super::error::Failure;
use super::wire::{self, Chunks, Framing, Progress, ResponseHead, Unreadable};
use bytes::buf::Chain;
use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;
use std::future::{Future, poll_fn};
use std::io::{self, ErrorKind, IoSlice};
use std::pin::{Pin, pin};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

/// How every response begins.
const BEGINNING: &[u8] = b"HTTP/";
/// Bytes of a response's head; more are refused.
const MAX_HEAD: usize = 64 * 1024;
/// Heads like `103 Early Hints` before the one that counts.
const MAX_INTERIM: usize = 8;
/// Room for a reply of which nothing is known.
const LEAST_ROOM: usize = 8 * 1024;
/// The most room that is made before bytes have come: also on the word of `content-length`.
const MOST_ROOM: usize = 1024 * 1024;

/// What came back.
pub(super) struct Reply {
    pub(super) head: ResponseHead,
    /// The whole body.
    pub(super) body: Bytes,
    /// Bytes of it all, about.
    pub(super) length: usize,
    /// Whether the connection can take another request.
    pub(super) reusable: bool,
}

/// Why nothing came back.
pub(super) enum Broken {
    /// The connection took nothing of the request, so it can be sent on another one.
    Untaken(Failure),
    /// The subgraph may have acted on it.
    Failed(Failure),
}

impl Broken {
    /// For whoever cannot try again.
    pub(super) fn into_failure(self) -> Failure {
        match self {
            Self::Untaken(failure) | Self::Failed(failure) => failure,
        }
    }
}

impl<T: Into<Failure>> From<T> for Broken {
    fn from(failure: T) -> Self {
        Self::Failed(failure.into())
    }
}

impl From<Unreadable> for Failure {
    fn from(why: Unreadable) -> Self {
        Self::caused(FetchError::Interrupted, why)
    }
}

/// Sends a request, its head and its body, and reads the reply, whose body may have `limit` bytes. `expected` is a guess of how many the
/// whole reply will have. `accept` may refuse it by its headers.
pub(super) async fn exchange<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    (head, body): (&[u8], &[u8]),
    expected: usize,
    limit: usize,
    accept: impl FnOnce(&HeaderMap) -> Result<(), FetchError>,
) -> Result<Reply, Broken> {
    let received = BytesMut::with_capacity(expected.clamp(LEAST_ROOM, MOST_ROOM));
    let unsent = Buf::chain(head, body);
    let mut exchange = Exchange { stream, unsent, flushed: false, taken: false, refused: None, received };
    let head = exchange.final_head().await?;
    accept(&head.headers)?;
    let body = match head.framing {
        Framing::Length(length) => exchange.counted(length, limit).await?,
        Framing::Chunked => exchange.chunked(limit).await?,
        Framing::UntilClose => exchange.until_close(limit).await?,
    };
    let (length, reusable) = (head.length + body.len(), head.persistent && exchange.is_over());
    Ok(Reply { head, body, length, reusable })
}

struct Exchange<'a, S> {
    stream: &'a mut S,
    unsent: Chain<&'a [u8], &'a [u8]>,
    /// Whether all that was sent is out of the stream's own buffers.
    flushed: bool,
    /// Whether the connection took any of the request.
    taken: bool,
    /// Why it takes no more.
    refused: Option<io::Error>,
    /// What has come and was not used yet.
    received: BytesMut,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Exchange<'_, S> {
    /// The head of the reply, after any that only announce it.
    async fn final_head(&mut self) -> Result<ResponseHead, Broken> {
        for _ in 0..=MAX_INTERIM {
            let head = self.head().await?;
            if !head.status.is_informational() {
                return Ok(head);
            }
            if head.status == http::StatusCode::SWITCHING_PROTOCOLS {
                break;
            }
        }
        Err(Failure::from(Unreadable::Interim).into())
    }

    async fn head(&mut self) -> Result<ResponseHead, Broken> {
        let mut searched = 0;
        loop {
            if let Some(end) = wire::end_of_head(&self.received, searched) {
                let text = self.received.split_to(end).freeze();
                return Ok(ResponseHead::read(&text).map_err(Failure::from)?);
            }
            // Who speaks something else would be waited for till the end.
            let beginning = BEGINNING.len().min(self.received.len());
            if self.received[..beginning] != BEGINNING[..beginning] {
                return Err(Failure::from(Unreadable::Head).into());
            }
            if self.received.len() > MAX_HEAD {
                return Err(Failure::from(Unreadable::LargeHead).into());
            }
            // The end is three or four bytes long.
            searched = self.received.len().saturating_sub(2);
            if let Err(error) = self.more().await {
                let failure = Failure::caused(FetchError::Interrupted, error);
                return Err(if self.taken { Broken::Failed(failure) } else { Broken::Untaken(failure) });
            }
        }
    }

    /// A body of known length.
    async fn counted(&mut self, length: u64, limit: usize) -> Result<Bytes, Failure> {
        let length = usize::try_from(length).ok().filter(|&length| length <= limit);
        let length = length.ok_or(FetchError::TooLarge { limit })?;
        while self.received.len() < length {
            // Room for a byte that does not come: a read that leaves some tells the runtime that there is no more.
            self.make_room((length - self.received.len()).min(MOST_ROOM) + 1);
            self.more().await.map_err(|error| Failure::caused(FetchError::Interrupted, error))?;
        }
        let spare = self.received.capacity() - length;
        let body = self.received.split_to(length);
        // A small reply must not keep the room of a large one.
        Ok(if spare > length + LEAST_ROOM { Bytes::copy_from_slice(&body) } else { body.freeze() })
    }

    async fn chunked(&mut self, limit: usize) -> Result<Bytes, Failure> {
        let (mut chunks, mut body) = (Chunks::default(), BytesMut::new());
        loop {
            match chunks.take(&mut self.received, &mut body, limit)? {
                Progress::Finished => return Ok(body.freeze()),
                Progress::TooLong => return Err(FetchError::TooLarge { limit }.into()),
                Progress::Unfinished => {}
            }
            self.more().await.map_err(|error| Failure::caused(FetchError::Interrupted, error))?;
        }
    }

    async fn until_close(&mut self, limit: usize) -> Result<Bytes, Failure> {
        loop {
            if self.received.len() > limit {
                return Err(FetchError::TooLarge { limit }.into());
            }
            let read = self.read().await.map_err(|error| Failure::caused(FetchError::Interrupted, error))?;
            if read == 0 {
                return Ok(self.received.split().freeze());
            }
        }
    }

    /// Reads more of the reply; that the connection ends is an error.
    async fn more(&mut self) -> io::Result<()> {
        match self.read().await? {
            0 => Err(self.refused.take().unwrap_or_else(|| ErrorKind::UnexpectedEof.into())),
            _ => Ok(()),
        }
    }

    /// Reads what has come, at most what there is room for, and sends what is left of the request.
    async fn read(&mut self) -> io::Result<usize> {
        self.make_room(1);
        poll_fn(|context| {
            self.send(context);
            pin!(self.stream.read_buf(&mut self.received)).poll(context)
        })
        .await
    }

    fn make_room(&mut self, bytes: usize) {
        if self.received.capacity() - self.received.len() < bytes {
            self.received.reserve(bytes.max(LEAST_ROOM));
        }
    }

    /// Sends what the connection takes now. That it takes nothing any more is no reason not to read the reply.
    fn send(&mut self, context: &mut Context<'_>) {
        while self.refused.is_none() && !self.flushed {
            let stream = Pin::new(&mut *self.stream);
            if !self.unsent.has_remaining() {
                match stream.poll_flush(context) {
                    Poll::Ready(Ok(())) => self.flushed = true,
                    Poll::Ready(Err(error)) => self.refused = Some(error),
                    Poll::Pending => return,
                }
                continue;
            }
            let mut pieces = [IoSlice::new(&[]); 2];
            let count = self.unsent.chunks_vectored(&mut pieces);
            match stream.poll_write_vectored(context, &pieces[..count]) {
                Poll::Ready(Ok(0)) => self.refused = Some(ErrorKind::WriteZero.into()),
                Poll::Ready(Ok(sent)) => {
                    self.taken = true;
                    self.unsent.advance(sent);
                }
                Poll::Ready(Err(error)) => self.refused = Some(error),
                Poll::Pending => return,
            }
        }
    }

    /// Whether all was sent and nothing came that is not the reply's.
    fn is_over(&self) -> bool {
        self.flushed && self.refused.is_none() && self.received.is_empty()
    }
}
