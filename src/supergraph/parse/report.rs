//! Gathers what is wrong with a supergraph: locations of the parser in, [`Diagnostic`]s out.

use super::{INVALID_GRAPHQL, INVALID_SUPERGRAPH};
use crate::diagnostic::{Diagnostic, Source, Span};
use apollo_compiler::parser::SourceSpan;
use std::sync::Arc;

/// Nobody reads more; a file of garbage must not fill the memory with findings.
const MOST_FINDINGS: usize = 500;

/// The findings about one source.
pub(super) struct Report<'a> {
    source: &'a Arc<Source>,
    findings: Vec<Diagnostic>,
    left_out: usize,
}

impl<'a> Report<'a> {
    pub(super) fn new(source: &'a Arc<Source>) -> Self {
        Self { source, findings: Vec::new(), left_out: 0 }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// Notes that the supergraph is not what it should be.
    pub(super) fn invalid(&mut self, message: impl Into<String>, at: Option<SourceSpan>) {
        let diagnostic = Diagnostic::error(INVALID_SUPERGRAPH, message).at(self.span(at), "");
        self.push(diagnostic);
    }

    /// The same, with a way to mend it.
    pub(super) fn invalid_with_help(
        &mut self,
        message: impl Into<String>,
        at: Option<SourceSpan>,
        help: impl Into<String>,
    ) {
        let diagnostic = Diagnostic::error(INVALID_SUPERGRAPH, message).at(self.span(at), "").help(help);
        self.push(diagnostic);
    }

    /// Notes that the text is no GraphQL, or GraphQL of another kind.
    pub(super) fn no_graphql(&mut self, message: impl Into<String>, at: Option<SourceSpan>) {
        let diagnostic = Diagnostic::error(INVALID_GRAPHQL, message).at(self.span(at), "");
        self.push(diagnostic);
    }

    fn push(&mut self, diagnostic: Diagnostic) {
        if self.findings.len() < MOST_FINDINGS {
            self.findings.push(diagnostic);
        } else {
            self.left_out += 1;
        }
    }

    /// What has no place of its own is a matter of the whole text, and stands at its start.
    fn span(&self, at: Option<SourceSpan>) -> Span {
        let range = at.map_or(0..0, |at| at.offset()..at.end_offset());
        Span { source: Arc::clone(self.source), range }
    }

    /// The findings in the order of the text.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        self.findings.sort_by_key(|finding| finding.labels.first().map_or(0, |label| label.span.range.start));
        if self.left_out > 0 {
            let code = self.findings[0].code;
            self.findings.push(Diagnostic::error(code, format!("and {} more", self.left_out)));
        }
        self.findings
    }
}
