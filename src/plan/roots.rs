//! Root fields: which subgraph each is asked of, and in which order mutations run.

use super::PlanError;
use super::choice::{Point, Question, Route};
use super::draft::{PlaceId, Step, StepId, Visit, VisitId};
use super::objective::Objective;
use super::resolve::{Resolver, Terms, Way, Work};
use super::sets::BitSet;
use crate::supergraph::{SubgraphId, TypeSet};

impl Resolver<'_> {
    /// Root fields: those with one subgraph first, so that the others can join it.
    pub(super) fn roots(&mut self, root: PlaceId) {
        let mut open: Vec<usize> = (0..self.draft.place(root).entries.len()).collect();
        open.sort_by_key(|&entry| self.root_ways(root, entry).len().min(2));
        self.pile.extend(open.into_iter().rev().map(|entry| Work::Root(root, entry)));
    }

    /// Asks some subgraph for a root field.
    pub(super) fn root(&mut self, root: PlaceId, entry: usize) -> Result<(), PlanError> {
        let subgraph = self.root_subgraph(root, entry)?;
        let visit = self.root_visit(root, subgraph);
        self.pick_for_client(visit, entry);
        Ok(())
    }

    /// A mutation's root fields run one after the other: each waits for all that the earlier ones started,
    /// but neighbours in one subgraph share a request, which runs them in order itself.
    pub(super) fn mutation(&mut self, root: PlaceId) -> Result<(), PlanError> {
        let mut current: Option<VisitId> = None;
        for entry in 0..self.draft.place(root).entries.len() {
            let ways = self.root_ways(root, entry);
            let same = current.filter(|&visit| ways.iter().any(|way| way.subgraph == self.draft.subgraph_of(visit)));
            let visit = match same {
                Some(visit) => visit,
                None => {
                    self.drain()?;
                    self.floor = self.draft.steps.iter().map(|step| step.level).max().unwrap_or(0);
                    let subgraph = self.root_subgraph(root, entry)?;
                    self.add_root_step(root, subgraph)
                }
            };
            current = Some(visit);
            self.pick_for_client(visit, entry);
        }
        self.drain()
    }

    /// The subgraph to ask for a root field.
    fn root_subgraph(&mut self, root: PlaceId, entry: usize) -> Result<SubgraphId, PlanError> {
        let mut ways = self.root_ways(root, entry);
        let Terms { objective, indispensable, exhaustive, .. } = self.terms;
        let asked = |subgraph: SubgraphId| {
            let visits = &self.draft.place(root).visits;
            visits
                .iter()
                .any(|&visit| self.draft.subgraph_of(visit) == subgraph && self.draft.step_of(visit).level > self.floor)
        };
        ways.sort_by_key(|way| {
            let known = asked(way.subgraph) || indispensable.contains(&way.subgraph);
            let requests = way.ahead.requests + u32::from(!known);
            let cost = match objective {
                Objective::Latency => [way.ahead.depth, requests],
                Objective::Requests => [requests, way.ahead.depth],
            };
            (way.ahead.missing, cost, way.ahead.away, !asked(way.subgraph), way.subgraph)
        });
        let first = ways.first().ok_or_else(|| self.unreachable(root, entry))?;
        if !exhaustive && asked(first.subgraph) && first.ahead.is_free() {
            return Ok(first.subgraph);
        }
        let point = Point { place: root, entry: Some(entry), ty: self.draft.place(root).ty, question: Question::Field };
        let taken = self.choose(point, ways.iter().map(Way::alternative).collect());
        Ok(ways[taken].subgraph)
    }

    /// The subgraphs that resolve a root field, each with what lies ahead.
    fn root_ways(&mut self, root: PlaceId, entry: usize) -> Vec<Way> {
        let field = self.draft.place(root).entries[entry].field;
        let children = self.client_children(root, entry);
        let graph = self.graph;
        graph
            .edges(field)
            .iter()
            .filter(|edge| !edge.external)
            .map(|edge| {
                let ahead = self.ahead(children, edge);
                Way { subgraph: edge.subgraph, level: self.floor + 1, route: Route::Here, ahead }
            })
            .collect()
    }

    /// The root's visit in a subgraph, made when it is the first.
    pub(super) fn root_visit(&mut self, root: PlaceId, subgraph: SubgraphId) -> VisitId {
        let known =
            self.draft.place(root).visits.iter().copied().find(|&visit| self.draft.subgraph_of(visit) == subgraph);
        known.unwrap_or_else(|| self.add_root_step(root, subgraph))
    }

    fn add_root_step(&mut self, root: PlaceId, subgraph: SubgraphId) -> VisitId {
        let level = self.floor + 1;
        let needs = (0..self.draft.steps.len()).map(StepId).filter(|_| self.floor > 0).collect();
        let step = StepId(self.draft.steps.len());
        let ty = self.draft.place(root).ty;
        let visit = self.draft.add_visit(Visit {
            place: root,
            step,
            origin: None,
            declared: Some(ty),
            types: TypeSet::one(ty),
            unknown: None,
            provided: Vec::new(),
            live: BitSet::new(),
            picks: Vec::new(),
            filled: true,
        });
        self.draft.steps.push(Step {
            subgraph,
            level,
            kind: self.operation.kind,
            visit,
            inputs: Vec::new(),
            at_root: false,
            alone: false,
            contexts: Vec::new(),
            needs,
        });
        visit
    }
}
