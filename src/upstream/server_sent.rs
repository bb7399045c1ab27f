//! `text/event-stream` (the HTML standard, section 9.2) with the events of GraphQL over SSE: `next`, `complete`.

use super::response::{Item, Unreadable};
use bytes::{Bytes, BytesMut};

/// Reads events as their bytes arrive.
#[derive(Debug)]
pub(super) struct ServerSent {
    received: BytesMut,
    /// What has been searched for the end of a line already.
    searched: usize,
    /// The event whose lines are being read.
    kind: Vec<u8>,
    data: Option<Vec<u8>>,
    /// Bytes that one event may have.
    pub(super) limit: usize,
}

impl ServerSent {
    pub(super) fn new(limit: usize) -> Self {
        Self { received: BytesMut::new(), searched: 0, kind: Vec::new(), data: None, limit }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.received.extend_from_slice(bytes);
    }

    /// The next event of which all lines have come.
    pub(super) fn next(&mut self) -> Result<Option<Item>, Unreadable> {
        while let Some(line) = self.line() {
            if let Some(item) = self.take(&line)? {
                return Ok(Some(item));
            }
        }
        if self.received.len() > self.limit { Err(Unreadable::TooLarge) } else { Ok(None) }
    }

    /// A line without its end, which is `\n`, `\r\n` or `\r`.
    fn line(&mut self) -> Option<BytesMut> {
        let found = memchr::memchr2(b'\n', b'\r', &self.received[self.searched..]).map(|at| self.searched + at);
        let Some(end) = found else {
            self.searched = self.received.len();
            return None;
        };
        let length = match (self.received[end], self.received.get(end + 1)) {
            (b'\r', Some(b'\n')) => 2,
            // Whether a line feed follows is not known yet.
            (b'\r', None) => {
                self.searched = end;
                return None;
            }
            _ => 1,
        };
        self.searched = 0;
        let mut line = self.received.split_to(end + length);
        line.truncate(end);
        Some(line)
    }

    /// Takes a line in; an empty one ends the event.
    fn take(&mut self, line: &[u8]) -> Result<Option<Item>, Unreadable> {
        if line.is_empty() {
            return Ok(self.dispatch());
        }
        let (name, value) = match memchr::memchr(b':', line) {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match name {
            b"event" => self.kind = value.to_vec(),
            b"data" => {
                let data = self.data.get_or_insert_default();
                if !data.is_empty() {
                    data.push(b'\n');
                }
                data.extend_from_slice(value);
                if data.len() > self.limit {
                    return Err(Unreadable::TooLarge);
                }
            }
            // Comments, which have no name, and what GraphQL does not use.
            _ => {}
        }
        Ok(None)
    }

    fn dispatch(&mut self) -> Option<Item> {
        let (kind, data) = (std::mem::take(&mut self.kind), self.data.take());
        match &*kind {
            b"complete" => Some(Item::Completed),
            b"next" | b"" => data.filter(|data| !data.is_empty()).map(|data| Item::Event(Bytes::from(data))),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All that a text gives when it arrives in pieces of a size.
    fn items(text: &str, piece: usize) -> Result<Vec<Item>, Unreadable> {
        let mut reader = ServerSent::new(20);
        let mut items = Vec::new();
        for piece in text.as_bytes().chunks(piece) {
            reader.push(piece);
            while let Some(item) = reader.next()? {
                items.push(item);
            }
        }
        Ok(items)
    }

    #[test]
    fn events_are_read_wherever_they_are_cut() {
        let text = ":\n\nevent: next\ndata: {\"a\":\ndata: 1}\n\nretry: 5\r\nevent:next\r\ndata:{}\r\n\r\nevent: other\rdata: x\r\r\
                    id: 1\ndata: {\"b\":2}\n\nevent: complete\ndata:\n\n";
        let event = |text: &'static str| Item::Event(Bytes::from_static(text.as_bytes()));
        let expected = [event("{\"a\":\n1}"), event("{}"), event("{\"b\":2}"), Item::Completed];
        for piece in 1..text.len() {
            assert_eq!(items(text, piece).unwrap(), expected, "{piece}");
        }
    }

    #[test]
    fn an_event_may_not_be_larger_than_allowed() {
        let data = "data: 1234567890\n";
        assert_eq!(items(&data.repeat(2), 5), Err(Unreadable::TooLarge));
        assert_eq!(items(&"x".repeat(21), 5), Err(Unreadable::TooLarge));
        assert_eq!(items(&":123456789012345\n".repeat(9), 7).unwrap(), []);
    }
}
