//! Findings of the registry -> diagnostics with their lines: of the local file where there is one, else the line that
//! the registry sent along.

use crate::diagnostic::{Diagnostic, Severity, Source, Span};
use crate::registry::{Finding, Place};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The schemas that were read from local files, by subgraph.
#[derive(Default)]
pub(in crate::cli) struct Locals(BTreeMap<String, Arc<Source>>);

impl Locals {
    /// The schema of one subgraph.
    pub(in crate::cli) fn add(&mut self, subgraph: &str, path: &Path, text: &str) {
        let source = Source::of_subgraph(subgraph, path.display().to_string(), text);
        self.0.insert(subgraph.to_owned(), source);
    }

    /// Whether there are none.
    pub(in crate::cli) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The findings as they are shown.
    pub(in crate::cli) fn diagnostics(&self, findings: &[Finding]) -> Vec<Diagnostic> {
        findings.iter().map(|finding| self.diagnostic(finding)).collect()
    }

    fn diagnostic(&self, finding: &Finding) -> Diagnostic {
        // The code of a finding lives as long as the process: codes are few, and the process ends once they are told.
        let code: &'static str = Box::leak(finding.code.clone().into_boxed_str());
        let diagnostic = match finding.severity.as_str() {
            "error" => Diagnostic::error(code, &finding.message),
            "warning" => Diagnostic::warning(code, &finding.message),
            _ => Diagnostic::hint(code, &finding.message),
        };
        debug_assert!(finding.is_error() == (diagnostic.severity == Severity::Error));
        let placed = |diagnostic: Diagnostic, place: &Place| diagnostic.at(self.span(place), &place.message);
        let diagnostic = finding.locations.iter().fold(diagnostic, placed);
        match &finding.help {
            Some(help) => diagnostic.help(help),
            None => diagnostic,
        }
    }

    fn span(&self, place: &Place) -> Span {
        let subgraph = place.subgraph.as_deref().unwrap_or("the registry");
        let source = match self.0.get(subgraph) {
            Some(source) => Arc::clone(source),
            None => {
                // A text that has the one line that is known at its place.
                let line = place.text.as_deref().unwrap_or_default();
                let above = "\n".repeat(place.line.saturating_sub(1));
                Source::of_subgraph(subgraph, subgraph, above + line)
            }
        };
        let start = offset(&source.text, place.line, place.column);
        let length = source.text[start..].chars().take(place.length).map(char::len_utf8).sum::<usize>();
        Span { range: start..start + length, source }
    }
}

/// The byte at a line and column, or the end of the text where there are not so many.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => Some(0),
        _ => memchr::memchr_iter(b'\n', text.as_bytes()).nth(line - 2).map(|end| end + 1),
    };
    let Some(start) = start else { return text.len() };
    let inside = text[start..].char_indices().nth(column.saturating_sub(1));
    inside.map_or(text.len(), |(at, _)| start + at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Style;

    fn finding(subgraph: &str, text: Option<&str>) -> Finding {
        Finding {
            severity: "error".into(),
            code: "SOME_CODE".into(),
            message: "it is odd".into(),
            locations: vec![Place {
                subgraph: Some(subgraph.into()),
                line: 2,
                column: 3,
                length: 4,
                text: text.map(Into::into),
                message: "here".into(),
            }],
            help: None,
        }
    }

    #[test]
    fn lines_come_from_the_local_file_or_from_the_registry() {
        let mut locals = Locals::default();
        locals.add("products", Path::new("p.graphql"), "type A {\n  name: Int\n}\n");
        let shown = |finding| locals.diagnostics(&[finding])[0].render(Style::Plain);
        let local = shown(finding("products", None));
        assert!(local.contains("p.graphql:2:3 (products)\n  |\n2 |   name: Int\n  |   ^^^^ here"), "{local}");
        let remote = shown(finding("reviews", Some("  stars: Int")));
        assert!(remote.contains("reviews:2:3\n  |\n2 |   stars: Int\n  |   ^^^^ here"), "{remote}");
        let unknown = shown(finding("reviews", None));
        assert!(unknown.contains("reviews:2:1"), "{unknown}");
    }
}
