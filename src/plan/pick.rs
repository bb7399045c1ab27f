//! Picking: asking a visit for a field, and the visits of the field's value that come of it.

use super::draft::{Pick, PlaceId, Step, Visit, VisitId};
use super::resolve::Resolver;
use super::sets::BitSet;
use crate::graph::{FieldEdge, SetField};
use crate::supergraph::{TypeId, TypeSet};

impl<'a> Resolver<'a> {
    /// Picks a field for all types because the client wants it there.
    pub(super) fn pick_for_client(&mut self, visit: VisitId, entry: usize) {
        let types = self.draft.visit(visit).types.clone();
        self.pick_types_for_client(visit, entry, &types);
    }

    /// Picks a field because the client wants it there, and has its value's selections resolved from there.
    pub(super) fn pick_types_for_client(&mut self, visit: VisitId, entry: usize, types: &TypeSet) {
        let place = self.draft.visit(visit).place;
        let live = self.unit_of(place, entry);
        let (pick, touched) = self.pick(visit, entry, types, &live);
        debug_assert!(pick < self.draft.visit(visit).picks.len());
        for child in touched {
            if !std::mem::replace(&mut self.draft.visits[child.0].filled, true) {
                self.found.push(child);
            }
        }
    }

    /// Picks a field of a visit for some types; gives the pick's position and the visits of its value for them.
    pub(super) fn pick(
        &mut self,
        visit: VisitId,
        entry: usize,
        types: &TypeSet,
        live: &BitSet,
    ) -> (usize, Vec<VisitId>) {
        let at = match self.draft.visit(visit).picks.iter().position(|pick| pick.entry == entry) {
            Some(at) => at,
            None => {
                let pick = Pick { entry, types: TypeSet::default(), children: Vec::new(), live: BitSet::new() };
                self.draft.visits[visit.0].picks.push(pick);
                self.picks += 1;
                self.picked.union_with(&self.unit_of(self.draft.visit(visit).place, entry));
                self.keep_apart(visit, entry);
                self.draft.visit(visit).picks.len() - 1
            }
        };
        let pick = &mut self.draft.visits[visit.0].picks[at];
        pick.types = pick.types.union(types);
        pick.live.union_with(live);
        (at, self.value_visits(visit, at, types))
    }

    /// What fails without being nullable at the root again must not fail with what is asked elsewhere.
    fn keep_apart(&mut self, visit: VisitId, entry: usize) {
        let step = self.draft.visit(visit).step;
        let Step { at_root, visit: uppermost, .. } = self.draft.steps[step.0];
        if !at_root || uppermost != visit {
            return;
        }
        let types = &self.draft.visit(visit).types;
        let edges = types.iter().filter_map(|ty| Some((self.field_for(self.draft.visit(visit).place, entry, ty)?, ty)));
        let non_null = edges.filter_map(|(field, ty)| {
            let edge = self.edge_of(visit, entry, ty)?;
            Some(edge.ty.as_deref().unwrap_or(&self.supergraph.field(field).ty).is_non_null())
        });
        let alone = non_null.into_iter().any(|non_null| non_null);
        self.draft.steps[step.0].alone |= alone;
    }

    /// The visits of a picked field's value: one per type that the subgraph declares for it.
    fn value_visits(&mut self, visit: VisitId, pick: usize, types: &TypeSet) -> Vec<VisitId> {
        let place = self.draft.visit(visit).place;
        let entry = self.draft.visit(visit).picks[pick].entry;
        let Some(child) = self.draft.child_place(self.supergraph, self.operation, place, entry) else {
            return Vec::new();
        };
        let of: Vec<TypeId> = match self.draft.visit(visit).unknown {
            Some(interface) => vec![interface],
            None => types.iter().collect(),
        };
        let mut touched = Vec::new();
        for ty in of {
            let Some(edge) = self.edge_of(visit, entry, ty) else { continue };
            let declared = edge.output;
            let known = self.draft.visit(visit).picks[pick]
                .children
                .iter()
                .copied()
                .find(|&known| self.draft.visit(known).declared == Some(declared));
            let value = match known {
                Some(known) => known,
                None => {
                    let provided = self.provided_for_all(visit, entry, ty, declared);
                    let value = self.add_value_visit(visit, entry, child, (declared, provided));
                    self.draft.visits[visit.0].picks[pick].children.push(value);
                    value
                }
            };
            if !touched.contains(&value) {
                touched.push(value);
            }
        }
        touched
    }

    /// What is provided below an entry for every type that may be asked for it here: types whose values are
    /// declared alike share a visit of them, and one may provide what another does not. Entities of further
    /// types may still come to an entity step.
    fn provided_for_all(&self, visit: VisitId, entry: usize, ty: TypeId, declared: TypeId) -> Vec<&'a [SetField]> {
        let mut provided = self.provided_below(visit, entry, ty);
        if provided.is_empty() {
            return provided;
        }
        let found = self.draft.visit(visit);
        let others = match found.declared {
            Some(_) => self.wanted(visit, entry),
            None => self.graph.possible().of(self.draft.place(found.place).ty).iter().collect(),
        };
        for other in others.into_iter().filter(|&other| other != ty) {
            let alike = self.edge_of(visit, entry, other).is_some_and(|edge| edge.output == declared);
            if alike && self.is_direct(visit, entry, other) {
                let its = self.provided_below(visit, entry, other);
                provided.retain(|set| its.iter().any(|known| std::ptr::eq(*known, *set)));
            }
        }
        provided
    }

    /// The edge by which a visit's subgraph resolves an entry, the interface's own where it knows an interface object.
    pub(super) fn edge_of(&self, visit: VisitId, entry: usize, ty: TypeId) -> Option<&'a FieldEdge> {
        let field = self.field_for(self.draft.visit(visit).place, entry, ty)?;
        let graph = self.graph;
        graph.edge(field, self.draft.subgraph_of(visit))
    }

    fn add_value_visit(
        &mut self,
        visit: VisitId,
        entry: usize,
        place: PlaceId,
        (declared, provided): (TypeId, Vec<&'a [SetField]>),
    ) -> VisitId {
        let step = self.draft.visit(visit).step;
        let subgraph = self.draft.subgraph_of(visit);
        let unknown = self.graph.is_interface_object(declared, subgraph).then_some(declared);
        let types = self.graph.possible_in(declared, subgraph).clone();
        self.draft.add_visit(Visit {
            place,
            step,
            origin: Some((visit, entry)),
            declared: Some(declared),
            types,
            unknown,
            provided,
            live: BitSet::new(),
            picks: Vec::new(),
            filled: false,
        })
    }
}
