//! Source texts and places in them.
//!
//! A [`Source`] is shared by everything that points into it; a [`Span`] is a byte range of one.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

/// A text that diagnostics can point into.
#[derive(PartialEq, Eq)]
pub struct Source {
    /// What the reader calls it: a file path, or a subgraph's name when it came over the network.
    pub name: String,
    /// The subgraph the text belongs to, if it belongs to one.
    pub subgraph: Option<String>,
    /// The text itself.
    pub text: String,
    /// Byte offset at which each line starts.
    line_starts: Vec<usize>,
}

impl Source {
    /// A source called `name`.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::build(name.into(), None, text.into())
    }

    /// A source called `name` that is the schema of `subgraph`.
    pub fn of_subgraph(subgraph: impl Into<String>, name: impl Into<String>, text: impl Into<String>) -> Arc<Self> {
        Self::build(name.into(), Some(subgraph.into()), text.into())
    }

    fn build(name: String, subgraph: Option<String>, text: String) -> Arc<Self> {
        let line_starts =
            std::iter::once(0).chain(memchr::memchr_iter(b'\n', text.as_bytes()).map(|i| i + 1)).collect();
        Arc::new(Self { name, subgraph, text, line_starts })
    }

    /// Line and column of a byte offset; offsets past the end are the end.
    pub fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.text.len());
        let line = self.line_starts.partition_point(|&start| start <= offset);
        let start = self.line_starts[line - 1];
        let column = self.text.get(start..offset).map_or(offset - start, |s| s.chars().count()) + 1;
        Position { line, column }
    }

    /// The text of a line (counted from 1), without its line break.
    pub fn line(&self, line: usize) -> &str {
        let start = self.line_starts[line - 1];
        let end = self.line_starts.get(line).map_or(self.text.len(), |&next| next - 1);
        self.text[start..end].trim_end_matches('\r')
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name)
    }
}

/// Line and column, both counted from 1; the column counts characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Position {
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
}

/// A byte range of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text.
    pub source: Arc<Source>,
    /// Byte offsets into it.
    pub range: Range<usize>,
}

impl Span {
    /// Where the span starts.
    pub fn start(&self) -> Position {
        self.source.position(self.range.start)
    }
}

/// `file:line:column`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.start();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}
