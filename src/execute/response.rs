//! A part of the answer, as bytes that only need to be closed.

use super::cached::{Counts, Lifetime};
use super::error::{GraphqlError, PathSegment};
use super::trace::Trace;
use crate::cache::{AnswerTags, FieldCounts};
use bytes::Bytes;
use std::sync::Arc;

/// How every body begins; `data` follows.
pub(super) const OPENING: &[u8] = b"{\"data\":";

/// A part of the answer; nearly always the only one.
///
/// Its `data` was written behind `{"data":`, so that the finished body is the same buffer and no byte of
/// it is copied again.
#[derive(Debug, Clone, Default)]
pub struct ResponsePart {
    /// [`OPENING`] and the data.
    pub(super) buffer: Vec<u8>,
    /// The errors, at most `ExecutionLimits::errors` and one.
    pub errors: Vec<GraphqlError>,
    /// The objects that were answered, by projection; empty unless they were to be counted.
    pub objects: Arc<[u32]>,
    /// Where the client does not get what is behind a closed gate, at most `ExecutionLimits::errors` places;
    /// `@` stands for every position in a list. What is said of them is the caller's to decide.
    pub withheld: Vec<Vec<PathSegment>>,
    /// For how long it is good; nothing when it is not to be kept.
    pub lifetime: Option<Lifetime>,
    /// The tags of all that is in it, where they are told and it may be kept.
    pub tags: AnswerTags,
    /// How the cache served it.
    pub counts: Counts,
    /// The same by field; one may have several rows, or one in which nothing is counted.
    pub fields: Vec<FieldCounts>,
    /// What was done for it, where that is written down.
    pub trace: Option<Box<Trace>>,
}

impl ResponsePart {
    /// The JSON of `data`: an object or `null`.
    pub fn data(&self) -> &[u8] {
        self.buffer.get(OPENING.len()..).unwrap_or_default()
    }

    /// The whole response: `data`, then `errors` when there are any, then `extensions` when there are
    /// any, each with its name and its JSON.
    pub fn finish(self, extensions: &[(&str, &[u8])]) -> Bytes {
        let mut out = self.buffer;
        if !self.errors.is_empty() {
            out.extend_from_slice(b",\"errors\":");
            write_json(&mut out, &self.errors);
        }
        if !extensions.is_empty() {
            out.extend_from_slice(b",\"extensions\":");
            for (position, (name, json)) in extensions.iter().enumerate() {
                out.push(if position == 0 { b'{' } else { b',' });
                write_json(&mut out, name);
                out.push(b':');
                out.extend_from_slice(json);
            }
            out.push(b'}');
        }
        out.push(b'}');
        Bytes::from(out)
    }
}

/// Appends a value as JSON.
pub(super) fn write_json<T: serde::Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    let start = out.len();
    if serde_json::to_writer(&mut *out, value).is_err() {
        // Cannot happen for strings and errors, whose keys are strings and whose sink is memory.
        out.truncate(start);
        out.extend_from_slice(b"null");
    }
}
