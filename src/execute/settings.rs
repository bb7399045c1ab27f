//! What the executor has to know beside the plan: the subgraphs' names, whose errors are shown, and limits.

use std::sync::LazyLock;

/// For all requests of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ExecutionSettings {
    /// By `SubgraphId::index`.
    pub subgraphs: Vec<SubgraphSettings>,
    /// How much one request may cost.
    pub limits: ExecutionLimits,
}

/// What the executor knows of one subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubgraphSettings {
    /// For `extensions.service` and the log.
    pub name: Box<str>,
    /// `include_subgraph_errors`: whether clients see its messages and extensions.
    pub show_errors: bool,
}

/// Bounds of one request's execution; what is beyond costs that part of the answer and an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExecutionLimits {
    /// Levels of objects and lists in a reply, and of objects in the answer.
    pub depth: u32,
    /// Values kept, 12 bytes each: one per slot of each object and one per element of most lists.
    pub values: usize,
    /// Bytes of all replies together.
    pub reply_bytes: usize,
    /// Bytes of the answer's `data`.
    pub answer_bytes: usize,
    /// Errors in the answer; one more says how many were left out.
    pub errors: usize,
}

impl ExecutionSettings {
    /// A subgraph; one that is not in the table has no name and shows nothing.
    pub(super) fn subgraph(&self, index: usize) -> &SubgraphSettings {
        static UNKNOWN: LazyLock<SubgraphSettings> =
            LazyLock::new(|| SubgraphSettings { name: "unknown".into(), show_errors: false });
        self.subgraphs.get(index).unwrap_or(&UNKNOWN)
    }
}

impl Default for ExecutionLimits {
    fn default() -> Self {
        Self { depth: 128, values: 16 << 20, reply_bytes: 256 << 20, answer_bytes: 256 << 20, errors: 100 }
    }
}
