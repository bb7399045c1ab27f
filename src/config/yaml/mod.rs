//! YAML -> Rust types, with every problem reported at its place.
//!
//! 1. `tree`: the text becomes a tree whose nodes know their byte ranges; anchors and merge keys are
//!    resolved, duplicate keys reported, `${...}` expanded (`expand`).
//! 2. `decode`: serde reads the tree. Types say what they take by `derive(Deserialize)`; because
//!    every key is a [`Setting`], a bad value costs that key only, and reading goes on. Unknown keys
//!    are known here from the list of fields that serde hands over.
//!
//! serde-saphyr, which has positions too, stops at the first problem; that is why its parser is used here
//! and not itself.

mod decode;
mod expand;
mod setting;
mod tree;

pub use setting::{ONE_OR_MORE, SWITCH, Setting};

use crate::diagnostic::{Diagnostic, Source, Span};
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where `${...}` looks, and what it is told about keys that stand elsewhere in other gateways.
pub(super) struct Surroundings<'a> {
    /// Environment variables by name.
    pub(super) env: &'a dyn Fn(&str) -> Option<String>,
    /// The folder that relative `${file.PATH}` start from.
    pub(super) base_dir: &'a Path,
    /// What to say of an unknown key, by its path, when more is known than the nearest key.
    pub(super) hint: fn(&str) -> Option<&'static str>,
}

/// What came of a text.
pub(super) struct Reading<T> {
    /// The value: as much of it as could be read.
    pub(super) value: T,
    /// The problems.
    pub(super) reports: Reports,
    /// The files that were read on the way.
    pub(super) files: Vec<PathBuf>,
}

/// Reads `source` as a `T`; an empty text is `T::default()`.
pub(super) fn read<T: DeserializeOwned + Default>(source: &Arc<Source>, surroundings: &Surroundings<'_>) -> Reading<T> {
    let reports = Reports { source: Arc::clone(source), found: RefCell::default() };
    let (tree, files) = tree::parse(&reports, surroundings);
    let value = tree.map(|root| decode::decode(&root, &reports, surroundings.hint)).unwrap_or_default();
    Reading { value, reports, files }
}

/// Gathers problems.
pub(super) struct Reports {
    source: Arc<Source>,
    found: RefCell<Vec<Diagnostic>>,
}

impl Reports {
    /// An error at a place; gives it back for more labels or help before [`Self::add`].
    pub(super) fn error(&self, code: &'static str, range: Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(code, message).at(self.span(range), "")
    }

    /// A place of the text.
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span { source: Arc::clone(&self.source), range }
    }

    /// The text at a place.
    pub(super) fn text(&self, range: &Range<usize>) -> &str {
        self.source.text.get(range.clone()).unwrap_or_default()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.found.borrow().is_empty()
    }

    /// Keeps a problem.
    pub(super) fn add(&self, diagnostic: Diagnostic) {
        self.found.borrow_mut().push(diagnostic);
    }

    /// All of them, in the order of the text.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut found = self.found.into_inner();
        found.sort_by_key(|diagnostic| diagnostic.labels.first().map(|label| label.span.range.start));
        found
    }
}

/// The codes of the problems.
pub(super) mod code {
    /// Not YAML, or YAML that says two things at once.
    pub(in crate::config) const SYNTAX: &str = "CONFIG_SYNTAX";
    /// A key that nothing reads.
    pub(in crate::config) const UNKNOWN_KEY: &str = "CONFIG_UNKNOWN_KEY";
    /// A key that has to be there.
    pub(in crate::config) const MISSING_KEY: &str = "CONFIG_MISSING_KEY";
    /// A value that its key can not take.
    pub(in crate::config) const INVALID_VALUE: &str = "CONFIG_INVALID_VALUE";
    /// Settings that do not go together.
    pub(in crate::config) const CONFLICT: &str = "CONFIG_CONFLICT";
    /// A subgraph that the supergraph does not have.
    pub(in crate::config) const UNKNOWN_SUBGRAPH: &str = "CONFIG_UNKNOWN_SUBGRAPH";
    /// A label of `@override` that the supergraph does not have.
    pub(in crate::config) const UNKNOWN_LABEL: &str = "CONFIG_UNKNOWN_LABEL";
    /// A field of the mutation that the supergraph does not have.
    pub(in crate::config) const UNKNOWN_MUTATION: &str = "CONFIG_UNKNOWN_MUTATION";
    /// A `${...}` without a value.
    pub(in crate::config) const EXPANSION: &str = "CONFIG_EXPANSION";
}

/// The one of `known` that `word` was probably meant to be.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let bound = (word.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, _)| *distance <= bound)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}
