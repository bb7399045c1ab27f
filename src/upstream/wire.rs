//! The heads of HTTP/1.1 messages: requests written, responses read (RFC 9112).
//!
//! All that is the same in every request to a subgraph is one text, made once. Of a response's head
//! nothing is copied: its header values share the buffer that it arrived in.
//!
//! What decides where a body ends is read strictly. A connection is used again, and a reply whose end
//! two readers see at different places would answer somebody else's request.

use bytes::{BufMut, Bytes, BytesMut};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use std::mem::MaybeUninit;

/// Header lines of a response; more are refused.
const MAX_HEADERS: usize = 100;

/// Headers that are the gateway's own in every request.
const OWN_HEADERS: [HeaderName; 4] = [header::HOST, header::CONTENT_TYPE, header::ACCEPT, header::CONTENT_LENGTH];

/// What every request to a subgraph begins with.
pub(super) struct RequestHead(Box<[u8]>);

impl RequestHead {
    /// For the subgraph at `uri`, with the headers that are always the gateway's own.
    pub(super) fn new(uri: &Uri, own: &[(HeaderName, HeaderValue)]) -> Self {
        let path = uri.path_and_query().map_or("/", |path| path.as_str());
        let host = uri.authority().map_or("", |authority| authority.as_str());
        let mut text = format!("POST {path} HTTP/1.1\r\nhost: {host}\r\n").into_bytes();
        own.iter().for_each(|(name, value)| line(&mut text, name, value));
        Self(text.into())
    }

    /// The head of a request with a body of `length` bytes. Of `headers`, the gateway's own are passed over.
    pub(super) fn write(&self, headers: &HeaderMap, length: usize) -> Vec<u8> {
        let more: usize = headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        let mut text = Vec::with_capacity(self.0.len() + more + 48);
        text.extend_from_slice(&self.0);
        let others = headers.iter().filter(|(name, _)| !OWN_HEADERS.contains(name));
        others.for_each(|(name, value)| line(&mut text, name, value));
        text.extend_from_slice(b"content-length: ");
        text.extend_from_slice(itoa::Buffer::new().format(length).as_bytes());
        text.extend_from_slice(b"\r\n\r\n");
        text
    }
}

fn line(text: &mut Vec<u8>, name: &HeaderName, value: &HeaderValue) {
    text.put_slice(name.as_str().as_bytes());
    text.put_slice(b": ");
    text.put_slice(value.as_bytes());
    text.put_slice(b"\r\n");
}

/// The head of a response.
#[derive(Debug)]
pub(super) struct ResponseHead {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// Its bytes.
    pub(super) length: usize,
    /// How its body ends.
    pub(super) framing: Framing,
    /// Whether the connection stays.
    pub(super) persistent: bool,
}

/// How the end of a body is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Framing {
    /// By its length.
    Length(u64),
    /// By a last chunk.
    Chunked,
    /// By the end of the connection.
    UntilClose,
}

/// Why bytes are no HTTP/1.1 response.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error("the head of the response is not HTTP/1.1")]
    Head,
    #[error("the head of the response is too large")]
    LargeHead,
    #[error("the length of the response is ambiguous")]
    Length,
    #[error("a chunk of the response is not as HTTP/1.1 has it")]
    Chunk,
    #[error("the response switches protocols or is only announced")]
    Interim,
}

/// Where the head ends that `bytes` begin with; what is before `from` has been searched already.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let lines = memchr::memchr_iter(b'\n', bytes.get(from..)?).map(|at| from + at + 1);
    lines.into_iter().find_map(|next| match bytes.get(next..) {
        Some([b'\n', ..]) => Some(next + 1),
        Some([b'\r', b'\n', ..]) => Some(next + 2),
        _ => None,
    })
}

impl ResponseHead {
    /// Reads a head, which ends with an empty line.
    pub(super) fn read(text: &Bytes) -> Result<Self, Unreadable> {
        let mut lines = [MaybeUninit::uninit(); MAX_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let parsed =
            httparse::ParserConfig::default().parse_response_with_uninit_headers(&mut response, text, &mut lines);
        match parsed {
            Ok(status) if status.is_complete() => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Unreadable::LargeHead),
            _ => return Err(Unreadable::Head),
        }
        let status = response.code.and_then(|code| StatusCode::from_u16(code).ok()).ok_or(Unreadable::Head)?;
        let mut headers = HeaderMap::with_capacity(response.headers.len());
        for line in response.headers.iter() {
            let name = HeaderName::from_bytes(line.name.as_bytes()).map_err(|_| Unreadable::Head)?;
            let value = HeaderValue::from_maybe_shared(text.slice_ref(line.value)).map_err(|_| Unreadable::Head)?;
            headers.append(name, value);
        }
        let framing = framing(status, &headers)?;
        // Who gives two ways to find the end may mean either: that connection is not used again.
        let doubtful = framing == Framing::Chunked && headers.contains_key(header::CONTENT_LENGTH);
        let kept = match response.version {
            Some(1) => !says(&headers, "close"),
            _ => says(&headers, "keep-alive") && !says(&headers, "close"),
        };
        let persistent = kept && !doubtful && framing != Framing::UntilClose;
        Ok(Self { status, headers, length: text.len(), framing, persistent })
    }
}

/// Whether `connection` names an option.
fn says(headers: &HeaderMap, option: &str) -> bool {
    let values = headers.get_all(header::CONNECTION).into_iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|named| named.trim().eq_ignore_ascii_case(option))
}

/// RFC 9112, section 6.3.
fn framing(status: StatusCode, headers: &HeaderMap) -> Result<Framing, Unreadable> {
    if status.is_informational() || status == StatusCode::NO_CONTENT || status == StatusCode::NOT_MODIFIED {
        return Ok(Framing::Length(0));
    }
    if let Some(last) = headers.get_all(header::TRANSFER_ENCODING).into_iter().next_back() {
        let last = last.as_bytes().rsplit(|&byte| byte == b',').next().unwrap_or_default();
        let chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
        return Ok(if chunked { Framing::Chunked } else { Framing::UntilClose });
    }
    let mut lengths = headers.get_all(header::CONTENT_LENGTH).into_iter();
    let Some(first) = lengths.next() else { return Ok(Framing::UntilClose) };
    if lengths.any(|other| other != first) {
        return Err(Unreadable::Length);
    }
    decimal(first.as_bytes()).map(Framing::Length).ok_or(Unreadable::Length)
}

/// A number of digits only.
fn decimal(digits: &[u8]) -> Option<u64> {
    let plain = !digits.is_empty() && digits.len() < 19 && digits.iter().all(u8::is_ascii_digit);
    plain.then(|| digits.iter().fold(0, |number, digit| number * 10 + u64::from(digit - b'0')))
}

/// Reads a body in chunks (RFC 9112, section 7.1) as its bytes arrive.
#[derive(Debug, Default)]
pub(super) struct Chunks {
    state: Chunk,
    /// Bytes of trailers so far.
    trailers: usize,
}

#[derive(Debug, Clone, Copy, Default)]
enum Chunk {
    /// Before the line with a chunk's size.
    #[default]
    Size,
    /// Inside a chunk, with so many bytes to come.
    Data(u64),
    /// Before the line end behind a chunk.
    End,
    /// Behind the last chunk.
    Trailers,
}

/// The line with a chunk's size, with its extensions, or a line of the trailers.
const MAX_LINE: usize = 4096;
/// All lines of the trailers.
const MAX_TRAILERS: usize = 16 * 1024;

/// How far a body in chunks is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// More has to arrive.
    Unfinished,
    /// Its last byte is here.
    Finished,
    /// It is longer than it may be.
    TooLong,
}

impl Chunks {
    /// Moves the data of all chunks that are in `received` to `body`, which may have `limit` bytes.
    pub(super) fn take(
        &mut self,
        received: &mut BytesMut,
        body: &mut BytesMut,
        limit: usize,
    ) -> Result<Progress, Unreadable> {
        loop {
            match self.state {
                Chunk::Size => {
                    let Some(line) = take_line(received)? else { return Ok(Progress::Unfinished) };
                    self.state = match size(&line).ok_or(Unreadable::Chunk)? {
                        0 => Chunk::Trailers,
                        size => Chunk::Data(size),
                    };
                }
                Chunk::Data(left) => {
                    if received.is_empty() {
                        return Ok(Progress::Unfinished);
                    }
                    let here = usize::try_from(left).unwrap_or(usize::MAX).min(received.len());
                    if here > limit - body.len() {
                        return Ok(Progress::TooLong);
                    }
                    body.extend_from_slice(&received.split_to(here));
                    let left = left - here as u64;
                    self.state = if left == 0 { Chunk::End } else { Chunk::Data(left) };
                }
                Chunk::End => match take_line(received)? {
                    Some(line) if line.is_empty() => self.state = Chunk::Size,
                    Some(_) => return Err(Unreadable::Chunk),
                    None => return Ok(Progress::Unfinished),
                },
                Chunk::Trailers => match take_line(received)? {
                    Some(line) if line.is_empty() => return Ok(Progress::Finished),
                    Some(line) => {
                        self.trailers += line.len();
                        if self.trailers > MAX_TRAILERS {
                            return Err(Unreadable::Chunk);
                        }
                    }
                    None => return Ok(Progress::Unfinished),
                },
            }
        }
    }
}

/// A line without its end, once it is whole.
fn take_line(received: &mut BytesMut) -> Result<Option<BytesMut>, Unreadable> {
    match memchr::memchr(b'\n', received) {
        Some(end) if end <= MAX_LINE => {
            let mut line = received.split_to(end + 1);
            // The end of a line is both characters, else readers could disagree about it.
            let content = line.strip_suffix(b"\r\n").ok_or(Unreadable::Chunk)?.len();
            line.truncate(content);
            Ok(Some(line))
        }
        None if received.len() <= MAX_LINE => Ok(None),
        _ => Err(Unreadable::Chunk),
    }
}

/// The size that a chunk's line begins with; extensions may follow.
fn size(line: &[u8]) -> Option<u64> {
    let digits = line.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
    let extension = line.get(digits..)?.trim_ascii_start();
    if digits == 0 || digits > 15 || !(extension.is_empty() || extension.starts_with(b";")) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(&line[..digits]).ok()?, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(head: &'static str) -> Result<ResponseHead, Unreadable> {
        ResponseHead::read(&Bytes::from_static(head.as_bytes()))
    }

    #[test]
    fn a_request_has_the_gateways_own_headers_first() {
        let own = [(header::ACCEPT, HeaderValue::from_static("application/json"))];
        let head = RequestHead::new(&"http://shop.example:81/graphql?a=b".parse().unwrap(), &own);
        let mut headers = HeaderMap::new();
        headers.insert("x-one", HeaderValue::from_static("1"));
        headers.insert(header::CONTENT_LENGTH, HeaderValue::from_static("1"));
        let expected = "POST /graphql?a=b HTTP/1.1\r\nhost: shop.example:81\r\naccept: application/json\r\n\
                        x-one: 1\r\ncontent-length: 17\r\n\r\n";
        assert_eq!(String::from_utf8_lossy(&head.write(&headers, 17)), expected);
        let bare = RequestHead::new(&"http://shop.example".parse().unwrap(), &[]);
        assert!(bare.write(&HeaderMap::new(), 0).starts_with(b"POST / HTTP/1.1\r\nhost: shop.example\r\n"));
    }

    #[test]
    fn a_head_ends_with_an_empty_line() {
        let text = b"HTTP/1.1 200 OK\r\na: b\r\n\r\nbody\r\n\r\n";
        assert_eq!(end_of_head(text, 0), Some(25));
        for seen in 0..25 {
            assert_eq!(end_of_head(&text[..seen], 0), None);
            assert_eq!(end_of_head(text, seen.saturating_sub(2)), Some(25), "{seen}");
        }
    }

    #[test]
    fn a_body_ends_as_its_head_says() {
        for (head, framing, persistent) in [
            ("HTTP/1.1 200 OK\r\ncontent-length: 12\r\n\r\n", Framing::Length(12), true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 12\r\nContent-Length: 12\r\n\r\n", Framing::Length(12), true),
            ("HTTP/1.1 200 OK\r\ncontent-length: 1\r\nconnection: Close\r\n\r\n", Framing::Length(1), false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\n\r\n", Framing::Length(1), false),
            ("HTTP/1.0 200 OK\r\ncontent-length: 1\r\nconnection: keep-alive\r\n\r\n", Framing::Length(1), true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Framing::Chunked, true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip, Chunked\r\n\r\n", Framing::Chunked, true),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\ncontent-length: 3\r\n\r\n", Framing::Chunked, false),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: gzip\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.1 200 OK\r\n\r\n", Framing::UntilClose, false),
            ("HTTP/1.1 204 No Content\r\n\r\n", Framing::Length(0), true),
            ("HTTP/1.1 100 Continue\r\n\r\n", Framing::Length(0), true),
        ] {
            let read = read(head).unwrap();
            assert_eq!((read.framing, read.persistent), (framing, persistent), "{head}");
        }
        for length in ["", "+1", "-1", "1, 1", "0x1", "1 2", "99999999999999999999"] {
            let head = Bytes::from(format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n"));
            assert_eq!(ResponseHead::read(&head).unwrap_err(), Unreadable::Length, "{length}");
        }
        let two = "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n";
        assert_eq!(read(two).unwrap_err(), Unreadable::Length);
        for head in
            ["", "HTTP/1.1\r\n\r\n", "HTTP/2 200\r\n\r\n", "SSH-2.0\r\n\r\n", "HTTP/1.1 200 OK\r\n a: b\r\n\r\n"]
        {
            assert_eq!(read(head).unwrap_err(), Unreadable::Head, "{head}");
        }
        let many = Bytes::from(format!("HTTP/1.1 200 OK\r\n{}\r\n", "a: b\r\n".repeat(MAX_HEADERS + 1)));
        assert_eq!(ResponseHead::read(&many).unwrap_err(), Unreadable::LargeHead);
    }

    /// What a text in chunks says when it arrives in pieces of a size, and what is left behind it.
    fn chunked(text: &str, piece: usize) -> Result<(Progress, String, String), Unreadable> {
        let (mut chunks, mut received, mut body) = (Chunks::default(), BytesMut::new(), BytesMut::new());
        let mut progress = Progress::Unfinished;
        for piece in text.as_bytes().chunks(piece) {
            received.extend_from_slice(piece);
            if progress == Progress::Unfinished {
                progress = chunks.take(&mut received, &mut body, 20)?;
            }
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Ok((progress, text(&body), text(&received)))
    }

    #[test]
    fn chunks_are_joined_wherever_they_are_cut() {
        for piece in 1..40 {
            let found = chunked("4\r\nWiki\r\n006;a=\"b\"\r\npedia \r\n0\r\nx: y\r\n\r\nmore", piece).unwrap();
            assert_eq!(found, (Progress::Finished, "Wikipedia ".to_owned(), "more".to_owned()), "{piece}");
            assert_eq!(chunked("4\r\nWiki\r\n0\r\n", piece).unwrap().0, Progress::Unfinished, "{piece}");
            assert_eq!(chunked("15\r\n123456789012345678901\r\n0\r\n\r\n", piece).unwrap().0, Progress::TooLong);
        }
        for text in ["\r\n", "x\r\n", "4\nWiki", "4\r\nWikix\r\n", "4 5\r\nWiki\r\n", "-1\r\n", "1234567890123456\r\n"]
        {
            assert_eq!(chunked(text, 100), Err(Unreadable::Chunk), "{text:?}");
        }
        assert_eq!(chunked(&format!("1;{}", "x".repeat(5000)), 100), Err(Unreadable::Chunk));
        let trailers = format!("0\r\n{}", format!("x: {}\r\n", "y".repeat(1000)).repeat(20));
        assert_eq!(chunked(&trailers, 100), Err(Unreadable::Chunk));
    }
}
