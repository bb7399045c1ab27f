//! The query graph: which moves a query can make.
//!
//! A node is a type in a subgraph. From it lead *field edges* (the subgraph resolves the field), *key
//! edges* (the subgraph can be asked for the entity through `_entities`, given the key's fields) and
//! *down edges* to the object types an abstract type can be there. Nodes have no row of their own: a
//! node is the pair `(TypeId, SubgraphId)`, and what matters of it is found from either side.
//! - [`QueryGraph::edges`]: for a field, every subgraph that has it, sorted by subgraph.
//! - [`QueryGraph::keys`]: for an entity type, every way into a subgraph, sorted by subgraph.
//! - [`QueryGraph::possible_in`]: for an abstract type, what it can be in a subgraph.
//!
//! So planning a query looks only at the fields and types that the query touches, however large the
//! graph is. An interface object gives the object types that implement its interface elsewhere field
//! and key edges *via* the interface: the subgraph is asked under the interface's name.
//!
//! Built once per supergraph, in one pass over it. Where `@override` has labels, which subgraph resolves a
//! field differs by request: [`QueryGraph::under`] gives the graph for each assignment of [`labels`].

mod build;
mod context;
mod derivation;
mod distance;
mod field_set;
mod labels;

pub use context::ContextArgument;
pub use distance::Distances;
pub use field_set::{FieldSet, SetField};
pub use labels::LabelSet;

use crate::supergraph::{FieldId, PossibleTypes, SubgraphId, TypeId, TypeSet};
use ahash::RandomState;
use apollo_compiler::{Name, ast};
use labels::Labels;
use std::collections::HashMap;
use std::sync::Arc;

/// See the room's documentation.
#[derive(Debug)]
pub struct QueryGraph {
    tables: Arc<Tables>,
    /// The edges of fields that labels have changed, sorted by field.
    relabelled: Vec<(FieldId, Box<[FieldEdge]>)>,
}

/// What the graphs of one supergraph share.
#[derive(Debug)]
struct Tables {
    possible: PossibleTypes,
    /// For abstract types, what they can be in one subgraph.
    possible_in: HashMap<(TypeId, SubgraphId), TypeSet, RandomState>,
    /// The edges of all fields, one field's after the other.
    edges: Vec<FieldEdge>,
    /// By `FieldId`: where its edges start; one more at the end.
    edge_starts: Vec<u32>,
    /// The keys of all types, one type's after the other.
    keys: Vec<KeyEdge>,
    /// By `TypeId`: where its keys start; one more at the end.
    key_starts: Vec<u32>,
    field_sets: Vec<FieldSet>,
    fields_by_name: HashMap<(TypeId, Name), FieldId, RandomState>,
    /// Interface objects, sorted.
    interface_objects: Vec<(TypeId, SubgraphId)>,
    labels: Labels,
}

impl Tables {
    fn edges_of(&self, field: FieldId) -> &[FieldEdge] {
        let at = field.index();
        &self.edges[self.edge_starts[at] as usize..self.edge_starts[at + 1] as usize]
    }
}

/// Row of the graph's field sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldSetId(u32);

/// A field in a subgraph.
#[derive(Debug, Clone)]
pub struct FieldEdge {
    /// The subgraph.
    pub subgraph: SubgraphId,
    /// The type of the value there: the supergraph's, or a subtype of it.
    pub output: TypeId,
    /// The same with lists and non-nulls, where it is not the supergraph's.
    pub ty: Option<Box<ast::Type>>,
    /// It is resolved there only on paths that provide it.
    pub external: bool,
    /// What the subgraph has to be given first: required fields, values of contexts.
    pub requires: Option<FieldSetId>,
    /// What else is resolved below this field, though external.
    pub provides: Option<FieldSetId>,
    /// The interface object that has it, when the subgraph does not know the object type itself.
    pub via: Option<TypeId>,
}

/// A way into a subgraph: through `_entities`, or, for the query type, whose key has no fields, through its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyEdge {
    /// The subgraph.
    pub subgraph: SubgraphId,
    /// What names an entity.
    pub fields: FieldSetId,
    /// Whether `_entities` there knows it; if not, the key only says what the subgraph can give.
    pub resolvable: bool,
    /// The interface object under whose name the subgraph is asked.
    pub via: Option<TypeId>,
}

impl QueryGraph {
    /// The object types that values of each type can have, whatever the subgraph.
    pub fn possible(&self) -> &PossibleTypes {
        &self.tables.possible
    }

    /// The object types that values of `ty` can have in a subgraph; none when it does not define `ty`.
    pub fn possible_in(&self, ty: TypeId, subgraph: SubgraphId) -> &TypeSet {
        static NONE: TypeSet = TypeSet::none();
        match self.tables.possible.of(ty) {
            own if own.as_slice() == [ty] => own,
            _ => self.tables.possible_in.get(&(ty, subgraph)).unwrap_or(&NONE),
        }
    }

    /// The subgraphs that have a field, sorted.
    pub fn edges(&self, field: FieldId) -> &[FieldEdge] {
        if !self.relabelled.is_empty()
            && let Ok(at) = self.relabelled.binary_search_by_key(&field, |(field, _)| *field)
        {
            return &self.relabelled[at].1;
        }
        self.tables.edges_of(field)
    }

    /// A field in one subgraph.
    pub fn edge(&self, field: FieldId, subgraph: SubgraphId) -> Option<&FieldEdge> {
        let edges = self.edges(field);
        edges.binary_search_by_key(&subgraph, |edge| edge.subgraph).ok().map(|at| &edges[at])
    }

    /// The keys of an entity type, sorted by subgraph; none for other types.
    pub fn keys(&self, ty: TypeId) -> &[KeyEdge] {
        let at = ty.index();
        &self.tables.keys[self.tables.key_starts[at] as usize..self.tables.key_starts[at + 1] as usize]
    }

    /// The keys of an entity type in one subgraph.
    pub fn keys_in(&self, ty: TypeId, subgraph: SubgraphId) -> &[KeyEdge] {
        let keys = self.keys(ty);
        let start = keys.partition_point(|key| key.subgraph < subgraph);
        let end = keys.partition_point(|key| key.subgraph <= subgraph);
        &keys[start..end]
    }

    /// A field set.
    pub fn field_set(&self, id: FieldSetId) -> &FieldSet {
        &self.tables.field_sets[id.0 as usize]
    }

    /// The field of an object or interface by name.
    pub fn field_of(&self, ty: TypeId, name: &Name) -> Option<FieldId> {
        self.tables.fields_by_name.get(&(ty, name.clone())).copied()
    }

    /// The fields that are read to resolve a field, wherever that is done and whichever labels are on: those that it
    /// requires, and those that its contextual arguments are filled from. Not those of keys.
    pub fn reads(&self, field: FieldId) -> Vec<FieldId> {
        let mut reads = Vec::new();
        for set in self.tables.edges_of(field).iter().filter_map(|edge| edge.requires) {
            let set = self.field_set(set);
            let sources = set.contexts.iter().flat_map(|argument| argument.sources.values());
            for set in sources.map(|&source| self.field_set(source)).chain([set]) {
                set.fields.iter().for_each(|field| field.add_to(&mut reads));
            }
        }
        reads
    }

    /// Whether a key names nothing, since all subgraphs have the object that is meant: the query type's.
    pub fn is_root_key(&self, key: &KeyEdge) -> bool {
        self.field_set(key.fields).text.is_empty()
    }

    /// Whether a subgraph knows an interface only as an interface object.
    pub fn is_interface_object(&self, ty: TypeId, subgraph: SubgraphId) -> bool {
        self.tables.interface_objects.binary_search(&(ty, subgraph)).is_ok()
    }
}
