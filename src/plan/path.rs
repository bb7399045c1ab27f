//! Paths: having a position's objects from another subgraph by asking it for the way there too.
//!
//! Where subgraphs share the fields that lead to a position, each can be asked for that path from a place
//! above where both are had, and what they answer is the same objects. Values without keys that are
//! split over subgraphs can only be had so; for entities it can save a round, but is only taken where
//! the path has no list: the items of two lists are told apart by place alone, and a service that
//! answers them in another order, or one more of them, would have its fields put on the wrong entity.

use super::choice::{Alternative, Question, Route};
use super::draft::VisitId;
use super::resolve::Resolver;
use super::sets::BitSet;
use crate::graph::FieldEdge;
use crate::operation::OperationKind;
use crate::supergraph::{SubgraphId, TypeId, TypeSet};

/// What a path may lead through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Along {
    /// Single objects of one type each.
    Objects,
    Anything,
}

/// Where a visit has its objects from.
enum Origin {
    Root,
    /// They are entities that these visits name.
    Entities(Vec<VisitId>),
    /// They are the values of an entry of another visit.
    Value(VisitId, usize),
}

impl<'a> Resolver<'a> {
    /// The ways to a field along the path, each with its edge and its round; for choosing, where the
    /// field can be had otherwise.
    pub(super) fn path_ways(&mut self, visit: VisitId, entry: usize, ty: TypeId) -> Vec<(&'a FieldEdge, u32)> {
        self.paths(visit, entry, ty, Along::Objects)
    }

    /// Asks another subgraph for the path to a visit's objects, from the nearest place above that it can be
    /// entered at; gives its visit of them.
    pub(super) fn lift(&mut self, visit: VisitId, entry: usize, ty: TypeId, live: &BitSet) -> Option<VisitId> {
        let mut paths = self.paths(visit, entry, ty, Along::Anything);
        paths.sort_by_key(|(edge, level)| (*level, edge.subgraph));
        let alternatives = paths
            .iter()
            .map(|(edge, level)| Alternative { subgraph: edge.subgraph, level: *level, route: Route::Path })
            .collect();
        let point = self.point(visit, Some(entry), ty, Question::Field);
        let taken = self.choose(point, alternatives);
        if taken < paths.len() {
            let chosen = paths.remove(taken);
            paths.insert(0, chosen);
        }
        paths.into_iter().find_map(|(edge, _)| self.visit_along(visit, edge.subgraph, live))
    }

    /// The ways to a field along the path, however it leads there; for where the field cannot be had otherwise.
    pub(super) fn any_path_ways(&mut self, visit: VisitId, entry: usize, ty: TypeId) -> Vec<(&'a FieldEdge, u32)> {
        self.paths(visit, entry, ty, Along::Anything)
    }

    /// The round in which a subgraph can be entered by a key, or given a requirement, of which other subgraphs have
    /// some that have the objects along the path only.
    pub(super) fn entry_level_with_parts(&mut self, visit: VisitId, ty: TypeId, edge: &FieldEdge) -> Option<u32> {
        let from = self.had_in(visit, ty);
        if from.len() == 1 {
            return None;
        }
        let rounds = self.distances.entry_from(ty, &from, edge.subgraph, edge.requires)?;
        Some(self.draft.step_of(visit).level + rounds)
    }

    /// The subgraphs that have a visit's objects by way of the path, and how many rounds after the visit.
    pub(super) fn had_in(&mut self, visit: VisitId, ty: TypeId) -> Vec<(SubgraphId, u32)> {
        let (own, level) = (self.draft.subgraph_of(visit), self.draft.step_of(visit).level);
        let mut had = vec![(own, 0)];
        let supergraph = self.supergraph;
        let mut others: Vec<SubgraphId> = supergraph.graphs_of(ty).filter(|other| *other != own).collect();
        others.sort_unstable();
        others.dedup();
        for other in others {
            if let Some(at) = self.path_level(visit, other, Along::Anything) {
                had.push((other, at.saturating_sub(level)));
            }
        }
        had
    }

    fn paths(&mut self, visit: VisitId, entry: usize, ty: TypeId, along: Along) -> Vec<(&'a FieldEdge, u32)> {
        let place = self.draft.visit(visit).place;
        let Some(field) = self.field_for(place, entry, ty) else { return Vec::new() };
        // Two subgraphs asked for one position may see different types there, so one must do for all of them.
        let wanted = self.wanted(visit, entry);
        let (graph, own) = (self.graph, self.draft.subgraph_of(visit));
        let others = graph.edges(field).iter().filter(|edge| edge.subgraph != own);
        let serving: Vec<&'a FieldEdge> = others
            .filter(|edge| {
                let there = self.types_in(visit, edge.subgraph);
                wanted.iter().all(|&ty| {
                    self.is_resolved_in(visit, entry, ty, edge.subgraph)
                        && there.is_none_or(|types| self.types_of(visit, ty).is_subset(types))
                })
            })
            .collect();
        serving.into_iter().filter_map(|edge| Some((edge, self.path_level(visit, edge.subgraph, along)?))).collect()
    }

    /// The types that the value which a visit's objects are can have in a subgraph; none when they are no value.
    fn types_in(&self, visit: VisitId, subgraph: SubgraphId) -> Option<&'a TypeSet> {
        let Origin::Value(above, entry) = self.origin(visit) else { return None };
        let output = self.edges_in(above, entry, subgraph)?;
        Some(self.graph.possible_in(output, subgraph))
    }

    /// Whether a subgraph resolves an entry without requirements.
    fn is_resolved_in(&self, visit: VisitId, entry: usize, ty: TypeId, subgraph: SubgraphId) -> bool {
        self.field_for(self.draft.visit(visit).place, entry, ty)
            .and_then(|field| self.graph.edge(field, subgraph))
            .is_some_and(|edge| !edge.external && edge.requires.is_none())
    }

    fn origin(&self, visit: VisitId) -> Origin {
        let found = self.draft.visit(visit);
        if let Some((above, entry)) = found.origin {
            return Origin::Value(above, entry);
        }
        let inputs = &self.draft.step_of(visit).inputs;
        if inputs.is_empty() {
            return Origin::Root;
        }
        let mut from: Vec<VisitId> = inputs.iter().flat_map(|input| input.from.iter().copied()).collect();
        from.sort_unstable();
        from.dedup();
        Origin::Entities(from)
    }

    /// The round in which a subgraph has a visit's objects along the path.
    fn path_level(&mut self, visit: VisitId, subgraph: SubgraphId, along: Along) -> Option<u32> {
        let found = self.draft.visit(visit);
        if self.draft.subgraph_of(visit) == subgraph {
            return found.unknown.is_none().then(|| self.draft.step_of(visit).level);
        }
        if along == Along::Objects && found.types.len() > 1 {
            return None;
        }
        match self.origin(visit) {
            Origin::Root => (self.operation.kind == OperationKind::Query).then_some(1),
            Origin::Entities(from) => match from.as_slice() {
                [only] => {
                    let types = self.types_to_enter(visit);
                    self.level_above(*only, &types, subgraph, along)
                }
                _ => None,
            },
            Origin::Value(above, entry) => {
                let single = along == Along::Anything || self.is_single(above, entry);
                if !single || self.edges_in(above, entry, subgraph).is_none() {
                    return None;
                }
                let types = self.types_to_enter(above);
                self.level_above(above, &types, subgraph, along)
            }
        }
    }

    /// Whether an entry's value is one object.
    fn is_single(&self, visit: VisitId, entry: usize) -> bool {
        let entries = &self.draft.place(self.draft.visit(visit).place).entries;
        !self.supergraph.field(entries[entry].field).ty.is_list()
    }

    /// The type by which a subgraph gives an entry's value, whatever the type of a visit's objects.
    fn edges_in(&self, visit: VisitId, entry: usize, subgraph: SubgraphId) -> Option<TypeId> {
        let pick = self.draft.visit(visit).picks.iter().find(|pick| pick.entry == entry)?;
        let place = self.draft.visit(visit).place;
        let mut outputs = pick.types.iter().map(|ty| {
            let edge = self.graph.edge(self.field_for(place, entry, ty)?, subgraph)?;
            (!edge.external && edge.requires.is_none()).then_some(edge.output)
        });
        let first = outputs.next()??;
        outputs.all(|output| output == Some(first)).then_some(first)
    }

    /// The round in which a subgraph has the objects of some types of a visit, by key or along the path.
    fn level_above(&mut self, visit: VisitId, types: &[TypeId], subgraph: SubgraphId, along: Along) -> Option<u32> {
        // At the root itself everybody can be asked at once.
        let is_root = matches!(self.origin(visit), Origin::Root);
        let entered = if is_root { None } else { self.entry_level_for_all(visit, types, subgraph) };
        let along = self.path_level(visit, subgraph, along);
        entered.into_iter().chain(along).min()
    }

    /// The round in which a subgraph can be entered by key with all of a visit's objects of some types; never as
    /// types that the visit cannot tell.
    fn entry_level_for_all(&mut self, visit: VisitId, types: &[TypeId], subgraph: SubgraphId) -> Option<u32> {
        if self.draft.visit(visit).unknown.is_some_and(|interface| types != [interface]) {
            return None;
        }
        let (from, level) = (self.draft.subgraph_of(visit), self.draft.step_of(visit).level);
        let mut most = None;
        for &ty in types {
            most = most.max(Some(level + self.distances.hop(ty, from, subgraph)?));
        }
        most
    }

    fn types_to_enter(&self, visit: VisitId) -> Vec<TypeId> {
        let found = self.draft.visit(visit);
        match found.unknown {
            Some(interface) => vec![interface],
            None => found.types.iter().collect(),
        }
    }

    /// A subgraph's visit of the same objects that a visit has, by way of where those come from.
    pub(super) fn visit_along(&mut self, visit: VisitId, subgraph: SubgraphId, live: &BitSet) -> Option<VisitId> {
        if self.draft.subgraph_of(visit) == subgraph {
            return Some(visit);
        }
        match self.origin(visit) {
            Origin::Root => {
                let place = self.draft.visit(visit).place;
                (self.operation.kind == OperationKind::Query).then(|| self.root_visit(place, subgraph))
            }
            Origin::Entities(from) => match from.as_slice() {
                [only] => {
                    let types = self.types_to_enter(visit);
                    self.visit_above(*only, &types, subgraph, live)
                }
                _ => None,
            },
            Origin::Value(above, entry) => {
                let output = self.edges_in(above, entry, subgraph)?;
                let types = self.types_to_enter(above);
                let there = self.visit_above(above, &types, subgraph, live)?;
                let found = self.draft.visit(above).picks.iter().find(|pick| pick.entry == entry)?;
                let types: TypeSet = found.types.clone();
                let (_, values) = self.pick(there, entry, &types, live);
                values.into_iter().find(|&value| self.draft.visit(value).declared == Some(output))
            }
        }
    }

    /// A subgraph's visit of the objects of some types that a visit has, by key or along the path, whichever is
    /// earlier.
    fn visit_above(
        &mut self,
        visit: VisitId,
        types: &[TypeId],
        subgraph: SubgraphId,
        live: &BitSet,
    ) -> Option<VisitId> {
        let entered = self.entry_level_for_all(visit, types, subgraph);
        let along = self.path_level(visit, subgraph, Along::Anything);
        let by_key = entered.is_some() && along.is_none_or(|along| entered.is_some_and(|entered| entered <= along));
        match by_key.then(|| self.enter_with_all(visit, types, subgraph, live)).flatten() {
            Some(there) => Some(there),
            None => self.visit_along(visit, subgraph, live),
        }
    }

    /// Enters a subgraph with all of a visit's objects of some types; gives the visit there, if it is one for all.
    fn enter_with_all(
        &mut self,
        visit: VisitId,
        types: &[TypeId],
        subgraph: SubgraphId,
        live: &BitSet,
    ) -> Option<VisitId> {
        let mut entered = None;
        for &ty in types {
            let there = self.enter_with(visit, ty, subgraph, None, live)?;
            if entered.is_some_and(|known| known != there) {
                return None;
            }
            entered = Some(there);
        }
        entered
    }
}
