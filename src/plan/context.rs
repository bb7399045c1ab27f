//! Contexts: the values of arguments that come from objects around a field's own.
//!
//! Going up from the visit at hand, place by place, each runtime type that sets the context gives the value
//! there, by a hidden field. Types that do not set it leave the search to the places further up; at the end
//! the nearest object that sets the context is known by its place and type.

use super::draft::{ContextSource, PlaceId, Step, StepContext, VisitId};
use super::enter::{Gathered, merge_input};
use super::resolve::Resolver;
use super::sets::BitSet;
use crate::graph::{FieldSetId, SetField};
use crate::supergraph::{TypeId, TypeSet};

impl Resolver<'_> {
    /// Picks the values of all contextual arguments of what a field requires, for objects of a visit; none
    /// when one is out of reach.
    pub(super) fn gather_contexts(&mut self, visit: VisitId, requires: FieldSetId, live: &BitSet) -> Option<Gathered> {
        let mut gathered = Gathered::default();
        let arguments = self.graph.field_set(requires).contexts.len();
        for argument in 0..arguments {
            let mut context = StepContext { requires, argument, sources: Vec::new() };
            let needs = self.gather_context(visit, &mut context, live)?;
            gathered.needs.extend(needs.needs);
            gathered.contexts.push(context);
        }
        Some(gathered)
    }

    fn gather_context(&mut self, visit: VisitId, context: &mut StepContext, live: &BitSet) -> Option<Gathered> {
        let graph = self.graph;
        let setters = &graph.field_set(context.requires).contexts[context.argument].sources;
        let mut all = Gathered::default();
        let mut level = self.around(&[visit]);
        while !level.is_empty() {
            let mut further = Vec::new();
            for &around in &level {
                let found = self.draft.visit(around);
                let (place, types) = (found.place, found.types.clone());
                for ty in types.iter() {
                    let Some(&set) = setters.get(&ty) else {
                        further.push(around);
                        continue;
                    };
                    let fields = &graph.field_set(set).fields;
                    for giver in self.givers(around, ty, fields).unwrap_or_else(|| vec![around]) {
                        let gathered = self.gather(giver, ty, fields, true, live)?;
                        for value in gathered.fields {
                            context.add(ContextSource { place, types: TypeSet::one(ty), value });
                        }
                        all.needs.extend(gathered.needs);
                    }
                }
            }
            further.dedup();
            level = self.around(&further);
        }
        (!context.sources.is_empty()).then_some(all)
    }

    /// The visits that give fields of the objects of a type themselves: the one at hand, or all those that
    /// named the objects for it.
    fn givers(&self, visit: VisitId, ty: TypeId, fields: &[SetField]) -> Option<Vec<VisitId>> {
        let direct = |field: &SetField| {
            let own = self.graph.field_of(ty, &self.supergraph.field(field.field).name);
            own.is_none_or(|own| self.is_direct_field(visit, own, ty))
        };
        if fields.iter().all(direct) {
            return Some(vec![visit]);
        }
        let step = self.draft.step_of(visit);
        if step.visit != visit {
            return None;
        }
        let mut givers = Vec::new();
        for &from in step.inputs.iter().filter(|input| input.types.contains(ty)).flat_map(|input| &input.from) {
            givers.extend(self.givers(from, ty, fields)?);
        }
        givers.sort_unstable();
        givers.dedup();
        (!givers.is_empty()).then_some(givers)
    }

    /// The visits that have the objects around those of some visits of one place.
    fn around(&self, visits: &[VisitId]) -> Vec<VisitId> {
        let mut found: Vec<VisitId> = Vec::new();
        let mut pending = visits.to_vec();
        let mut seen = pending.clone();
        while let Some(visit) = pending.pop() {
            if let Some((around, _)) = self.draft.visit(visit).origin {
                if !found.contains(&around) {
                    found.push(around);
                }
                continue;
            }
            for &from in self.draft.step_of(visit).inputs.iter().flat_map(|input| &input.from) {
                if !seen.contains(&from) {
                    seen.push(from);
                    pending.push(from);
                }
            }
        }
        found.sort_unstable();
        found
    }
}

impl StepContext {
    fn add(&mut self, source: ContextSource) {
        let known = self.sources.iter_mut().find(|known| {
            known.place == source.place && known.types == source.types && known.value.entry == source.value.entry
        });
        match known {
            None => self.sources.push(source),
            Some(known) => {
                let mut fields = vec![known.value.clone()];
                merge_input(&mut fields, source.value);
                // One that does not fit beside the known one is for the same objects, so has the same value.
                known.value = fields.swap_remove(0);
            }
        }
    }
}

impl Step {
    /// Adds a contextual argument, to the same one where the step has it already.
    pub(super) fn add_context(&mut self, context: StepContext) {
        let same = |known: &&mut StepContext| known.requires == context.requires && known.argument == context.argument;
        match self.contexts.iter_mut().find(same) {
            None => self.contexts.push(context),
            Some(known) => context.sources.into_iter().for_each(|source| known.add(source)),
        }
    }

    /// The places whose objects give values.
    pub(super) fn context_places(&self) -> impl Iterator<Item = PlaceId> + '_ {
        self.contexts.iter().flat_map(|context| &context.sources).map(|source| source.place)
    }
}
