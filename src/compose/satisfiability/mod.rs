//! Satisfiability: can every query that the API schema allows be answered by the subgraphs?
//!
//! Walks the query graph from the root types. A state is an object type with the subgraphs in which
//! its objects are had at once; from there every field must be resolvable in one of them or in one that
//! keys lead to. Each state is visited once, so the walk ends though types are recursive.
//!
//! The first query that fails is shown per field, with what keeps each subgraph from going on ([`report`]). Where
//! several subgraphs resolve a field, what they may give is compared on the way ([`runtime_types`]). A context must
//! be set on every path to a field that needs it ([`contexts`]): one more walk per context, over the paths that do
//! not set it, so that contexts do not multiply states.

mod contexts;
mod report;
mod runtime_types;

use super::assignments;
use crate::diagnostic::{Diagnostic, Span};
use crate::graph::{Distances, FieldEdge, QueryGraph, SetField};
use crate::subgraph::Code;
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId};
use contexts::Contexts;
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

/// Where a type, or a field of it, is defined in a subgraph.
pub type Locate<'l> = &'l dyn Fn(SubgraphId, &str, Option<&str>) -> Option<Span>;

/// States of one type beyond which no more are looked at, with a hint: nothing is refused that was not shown to be out
/// of reach. Real graphs have a handful; value types whose fields are strewn over many subgraphs can have one per set
/// of subgraphs.
const MOST_STATES: usize = 2_000;

/// Reports every field that some query cannot reach, each once, and shared fields that may differ, under whichever
/// labels of `@override`.
pub fn check(supergraph: &Supergraph, locate: Locate<'_>) -> Vec<Diagnostic> {
    let graph = QueryGraph::build(supergraph);
    let contexts = Contexts::of(supergraph);
    assignments::check_all(&graph, |graph| check_one(supergraph, graph, &contexts, locate))
}

/// The same under one assignment of labels, with the fields concerned.
fn check_one(
    supergraph: &Supergraph,
    graph: &QueryGraph,
    contexts: &Contexts,
    locate: Locate<'_>,
) -> Vec<(FieldId, Diagnostic)> {
    let mut walk = Walk {
        supergraph,
        graph,
        distances: Distances::new(supergraph, graph),
        contexts,
        locate,
        missing: None,
        seen: HashMap::new(),
        states: Vec::new(),
        pending: VecDeque::new(),
        failed: HashSet::new(),
        compared: HashSet::new(),
        findings: Vec::new(),
    };
    walk.run(None);
    for context in contexts.needed() {
        walk.run(Some(context));
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

/// What tells a state from others of its type: its subgraphs, and the sets of fields provided in which.
type Seen = (Vec<SubgraphId>, Vec<(SubgraphId, *const SetField)>);

struct Walk<'g, 'l> {
    supergraph: &'g Supergraph,
    graph: &'g QueryGraph,
    distances: Distances<'g>,
    contexts: &'g Contexts,
    locate: Locate<'l>,
    /// The context that the paths of this walk do not set.
    missing: Option<String>,
    seen: HashMap<TypeId, HashSet<Seen>>,
    states: Vec<State<'g>>,
    pending: VecDeque<usize>,
    /// Fields reported as out of reach.
    failed: HashSet<FieldId>,
    /// Fields reported for what they may give.
    compared: HashSet<FieldId>,
    findings: Vec<(FieldId, Diagnostic)>,
}

impl<'g> Walk<'g, '_> {
    /// Walks all paths, or those that do not set the context `missing`.
    fn run(&mut self, missing: Option<String>) {
        self.missing = missing;
        self.seen.clear();
        self.states.clear();
        let supergraph = self.supergraph;
        for root in [supergraph.query, supergraph.mutation, supergraph.subscription].into_iter().flatten() {
            let subgraphs = supergraph.ty(root).joins.iter().map(|join| join.graph).collect();
            self.visit(State { ty: root, subgraphs, provided: Vec::new(), from: None });
        }
        while let Some(state) = self.pending.pop_front() {
            self.expand(state);
        }
    }

    fn visit(&mut self, mut state: State<'g>) {
        state.subgraphs.sort_unstable();
        state.subgraphs.dedup();
        // What a way provides makes its end a state of its own. The fields are the graph's, so their address
        // tells them apart, and a `@provides` on a cycle of types comes round to a state that is known.
        let mut provided: Vec<_> =
            state.provided.iter().map(|(subgraph, fields)| (*subgraph, fields.as_ptr())).collect();
        provided.sort_unstable();
        provided.dedup();
        let seen = self.seen.entry(state.ty).or_default();
        if seen.len() > MOST_STATES || !seen.insert((state.subgraphs.clone(), provided)) {
            return;
        }
        if seen.len() > MOST_STATES {
            self.give_up(&state);
            return;
        }
        self.states.push(state);
        self.pending.push_back(self.states.len() - 1);
    }

    fn expand(&mut self, at: usize) {
        let state = self.states[at].clone();
        let closure = self.distances.closure(state.ty, &state.subgraphs);
        let is_set = self.missing.as_ref().is_some_and(|context| self.contexts.is_set(state.ty, context));
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
            } else if self.supergraph.ty(definition.output).is_composite() && !is_set {
                if self.missing.is_none() && self.supergraph.ty(definition.output).is_abstract() {
                    let edges: Vec<&FieldEdge> = resolvers.iter().map(|(edge, _)| *edge).collect();
                    self.compare_runtime_types(at, field, &edges);
                    self.check_types_are_told(at, field, &edges);
                }
                self.follow(at, field, &resolvers);
            }
        }
    }

    fn give_up(&mut self, state: &State<'g>) {
        let Some((_, field)) = state.from else { return };
        let name = &self.supergraph.ty(state.ty).name;
        self.findings.push((
            field,
            Diagnostic::hint(
                Code::MaxValidationSubgraphPathsExceeded,
                format!(
                    "The ways in which queries can come to type \"{name}\" are too many to be checked all: some query may \
                     fail when it is asked"
                ),
            )
            .help(format!("define the fields of \"{name}\" in every subgraph that has it, or give it a @key")),
        ));
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
            if edge.external && provided.is_empty() || self.lacks_context(field, edge) {
                continue;
            }
            if let Some(requires) = edge.requires {
                let fields = &graph.field_set(requires).fields;
                let mut keys = graph.keys_in(state.ty, edge.subgraph).iter();
                // A root field is given nothing but its arguments.
                let enterable = keys.any(|key| key.resolvable && !graph.is_root_key(key));
                let from = state.subgraphs.iter().map(|&subgraph| (subgraph, 0));
                if !enterable || self.distances.fields_from(state.ty, from, fields).is_none() {
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

    fn lacks_context(&self, field: FieldId, edge: &FieldEdge) -> bool {
        self.missing.as_ref().is_some_and(|context| self.contexts.is_needed(field, edge, context))
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
}

fn is_hidden(directives: &[apollo_compiler::Node<apollo_compiler::ast::Directive>]) -> bool {
    directives.iter().any(|directive| directive.name == "inaccessible")
}
