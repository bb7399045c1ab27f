//! Entering: going to another subgraph by key, with what has to be known for it; the query type's object, which
//! all subgraphs have at their roots, by a key without fields.
//!
//! Keys and requirements are hidden fields at the place; each is had from the visit at hand where it
//! can, else from a visit that is there already, else by entering yet another subgraph first.

use super::PlanError;
use super::choice::{Alternative, Question, Route};
use super::draft::{Input, PlaceId, Step, StepContext, StepId, StepInput, Visit, VisitId};
use super::resolve::Resolver;
use super::sets::BitSet;
use crate::graph::{FieldEdge, FieldSetId, KeyEdge, SetField};
use crate::operation::{OperationKind, SelectionKind};
use crate::supergraph::{SubgraphId, TypeId, TypeSet};
use std::collections::BTreeSet;

/// Fields that go into a representation, and the steps that bring them.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) fields: Vec<Input>,
    pub(super) contexts: Vec<StepContext>,
    pub(super) needs: Vec<StepId>,
}

impl<'a> Resolver<'a> {
    /// Enters the edge's subgraph with the objects of a visit that have type `ty` (or that the visit knows
    /// only as that interface); gives the visit there.
    pub(super) fn enter(&mut self, visit: VisitId, ty: TypeId, edge: &FieldEdge, live: &BitSet) -> Option<VisitId> {
        self.enter_with(visit, ty, edge.subgraph, edge.requires, live)
    }

    pub(super) fn enter_with(
        &mut self,
        visit: VisitId,
        ty: TypeId,
        to: SubgraphId,
        requires: Option<FieldSetId>,
        live: &BitSet,
    ) -> Option<VisitId> {
        let place = self.draft.visit(visit).place;
        if requires.is_none()
            && let Some(known) = self.entered(place, visit, ty, to)
        {
            return Some(known);
        }
        if self.entering.contains(&(place, ty, to, requires)) {
            return None;
        }
        self.entering.push((place, ty, to, requires));
        let result = self.enter_anew(visit, ty, to, requires, live);
        self.entering.pop();
        result
    }

    fn enter_anew(
        &mut self,
        visit: VisitId,
        ty: TypeId,
        to: SubgraphId,
        requires: Option<FieldSetId>,
        live: &BitSet,
    ) -> Option<VisitId> {
        let graph = self.graph;
        for key in self.keys_by_preference(visit, ty, to) {
            if requires.is_some() && graph.is_root_key(key) {
                continue;
            }
            let Some(mut gathered) = self.gather(visit, ty, &graph.field_set(key.fields).fields, false, live) else {
                continue;
            };
            if let Some(requires) = requires {
                let mut more = self.gather(visit, ty, &graph.field_set(requires).fields, true, live)?;
                more.fields.iter_mut().for_each(|field| field.is_required_by(requires));
                gathered.add(more);
                gathered.add(self.gather_contexts(visit, requires, live)?);
            }
            return Some(self.step_to(visit, ty, to, key, gathered));
        }
        None
    }

    /// The keys by which a subgraph can be entered, the chosen one first: nearest, then fewest fields more.
    fn keys_by_preference(&mut self, visit: VisitId, ty: TypeId, to: SubgraphId) -> Vec<&'a KeyEdge> {
        let graph = self.graph;
        let (from, level) = (self.draft.subgraph_of(visit), self.draft.step_of(visit).level);
        let mut keys: Vec<(u32, usize, &'a KeyEdge)> = Vec::new();
        for key in graph.keys_in(ty, to).iter().filter(|key| key.resolvable) {
            let hops = self.distances.key(ty, from, key.fields).unwrap_or(u32::MAX);
            keys.push((hops, self.fields_more(visit, key.fields), key));
        }
        if keys.iter().all(|(hops, ..)| *hops == u32::MAX) {
            self.measure_with_parts(visit, ty, &mut keys);
        }
        keys.sort_by_key(|&(hops, more, _)| (hops, more));
        keys.dedup_by_key(|(_, _, key)| key.fields);
        let [(hops, more, _), ..] = keys.as_slice() else { return Vec::new() };
        let decided = *hops == 0 && *more == 0 && !self.terms.exhaustive;
        if !decided {
            let reachable = keys.iter().filter(|(hops, ..)| *hops != u32::MAX);
            let alternatives = reachable.map(|(hops, _, key)| {
                let level = level + hops.saturating_add(1);
                Alternative { subgraph: to, level, route: Route::Key(key.fields) }
            });
            let alternatives = alternatives.collect();
            let point = self.point(visit, None, ty, Question::Key);
            let taken = self.choose(point, alternatives);
            let chosen = keys.remove(taken);
            keys.insert(0, chosen);
        }
        keys.into_iter().map(|(_, _, key)| key).collect()
    }

    /// How far keys are of which no single subgraph leads to all parts.
    fn measure_with_parts(&mut self, visit: VisitId, ty: TypeId, keys: &mut [(u32, usize, &'a KeyEdge)]) {
        let graph = self.graph;
        let had = self.had_in(visit, ty);
        for (hops, _, key) in keys {
            let fields = &graph.field_set(key.fields).fields;
            *hops = self.distances.fields_from(ty, had.iter().copied(), fields).unwrap_or(u32::MAX);
        }
    }

    /// How many fields of a key are not wanted at the place anyway.
    fn fields_more(&self, visit: VisitId, key: FieldSetId) -> usize {
        let entries = &self.draft.place(self.draft.visit(visit).place).entries;
        let fields = self.graph.field_set(key).fields.iter();
        let more = fields.filter(|field| {
            let name = &self.supergraph.field(field.field).name;
            !field.children.is_empty() || entries.iter().all(|entry| self.supergraph.field(entry.field).name != *name)
        });
        more.count()
    }

    /// A visit that already entered the subgraph with objects of this type.
    pub(super) fn entered(&self, place: PlaceId, visit: VisitId, ty: TypeId, to: SubgraphId) -> Option<VisitId> {
        let unknown = self.draft.visit(visit).unknown == Some(ty);
        let visits = self.draft.place(place).visits.iter().copied();
        visits
            .filter(|&other| {
                let step = self.draft.step_of(other);
                step.subgraph == to
                    && step.visit == other
                    && step.inputs.iter().any(|input| {
                        input.from.contains(&visit) && if unknown { input.unknown } else { input.types.contains(ty) }
                    })
            })
            .min_by_key(|&other| self.draft.step_of(other).level)
    }

    /// The step with these inputs: one of the same level is widened, else a new one is made.
    fn step_to(&mut self, visit: VisitId, ty: TypeId, to: SubgraphId, key: &KeyEdge, gathered: Gathered) -> VisitId {
        let place = self.draft.visit(visit).place;
        let own = self.draft.visit(visit).step;
        let Gathered { fields, contexts, mut needs } = gathered;
        needs.push(own);
        needs.sort_unstable();
        needs.dedup();
        let level = needs.iter().map(|&step| self.draft.step(step).level).max().unwrap_or(0) + 1;
        let unknown = self.draft.visit(visit).unknown == Some(ty);
        let at_root = self.graph.is_root_key(key);
        let input = StepInput {
            types: self.types_of(visit, ty),
            unknown,
            typename: key.via.unwrap_or(ty),
            from: vec![visit],
            key: key.fields,
            fields,
        };
        let known = (0..self.draft.steps.len()).map(StepId).find(|&step| {
            let step = self.draft.step(step);
            step.subgraph == to
                && step.level == level
                && !step.inputs.is_empty()
                && step.at_root == at_root
                && self.draft.visit(step.visit).place == place
                && (key.via.is_none() || step.is_given_alike(&input))
        });
        match known {
            Some(step) => {
                let found = &mut self.draft.steps[step.0];
                found.add_input(input);
                contexts.into_iter().for_each(|context| found.add_context(context));
                found.needs.extend(needs);
                found.needs.sort_unstable();
                found.needs.dedup();
                let entry = found.visit;
                let types = self.types_of(visit, ty);
                let visit = &mut self.draft.visits[entry.0];
                visit.types = visit.types.union(&types);
                entry
            }
            None => {
                let entered = self.new_step(place, to, level, input, needs);
                let step = self.draft.visit(entered).step;
                self.draft.steps[step.0].contexts = contexts;
                if at_root {
                    self.draft.steps[step.0].at_root = true;
                    self.draft.visits[entered.0].declared = Some(ty);
                }
                entered
            }
        }
    }

    fn new_step(
        &mut self,
        place: PlaceId,
        subgraph: SubgraphId,
        level: u32,
        input: StepInput,
        needs: Vec<StepId>,
    ) -> VisitId {
        let step = StepId(self.draft.steps.len());
        let unknown = input.unknown.then_some(input.typename);
        let visit = self.draft.add_visit(Visit {
            place,
            step,
            origin: None,
            declared: None,
            types: input.types.clone(),
            unknown,
            provided: Vec::new(),
            live: BitSet::new(),
            picks: Vec::new(),
            filled: true,
        });
        self.draft.steps.push(Step {
            subgraph,
            level,
            kind: OperationKind::Query,
            visit,
            inputs: vec![input],
            at_root: false,
            alone: false,
            contexts: Vec::new(),
            needs,
        });
        visit
    }

    /// Picks all fields of a set for objects of a type; none when one is out of reach.
    pub(super) fn gather(
        &mut self,
        visit: VisitId,
        ty: TypeId,
        fields: &'a [SetField],
        nullable: bool,
        live: &BitSet,
    ) -> Option<Gathered> {
        let mut gathered = Gathered::default();
        for field in fields {
            let concrete = self.draft.visit(visit).unknown != Some(ty);
            if concrete && field.on.is_some_and(|on| on != ty && !self.graph.possible().of(on).contains(ty)) {
                continue;
            }
            let types = self.types_of(visit, ty);
            gathered.add(self.gather_field(visit, &types, ty, field, nullable, live)?);
        }
        Some(gathered)
    }

    fn gather_field(
        &mut self,
        visit: VisitId,
        types: &TypeSet,
        ty: TypeId,
        field: &'a SetField,
        nullable: bool,
        live: &BitSet,
    ) -> Option<Gathered> {
        let place = self.draft.visit(visit).place;
        let entry = self.draft.hidden_entry(self.supergraph, place, field.field, &field.arguments, types);
        let source = self.supplier(visit, entry, ty, live)?;
        let (pick, values) = self.pick(source, entry, types, live);
        let mut input = Input {
            name: self.supergraph.field(field.field).name.clone(),
            entry,
            on: None,
            nullable,
            fields: Vec::new(),
            sources: vec![(source, pick)],
            required_by: Vec::new(),
            live: BitSet::new(),
        };
        let mut needs = vec![self.draft.visit(source).step];
        for value in values {
            let below = self.gather_value(value, &field.children, nullable, live)?;
            for more in below.fields {
                merge_input(&mut input.fields, more);
            }
            needs.extend(below.needs);
        }
        Some(Gathered { fields: vec![input], needs, ..Gathered::default() })
    }

    /// Gathers the fields of a value, for each type that it can have.
    fn gather_value(
        &mut self,
        value: VisitId,
        fields: &'a [SetField],
        nullable: bool,
        live: &BitSet,
    ) -> Option<Gathered> {
        let mut gathered = Gathered::default();
        if fields.is_empty() {
            return Some(gathered);
        }
        let found = self.draft.visit(value);
        let of: Vec<TypeId> = match found.unknown {
            Some(interface) => vec![interface],
            None => found.types.iter().collect(),
        };
        let several = of.len() > 1 || found.declared.is_some_and(|ty| self.supergraph.ty(ty).is_abstract());
        for ty in of {
            let mut more = self.gather(value, ty, fields, nullable, live)?;
            if several {
                let types = self.types_of(value, ty);
                for input in &mut more.fields {
                    input.on = Some(types.clone());
                }
            }
            gathered.add(more);
        }
        Some(gathered)
    }

    /// The visit that can give an entry for objects of a type: the one at hand, one that is there, or a new one.
    fn supplier(&mut self, visit: VisitId, entry: usize, ty: TypeId, live: &BitSet) -> Option<VisitId> {
        if self.is_direct(visit, entry, ty) {
            return Some(visit);
        }
        let place = self.draft.visit(visit).place;
        let known = self.known_supplier(place, visit, entry, ty);
        let field = self.field_for(place, entry, ty)?;
        let graph = self.graph;
        let mut ways: Vec<(Alternative, Option<&'a FieldEdge>)> = Vec::new();
        for edge in graph.edges(field).iter().filter(|edge| !edge.external) {
            if let Some(level) = self.entry_level(visit, ty, edge) {
                ways.push((Alternative { subgraph: edge.subgraph, level, route: Route::Entity }, Some(edge)));
            }
        }
        ways.sort_by_key(|(way, _)| (way.level, !self.terms.indispensable.contains(&way.subgraph), way.subgraph));
        if let Some(known) = known {
            let step = self.draft.step_of(known);
            let (subgraph, level) = (step.subgraph, step.level);
            if !self.terms.exhaustive && ways.first().is_none_or(|(way, _)| level <= way.level) {
                return Some(known);
            }
            ways.insert(0, (Alternative { subgraph, level, route: Route::Here }, None));
        }
        let point = self.point(visit, Some(entry), ty, Question::Input);
        let taken = self.choose(point, ways.iter().map(|(way, _)| *way).collect());
        if taken < ways.len() {
            let chosen = ways.remove(taken);
            ways.insert(0, chosen);
        }
        for (_, edge) in ways {
            let supplier = match edge {
                None => known,
                Some(edge) => self.enter(visit, ty, edge, live),
            };
            if supplier.is_some() {
                return supplier;
            }
        }
        self.lift(visit, entry, ty, live).or_else(|| self.enter_with_parts(visit, entry, ty, live))
    }

    /// Enters a subgraph that supplies an entry by a key whose parts no single subgraph leads to.
    fn enter_with_parts(&mut self, visit: VisitId, entry: usize, ty: TypeId, live: &BitSet) -> Option<VisitId> {
        let field = self.field_for(self.draft.visit(visit).place, entry, ty)?;
        let mut ways = self.ways_with_parts(visit, field, ty);
        ways.sort_by_key(|(edge, level)| (*level, edge.subgraph));
        let alternatives = ways
            .iter()
            .map(|(edge, level)| Alternative { subgraph: edge.subgraph, level: *level, route: Route::Entity })
            .collect();
        let point = self.point(visit, Some(entry), ty, Question::Input);
        let taken = self.choose(point, alternatives);
        if taken < ways.len() {
            let chosen = ways.remove(taken);
            ways.insert(0, chosen);
        }
        ways.into_iter().find_map(|(edge, _)| self.enter(visit, ty, edge, live))
    }

    pub(super) fn known_supplier(&self, place: PlaceId, visit: VisitId, entry: usize, ty: TypeId) -> Option<VisitId> {
        let unknown = self.draft.visit(visit).unknown == Some(ty);
        let others = self.draft.place(place).visits.iter().copied();
        others
            .filter(|&other| {
                let found = self.draft.visit(other);
                let step = self.draft.step_of(other);
                let fits = step.inputs.iter().any(|input| {
                    let of_type = if unknown { input.unknown } else { input.types.contains(ty) };
                    of_type && self.is_named_in(visit, &input.from)
                });
                found.declared.is_none() && fits && self.is_direct(other, entry, ty)
            })
            .min_by_key(|&other| self.draft.step_of(other).level)
    }

    /// Whether a step that names the objects of some visits names all that a visit has: its own, or those that
    /// it was asked about itself.
    fn is_named_in(&self, visit: VisitId, from: &[VisitId]) -> bool {
        if from.contains(&visit) {
            return true;
        }
        let step = self.draft.step_of(visit);
        let mut named = step.inputs.iter().flat_map(|input| &input.from);
        step.visit == visit && !step.inputs.is_empty() && named.all(|named| from.contains(named))
    }

    /// Asks a subgraph that knows the interface as one for the objects' types, and gives the visit there,
    /// from which the rest is resolved.
    pub(super) fn learn_type(&mut self, visit: VisitId) -> Result<VisitId, PlanError> {
        let found = self.draft.visit(visit);
        let (place, interface) = (found.place, found.unknown.expect("asked for objects of unknown type only"));
        // All that is for some types only needs the type, whoever resolves it; so does `__typename`.
        let set = self.draft.place(place).set;
        let selections = set.into_iter().flat_map(|set| &self.operation.set(set).selections);
        let of = self.draft.place(place).ty;
        let live: BitSet = selections
            .filter(|selection| match selection.kind {
                _ if selection.on.is_some() => true,
                SelectionKind::Field { field, .. } => self.nullability_varies(of, field),
                SelectionKind::Typename | SelectionKind::Introspection(_) => true,
            })
            .map(|selection| selection.unit as usize)
            .collect();
        let graph = self.graph;
        let mut subgraphs: Vec<SubgraphId> = graph
            .keys(interface)
            .iter()
            .filter(|key| key.resolvable && !graph.is_interface_object(interface, key.subgraph))
            .map(|key| key.subgraph)
            .collect();
        subgraphs.dedup();
        subgraphs.sort_by_key(|&subgraph| {
            let known = graph.possible_in(interface, subgraph).len();
            (std::cmp::Reverse(known), !self.terms.indispensable.contains(&subgraph))
        });
        let most = subgraphs.first().map_or(0, |&first| graph.possible_in(interface, first).len());
        let equals = subgraphs.iter().take_while(|&&other| graph.possible_in(interface, other).len() == most);
        let level = self.draft.step_of(visit).level + 1;
        let alternatives = equals.map(|&subgraph| Alternative { subgraph, level, route: Route::Entity }).collect();
        let point = self.point(visit, None, interface, Question::Type);
        let taken = self.choose(point, alternatives);
        if taken < subgraphs.len() {
            let chosen = subgraphs.remove(taken);
            subgraphs.insert(0, chosen);
        }
        for subgraph in subgraphs {
            if let Some(entered) = self.enter_with(visit, interface, subgraph, None, &live) {
                let types = graph.possible_in(interface, subgraph).clone();
                self.draft.visits[entered.0].live.union_with(&live);
                return Ok(self.typed_visit(entered, interface, types));
            }
        }
        Err(PlanError::TypeUnknown { interface: self.supergraph.ty(interface).name.to_string() })
    }

    /// An entered visit through which the objects' types become known.
    fn typed_visit(&mut self, entered: VisitId, interface: TypeId, types: TypeSet) -> VisitId {
        let visit = &mut self.draft.visits[entered.0];
        visit.unknown = None;
        visit.declared = Some(interface);
        visit.types = types;
        entered
    }
}

impl Gathered {
    pub(super) fn add(&mut self, more: Self) {
        for field in more.fields {
            merge_input(&mut self.fields, field);
        }
        self.contexts.extend(more.contexts);
        self.needs.extend(more.needs);
    }
}

/// Adds a field to a representation, into the one of the same name for the same types when there is one.
pub(super) fn merge_input(fields: &mut Vec<Input>, more: Input) {
    let same = fields.iter_mut().find(|known| {
        known.name == more.name && known.entry == more.entry && known.fields.is_empty() == more.fields.is_empty()
    });
    match same {
        None => fields.push(more),
        Some(known) => {
            known.on = match (known.on.take(), more.on) {
                (Some(a), Some(b)) => Some(a.union(&b)),
                _ => None,
            };
            known.nullable &= more.nullable;
            match known.required_by.is_empty() || more.required_by.is_empty() {
                true => known.required_by.clear(),
                false => known.required_by.extend(more.required_by),
            }
            for source in more.sources {
                if !known.sources.contains(&source) {
                    known.sources.push(source);
                }
            }
            for field in more.fields {
                merge_input(&mut known.fields, field);
            }
        }
    }
}

impl Input {
    /// Says so of the field and all inside.
    fn is_required_by(&mut self, requires: FieldSetId) {
        self.required_by = vec![requires];
        self.fields.iter_mut().for_each(|field| field.is_required_by(requires));
    }
}

/// The names of a representation's fields, nested ones behind those around them.
fn outline(fields: &[Input], around: &str, names: &mut BTreeSet<String>) {
    for field in fields {
        let name = format!("{around}{}", field.name);
        outline(&field.fields, &format!("{name}."), names);
        names.insert(name);
    }
}

impl Step {
    /// Whether all entities under the name of an interface object are given the same fields, the input's own
    /// among them: what is asked under that name is asked of all of them, so what it requires must be there.
    fn is_given_alike(&self, input: &StepInput) -> bool {
        let mut given = BTreeSet::new();
        outline(&input.fields, "", &mut given);
        let named = self.inputs.iter().filter(|known| known.typename == input.typename);
        let (same, others): (Vec<&StepInput>, Vec<&StepInput>) =
            named.partition(|known| known.types == input.types && known.unknown == input.unknown);
        for known in same {
            outline(&known.fields, "", &mut given);
        }
        others.into_iter().all(|known| {
            let mut names = BTreeSet::new();
            outline(&known.fields, "", &mut names);
            names == given
        })
    }

    /// Adds an input: to the one for the same types, or beside it. Types do not share one, even under one
    /// name: each may have its key's fields in other entries.
    fn add_input(&mut self, input: StepInput) {
        let same = self.inputs.iter_mut().find(|known| {
            known.typename == input.typename && known.types == input.types && known.unknown == input.unknown
        });
        match same {
            None => self.inputs.push(input),
            Some(known) => {
                known.from.extend(input.from);
                for field in input.fields {
                    merge_input(&mut known.fields, field);
                }
            }
        }
    }
}
