//! Reach: which subgraphs can have a part in resolving a part of an operation, whatever is chosen.
//!
//! Takes an operation and gives, for each field of it, the subgraphs that may be asked for the field, for what is
//! selected of it, or for the keys and requirements on the way; rather too many than too few. What is not in
//! reach of all that is left to resolve will not be asked again ([`state`](super::state)).

use super::sets::BitSet;
use crate::graph::{FieldEdge, FieldSetId, QueryGraph, SetField};
use crate::operation::{Operation, SelectionKind, SetId};
use crate::supergraph::{FieldId, Supergraph, TypeId};
use apollo_compiler::Name;
use std::collections::{BTreeMap, BTreeSet};

/// Of an abstract type, so many runtime types are looked at; with more, all subgraphs count as in reach.
const MOST_TYPES: usize = 64;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Reach {
    of_unit: BTreeMap<u32, BitSet>,
    of_set: BTreeMap<SetId, Position>,
}

/// What is known of a position at which the client selects.
#[derive(Debug, Default)]
pub struct Position {
    /// The subgraphs in reach of all that is selected there.
    pub below: BitSet,
    /// The subgraphs that may be asked for the way to the position.
    pub path: BitSet,
    /// The names of the fields that keys and requirements there are made of ...
    pub inputs: BTreeSet<Name>,
    /// ... and those of which they select something.
    pub nested: BTreeSet<Name>,
}

impl Reach {
    /// Works out the reach of an operation; none where values come from objects around, since then a field may be
    /// asked for at any place above.
    pub fn new(supergraph: &Supergraph, graph: &QueryGraph, operation: &Operation) -> Option<Self> {
        let all = BitSet::first(supergraph.subgraphs.len());
        let reach = Self::default();
        let mut walk = Walk { supergraph, graph, operation, all, suppliers: BTreeMap::new(), contextual: false, reach };
        walk.set(SetId::ROOT, BitSet::new());
        (!walk.contextual).then_some(walk.reach)
    }

    /// The subgraphs in reach of a unit.
    pub fn of_unit(&self, unit: u32) -> Option<&BitSet> {
        self.of_unit.get(&unit)
    }

    /// What is known of a position.
    pub fn of_set(&self, set: SetId) -> Option<&Position> {
        self.of_set.get(&set)
    }
}

struct Walk<'a> {
    supergraph: &'a Supergraph,
    graph: &'a QueryGraph,
    operation: &'a Operation,
    all: BitSet,
    /// By type, who may be asked for keys and requirements.
    suppliers: BTreeMap<TypeId, BitSet>,
    contextual: bool,
    reach: Reach,
}

impl<'a> Walk<'a> {
    fn set(&mut self, set: SetId, path: BitSet) -> BitSet {
        let operation = self.operation;
        let types = self.types_of(operation.set(set).parent);
        let mut position = Position { path, ..Position::default() };
        for &ty in types.as_deref().unwrap_or_default() {
            for field in self.input_fields(ty) {
                let name = &self.supergraph.field(field.field).name;
                position.inputs.insert(name.clone());
                if !field.children.is_empty() {
                    position.nested.insert(name.clone());
                }
            }
        }
        for selection in &operation.set(set).selections {
            let SelectionKind::Field { field, children, .. } = &selection.kind else { continue };
            let (mut asked, on_path) = self.field(types.as_deref(), *field, &position.path);
            if set == SetId::ROOT {
                // There is no object at hand yet.
                asked.extend_with(self.graph.edges(*field));
            }
            let mut reach = asked;
            if let Some(children) = children {
                reach.union_with(&self.set(*children, on_path));
            }
            position.below.union_with(&reach);
            self.reach.of_unit.insert(selection.unit, reach);
        }
        let below = position.below.clone();
        self.reach.of_set.insert(set, position);
        below
    }

    /// The object types that objects at a position can have; none when they are too many, or not all told apart.
    fn types_of(&self, parent: TypeId) -> Option<Vec<TypeId>> {
        let untold = self.supergraph.graphs_of(parent).any(|subgraph| self.graph.is_interface_object(parent, subgraph));
        let types = self.graph.possible().of(parent);
        (!untold && types.len() <= MOST_TYPES).then(|| types.iter().collect())
    }

    /// Who may be asked for a field of objects of some types, and who for the way to its value.
    fn field(&mut self, types: Option<&[TypeId]>, field: FieldId, path: &BitSet) -> (BitSet, BitSet) {
        let Some(types) = types else { return (self.all.clone(), self.all.clone()) };
        let name = &self.supergraph.field(field).name;
        let (mut asked, mut givers, mut entered) = (BitSet::new(), BitSet::new(), BitSet::new());
        for &ty in types {
            let Some(own) = self.graph.field_of(ty, name) else { continue };
            let edges = self.graph.edges(own);
            if edges.iter().any(|edge| self.graph.is_interface_object(edge.output, edge.subgraph)) {
                return (self.all.clone(), self.all.clone());
            }
            self.note_contexts(edges);
            givers.extend_with(edges);
            entered.union_with(&self.suppliers_of(ty));
            if !self.is_at_hand(ty, own) {
                asked.union_with(&givers);
                asked.union_with(&entered);
            }
        }
        // Nobody is asked along a path that only one subgraph has.
        if givers.len() > 1 {
            givers.union_with(&entered);
            givers.union_with(path);
            (asked, givers)
        } else {
            (asked, BitSet::new())
        }
    }

    /// Whether each subgraph that has objects of a type resolves a leaf of them itself.
    fn is_at_hand(&self, ty: TypeId, own: FieldId) -> bool {
        let is_direct = |edge: &FieldEdge| !edge.external && edge.requires.is_none();
        let mut owners = self.supergraph.graphs_of(ty).peekable();
        !self.supergraph.ty(self.supergraph.field(own).output).is_composite()
            && owners.peek().is_some()
            && owners.all(|subgraph| self.graph.edge(own, subgraph).is_some_and(is_direct))
    }

    fn suppliers_of(&mut self, ty: TypeId) -> BitSet {
        if let Some(known) = self.suppliers.get(&ty) {
            return known.clone();
        }
        let mut suppliers = BitSet::new();
        let mut seen = BTreeSet::from([ty]);
        let mut open = vec![ty];
        while let Some(ty) = open.pop() {
            for field in self.input_fields(ty) {
                self.add_suppliers(ty, field, &mut suppliers, &mut seen, &mut open);
            }
        }
        self.suppliers.insert(ty, suppliers.clone());
        suppliers
    }

    /// Adds who may be asked for a part of a key or a requirement; entities in it have keys of their own.
    fn add_suppliers(
        &mut self,
        ty: TypeId,
        field: &'a SetField,
        suppliers: &mut BitSet,
        seen: &mut BTreeSet<TypeId>,
        open: &mut Vec<TypeId>,
    ) {
        let Some(own) = self.graph.field_of(ty, &self.supergraph.field(field.field).name) else { return };
        if self.is_at_hand(ty, own) {
            return;
        }
        suppliers.extend_with(self.graph.edges(own));
        let values = self.graph.possible().of(self.supergraph.field(own).output);
        for value in values.iter().filter(|_| !field.children.is_empty()) {
            if seen.insert(value) {
                open.push(value);
            }
            for child in &field.children {
                self.add_suppliers(value, child, suppliers, seen, open);
            }
        }
    }

    /// The fields that keys of a type and requirements of its fields are made of.
    fn input_fields(&mut self, ty: TypeId) -> Vec<&'a SetField> {
        let (supergraph, graph) = (self.supergraph, self.graph);
        let of_type = supergraph.fields_of(ty).iter().flat_map(|&field| graph.edges(field));
        self.note_contexts(of_type.clone());
        let requirements = of_type.filter_map(|edge| edge.requires);
        let mut sets: Vec<FieldSetId> = graph.keys(ty).iter().map(|key| key.fields).chain(requirements).collect();
        sets.sort_unstable();
        sets.dedup();
        sets.into_iter().flat_map(|set| &graph.field_set(set).fields).collect()
    }

    fn note_contexts(&mut self, edges: impl IntoIterator<Item = &'a FieldEdge>) {
        let mut sets = edges.into_iter().filter_map(|edge| edge.requires);
        self.contextual |= sets.any(|set| !self.graph.field_set(set).contexts.is_empty());
    }
}

impl BitSet {
    fn extend_with(&mut self, edges: &[FieldEdge]) {
        for edge in edges {
            self.insert(edge.subgraph.index());
        }
    }
}
