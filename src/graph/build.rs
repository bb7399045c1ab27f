//! Building the query graph from a supergraph.
//!
//! 1. What abstract types can be, whole and per subgraph.
//! 2. The fields of each type: where they are resolved, also via interface objects.
//! 3. The keys of each type, also via interface objects.

use super::context::{self, ContextArgument, Written};
use super::labels::{LabelledEdge, Labels};
use super::{FieldEdge, FieldSet, FieldSetId, KeyEdge, QueryGraph, Tables};
use crate::supergraph::{
    Field, FieldId, Implements, JoinField, PLAIN_JOIN, PossibleTypes, SubgraphId, Supergraph, TypeId, TypeKind, TypeSet,
};
use ahash::RandomState;
use std::collections::HashMap;
use std::sync::Arc;

impl QueryGraph {
    /// Builds the graph of a supergraph, with all labels off.
    pub fn build(supergraph: &Supergraph) -> Self {
        let possible = PossibleTypes::new(supergraph);
        let interface_objects = interface_objects(supergraph);
        let possible_in = possible_in(supergraph, &possible, &interface_objects);
        let mut builder = Builder {
            supergraph,
            sets: FieldSets::default(),
            interface_objects: &interface_objects,
            labels: Labels::of(supergraph),
            contexts: context::setters(supergraph, &possible),
        };
        let (edges, edge_starts) = builder.all_edges();
        let (keys, key_starts) = builder.all_keys();
        let Builder { sets, labels, .. } = builder;
        let field_sets = sets.rows;
        let fields_by_name = supergraph
            .fields
            .iter()
            .enumerate()
            .map(|(index, field)| ((field.parent, field.name.clone()), FieldId::from_index(index)))
            .collect();
        let tables = Tables {
            possible,
            possible_in,
            edges,
            edge_starts,
            keys,
            key_starts,
            field_sets,
            fields_by_name,
            interface_objects,
            labels,
        };
        Self { tables: Arc::new(tables), relabelled: Vec::new() }
    }
}

/// The pairs of interface and subgraph that are interface objects, sorted.
fn interface_objects(supergraph: &Supergraph) -> Vec<(TypeId, SubgraphId)> {
    let mut found: Vec<_> = supergraph
        .types
        .iter()
        .enumerate()
        .flat_map(|(index, ty)| {
            let joins = ty.joins.iter().filter(|join| join.is_interface_object);
            joins.map(move |join| (TypeId::from_index(index), join.graph))
        })
        .collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn possible_in(
    supergraph: &Supergraph,
    possible: &PossibleTypes,
    interface_objects: &[(TypeId, SubgraphId)],
) -> HashMap<(TypeId, SubgraphId), TypeSet, RandomState> {
    let mut members: HashMap<(TypeId, SubgraphId), Vec<TypeId>, RandomState> = HashMap::default();
    for (index, ty) in supergraph.types.iter().enumerate() {
        let id = TypeId::from_index(index);
        match &ty.kind {
            TypeKind::Object { implements, .. } => {
                for Implements { interface, graphs } in implements {
                    for subgraph in graphs_or_all(graphs, supergraph, id) {
                        members.entry((*interface, subgraph)).or_default().push(id);
                    }
                }
            }
            TypeKind::Union { members: union } => {
                for member in union {
                    for subgraph in graphs_or_all(&member.graphs, supergraph, id) {
                        members.entry((id, subgraph)).or_default().push(member.member);
                    }
                }
            }
            _ => {}
        }
    }
    let mut result: HashMap<_, TypeSet, RandomState> =
        members.into_iter().map(|(node, types)| (node, TypeSet::from_iter(types))).collect();
    for &(interface, subgraph) in interface_objects {
        result.insert((interface, subgraph), possible.of(interface).clone());
    }
    result
}

/// The subgraphs named, or, when a supergraph of join v0.1 or v0.2 names none, all that define the type.
fn graphs_or_all(graphs: &[SubgraphId], supergraph: &Supergraph, ty: TypeId) -> Vec<SubgraphId> {
    if graphs.is_empty() { defining(supergraph, ty) } else { graphs.to_vec() }
}

/// The subgraphs that define a type, sorted.
fn defining(supergraph: &Supergraph, ty: TypeId) -> Vec<SubgraphId> {
    let mut graphs: Vec<SubgraphId> = supergraph.ty(ty).joins.iter().map(|join| join.graph).collect();
    if graphs.is_empty() {
        graphs = (0..supergraph.subgraphs.len()).map(SubgraphId::from_index).collect();
    }
    graphs.sort_unstable();
    graphs.dedup();
    graphs
}

struct Builder<'a> {
    supergraph: &'a Supergraph,
    sets: FieldSets<'a>,
    interface_objects: &'a [(TypeId, SubgraphId)],
    labels: Labels,
    /// By context, the object types that set it.
    contexts: HashMap<String, Vec<TypeId>>,
}

#[derive(Default)]
struct FieldSets<'a> {
    rows: Vec<FieldSet>,
    known: HashMap<(TypeId, &'a str), FieldSetId, RandomState>,
}

impl<'a> Builder<'a> {
    fn all_edges(&mut self) -> (Vec<FieldEdge>, Vec<u32>) {
        let mut edges = Vec::with_capacity(self.supergraph.fields.len());
        let mut starts = Vec::with_capacity(self.supergraph.fields.len() + 1);
        let mut own = Vec::new();
        for field in &self.supergraph.fields {
            starts.push(row(edges.len()));
            self.add_own_edges(field, &mut own);
            self.add_edges_via_interface_objects(field, &mut own);
            own.sort_by_key(|edge| edge.subgraph);
            own.dedup_by_key(|edge| edge.subgraph);
            if field.joins.iter().any(|join| join.override_label.is_some()) {
                self.note_labels(FieldId::from_index(starts.len() - 1), field, &own);
            }
            edges.append(&mut own);
        }
        starts.push(row(edges.len()));
        (edges, starts)
    }

    fn add_own_edges(&mut self, field: &'a Field, edges: &mut Vec<FieldEdge>) {
        if field.joins.is_empty() {
            let graphs = defining(self.supergraph, field.parent).into_iter();
            edges.extend(graphs.map(|subgraph| self.edge(field, &PLAIN_JOIN, subgraph, None)));
        }
        for join in &field.joins {
            if let Some(subgraph) = join.graph {
                edges.push(self.edge(field, join, subgraph, None));
            }
        }
    }

    fn edge(&mut self, field: &Field, join: &'a JoinField, subgraph: SubgraphId, via: Option<TypeId>) -> FieldEdge {
        let there = join.ty.as_ref().and_then(|ty| self.supergraph.type_id(ty.inner_named_type()));
        let output = there.unwrap_or(field.output);
        let overridden = match join.override_label {
            // While the label is off, the field stays with the subgraph it is taken from.
            Some(_) => takes_over(join),
            None => join.used_overridden,
        };
        let parent = via.unwrap_or(field.parent);
        FieldEdge {
            subgraph,
            output,
            ty: join.ty.as_ref().or(via.map(|_| &field.ty)).cloned().map(Box::new),
            external: join.external || overridden,
            requires: self.requires(join, parent),
            provides: join.provides.as_ref().map(|text| self.sets.intern(self.supergraph, output, text)),
            via,
        }
    }

    /// What a field requires; where some of it comes from contexts, the set is the field's own.
    fn requires(&mut self, join: &'a JoinField, parent: TypeId) -> Option<FieldSetId> {
        let Some(arguments) = &join.context_arguments else {
            return join.requires.as_ref().map(|text| self.sets.intern(self.supergraph, parent, text));
        };
        let contexts = context::read(arguments).into_iter().map(|written| self.context_argument(&written)).collect();
        let text = join.requires.as_deref().unwrap_or_default();
        Some(self.sets.add(FieldSet { contexts, ..FieldSet::parse(self.supergraph, parent, text) }))
    }

    fn context_argument(&mut self, written: &Written<'a>) -> ContextArgument {
        let setters = self.contexts.get(written.context).map(Vec::as_slice).unwrap_or_default();
        let sources =
            setters.iter().map(|&ty| (ty, self.sets.intern(self.supergraph, ty, written.selection))).collect();
        ContextArgument { name: written.name.clone(), ty: written.ty.to_owned(), sources }
    }

    /// Notes which edges of a field turn with a label; both sides of the override carry it.
    fn note_labels(&mut self, id: FieldId, field: &Field, edges: &[FieldEdge]) {
        for (place, edge) in edges.iter().enumerate().filter(|(_, edge)| edge.via.is_none()) {
            let Some(join) = field.joins.iter().find(|join| join.graph == Some(edge.subgraph)) else { continue };
            let Some(label) = join.override_label.as_ref().filter(|_| !join.external) else { continue };
            let label = self.labels.position(label).expect("all labels were gathered");
            let edge = LabelledEdge { field: id, place: row(place), label: row(label), when_on: takes_over(join) };
            self.labels.edges.push(edge);
        }
    }

    /// An object type can have its interface's fields from the subgraphs that know the interface as an object.
    fn add_edges_via_interface_objects(&mut self, field: &'a Field, edges: &mut Vec<FieldEdge>) {
        let TypeKind::Object { implements, .. } = &self.supergraph.ty(field.parent).kind else { return };
        for Implements { interface, .. } in implements {
            for subgraph in self.interface_object_subgraphs(*interface) {
                let Some(id) = self.supergraph.field_of(*interface, &field.name) else { continue };
                let of_interface = self.supergraph.field(id);
                let joins = of_interface.joins.iter().find(|join| join.graph == Some(subgraph));
                if joins.is_none() && !of_interface.joins.is_empty() {
                    continue;
                }
                let join = joins.unwrap_or(&PLAIN_JOIN);
                edges.push(self.edge(of_interface, join, subgraph, Some(*interface)));
            }
        }
    }

    fn interface_object_subgraphs(&self, interface: TypeId) -> Vec<SubgraphId> {
        let start = self.interface_objects.partition_point(|(ty, _)| *ty < interface);
        self.interface_objects[start..].iter().take_while(|(ty, _)| *ty == interface).map(|(_, graph)| *graph).collect()
    }

    fn all_keys(&mut self) -> (Vec<KeyEdge>, Vec<u32>) {
        let mut keys = Vec::new();
        let mut starts = Vec::with_capacity(self.supergraph.types.len() + 1);
        for index in 0..self.supergraph.types.len() {
            starts.push(row(keys.len()));
            let id = TypeId::from_index(index);
            let mut own = self.keys_of(id, None);
            if let TypeKind::Object { implements, .. } = &self.supergraph.ty(id).kind {
                let known = defining(self.supergraph, id);
                for Implements { interface, .. } in implements {
                    let via = self.keys_of(*interface, Some(*interface));
                    own.extend(via.into_iter().filter(|key| {
                        !known.contains(&key.subgraph)
                            && self.interface_objects.binary_search(&(*interface, key.subgraph)).is_ok()
                    }));
                }
            }
            if self.supergraph.query == Some(id) {
                own.extend(self.query_keys(id));
            }
            own.sort_by_key(|key| key.subgraph);
            keys.extend(own);
        }
        starts.push(row(keys.len()));
        (keys, starts)
    }

    /// Whoever has the query type's object somewhere below the root can ask any subgraph for more of its fields,
    /// as each has the same object at its root: by a key without fields. There is none for the type of mutations,
    /// as nothing would say in which order those of several subgraphs are to run.
    fn query_keys(&mut self, query: TypeId) -> Vec<KeyEdge> {
        let fields = self.sets.intern(self.supergraph, query, "");
        let key = |subgraph| KeyEdge { subgraph, fields, resolvable: true, via: None };
        defining(self.supergraph, query).into_iter().map(key).collect()
    }

    fn keys_of(&mut self, ty: TypeId, via: Option<TypeId>) -> Vec<KeyEdge> {
        let joins = &self.supergraph.ty(ty).joins;
        joins
            .iter()
            .filter_map(|join| {
                let fields = self.sets.intern(self.supergraph, ty, join.key.as_ref()?);
                Some(KeyEdge { subgraph: join.graph, fields, resolvable: join.resolvable, via })
            })
            .collect()
    }
}

impl<'a> FieldSets<'a> {
    fn intern(&mut self, supergraph: &Supergraph, ty: TypeId, text: &'a str) -> FieldSetId {
        if let Some(known) = self.known.get(&(ty, text)) {
            return *known;
        }
        let id = self.add(FieldSet::parse(supergraph, ty, text));
        self.known.insert((ty, text), id);
        id
    }

    fn add(&mut self, set: FieldSet) -> FieldSetId {
        let id = FieldSetId(row(self.rows.len()));
        self.rows.push(set);
        id
    }
}

/// Whether the subgraph takes the field over from another one, under a label or not.
fn takes_over(join: &JoinField) -> bool {
    join.override_from.is_some()
}

fn row(index: usize) -> u32 {
    u32::try_from(index).expect("tables have fewer than 2^32 rows")
}
