//! Findings: diagnostics as they are kept and sent, so that whoever gets one can show its lines.

use crate::diagnostic::{Diagnostic, Label, Severity};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};

/// A longer line is not sent along: it is minified, and tells a reader nothing.
const LONGEST_LINE: usize = 400;

/// One finding about schemas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Finding {
    /// `error`, `warning` or `hint`.
    pub severity: String,
    /// A stable, upper-case code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// Where; the most telling place first.
    pub locations: Vec<Place>,
    /// How to mend it.
    pub help: Option<String>,
}

/// A place in a subgraph's schema.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Place {
    /// The subgraph.
    pub subgraph: Option<String>,
    /// Counted from 1.
    pub line: usize,
    /// Counted from 1, in characters.
    pub column: usize,
    /// How many characters of the line it has.
    pub length: usize,
    /// The line, unless it is very long.
    pub text: Option<String>,
    /// What the place has to do with it.
    pub message: String,
}

impl Finding {
    /// Whether it keeps a schema from being published.
    pub fn is_error(&self) -> bool {
        self.severity == "error"
    }

    /// The findings of these diagnostics.
    pub(super) fn all(diagnostics: &[Diagnostic]) -> Vec<Self> {
        diagnostics.iter().map(Self::from).collect()
    }
}

impl From<&Diagnostic> for Finding {
    fn from(diagnostic: &Diagnostic) -> Self {
        let severity = match diagnostic.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Hint => "hint",
        };
        Self {
            severity: severity.to_owned(),
            code: diagnostic.code.to_owned(),
            message: diagnostic.message.clone(),
            locations: diagnostic.labels.iter().map(Place::from).collect(),
            help: diagnostic.help.clone(),
        }
    }
}

impl From<&Label> for Place {
    fn from(label: &Label) -> Self {
        let (source, position) = (&label.span.source, label.span.start());
        let marked = source.text.get(label.span.range.clone()).and_then(|text| text.lines().next());
        let line = source.line(position.line);
        Self {
            subgraph: source.subgraph.clone(),
            line: position.line,
            column: position.column,
            length: marked.map_or(1, |text| text.chars().count().max(1)),
            text: (line.len() <= LONGEST_LINE).then(|| line.to_owned()),
            message: label.message.clone(),
        }
    }
}
