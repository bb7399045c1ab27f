//! The errors of an answer as they come up, no more than an answer may have.

use super::error::GraphqlError;

/// Gathers errors; what is too much is only counted.
#[derive(Debug)]
pub(super) struct Report {
    errors: Vec<GraphqlError>,
    left_out: usize,
    most: usize,
}

impl Report {
    /// For at most so many errors.
    pub(super) const fn new(most: usize) -> Self {
        Self { errors: Vec::new(), left_out: 0, most }
    }

    /// Adds an error, which is made only if there is room for it.
    pub(super) fn add(&mut self, error: impl FnOnce() -> GraphqlError) {
        if self.errors.len() < self.most {
            self.errors.push(error());
        } else {
            self.left_out += 1;
        }
    }

    /// Counts errors that nobody looked at.
    pub(super) const fn leave_out(&mut self, count: usize) {
        self.left_out += count;
    }

    /// How many more errors there is room for.
    pub(super) fn room(&self) -> usize {
        self.most.saturating_sub(self.errors.len())
    }

    /// The errors since the last time, and one that says how many are not among them.
    pub(super) fn finish(&mut self) -> Vec<GraphqlError> {
        let mut errors = std::mem::take(&mut self.errors);
        if self.left_out > 0 {
            let message = format!("{} more errors were left out", self.left_out);
            errors.push(GraphqlError::new("TOO_MANY_ERRORS", message, Vec::new()));
            self.left_out = 0;
        }
        errors
    }
}
