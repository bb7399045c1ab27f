//! Labels of `@override(from:, label:)`: which of two subgraphs resolves a field is decided per request.
//!
//! A label is on or off for a request. While it is on, the fields under it are resolved by the subgraph that
//! takes them over; while it is off, by the one they are taken from; in the other one they are external.
//!
//! A graph is built with all labels off. [`QueryGraph::under`] gives the same graph with some of them on: it
//! shares all tables and has rows of its own for the fields under labels only. So a graph costs next to
//! nothing, whatever the size of the supergraph, and nobody has to keep one per assignment of labels.

use super::{FieldEdge, QueryGraph};
use crate::supergraph::{FieldId, Supergraph};
use smallvec::SmallVec;
use std::sync::Arc;

/// The labels of a supergraph and the edges under them.
#[derive(Debug, Default)]
pub(super) struct Labels {
    /// Sorted.
    pub names: Vec<String>,
    /// Sorted by field.
    pub edges: Vec<LabelledEdge>,
}

/// A field edge that exists while its label is on, or while it is off.
#[derive(Debug, Clone, Copy)]
pub(super) struct LabelledEdge {
    pub field: FieldId,
    /// Its place among the edges of the field.
    pub place: u32,
    /// Its label, by position in [`Labels::names`].
    pub label: u32,
    /// Whether the subgraph resolves the field while the label is on; else while it is off.
    pub when_on: bool,
}

impl Labels {
    /// The labels of a supergraph; no edges yet.
    pub fn of(supergraph: &Supergraph) -> Self {
        let names = supergraph.override_labels().into_iter().map(Into::into).collect();
        Self { names, edges: Vec::new() }
    }

    /// The position of a label.
    pub fn position(&self, name: &str) -> Option<usize> {
        self.names.binary_search_by(|known| known.as_str().cmp(name)).ok()
    }

    fn of_field(&self, field: FieldId) -> &[LabelledEdge] {
        let start = self.edges.partition_point(|edge| edge.field < field);
        let len = self.edges[start..].iter().take_while(|edge| edge.field == field).count();
        &self.edges[start..start + len]
    }
}

impl QueryGraph {
    /// The labels of the supergraph, sorted; a [`LabelSet`] holds positions in this list.
    pub fn labels(&self) -> &[String] {
        &self.tables.labels.names
    }

    /// The same graph for requests with exactly these labels on.
    #[must_use]
    pub fn under(&self, on: &LabelSet) -> Self {
        let labels = &self.tables.labels;
        let mut relabelled: Vec<(FieldId, Box<[FieldEdge]>)> = Vec::new();
        for edge in labels.edges.iter().filter(|edge| on.contains(edge.label as usize)) {
            if relabelled.last().is_none_or(|(field, _)| *field != edge.field) {
                relabelled.push((edge.field, self.tables.edges_of(edge.field).into()));
            }
            let (_, edges) = relabelled.last_mut().expect("just put there");
            edges[edge.place as usize].external = !edge.when_on;
        }
        Self { tables: Arc::clone(&self.tables), relabelled }
    }

    /// Adds the labels on which it depends how a field is resolved.
    pub fn add_labels_of(&self, field: FieldId, labels: &mut LabelSet) {
        for edge in self.tables.labels.of_field(field) {
            labels.insert(edge.label as usize);
        }
    }
}

/// A set of labels, by their positions in [`QueryGraph::labels`]. Sets with the same members are equal.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LabelSet {
    /// 64 labels each; the last one is not zero. Supergraphs seldom have more, and those need no memory.
    words: SmallVec<[u64; 1]>,
}

impl LabelSet {
    /// No label.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a label.
    pub fn insert(&mut self, label: usize) {
        let word = label / 64;
        if self.words.len() <= word {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (label % 64);
    }

    /// Whether it has a label.
    pub fn contains(&self, label: usize) -> bool {
        self.words.get(label / 64).is_some_and(|word| word >> (label % 64) & 1 == 1)
    }

    /// Whether it has none.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The labels that both have.
    #[must_use]
    pub fn and(&self, other: &Self) -> Self {
        let mut words: SmallVec<[u64; 1]> = self.words.iter().zip(&other.words).map(|(a, b)| a & b).collect();
        while words.last() == Some(&0) {
            words.pop();
        }
        Self { words }
    }
}

impl FromIterator<usize> for LabelSet {
    fn from_iter<I: IntoIterator<Item = usize>>(labels: I) -> Self {
        let mut set = Self::new();
        labels.into_iter().for_each(|label| set.insert(label));
        set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sets_with_the_same_members_are_equal() {
        let all: LabelSet = [1, 70, 200].into_iter().collect();
        let some: LabelSet = [1, 200, 64].into_iter().collect();
        assert_eq!(all.and(&some), [200, 1].into_iter().collect());
        assert_eq!(all.and(&[1, 2].into_iter().collect()), [1].into_iter().collect());
        assert!(all.and(&[0].into_iter().collect()).is_empty());
        assert!(all.contains(70) && !all.contains(71) && !all.contains(1_000));
    }

    #[test]
    fn sets_are_small() {
        assert!(size_of::<LabelSet>() <= 24);
    }
}
