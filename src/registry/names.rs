//! Names of subgraphs, and what else people write.

use super::Refusal;

/// Characters of a name.
const LONGEST: usize = 64;

/// Whether a subgraph may be called so.
pub(super) fn is_name(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| first.is_ascii_alphanumeric() || first == b'_')
        && bytes.all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
        && text.len() <= LONGEST
}

/// A text that somebody wrote about something: neither too long nor with characters that a terminal obeys.
pub(super) fn remark(what: &str, text: &str, longest: usize) -> Result<(), Refusal> {
    let plain = !text.chars().any(|char| char.is_control() && !matches!(char, '\n' | '\t'));
    if plain && text.len() <= longest {
        return Ok(());
    }
    let message = format!("the {what} is too long, or has characters that do not show");
    Err(Refusal::bad_request("INVALID_NAME", message).help(format!("at most {longest} bytes of plain text are kept")))
}
