//! Satisfiability: can every query that the API schema allows be answered by the subgraphs?
//!
//! Walks the query graph from the root types. A state is an object type with the subgraphs in which
//! its objects are had at once; from there every field must be resolvable in one of them or in one that
//! keys lead to. Each state is visited once, so the walk ends though types are recursive.
//!
//! The first query that fails is shown per field, with what keeps each subgraph from going on.

use super::assignments;
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Distances, FieldEdge, QueryGraph, SetField};
use crate::supergraph::{Field, FieldId, SubgraphId, Supergraph, TypeId};
use std::collections::{BTreeMap, HashSet, VecDeque};
use std::fmt::Write;

/// Where a field of a type is defined in a subgraph.
pub type Locate<'l> = &'l dyn Fn(SubgraphId, &str, &str) -> Option<Span>;

/// Reports every field that some query cannot reach, each once, under whichever labels of `@override`.
pub fn check(supergraph: &Supergraph, locate: Locate<'_>) -> Vec<Diagnostic> {
    let graph = QueryGraph::build(supergraph);
    assignments::check_all(&graph, |graph| check_one(supergraph, graph, locate))
}

/// The fields that some query cannot reach, under one assignment of labels.
fn check_one(supergraph: &Supergraph, graph: &QueryGraph, locate: Locate<'_>) -> Vec<(FieldId, Diagnostic)> {
    let distances = Distances::new(supergraph, graph);
    let mut walk = Walk {
        supergraph,
        graph,
        distances,
        locate,
        seen: HashSet::new(),
        states: Vec::new(),
        pending: VecDeque::new(),
        failed: HashSet::new(),
        findings: Vec::new(),
    };
    for root in [supergraph.query, supergraph.mutation, supergraph.subscription].into_iter().flatten() {
        let subgraphs = supergraph.ty(root).joins.iter().map(|join| join.graph).collect();
        walk.visit(State { ty: root, subgraphs, provided: Vec::new(), from: None });
    }
    while let Some(state) = walk.pending.pop_front() {
        walk.expand(state);
    }
    walk.findings
}

/// Objects of a type, had in some subgraphs at once.
#[derive(Debug, Clone)]
struct State<'g> {
    ty: TypeId,
    /// Sorted.
    subgraphs: Vec<SubgraphId>,
    /// External fields that the way here provides in a subgraph.
    provided: Vec<(SubgraphId, &'g [SetField])>,
    /// The state before, and the field that led here.
    from: Option<(usize, FieldId)>,
}

/// What tells a state from others: its type, its subgraphs, and the sets of fields provided in which.
type Seen = (TypeId, Vec<SubgraphId>, Vec<(SubgraphId, *const SetField)>);

struct Walk<'g, 'l> {
    supergraph: &'g Supergraph,
    graph: &'g QueryGraph,
    distances: Distances<'g>,
    locate: Locate<'l>,
    seen: HashSet<Seen>,
    states: Vec<State<'g>>,
    pending: VecDeque<usize>,
    failed: HashSet<FieldId>,
    findings: Vec<(FieldId, Diagnostic)>,
}

impl<'g> Walk<'g, '_> {
    fn visit(&mut self, mut state: State<'g>) {
        state.subgraphs.sort_unstable();
        state.subgraphs.dedup();
        // What a way provides makes its end a state of its own. The fields are the graph's, so their address
        // tells them apart, and a `@provides` on a cycle of types comes round to a state that is known.
        let mut provided: Vec<_> =
            state.provided.iter().map(|(subgraph, fields)| (*subgraph, fields.as_ptr())).collect();
        provided.sort_unstable();
        provided.dedup();
        if !self.seen.insert((state.ty, state.subgraphs.clone(), provided)) {
            return;
        }
        self.states.push(state);
        self.pending.push_back(self.states.len() - 1);
    }

    fn expand(&mut self, at: usize) {
        let state = self.states[at].clone();
        let closure = self.distances.closure(state.ty, &state.subgraphs);
        for &field in self.supergraph.fields_of(state.ty) {
            let definition = self.supergraph.field(field);
            if is_hidden(&definition.directives) || is_hidden(&self.supergraph.ty(definition.output).directives) {
                continue;
            }
            let resolvers = self.resolvers(&state, &closure, field);
            if resolvers.is_empty() {
                if self.failed.insert(field) {
                    let finding = self.report(at, &closure, field);
                    self.findings.push((field, finding));
                }
            } else if self.supergraph.ty(definition.output).is_composite() {
                self.follow(at, field, &resolvers);
            }
        }
    }

    /// The edges by which a field can be resolved, with what the way to each provides below it.
    fn resolvers(
        &mut self,
        state: &State<'g>,
        closure: &[SubgraphId],
        field: FieldId,
    ) -> Vec<(&'g FieldEdge, Vec<&'g [SetField]>)> {
        let graph = self.graph;
        let mut resolvers = Vec::new();
        for edge in graph.edges(field).iter().filter(|edge| closure.contains(&edge.subgraph)) {
            let provided = self.provided(state, edge.subgraph, field);
            if edge.external && provided.is_empty() {
                continue;
            }
            if let Some(requires) = edge.requires {
                let fields = &graph.field_set(requires).fields;
                let enterable = graph.keys_in(state.ty, edge.subgraph).iter().any(|key| key.resolvable);
                if !enterable || !self.can_gather(state.ty, closure, fields) {
                    continue;
                }
            }
            let mut below: Vec<&'g [SetField]> = provided.iter().map(|field| field.children.as_slice()).collect();
            below.extend(edge.provides.map(|set| graph.field_set(set).fields.as_slice()));
            below.retain(|fields| !fields.is_empty());
            resolvers.push((edge, below));
        }
        resolvers
    }

    fn can_gather(&mut self, ty: TypeId, closure: &[SubgraphId], fields: &'g [SetField]) -> bool {
        fields.iter().all(|field| {
            let one = std::slice::from_ref(field);
            closure.iter().any(|&subgraph| self.distances.fields(ty, subgraph, one).is_some())
        })
    }

    fn provided(&self, state: &State<'g>, subgraph: SubgraphId, field: FieldId) -> Vec<&'g SetField> {
        let name = &self.supergraph.field(field).name;
        let sets = state.provided.iter().filter(|(provider, _)| *provider == subgraph);
        sets.flat_map(|(_, fields)| fields.iter())
            .filter(|provided| {
                self.supergraph.field(provided.field).name == *name
                    && provided.on.is_none_or(|on| on == state.ty || self.graph.possible().of(on).contains(state.ty))
            })
            .collect()
    }

    /// Goes to the states of a field's values: one per runtime type.
    fn follow(&mut self, at: usize, field: FieldId, resolvers: &[(&'g FieldEdge, Vec<&'g [SetField]>)]) {
        let mut by_type: BTreeMap<TypeId, Vec<SubgraphId>> = BTreeMap::new();
        for (edge, _) in resolvers {
            for ty in self.graph.possible_in(edge.output, edge.subgraph).iter() {
                if !is_hidden(&self.supergraph.ty(ty).directives) {
                    by_type.entry(ty).or_default().push(edge.subgraph);
                }
            }
        }
        for (ty, subgraphs) in by_type {
            let provided = resolvers
                .iter()
                .flat_map(|(edge, below)| below.iter().map(|fields| (edge.subgraph, *fields)))
                .filter(|(subgraph, _)| subgraphs.contains(subgraph))
                .collect();
            self.visit(State { ty, subgraphs, provided, from: Some((at, field)) });
        }
    }

    fn report(&self, at: usize, closure: &[SubgraphId], field: FieldId) -> Diagnostic {
        let state = &self.states[at];
        let definition = self.supergraph.field(field);
        let ty = &self.supergraph.ty(state.ty).name;
        let mut message = format!(
            "The following supergraph API query:\n{}cannot be satisfied by the subgraphs because:",
            self.query(at, definition)
        );
        for &subgraph in closure {
            let _ = write!(message, "\n- from subgraph \"{}\":", self.name(subgraph));
            for reason in self.reasons(state.ty, subgraph, closure, definition, field) {
                let _ = write!(message, "\n  - {reason}");
            }
        }
        let help = format!(
            "give \"{ty}\" a @key that is known on both sides, or mark \"{ty}.{}\" @shareable and resolve it in {}",
            definition.name,
            closure.iter().map(|&subgraph| format!("\"{}\"", self.name(subgraph))).collect::<Vec<_>>().join(" or ")
        );
        let edges = self.graph.edges(field).iter();
        let places = edges.map(|edge| (self.locate)(edge.subgraph, ty, &definition.name));
        let finding = Diagnostic::error("SATISFIABILITY_ERROR", message).help(help);
        places.fold(finding, |finding, place| finding.at_opt(place, "defined here"))
    }

    fn reasons(
        &self,
        ty: TypeId,
        from: SubgraphId,
        closure: &[SubgraphId],
        definition: &Field,
        field: FieldId,
    ) -> Vec<String> {
        let name = &self.supergraph.ty(ty).name;
        let coordinate = format!("{name}.{}", definition.name);
        let mut reasons = Vec::new();
        match self.graph.edge(field, from) {
            None => reasons.push(format!("cannot find field \"{coordinate}\".")),
            Some(edge) if edge.external && self.is_overridden_by_label(field, from) => {
                reasons.push(format!("field \"{coordinate}\" is not resolvable there because of its @override."));
            }
            Some(edge) if edge.external => {
                reasons.push(format!("field \"{coordinate}\" is not resolvable because marked @external."));
            }
            Some(_) => reasons.push(format!("cannot satisfy @requires conditions on field \"{coordinate}\".")),
        }
        for edge in self.graph.edges(field).iter().filter(|edge| !closure.contains(&edge.subgraph)) {
            let to = self.name(edge.subgraph);
            let keys = self.graph.keys_in(ty, edge.subgraph);
            let why = if keys.is_empty() {
                format!("type \"{name}\" has no @key defined in subgraph \"{to}\"")
            } else if keys.iter().all(|key| !key.resolvable) {
                format!(
                    "none of the @key defined on type \"{name}\" in subgraph \"{to}\" are resolvable (they are all declared with their \"resolvable\" argument set to false)"
                )
            } else {
                let texts: Vec<String> =
                    keys.iter().map(|key| format!("\"{}\"", self.graph.field_set(key.fields).text)).collect();
                format!("its @key {} cannot be had in subgraph \"{}\"", texts.join(", "), self.name(from))
            };
            reasons.push(format!("cannot move to subgraph \"{to}\", which has field \"{coordinate}\", because {why}."));
        }
        reasons
    }

    fn is_overridden_by_label(&self, field: FieldId, subgraph: SubgraphId) -> bool {
        let mut joins = self.supergraph.field_joins(field);
        joins.any(|(graph, join)| graph == subgraph && join.override_label.is_some() && !join.external)
    }

    /// The shortest query that gets there.
    fn query(&self, at: usize, last: &Field) -> String {
        let mut path: Vec<(TypeId, &Field)> = vec![(self.states[at].ty, last)];
        let mut state = &self.states[at];
        while let Some((before, field)) = state.from {
            state = &self.states[before];
            path.push((state.ty, self.supergraph.field(field)));
        }
        path.reverse();
        let root = state.ty;
        let keyword = if Some(root) == self.supergraph.mutation {
            "mutation "
        } else if Some(root) == self.supergraph.subscription {
            "subscription "
        } else {
            ""
        };
        let mut out = format!("{keyword}{{\n");
        let mut static_type = root;
        let mut closing = 1;
        for (ty, field) in &path {
            if static_type != *ty {
                let _ = writeln!(out, "{:indent$}... on {} {{", "", self.supergraph.ty(*ty).name, indent = closing * 2);
                closing += 1;
            }
            let composite = self.supergraph.ty(field.output).is_composite();
            let arguments = arguments(field);
            let opening = match (composite, std::ptr::eq(*field, last)) {
                (true, false) => " {",
                (true, true) => " {\n…",
                (false, _) => "",
            };
            let opening = opening.replace(
                '…',
                &format!("{:indent$}...\n{:outer$}}}", "", "", indent = closing * 2 + 2, outer = closing * 2),
            );
            let _ = writeln!(out, "{:indent$}{}{arguments}{opening}", "", field.name, indent = closing * 2);
            if composite && !std::ptr::eq(*field, last) {
                closing += 1;
            }
            static_type = field.output;
        }
        for depth in (0..closing).rev() {
            let _ = writeln!(out, "{:indent$}}}", "", indent = depth * 2);
        }
        out
    }

    fn name(&self, subgraph: SubgraphId) -> &str {
        &self.supergraph.subgraph(subgraph).name
    }
}

/// `(id: ...)` for the arguments that a query must give.
fn arguments(field: &Field) -> String {
    let required: Vec<String> = field
        .arguments
        .iter()
        .filter(|argument| argument.definition.ty.is_non_null() && argument.definition.default_value.is_none())
        .map(|argument| format!("{}: ...", argument.definition.name))
        .collect();
    if required.is_empty() { String::new() } else { format!("({})", required.join(", ")) }
}

fn is_hidden(directives: &[apollo_compiler::Node<apollo_compiler::ast::Directive>]) -> bool {
    directives.iter().any(|directive| directive.name == "inaccessible")
}
