//! From places in the syntax tree to places in the source text.

use crate::diagnostic::{Source, Span};
use apollo_compiler::parser::{FileId, SourceSpan};
use std::sync::Arc;

/// Knows which source a syntax tree was parsed from.
#[derive(Debug, Clone)]
pub struct Locator {
    /// The text.
    pub source: Arc<Source>,
    file: FileId,
}

impl Locator {
    /// For the tree of `source`, whose nodes carry the id `file`.
    pub fn new(source: Arc<Source>, file: FileId) -> Self {
        Self { source, file }
    }

    /// The span of a node; none for nodes that come from elsewhere, such as definitions that were added.
    pub fn span(&self, location: Option<SourceSpan>) -> Option<Span> {
        let location = location.filter(|location| location.file_id() == self.file)?;
        Some(Span { source: Arc::clone(&self.source), range: location.offset()..location.end_offset() })
    }

    /// Whether the node was written in this source.
    pub fn owns(&self, location: Option<SourceSpan>) -> bool {
        location.is_some_and(|location| location.file_id() == self.file)
    }
}
