//! Diagnostics: what is wrong with an input, where, and how to mend it.
//!
//! Takes a code, a message, labelled spans of source text and a hint; gives text for people
//! ([`Diagnostic::render`]) or JSON for scripts. Stages gather diagnostics in a `Vec` and go on;
//! nothing here stops at the first.

mod render;
mod source;

pub use render::{Style, render_all};
pub use source::{Position, Source, Span};

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// The input can be used, and someone should look.
    Warning,
    /// Worth knowing.
    Hint,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// A stable, upper-case code such as `INVALID_FIELD_SHARING`.
    pub code: &'static str,
    /// One sentence: what is wrong, naming the coordinates concerned.
    pub message: String,
    /// Where: every place that takes part, the most telling one first.
    pub labels: Vec<Label>,
    /// How to mend it, when that can be said.
    pub help: Option<String>,
}

/// A place in a source, with what it has to do with the finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// The place.
    pub span: Span,
    /// A few words printed beside the caret; may be empty.
    pub message: String,
}

impl Diagnostic {
    /// An error with `code` and `message`, without places or help yet.
    pub fn error(code: impl Into<&'static str>, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code.into(), message)
    }

    /// A warning with `code` and `message`.
    pub fn warning(code: impl Into<&'static str>, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code.into(), message)
    }

    /// A hint with `code` and `message`.
    pub fn hint(code: impl Into<&'static str>, message: impl Into<String>) -> Self {
        Self::new(Severity::Hint, code.into(), message)
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self { severity, code, message: message.into(), labels: Vec::new(), help: None }
    }

    /// Adds a place.
    #[must_use]
    pub fn at(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Adds a place if there is one.
    #[must_use]
    pub fn at_opt(self, span: Option<Span>, message: impl Into<String>) -> Self {
        match span {
            Some(span) => self.at(span, message),
            None => self,
        }
    }

    /// Says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
