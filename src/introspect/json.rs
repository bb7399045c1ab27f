//! JSON bytes within an allowance: values in, text out, or the news that it is too much.

use super::IntrospectionError;

/// Whether there was room for it.
pub(super) type Written = Result<(), IntrospectionError>;

/// The text so far, and what it has cost.
pub(super) struct Json {
    bytes: Vec<u8>,
    allowance: usize,
    /// Bytes of texts already taken, and one for each item looked at, shown or not.
    spent: usize,
}

impl Json {
    pub(super) fn new(allowance: usize) -> Self {
        Self { bytes: Vec::new(), allowance, spent: 0 }
    }

    /// The text; the next one starts anew, with what is left of the allowance.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.spent += self.bytes.len();
        std::mem::take(&mut self.bytes)
    }

    /// Work that leaves no text costs, too.
    pub(super) fn look_at(&mut self, items: usize) {
        self.spent += items;
    }

    /// Starts an object or a list.
    pub(super) fn open(&mut self, bracket: u8) -> Written {
        self.bytes.push(bracket);
        self.check()
    }

    /// Ends it.
    pub(super) fn close(&mut self, bracket: u8) -> Written {
        self.bytes.push(bracket);
        Ok(())
    }

    /// What goes before a member of an object, or, without a key, of a list.
    pub(super) fn key(&mut self, index: usize, key: &str) {
        if index > 0 {
            self.bytes.push(b',');
        }
        self.bytes.extend_from_slice(key.as_bytes());
    }

    /// `true`, `false`, `null`.
    pub(super) fn literal(&mut self, literal: &str) -> Written {
        self.bytes.extend_from_slice(literal.as_bytes());
        Ok(())
    }

    /// A string.
    pub(super) fn text(&mut self, text: &str) -> Written {
        self.bytes.push(b'"');
        let mut plain = 0;
        for (index, byte) in text.bytes().enumerate() {
            if byte >= 0x20 && byte != b'"' && byte != b'\\' {
                continue;
            }
            self.bytes.extend_from_slice(&text.as_bytes()[plain..index]);
            plain = index + 1;
            match byte {
                b'\n' => self.bytes.extend_from_slice(b"\\n"),
                b'"' | b'\\' => self.bytes.extend_from_slice(&[b'\\', byte]),
                control => self.bytes.extend_from_slice(format!("\\u{control:04x}").as_bytes()),
            }
        }
        self.bytes.extend_from_slice(&text.as_bytes()[plain..]);
        self.bytes.push(b'"');
        self.check()
    }

    fn check(&self) -> Written {
        if self.spent + self.bytes.len() > self.allowance {
            return Err(IntrospectionError::TooLarge { limit: self.allowance });
        }
        Ok(())
    }
}
