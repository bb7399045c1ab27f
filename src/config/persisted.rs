//! Queries that clients need not send: automatic persisted queries, and lists of documents.

use std::path::PathBuf;

/// Automatic persisted queries: a client sends a hash, and the query only when nobody knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Apq {
    /// Whether they are on.
    pub enabled: bool,
    /// Bytes of queries kept.
    pub max_bytes: u64,
}

impl Default for Apq {
    fn default() -> Self {
        Self { enabled: true, max_bytes: 16 * 1024 * 1024 }
    }
}

/// Lists of documents, which clients ask for by their ids.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersistedDocuments {
    /// The files of the lists.
    pub manifests: Vec<PathBuf>,
    /// What may be asked beside them.
    pub safelist: Safelist,
    /// Whether the log tells of documents that are on no list.
    pub log_unknown: bool,
}

/// What may be asked beside the documents of a list by their ids.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Safelist {
    /// Anything.
    #[default]
    Off,
    /// The same documents, as texts.
    Documents,
    /// Nothing.
    Ids,
}

impl PersistedDocuments {
    /// Whether it matters if a text is on a list.
    pub fn looks_at_texts(&self) -> bool {
        self.log_unknown || self.safelist == Safelist::Documents
    }
}
