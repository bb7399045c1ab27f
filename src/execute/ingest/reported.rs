//! The `errors` of a reply: few and seldom, so they are read by serde.
//!
//! Only so many are looked at as the answer may have, and only so many of their bytes; the rest are
//! counted. A subgraph that reports a million errors costs the time to scan them.

use crate::execute::error::PathSegment;
use crate::execute::scan::{Malformed, Scanner};
use serde_json::{Map, Value};

/// Bytes of errors of one reply that are looked into.
const BYTES: usize = 1 << 20;

/// An error as a subgraph reported it. Its `locations` are in a document that the client never saw.
#[derive(Debug, Clone, Default, PartialEq)]
pub(in crate::execute) struct Reported {
    /// Its message.
    pub(in crate::execute) message: Option<String>,
    /// Its path; empty when there is none.
    pub(in crate::execute) path: Vec<PathSegment>,
    /// Its extensions.
    pub(in crate::execute) extensions: Map<String, Value>,
}

/// The first `most` errors, and how many there are. `json` is valid, as it has been skipped before.
pub(in crate::execute) fn errors(json: &[u8], depth: u32, most: usize) -> Result<(Vec<Reported>, usize), Malformed> {
    let mut scan = Scanner::new(json, depth)?;
    match scan.token() {
        b'n' => return Ok((Vec::new(), 0)),
        b'[' => scan.enter()?,
        _ => return Err(Malformed(&"its `errors` are no list")),
    }
    let mut errors = Vec::new();
    let mut count = 0;
    let mut budget = BYTES;
    let mut more = scan.any(b']');
    while more {
        scan.token();
        let start = scan.position();
        scan.skip()?;
        count += 1;
        if errors.len() < most {
            let text = scan.slice(start..scan.position());
            errors.push(if text.len() <= budget { error(text) } else { Reported::default() });
            budget = budget.saturating_sub(text.len());
        }
        more = scan.more(b']')?;
    }
    Ok((errors, count))
}

fn error(json: &[u8]) -> Reported {
    let Ok(Value::Object(mut fields)) = serde_json::from_slice(json) else { return Reported::default() };
    let message = match fields.remove("message") {
        Some(Value::String(message)) => Some(message),
        _ => None,
    };
    let path = fields.remove("path").and_then(|path| serde_json::from_value(path).ok()).unwrap_or_default();
    let extensions = match fields.remove("extensions") {
        Some(Value::Object(extensions)) => extensions,
        _ => Map::new(),
    };
    Reported { message, path, extensions }
}
