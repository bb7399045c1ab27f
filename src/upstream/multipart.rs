//! `multipart/mixed;subscriptionSpec=1.0`: events as the parts of a body (RFC 2046, section 5.1), each
//! `{"payload": RESPONSE}`; `{}` is a sign of life, and `{"payload": null, "errors": []}` the end.
//!
//! The delimiter that ends a part is often sent only with the next one. So a part whose JSON is whole counts at once.

use super::response::{Item, Unreadable};
use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Bytes of a part's header; more are refused.
const MAX_HEADER: usize = 16 * 1024;

/// Reads parts as their bytes arrive.
#[derive(Debug)]
pub(super) struct Multipart {
    /// `--boundary`.
    delimiter: Vec<u8>,
    received: BytesMut,
    state: State,
    /// How far the content of this part was looked at.
    seen: Seen,
    /// Bytes that one event may have.
    pub(super) limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before a delimiter.
    Between,
    /// Behind a delimiter: a header, or the end.
    Header,
    /// In the content of a part.
    Content,
}

/// What has been seen of a JSON object: bytes are looked at once, however they are cut.
#[derive(Debug, Default)]
struct Seen {
    bytes: usize,
    /// Brackets that are open.
    depth: usize,
    in_string: bool,
    escaped: bool,
}

impl Seen {
    /// Looks at what has come since; the length of the object, once it is whole.
    fn object(&mut self, content: &[u8]) -> Option<usize> {
        for &byte in &content[self.bytes..] {
            self.bytes += 1;
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' if self.in_string => self.escaped = true,
                b'"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.depth == 0 {
                        return Some(self.bytes);
                    }
                }
                _ => {}
            }
        }
        None
    }
}

#[derive(Deserialize)]
struct Part<'a> {
    #[serde(borrow, default, deserialize_with = "whole")]
    payload: Option<&'a RawValue>,
    #[serde(borrow, default)]
    errors: Option<&'a RawValue>,
    #[serde(borrow, default)]
    data: Option<&'a RawValue>,
}

/// Also `null`, which says something else than that there is no payload.
fn whole<'de: 'a, 'a, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

impl Multipart {
    pub(super) fn new(boundary: &str, limit: usize) -> Self {
        let delimiter = [b"--", boundary.as_bytes()].concat();
        Self { delimiter, received: BytesMut::new(), state: State::Between, seen: Seen::default(), limit }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// The next event that is whole.
    pub(super) fn next(&mut self) -> Result<Option<Item>, Unreadable> {
        loop {
            match self.state {
                State::Between => {
                    let Some(at) = memmem::find(&self.received, &self.delimiter) else {
                        // What may be the beginning of a delimiter stays.
                        let keep = self.received.len().min(self.delimiter.len() - 1);
                        self.received.advance(self.received.len() - keep);
                        return Ok(None);
                    };
                    self.received.advance(at + self.delimiter.len());
                    self.state = State::Header;
                }
                State::Header => {
                    if self.received.starts_with(b"--") {
                        return Ok(Some(Item::Completed));
                    }
                    let Some(end) = memmem::find(&self.received, b"\r\n\r\n") else {
                        return if self.received.len() > MAX_HEADER { Err(Unreadable::Malformed) } else { Ok(None) };
                    };
                    self.received.advance(end + 4);
                    (self.state, self.seen) = (State::Content, Seen::default());
                }
                State::Content => {
                    let Some(content) = self.content()? else { return Ok(None) };
                    self.state = State::Between;
                    if let Some(item) = event(&content)? {
                        return Ok(Some(item));
                    }
                }
            }
        }
    }

    /// The content of a part, once it is whole.
    fn content(&mut self) -> Result<Option<Bytes>, Unreadable> {
        // What is new may have the rest of a delimiter whose beginning was there.
        let before = self.seen.bytes.saturating_sub(self.delimiter.len());
        let whole = self.seen.object(&self.received);
        let ended = || memmem::find(&self.received[before..], &self.delimiter).map(|at| before + at);
        let length = whole.or_else(ended);
        if length.unwrap_or(self.received.len()) > self.limit {
            return Err(Unreadable::TooLarge);
        }
        Ok(length.map(|length| self.received.split_to(length).freeze()))
    }
}

/// What a part says; nothing when it is only a sign of life.
fn event(content: &Bytes) -> Result<Option<Item>, Unreadable> {
    let part: Part<'_> = serde_json::from_slice(content).map_err(|_| Unreadable::Malformed)?;
    Ok(match (part.payload, part.errors) {
        (Some(payload), _) if payload.get() != "null" => Some(Item::Event(content.slice_ref(payload.get().as_bytes()))),
        (_, Some(errors)) => Some(Item::Event([b"{\"errors\":", errors.get().as_bytes(), b"}"].concat().into())),
        (Some(_), None) => None,
        // As other servers send it, without an envelope.
        (None, None) => part.data.map(|_| Item::Event(content.clone())),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(text: &str, piece: usize) -> Result<Vec<Item>, Unreadable> {
        let mut reader = Multipart::new("graphql", 100);
        let mut items = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            reader.push(piece);
            while let Some(item) = reader.next()? {
                if item == Item::Completed {
                    items.push(item);
                    return Ok(items);
                }
                items.push(item);
            }
        }
        Ok(items)
    }

    fn event(text: &'static str) -> Item {
        Item::Event(Bytes::from_static(text.as_bytes()))
    }

    #[test]
    fn parts_are_read_wherever_they_are_cut() {
        let text = "preamble\r\n--graphql\r\ncontent-type: application/json\r\n\r\n{}\r\n--graphql\r\ncontent-type: \
                    application/json\r\n\r\n{\"payload\":{\"data\":{\"a\":{}}}}\r\n--graphql\r\n\r\n{\"payload\":null,\"errors\":[{}]}\
                    \r\n--graphql--\r\n";
        let expected = [event("{\"data\":{\"a\":{}}}"), event("{\"errors\":[{}]}"), Item::Completed];
        for piece in 1..text.len() {
            assert_eq!(items(text, piece).unwrap(), expected, "{piece}");
        }
    }

    #[test]
    fn a_part_that_is_whole_waits_for_no_delimiter() {
        let text = "--graphql\r\n\r\n{\"payload\":{\"data\":{\"a\":\"}\\\"]\\\\\"}}}";
        for piece in [1, 3, text.len()] {
            assert_eq!(items(text, piece).unwrap(), [event("{\"data\":{\"a\":\"}\\\"]\\\\\"}}")]);
        }
    }

    #[test]
    fn what_is_no_event_is_refused() {
        for nonsense in ["nonsense", "{\"payload\":", "{\"payload\":\"}", "]"] {
            let text = format!("--graphql\r\n\r\n{nonsense}\r\n--graphql--");
            assert_eq!(items(&text, 4), Err(Unreadable::Malformed), "{nonsense}");
        }
        assert_eq!(items(&format!("--graphql\r\n\r\n{}", "x".repeat(101)), 4), Err(Unreadable::TooLarge));
        assert_eq!(items(&format!("--graphql\r\n{}", "x".repeat(20_000)), 400), Err(Unreadable::Malformed));
        assert_eq!(items(&"x".repeat(20_000), 400).unwrap(), []);
    }
}
