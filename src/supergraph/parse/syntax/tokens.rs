//! Tokens: the lexical grammar of GraphQL, as far as SDL needs it.

/// A token; the text of a literal as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Name(&'a str),
    Punctuator(u8),
    Int(&'a str),
    Float(&'a str),
    /// What stands between the quotes.
    Text(&'a str),
    /// What stands between the triple quotes.
    Block(&'a str),
    End,
}

/// Directives that are longer do not repeat much.
const LONGEST_ALIKE: usize = 200;

/// A text, read token by token.
pub(super) struct Tokens<'a> {
    text: &'a str,
    /// Behind the current token.
    at: usize,
    /// Where the current token starts.
    pub(super) start: usize,
    /// Where the token before it ended.
    pub(super) previous_end: usize,
    pub(super) current: Token<'a>,
}

impl<'a> Tokens<'a> {
    /// Stands on the first token.
    pub(super) fn new(text: &'a str) -> Option<Self> {
        let at = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
        let mut tokens = Self { text, at, start: at, previous_end: at, current: Token::End };
        tokens.advance()?;
        Some(tokens)
    }

    /// Goes on to the next token.
    pub(super) fn advance(&mut self) -> Option<()> {
        self.previous_end = self.at;
        self.skip_ignored();
        self.start = self.at;
        let Some(&first) = self.text.as_bytes().get(self.at) else {
            self.current = Token::End;
            return Some(());
        };
        self.current = match first {
            b'_' | b'a'..=b'z' | b'A'..=b'Z' => Token::Name(self.run(is_name_byte)),
            b'!' | b'(' | b')' | b':' | b'=' | b'@' | b'[' | b']' | b'{' | b'}' | b'|' | b'&' => {
                self.at += 1;
                Token::Punctuator(first)
            }
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return None,
        };
        Some(())
    }

    /// Goes on to the first token from `at`, where a token ends.
    pub(super) fn skip_to(&mut self, at: usize) -> Option<()> {
        self.at = at;
        self.advance()
    }

    /// The text from the current token to the next closing parenthesis, whatever that belongs to.
    pub(super) fn up_to_parenthesis(&self) -> Option<&'a str> {
        let rest = &self.text[self.start..];
        let end = memchr::memchr(b')', rest.as_bytes().get(..LONGEST_ALIKE.min(rest.len()))?)?;
        Some(&rest[..=end])
    }

    /// White space, line ends, commas, comments.
    fn skip_ignored(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(&byte) = bytes.get(self.at) {
            match byte {
                b' ' | b'\n' | b',' | b'\t' | b'\r' => self.at += 1,
                b'#' => {
                    let rest = &bytes[self.at..];
                    self.at += memchr::memchr2(b'\n', b'\r', rest).unwrap_or(rest.len());
                }
                _ => break,
            }
        }
    }

    /// The longest run of such bytes.
    fn run(&mut self, is_part: fn(u8) -> bool) -> &'a str {
        let rest = &self.text[self.at..];
        let length = rest.bytes().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        self.at += length;
        &rest[..length]
    }

    fn string(&mut self) -> Option<Token<'a>> {
        let rest = &self.text[self.at..];
        if let Some(inner) = rest.strip_prefix("\"\"\"") {
            let end = end_of_block(inner)?;
            self.at += end + 6;
            return Some(Token::Block(&inner[..end]));
        }
        let inner = &rest[1..];
        let mut bytes = inner.bytes().enumerate();
        while let Some((index, byte)) = bytes.next() {
            match byte {
                b'"' => {
                    self.at += index + 2;
                    return Some(Token::Text(&inner[..index]));
                }
                b'\\' => {
                    bytes.next();
                }
                b'\t' => {}
                0..=0x1f => return None,
                _ => {}
            }
        }
        None
    }

    fn number(&mut self) -> Option<Token<'a>> {
        let start = self.at;
        self.takes(b"-");
        let integer = self.run(|byte| byte.is_ascii_digit());
        if integer.is_empty() || (integer.len() > 1 && integer.starts_with('0')) {
            return None;
        }
        let has_fraction = self.takes(b".");
        if has_fraction && self.run(|byte| byte.is_ascii_digit()).is_empty() {
            return None;
        }
        let has_exponent = self.takes(b"eE");
        if has_exponent {
            self.takes(b"+-");
            if self.run(|byte| byte.is_ascii_digit()).is_empty() {
                return None;
            }
        }
        // A number does not touch a name or another number.
        if self.text.as_bytes().get(self.at).is_some_and(|&next| is_name_byte(next) || next == b'.') {
            return None;
        }
        let written = &self.text[start..self.at];
        Some(if has_fraction || has_exponent { Token::Float(written) } else { Token::Int(written) })
    }

    /// Takes one byte if it is one of these.
    fn takes(&mut self, any: &[u8]) -> bool {
        let is_there = self.text.as_bytes().get(self.at).is_some_and(|byte| any.contains(byte));
        self.at += usize::from(is_there);
        is_there
    }
}

/// Where the closing quotes of a block string stand; `\"""` does not close it.
fn end_of_block(inner: &str) -> Option<usize> {
    memchr::memmem::find_iter(inner.as_bytes(), "\"\"\"").find(|&at| !inner[..at].ends_with('\\'))
}

fn is_name_byte(byte: u8) -> bool {
    byte == b'_' || byte.is_ascii_alphanumeric()
}
