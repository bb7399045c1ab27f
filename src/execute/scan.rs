//! The lexical half of reading a reply: bytes in; strings, numbers and skipped values out.
//!
//! A [`Scanner`] stands at a byte and knows the JSON grammar (RFC 8259), nothing of plans. It copies
//! nothing: what it returns are positions. The bytes are known to be UTF-8 when it is made, so it
//! looks only at ASCII. Inside strings [`plain`](super::plain) searches many bytes at once.
//!
//! [`Scanner::plain_leaf`] and [`Scanner::separator`] are shortcuts for what services write nearly always:
//! short leaves without escapes, nothing between them but commas. What is not so, they leave alone.
//!
//! Whatever is skipped is still checked against the grammar: what a leaf is copied from has to be
//! valid JSON, and a reply that breaks off is refused as a whole. Nesting is bounded, so neither
//! this nor the parser above it can run out of stack.

use super::plain::plain;
use crate::plan::model::{Key, LeafKind};
use std::borrow::Cow;
use std::ops::Range;

/// Why a reply cannot be used; the text is the gateway's own and holds nothing of the reply. One word wide, so
/// that a value or why there is none fits into two registers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(super) struct Malformed(pub(super) &'static &'static str);

const NOT_JSON: Malformed = Malformed(&"it is not valid JSON");

/// A place in the bytes of a reply.
#[derive(Debug)]
pub(super) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
    /// How many more levels of nesting are allowed.
    levels: u32,
    /// Whether something was met since the flag was last cleared that is valid JSON, but that readers
    /// of JSON choke on: half of a surrogate pair, a number that no double can hold.
    pub(super) unfit: bool,
}

/// A place to which a [`Scanner`] can go back.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bookmark {
    at: usize,
    levels: u32,
}

impl<'a> Scanner<'a> {
    /// At the first byte, behind a byte order mark.
    pub(super) fn new(bytes: &'a [u8], levels: u32) -> Result<Self, Malformed> {
        // Where text is not ASCII this takes a seventh of the time of the standard library's check.
        if simdutf8::basic::from_utf8(bytes).is_err() {
            return Err(Malformed(&"it is not valid UTF-8"));
        }
        let at = if bytes.starts_with(b"\xef\xbb\xbf") { 3 } else { 0 };
        Ok(Self { bytes, at, levels, unfit: false })
    }

    /// Where it stands.
    #[inline]
    pub(super) const fn position(&self) -> usize {
        self.at
    }

    /// Where it stands, to come back to.
    #[inline]
    pub(super) const fn bookmark(&self) -> Bookmark {
        Bookmark { at: self.at, levels: self.levels }
    }

    /// Goes back to where it stood before.
    #[inline]
    pub(super) const fn rewind(&mut self, to: Bookmark) {
        self.at = to.at;
        self.levels = to.levels;
    }

    /// The bytes of a range.
    #[inline]
    pub(super) fn slice(&self, range: Range<usize>) -> &'a [u8] {
        self.bytes.get(range).unwrap_or_default()
    }

    /// Passes white space and looks at the next byte, without taking it; 0 at the end.
    #[inline]
    pub(super) fn token(&mut self) -> u8 {
        match self.bytes.get(self.at) {
            Some(&byte) if byte > b' ' => byte,
            _ => self.token_behind_space(),
        }
    }

    #[cold]
    fn token_behind_space(&mut self) -> u8 {
        loop {
            match self.bytes.get(self.at) {
                Some(b' ' | b'\n' | b'\r' | b'\t') => self.at += 1,
                Some(&byte) => return byte,
                None => return 0,
            }
        }
    }

    /// Passes white space and takes this byte.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Malformed> {
        if self.token() == byte {
            self.at += 1;
            return Ok(());
        }
        Err(NOT_JSON)
    }

    /// Takes an opening bracket or brace, which [`Self::token`] has just shown.
    #[inline]
    pub(super) const fn enter(&mut self) -> Result<(), Malformed> {
        match self.levels.checked_sub(1) {
            Some(left) => self.levels = left,
            None => return Err(Malformed(&"it is nested too deeply")),
        }
        self.at += 1;
        Ok(())
    }

    /// Takes a closing bracket or brace, which [`Self::token`] has just shown.
    #[inline]
    pub(super) const fn leave(&mut self) {
        self.levels += 1;
        self.at += 1;
    }

    /// After an element: whether another one follows. Takes the comma, or the `close` that ends the run.
    #[inline]
    pub(super) fn more(&mut self, close: u8) -> Result<bool, Malformed> {
        match self.token() {
            b',' => {
                self.at += 1;
                Ok(true)
            }
            byte if byte == close => {
                self.leave();
                Ok(false)
            }
            _ => Err(NOT_JSON),
        }
    }

    /// Behind an opening bracket or brace: whether there is an element. Takes the `close` of an empty run.
    #[inline]
    pub(super) fn any(&mut self, close: u8) -> bool {
        if self.token() == close {
            self.leave();
            return false;
        }
        true
    }

    /// Takes a leaf of this kind when it stands right here in its plainest form: a string without escapes, an
    /// integer of few digits, a boolean. Where it began, or nothing when it has to be looked at closely.
    #[inline]
    pub(super) fn plain_leaf(&mut self, kind: LeafKind) -> Option<usize> {
        let start = self.at;
        let end = match (*self.bytes.get(start)?, kind) {
            (b'"', LeafKind::String | LeafKind::Id | LeafKind::Any) => {
                let end = plain(self.bytes, start + 1);
                (self.bytes.get(end) == Some(&b'"')).then_some(end + 1)?
            }
            (b'1'..=b'9', LeafKind::Int | LeafKind::Float | LeafKind::Any) => {
                let digits = self.bytes.get(start..start + 9)?.iter().take_while(|byte| byte.is_ascii_digit()).count();
                // Fewer than nine are an Int, and what follows must not make it something else.
                let end = start + digits;
                (matches!(self.bytes.get(end), Some(b',' | b'}')) && digits < 9).then_some(end)?
            }
            (b't', LeafKind::Boolean) => self.bytes.get(start..)?.starts_with(b"true").then_some(start + 4)?,
            (b'f', LeafKind::Boolean) => self.bytes.get(start..)?.starts_with(b"false").then_some(start + 5)?,
            _ => return None,
        };
        self.at = end;
        Some(start)
    }

    /// After a field: takes the comma or brace that stands right here. Whether another field follows, or nothing
    /// when something else stands here.
    #[inline]
    pub(super) fn separator(&mut self) -> Option<bool> {
        match self.bytes.get(self.at) {
            Some(b',') => {
                self.at += 1;
                Some(true)
            }
            Some(b'}') => {
                self.leave();
                Some(false)
            }
            _ => None,
        }
    }

    /// Takes the key at hand and its colon when they are exactly these, with nothing between.
    #[inline]
    pub(super) fn take_key(&mut self, key: &Key) -> bool {
        let begins = self.bytes.get(self.at..).is_some_and(|rest| key.begins(rest));
        if begins {
            self.at += key.quoted_len();
        }
        begins
    }

    /// Takes the string at hand when it is exactly `text`, written without escapes.
    #[inline]
    pub(super) fn take_if(&mut self, text: &str) -> bool {
        let Some(rest) = self.bytes.get(self.at..) else { return false };
        let whole = rest.first() == Some(&b'"')
            && rest.get(1..1 + text.len()) == Some(text.as_bytes())
            && rest.get(1 + text.len()) == Some(&b'"');
        if whole {
            self.at += text.len() + 2;
        }
        whole
    }

    /// Takes a string; the range is what stands between the quotes, escapes as written.
    #[inline]
    pub(super) fn string(&mut self) -> Result<Range<usize>, Malformed> {
        if self.bytes.get(self.at) != Some(&b'"') {
            return Err(NOT_JSON);
        }
        let start = self.at + 1;
        self.at = plain(self.bytes, start);
        loop {
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(start..self.at - 1);
                }
                Some(b'\\') => self.escape()?,
                _ => return Err(NOT_JSON),
            }
            self.at = plain(self.bytes, self.at);
        }
    }

    /// Takes a backslash and what belongs to it.
    #[cold]
    fn escape(&mut self) -> Result<(), Malformed> {
        self.at += 1;
        let byte = self.bytes.get(self.at).copied();
        self.at += 1;
        match byte {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => Ok(()),
            Some(b'u') => match self.hex()? {
                0xd800..=0xdbff => {
                    let paired = self.bytes.get(self.at..self.at + 2) == Some(b"\\u");
                    if !paired {
                        self.unfit = true;
                        return Ok(());
                    }
                    self.at += 2;
                    if !(0xdc00..=0xdfff).contains(&self.hex()?) {
                        self.unfit = true;
                    }
                    Ok(())
                }
                0xdc00..=0xdfff => {
                    self.unfit = true;
                    Ok(())
                }
                _ => Ok(()),
            },
            _ => Err(NOT_JSON),
        }
    }

    fn hex(&mut self) -> Result<u16, Malformed> {
        let mut code = 0;
        for _ in 0..4 {
            let byte = self.bytes.get(self.at).copied().unwrap_or_default();
            let digit = char::from(byte).to_digit(16).ok_or(NOT_JSON)?;
            code = (code << 4) | digit;
            self.at += 1;
        }
        u16::try_from(code).map_err(|_| NOT_JSON)
    }

    /// Takes a number; whether it is an integer, that is written without fraction and exponent.
    #[inline]
    pub(super) fn number(&mut self) -> Result<bool, Malformed> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.at += 1;
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        let mut integer = true;
        let mut exponent = false;
        if self.bytes.get(self.at) == Some(&b'.') {
            integer = false;
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.bytes.get(self.at), Some(b'e' | b'E')) {
            (integer, exponent) = (false, true);
            self.at += 1;
            if matches!(self.bytes.get(self.at), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        // The largest double has 309 digits before the point.
        if exponent || self.at - start > 300 {
            self.unfit |= !is_finite(self.slice(start..self.at));
        }
        Ok(integer)
    }

    #[inline]
    fn digits(&mut self) -> Result<(), Malformed> {
        let start = self.at;
        while self.bytes.get(self.at).is_some_and(u8::is_ascii_digit) {
            self.at += 1;
        }
        if self.at == start { Err(NOT_JSON) } else { Ok(()) }
    }

    /// Takes `true`, `false` or `null`.
    #[inline]
    pub(super) fn word(&mut self, word: &'static [u8]) -> Result<(), Malformed> {
        let end = self.at + word.len();
        if self.bytes.get(self.at..end) == Some(word) {
            self.at = end;
            return Ok(());
        }
        Err(NOT_JSON)
    }

    /// Takes a value of any kind.
    pub(super) fn skip(&mut self) -> Result<(), Malformed> {
        match self.token() {
            b'"' => self.string().map(drop),
            b'{' => self.skip_object(),
            b'[' => self.skip_list(),
            b't' => self.word(b"true"),
            b'f' => self.word(b"false"),
            b'n' => self.word(b"null"),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            _ => Err(NOT_JSON),
        }
    }

    fn skip_object(&mut self) -> Result<(), Malformed> {
        self.enter()?;
        if self.any(b'}') { self.skip_fields() } else { Ok(()) }
    }

    fn skip_list(&mut self) -> Result<(), Malformed> {
        self.enter()?;
        let mut more = self.any(b']');
        while more {
            self.skip()?;
            more = self.more(b']')?;
        }
        Ok(())
    }

    /// Passes white space and takes the string that has to come.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Range<usize>, Malformed> {
        self.token();
        self.string()
    }

    /// How many elements the list at hand has; stands before it again afterwards.
    pub(super) fn count(&mut self) -> Result<usize, Malformed> {
        let start = self.bookmark();
        let mut count = 0;
        self.enter()?;
        let mut more = self.any(b']');
        while more {
            self.skip()?;
            count += 1;
            more = self.more(b']')?;
        }
        self.rewind(start);
        Ok(count)
    }

    /// Takes what is left of an object, behind `{` or a comma.
    pub(super) fn skip_fields(&mut self) -> Result<(), Malformed> {
        let mut more = true;
        while more {
            self.key()?;
            self.expect(b':')?;
            self.skip()?;
            more = self.more(b'}')?;
        }
        Ok(())
    }

    /// A key's text, without escapes.
    pub(super) fn text(&self, key: Range<usize>) -> Cow<'a, [u8]> {
        let inside = self.slice(key);
        if memchr::memchr(b'\\', inside).is_none() {
            return Cow::Borrowed(inside);
        }
        decode(inside).map_or(Cow::Borrowed(inside), |text| Cow::Owned(text.into_bytes()))
    }

    /// Passes white space, after which nothing may follow.
    pub(super) fn end(&mut self) -> Result<(), Malformed> {
        self.token();
        if self.at == self.bytes.len() { Ok(()) } else { Err(Malformed(&"something follows its JSON")) }
    }
}

#[cold]
fn is_finite(digits: &[u8]) -> bool {
    let number = std::str::from_utf8(digits).ok().and_then(|text| text.parse::<f64>().ok());
    number.is_some_and(f64::is_finite)
}

/// The text of a string's inside when it has escapes; `None` when that is no Unicode text.
#[cold]
pub(super) fn decode(inside: &[u8]) -> Option<String> {
    let mut quoted = Vec::with_capacity(inside.len() + 2);
    quoted.push(b'"');
    quoted.extend_from_slice(inside);
    quoted.push(b'"');
    serde_json::from_slice(&quoted).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn skips(text: &str) -> bool {
        let mut scanner = Scanner::new(text.as_bytes(), 128).unwrap();
        scanner.skip().and_then(|()| scanner.end()).is_ok()
    }

    #[test]
    fn the_grammar_is_the_one_of_json() {
        let good = [
            "0",
            "-0",
            "10.50",
            "1e5",
            "1E-07",
            "\"\"",
            "\"\\u00e9\\n\"",
            "[]",
            " [ 1 , {} ] ",
            "{\"a\":[true,false,null]}",
            "\"éàü 漢字 🦀\"",
            "\u{feff}1",
            "\"\\ud800\"",
            "1e999",
        ];
        for text in good {
            assert!(skips(text), "{text}");
        }
        let bad = [
            "",
            "01",
            "-",
            "1.",
            ".5",
            "1e",
            "+1",
            "NaN",
            "Infinity",
            "tru",
            "truefalse",
            "\"",
            "\"\\x\"",
            "\"\\u12g4\"",
            "\"a\nb\"",
            "[1,]",
            "[,1]",
            "{\"a\"}",
            "{a:1}",
            "{\"a\":1,}",
            "{} {}",
            "1 2",
            "'a'",
            "[1",
            "{\"a\":1",
            "\"\\",
            "\"\\u12",
        ];
        for text in bad {
            assert!(!skips(text), "{text}");
        }
    }

    #[test]
    fn unfit_text_is_noticed() {
        for (text, unfit) in [
            ("\"\\ud83e\\udd80\"", false),
            ("\"\\ud800\"", true),
            ("\"\\ud800\\u0041\"", true),
            ("\"\\udc00\"", true),
            ("1e308", false),
            ("1e309", true),
        ] {
            let mut scanner = Scanner::new(text.as_bytes(), 8).unwrap();
            scanner.skip().unwrap();
            assert_eq!(scanner.unfit, unfit, "{text}");
        }
    }

    #[test]
    fn nesting_is_bounded() {
        let deep = "[".repeat(100_000);
        assert!(!skips(&deep));
        assert!(skips(&format!("{}{}", "[".repeat(128), "]".repeat(128))));
        assert!(!skips(&format!("{}{}", "[".repeat(129), "]".repeat(129))));
    }
}
