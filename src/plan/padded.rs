//! Keys in the form in which the hot path wants them.
//!
//! A copy or a comparison of a fixed size is a few instructions, one of a size known only at run time is
//! a call. Keys are short. So [`Padded`] text, which is copied into every answer, has room behind it: a whole
//! block is copied and what is too much is cut off. And a [`Key`], which is looked for in every reply,
//! knows the bytes that stand there with its quotes and colon as one number and a mask.

use std::fmt;
use std::ops::Deref;

/// Bytes behind which a [`Padded`] text has room.
pub const BLOCK: usize = 32;

/// A text, followed by zeros up to a multiple of [`BLOCK`].
#[derive(Clone, PartialEq, Eq)]
pub struct Padded {
    bytes: Box<[u8]>,
    len: u32,
}

impl Padded {
    /// The text and what is behind it.
    #[inline]
    pub fn block(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of the text.
    #[inline]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl From<String> for Padded {
    fn from(text: String) -> Self {
        let mut bytes = text.into_bytes();
        let len = bytes.len();
        bytes.resize(len.next_multiple_of(BLOCK).max(BLOCK), 0);
        // A key is part of a request, whose bytes are counted in less than 32 bits.
        Self { bytes: bytes.into(), len: u32::try_from(len).unwrap_or(u32::MAX) }
    }
}

impl fmt::Debug for Padded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&String::from_utf8_lossy(&self.bytes[..self.len()]), f)
    }
}

/// Bytes that are compared at once.
const PATTERN: usize = 16;

/// A key of a reply.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    /// `"key":`, as services nearly always write it.
    quoted: Box<str>,
    /// The same as a number, with zeros behind it.
    pattern: u128,
    /// Which bits of the number count; none of them when the text is longer.
    mask: u128,
}

impl Key {
    /// The key in quotes and its colon.
    pub fn quoted(&self) -> &str {
        &self.quoted
    }

    /// Bytes of what [`Self::begins`] looks for.
    #[inline]
    pub fn quoted_len(&self) -> usize {
        self.quoted.len()
    }

    /// Whether a text begins with the key in quotes and a colon right behind it.
    #[inline]
    pub fn begins(&self, text: &[u8]) -> bool {
        match text.first_chunk::<PATTERN>() {
            Some(chunk) if self.mask != 0 => u128::from_le_bytes(*chunk) & self.mask == self.pattern,
            _ => text.starts_with(self.quoted.as_bytes()),
        }
    }
}

impl From<&str> for Key {
    fn from(key: &str) -> Self {
        let quoted: Box<str> = format!("\"{key}\":").into();
        let (mut pattern, mut mask) = ([0; PATTERN], [0; PATTERN]);
        if let (Some(text), Some(bits)) = (pattern.get_mut(..quoted.len()), mask.get_mut(..quoted.len())) {
            text.copy_from_slice(quoted.as_bytes());
            bits.fill(u8::MAX);
        }
        Self { quoted, pattern: u128::from_le_bytes(pattern), mask: u128::from_le_bytes(mask) }
    }
}

impl Deref for Key {
    type Target = str;

    fn deref(&self) -> &str {
        &self.quoted[1..self.quoted.len() - 2]
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_found_with_its_quotes_and_colon() {
        for key in ["a", "description", "thirteenChars", "fourteen_chars", "aKeyThatIsLongerThanAnyPattern"] {
            let known = Key::from(key);
            assert_eq!(&*known, key);
            for behind in ["", "1", "\"some text that is long enough for a whole block\""] {
                assert!(known.begins(format!("\"{key}\":{behind}").as_bytes()), "{key} {behind}");
                assert!(!known.begins(format!("\"{key}s\":{behind}").as_bytes()), "{key} {behind}");
                assert!(!known.begins(format!("\"{key}\" :{behind}").as_bytes()), "{key} {behind}");
                assert!(!known.begins(format!("\"{}\":{behind}", &key[1..]).as_bytes()), "{key} {behind}");
            }
            assert!(!known.begins(b""));
        }
    }
}
