//! Events that come while another one is answered.
//!
//! They are read meanwhile, as far as there is room: a subgraph asks now and then whether the gateway is still there,
//! and takes one that does not answer for gone. Beyond that the connection holds the subgraph back.

use crate::upstream::{EventStream, FetchError, FetchReply};
use std::collections::VecDeque;
use std::convert::Infallible;

/// Events that are read ahead.
const MOST: usize = 16;
/// Bytes of them, beside one.
const MOST_BYTES: usize = 1024 * 1024;

/// What a subgraph has sent.
pub(super) type Event = Result<FetchReply, FetchError>;

/// See the module.
pub(super) struct ReadAhead<'s> {
    stream: &'s mut EventStream,
    waiting: VecDeque<Event>,
    bytes: usize,
    over: bool,
}

impl<'s> ReadAhead<'s> {
    pub(super) fn of(stream: &'s mut EventStream) -> Self {
        Self { stream, waiting: VecDeque::new(), bytes: 0, over: false }
    }

    /// The next event; see [`EventStream::next`].
    pub(super) async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.waiting.pop_front() {
            self.bytes -= length(&event);
            return Some(event);
        }
        if self.over { None } else { self.stream.next().await }
    }

    /// Reads what comes, for as long as somebody waits for something else.
    pub(super) async fn read(&mut self) -> Infallible {
        while !self.over && self.waiting.len() < MOST && self.bytes < MOST_BYTES {
            match self.stream.next().await {
                Some(event) => {
                    self.bytes += length(&event);
                    self.waiting.push_back(event);
                }
                None => self.over = true,
            }
        }
        std::future::pending().await
    }
}

fn length(event: &Event) -> usize {
    event.as_ref().map_or(0, |reply| reply.body.len())
}
