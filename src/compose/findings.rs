//! The errors and hints found so far.

use crate::diagnostic::{Diagnostic, Severity};

/// Gathers what the steps find.
#[derive(Default)]
pub struct Findings {
    errors: Vec<Diagnostic>,
    hints: Vec<Diagnostic>,
}

impl Findings {
    /// Adds an error.
    pub fn error(&mut self, error: Diagnostic) {
        self.errors.push(error);
    }

    /// Adds a hint or warning.
    pub fn hint(&mut self, hint: Diagnostic) {
        self.hints.push(hint);
    }

    /// Adds a finding to those of its severity.
    pub fn add(&mut self, finding: Diagnostic) {
        match finding.severity {
            Severity::Error => self.error(finding),
            Severity::Warning | Severity::Hint => self.hint(finding),
        }
    }

    /// All errors, if there are any: the end of a stage.
    pub fn stop_at_errors(&mut self) -> Result<(), Vec<Diagnostic>> {
        if self.errors.is_empty() { Ok(()) } else { Err(std::mem::take(&mut self.errors)) }
    }

    /// The hints.
    pub fn into_hints(self) -> Vec<Diagnostic> {
        self.hints
    }
}
