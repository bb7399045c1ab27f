//! What a plan asks of subgraphs, in the terms of `demand`, which knows nothing of plans.
//!
//! The documents of the requests say which fields are asked with which arguments; the shapes of their replies say
//! at which places the objects are: two requests that fill objects of one layout ask about the same objects.

use crate::demand::cost::{AskedFetch, AskedField, AskedObjects};
use crate::operation::{GateId, Guard};
use crate::plan::Plan;
use crate::plan::model::{EntityGroup, Fetch, Key, LiveId, ShapeId, ShapeValue};
use crate::supergraph::{PossibleTypes, Supergraph, TypeId, TypeSet};
use apollo_compiler::Name;
use apollo_compiler::ast::{Definition, Document, Field, Selection};

/// A guard with more alternatives than this counts as always open: what is asked is then not underestimated.
const MOST_ALTERNATIVES: usize = 16;

/// The requests of a plan.
pub(super) fn fetches(plan: &Plan, supergraph: &Supergraph, possible: &PossibleTypes) -> Vec<AskedFetch> {
    let reading = Reading { plan, supergraph, possible };
    plan.fetches.iter().map(|fetch| reading.fetch(fetch)).collect()
}

struct Reading<'a> {
    plan: &'a Plan,
    supergraph: &'a Supergraph,
    possible: &'a PossibleTypes,
}

/// Where selections stand: for which type they are written, and which shapes their fields are in.
#[derive(Clone, Copy)]
struct Position<'p> {
    parent: TypeId,
    on: Option<&'p TypeSet>,
    shapes: &'p [ShapeId],
}

impl Reading<'_> {
    fn fetch(&self, fetch: &Fetch) -> AskedFetch {
        let document = Document::parse(&*fetch.document.full, "fetch").expect("the planner writes documents");
        let operation = document.definitions.iter().find_map(Definition::as_operation_definition);
        let selections = operation.map_or(&[][..], |operation| &operation.selection_set);
        let entries = match fetch.root {
            Some(shape) => self.root(fetch, shape, selections).into_iter().collect(),
            None => fetch.entities.iter().filter_map(|group| self.entities(group, selections)).collect(),
        };
        let (guard, gates) = (self.guard(fetch.live), self.gates(fetch.live));
        AskedFetch { subgraph: fetch.subgraph, kind: fetch.kind, guard, gates, entries }
    }

    fn root(&self, fetch: &Fetch, shape: ShapeId, selections: &[Selection]) -> Option<AskedObjects> {
        use crate::operation::OperationKind::{Mutation, Query, Subscription};
        let root = match fetch.kind {
            Query => self.supergraph.query,
            Mutation => self.supergraph.mutation,
            Subscription => self.supergraph.subscription,
        };
        let position = Position { parent: root?, on: None, shapes: &[shape] };
        let mut fields = Vec::new();
        self.selections(selections, position, &mut fields);
        Some(AskedObjects { place: self.place(shape), by_key: false, fields })
    }

    fn entities(&self, group: &EntityGroup, selections: &[Selection]) -> Option<AskedObjects> {
        if group.at_root {
            let position = Position { parent: self.supergraph.query?, on: None, shapes: &[group.shape] };
            let mut fields = Vec::new();
            self.selections(selections, position, &mut fields);
            return Some(AskedObjects { place: self.place(group.shape), by_key: false, fields });
        }
        let asked = selections.iter().find_map(|selection| match selection {
            Selection::Field(field) if *field.response_name() == *group.alias => Some(field),
            _ => None,
        })?;
        let mut fields = Vec::new();
        for selection in &asked.selection_set {
            let Selection::InlineFragment(fragment) = selection else { continue };
            let Some(parent) = self.named(fragment.type_condition.as_ref()) else { continue };
            let position = Position { parent, on: None, shapes: &[group.shape] };
            self.selections(&fragment.selection_set, position, &mut fields);
        }
        Some(AskedObjects { place: self.place(group.shape), by_key: true, fields })
    }

    fn selections(&self, selections: &[Selection], at: Position<'_>, asked: &mut Vec<AskedField>) {
        for selection in selections {
            match selection {
                Selection::Field(field) => asked.extend(self.field(field, at)),
                Selection::InlineFragment(fragment) => {
                    let parent = self.named(fragment.type_condition.as_ref()).unwrap_or(at.parent);
                    let own = self.possible.of(parent);
                    let on = at.on.map_or_else(|| own.clone(), |on| on.intersection(own));
                    self.selections(&fragment.selection_set, Position { parent, on: Some(&on), ..at }, asked);
                }
                // The planner writes none.
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    /// A field; `__typename` costs nothing.
    fn field(&self, field: &Field, at: Position<'_>) -> Option<AskedField> {
        let id = self.supergraph.field_of(at.parent, &field.name)?;
        let (mut inner, mut guard, mut gates) = (Vec::new(), Guard::never(), None::<Vec<GateId>>);
        let quoted = format!("\"{}\":", field.response_name());
        let is_it = |key: &Key| key.quoted_len() == quoted.len() && key.begins(quoted.as_bytes());
        for shape in at.shapes {
            let shape = &self.plan.shapes[shape.index()];
            for row in shape.fields.iter().filter(|row| is_it(&row.key)) {
                guard = guard.or(&self.guard(row.live));
                gates = Some(common(gates, self.gates(row.live)));
                if let ShapeValue::Object(shape) = row.value {
                    inner.push(shape);
                }
            }
        }
        let mut fields = Vec::new();
        let position = Position { parent: self.supergraph.field(id).output, on: None, shapes: &inner };
        self.selections(&field.selection_set, position, &mut fields);
        Some(AskedField {
            field: id,
            arguments: field.arguments.clone(),
            on: at.on.cloned(),
            guard: if guard.is_never() || guard.size() > MOST_ALTERNATIVES { Guard::always() } else { guard },
            gates: gates.unwrap_or_default(),
            places: inner.iter().map(|&shape| self.place(shape)).collect(),
            fields,
        })
    }

    fn named(&self, name: Option<&Name>) -> Option<TypeId> {
        self.supergraph.type_id(name?)
    }

    fn place(&self, shape: ShapeId) -> u32 {
        self.plan.shapes[shape.index()].layout.0
    }

    /// When something is asked for: when a unit that needs it is wanted.
    fn guard(&self, live: LiveId) -> Guard {
        if live == LiveId::ALWAYS {
            return Guard::always();
        }
        let mut guard = Guard::never();
        for unit in self.plan.live_sets[live.index()].iter() {
            guard = guard.or(&self.plan.units[unit].guard);
            if guard.size() > MOST_ALTERNATIVES {
                return Guard::always();
            }
        }
        guard
    }

    /// The gates that all units which need something are behind, by themselves or by what is around them: if one of them
    /// is closed, nobody needs it.
    fn gates(&self, live: LiveId) -> Vec<GateId> {
        if live == LiveId::ALWAYS {
            return Vec::new();
        }
        let units = self.plan.live_sets[live.index()].iter();
        units.map(|unit| self.gates_of(unit)).fold(None, |all, own| Some(common(all, own))).unwrap_or_default()
    }

    /// The gates that a unit is behind, sorted.
    fn gates_of(&self, unit: usize) -> Vec<GateId> {
        let units = &self.plan.units;
        let around = std::iter::successors(Some(unit), |&unit| units[unit].parent.map(|parent| parent as usize));
        let mut gates: Vec<GateId> = around.filter_map(|unit| units[unit].gate).collect();
        gates.sort_unstable();
        gates.dedup();
        gates
    }
}

/// What two sorted lists have in common; the first one may not have begun.
fn common(all: Option<Vec<GateId>>, own: Vec<GateId>) -> Vec<GateId> {
    match all {
        None => own,
        Some(mut all) => {
            all.retain(|gate| own.binary_search(gate).is_ok());
            all
        }
    }
}
