//! Whether every slot that is read is filled before, for each runtime type and whenever it is wanted.
//!
//! 1. Every reply's shape is walked once: which slot it fills, for which types, under which live sets.
//!    That is a [`Supply`].
//! 2. From the root's projection down, each slot read must have a supply that is live when the field's
//!    unit is on, and whose fetch *runs* then.
//! 3. A fetch runs for entities of a type when they are brought by fetches that it waits for and that
//!    run, and all that its representation and its contextual arguments are made of is supplied by such
//!    fetches.
//!
//! Rows only wait for earlier rows, so the third step ends.

use super::super::model::{
    ContextVariable, EntityGroup, InputField, LayoutId, LiveId, PathStep, Plan, ProjectedField, ProjectedSource,
    ProjectionId, Representation, ShapeField, ShapeId, ShapeValue, Slot, Typing,
};
use super::super::sets::BitSet;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A slot filled by a fetch.
#[derive(Debug, Clone)]
struct Supply {
    fetch: usize,
    /// The batch, for entity fetches.
    group: Option<usize>,
    /// The types of the batch's entities for which it is so.
    entities: BitSet,
    /// The types of the objects whose slot it is.
    types: BitSet,
    /// The live sets all of which must be live.
    lives: Vec<LiveId>,
    value: ShapeValue,
}

/// All that a plan's fetches fill.
#[derive(Debug)]
pub(super) struct Supplies<'p> {
    plan: &'p Plan,
    waits: &'p [BitSet],
    slots: BTreeMap<(LayoutId, Slot), Vec<Supply>>,
    /// The slot of another layout in which a layout's objects are.
    around: BTreeMap<LayoutId, (LayoutId, Slot)>,
    /// The types that entity fetches tell of objects whose type is not known.
    told: BTreeMap<LayoutId, BitSet>,
    /// The runtime types that objects of a layout can have when a unit is on.
    types: RefCell<HashMap<(LayoutId, u32), BitSet>>,
    /// Verdicts on fetches: `(fetch, group, type, unit)`.
    known: RefCell<HashMap<(usize, usize, usize, u32), bool>>,
}

/// What a projected slot is read for.
#[derive(Debug, Clone, Copy)]
struct Read<'r> {
    layout: LayoutId,
    slot: Slot,
    ty: usize,
    unit: u32,
    /// The fetches that may have filled it; none is all.
    before: Option<&'r BitSet>,
}

/// How a shape was come to while walking a reply.
#[derive(Debug, Clone)]
struct Way {
    fetch: usize,
    group: Option<usize>,
    /// None while at the batch's entities themselves.
    entities: Option<BitSet>,
    types: BitSet,
    lives: Vec<LiveId>,
}

impl<'p> Supplies<'p> {
    pub(super) fn collect(plan: &'p Plan, waits: &'p [BitSet]) -> Self {
        let mut supplies = Self {
            plan,
            waits,
            slots: BTreeMap::new(),
            around: BTreeMap::new(),
            told: BTreeMap::new(),
            types: RefCell::default(),
            known: RefCell::default(),
        };
        for (at, fetch) in plan.fetches.iter().enumerate() {
            if let Some(root) = fetch.root {
                let types = supplies.typed(root).unwrap_or_default();
                let way = Way { fetch: at, group: None, entities: None, types, lives: vec![fetch.live] };
                supplies.walk(root, &way);
            }
            for (number, group) in fetch.entities.iter().enumerate() {
                let types = supplies.entity_types(group);
                let lives = vec![fetch.live, group.live];
                supplies.walk(group.shape, &Way { fetch: at, group: Some(number), entities: None, types, lives });
            }
        }
        supplies
    }

    /// The number that stands for an unknown type.
    fn unknown(&self) -> usize {
        self.plan.types.len()
    }

    /// The types that an object of a shape has; none when it keeps its own.
    fn typed(&self, shape: ShapeId) -> Option<BitSet> {
        match &self.plan.shapes[shape.index()].typing {
            Typing::Static(ty) => Some(BitSet::from_iter([ty.index()])),
            Typing::ByName(names) => Some(names.iter().map(|named| named.ty.index()).collect()),
            Typing::Unknown => Some(BitSet::from_iter([self.unknown()])),
            Typing::Kept => None,
        }
    }

    /// The types of the entities that a batch asks about and gives back.
    fn entity_types(&mut self, group: &EntityGroup) -> BitSet {
        let mut asked = BitSet::new();
        for representation in &group.representations {
            asked.union_with(&representation.on);
            if representation.unknown {
                asked.insert(self.unknown());
            }
        }
        let layout = self.plan.lists[group.list.index()].layout;
        if let (Some(told), true) = (self.typed(group.shape), asked.contains(self.unknown())) {
            self.told.entry(layout).or_default().union_with(&told);
            asked.union_with(&told);
        }
        asked
    }

    fn walk(&mut self, shape: ShapeId, way: &Way) {
        let plan = self.plan;
        let found = &plan.shapes[shape.index()];
        for field in &found.fields {
            let mut types = way.types.clone();
            if let Some(on) = &field.on {
                types.intersect_with(on);
            }
            let supply = self.supply(field, way, types);
            if let ShapeValue::Object(below) = field.value {
                let types = self.typed(below).unwrap_or_default();
                self.around.insert(plan.shapes[below.index()].layout, (found.layout, field.slot));
                let way =
                    Way { entities: Some(supply.entities.clone()), types, lives: supply.lives.clone(), ..way.clone() };
                self.walk(below, &way);
            }
            self.slots.entry((found.layout, field.slot)).or_default().push(supply);
        }
    }

    fn supply(&self, field: &ShapeField, way: &Way, types: BitSet) -> Supply {
        let mut lives = way.lives.clone();
        lives.push(field.live);
        let entities = way.entities.clone().unwrap_or_else(|| types.clone());
        Supply { fetch: way.fetch, group: way.group, entities, types, lives, value: field.value }
    }

    /// What is read and not filled.
    pub(super) fn check(&self) -> Vec<String> {
        let mut problems = Vec::new();
        self.projection(ProjectionId(0), LayoutId(0), &mut problems);
        problems
    }

    fn projection(&self, id: ProjectionId, layout: LayoutId, problems: &mut Vec<String>) {
        for field in &self.plan.projections[id.index()].fields {
            let (slot, below) = match field.source {
                ProjectedSource::Leaf(slot) => (slot, None),
                ProjectedSource::Object(slot, below) => (slot, Some(below)),
                ProjectedSource::Typename => {
                    if self.types_at(layout, self.unit(field)).contains(self.unknown()) {
                        problems.push(format!("nobody tells the type of {}", field.coordinate));
                    }
                    continue;
                }
                ProjectedSource::Introspection(_) => continue,
            };
            self.projected(field, layout, slot, problems);
            if let Some(below) = below {
                for child in self.layouts_in(layout, slot) {
                    self.projection(below, child, problems);
                }
            }
        }
    }

    fn projected(&self, field: &ProjectedField, layout: LayoutId, slot: Slot, problems: &mut Vec<String>) {
        let unit = self.unit(field);
        for ty in self.types_at(layout, unit).iter() {
            if field.on.as_ref().is_some_and(|on| !on.contains(ty)) || self.is_hidden(ty) {
                continue;
            }
            let read = Read { layout, slot, ty, unit, before: None };
            if self.supplied(read).is_none() {
                problems.push(format!(
                    "nobody gives {} ({}) of {}",
                    field.response_key,
                    field.coordinate,
                    self.name(ty)
                ));
            }
        }
    }

    /// The unit that a projected field is.
    fn unit(&self, field: &ProjectedField) -> u32 {
        match field.live {
            // What is always live may be read as the first unit, which is on whenever anything is.
            LiveId::ALWAYS => u32::MAX,
            live => self.plan.live_sets[live.index()].iter().next().map_or(u32::MAX, |unit| unit as u32),
        }
    }

    /// The types of objects once all fetches are done: unknown only where nobody tells.
    ///
    /// Who gives one object agrees on its type, so that it is one that all of them know.
    fn types_at(&self, layout: LayoutId, unit: u32) -> BitSet {
        if let Some(known) = self.types.borrow().get(&(layout, unit)) {
            return known.clone();
        }
        let mut types = BitSet::new();
        match self.around.get(&layout) {
            Some(&(around, slot)) => {
                for ty in self.types_at(around, unit).iter() {
                    types.union_with(&self.types_in(around, slot, ty, unit));
                }
            }
            None => {
                for root in self.plan.fetches.iter().filter_map(|fetch| fetch.root) {
                    types.union_with(&self.typed(root).unwrap_or_default());
                }
            }
        }
        self.types.borrow_mut().insert((layout, unit), types.clone());
        types
    }

    /// The types of the objects in a slot of objects of one type.
    fn types_in(&self, layout: LayoutId, slot: Slot, ty: usize, unit: u32) -> BitSet {
        let mut agreed: Option<BitSet> = None;
        let mut unknown = None;
        for supply in self.slots.get(&(layout, slot)).into_iter().flatten() {
            let ShapeValue::Object(shape) = supply.value else { continue };
            let fits = supply.types.contains(ty) || supply.types.contains(self.unknown());
            if !fits || !supply.lives.iter().all(|&live| self.implies(unit, live)) {
                continue;
            }
            let types = self.typed(shape).unwrap_or_default();
            match &mut agreed {
                _ if types.contains(self.unknown()) => unknown = Some(self.plan.shapes[shape.index()].layout),
                Some(agreed) => agreed.intersect_with(&types),
                None => agreed = Some(types),
            }
        }
        match (agreed, unknown) {
            (Some(agreed), _) => agreed,
            (None, Some(below)) => {
                self.told.get(&below).cloned().unwrap_or_else(|| BitSet::from_iter([self.unknown()]))
            }
            (None, None) => BitSet::new(),
        }
    }

    fn is_hidden(&self, ty: usize) -> bool {
        self.plan.types.get(ty).is_some_and(|ty| ty.hidden)
    }

    fn name(&self, ty: usize) -> &str {
        self.plan.types.get(ty).map_or("an unknown type", |ty| &ty.name)
    }

    fn layouts_in(&self, layout: LayoutId, slot: Slot) -> BTreeSet<LayoutId> {
        let supplies = self.slots.get(&(layout, slot)).into_iter().flatten();
        supplies
            .filter_map(|supply| match supply.value {
                ShapeValue::Object(shape) => Some(self.plan.shapes[shape.index()].layout),
                ShapeValue::Leaf(_) => None,
            })
            .collect()
    }

    /// A supply of a slot that can be counted on.
    fn supplied(&self, read: Read<'_>) -> Option<&Supply> {
        self.slots.get(&(read.layout, read.slot)).into_iter().flatten().find(|supply| {
            let fits = supply.types.contains(read.ty) || supply.types.contains(self.unknown());
            fits && read.before.is_none_or(|before| before.contains(supply.fetch)) && self.is_live(supply, read.unit)
        })
    }

    /// Whether a supply is there whenever a unit is on.
    fn is_live(&self, supply: &Supply, unit: u32) -> bool {
        if !supply.lives.iter().all(|&live| self.implies(unit, live)) {
            return false;
        }
        let Some(group) = supply.group else { return true };
        supply
            .entities
            .iter()
            .filter(|&ty| self.can_be(supply, group, ty, unit))
            .all(|ty| self.runs(supply.fetch, group, ty, unit))
    }

    /// Whether entities of a type can be among those of a batch.
    fn can_be(&self, supply: &Supply, group: usize, ty: usize, unit: u32) -> bool {
        let group = &self.plan.fetches[supply.fetch].entities[group];
        let layout = self.plan.lists[group.list.index()].layout;
        let represented = |representation: &Representation| {
            representation.on.contains(ty) || (ty == self.unknown() && representation.unknown)
        };
        self.types_at(layout, unit).contains(ty) && group.representations.iter().any(represented)
    }

    /// Whether a live set is live whenever a unit is on, which it is only with those around it.
    fn implies(&self, unit: u32, live: LiveId) -> bool {
        if live == LiveId::ALWAYS {
            return true;
        }
        let set = &self.plan.live_sets[live.index()];
        let mut at = (unit != u32::MAX).then_some(unit);
        while let Some(unit) = at {
            if set.contains(unit as usize) {
                return true;
            }
            at = self.plan.units[unit as usize].parent;
        }
        false
    }

    /// Whether a batch asks about entities of a type whenever a unit is on.
    fn runs(&self, fetch: usize, group: usize, ty: usize, unit: u32) -> bool {
        if let Some(&known) = self.known.borrow().get(&(fetch, group, ty, unit)) {
            return known;
        }
        let found = &self.plan.fetches[fetch].entities[group];
        let list = &self.plan.lists[found.list.index()];
        let fits = |representation: &&Representation| {
            representation.on.contains(ty) || (ty == self.unknown() && representation.unknown)
        };
        let before = Some(&self.waits[fetch]);
        let runs = found.representations.iter().find(fits).is_some_and(|representation| {
            let inputs = representation.fields.iter().filter(|input| self.implies(unit, input.live));
            let mut contexts = found.contexts.iter().filter(|context| self.implies(unit, context.live));
            self.is_brought(found, fetch, unit)
                && contexts.all(|context| self.is_given(context, found, fetch, unit))
                && inputs
                    .filter(|input| input.on.as_ref().is_none_or(|on| on.contains(ty)))
                    .all(|input| self.input(input, Read { layout: list.layout, slot: input.slot, ty, unit, before }))
        });
        self.known.borrow_mut().insert((fetch, group, ty, unit), runs);
        runs
    }

    /// Whether the objects of a list are there before a fetch.
    fn is_brought(&self, group: &EntityGroup, fetch: usize, unit: u32) -> bool {
        let list = &self.plan.lists[group.list.index()];
        self.along(&list.path, fetch, unit) == Some(list.layout)
    }

    /// The layout at the end of a path whose objects are there before a fetch, step by step from the root.
    fn along(&self, path: &[PathStep], fetch: usize, unit: u32) -> Option<LayoutId> {
        let mut layout = LayoutId(0);
        for step in path {
            let supplies = self.slots.get(&(layout, step.slot)).into_iter().flatten();
            let brought = supplies
                .filter(|supply| self.waits[fetch].contains(supply.fetch))
                .find(|supply| self.is_live(supply, unit));
            match brought.map(|supply| supply.value) {
                Some(ShapeValue::Object(shape)) => layout = self.plan.shapes[shape.index()].layout,
                _ => return None,
            }
        }
        Some(layout)
    }

    /// Whether an argument's value is there before a fetch, in whichever of the objects around the group's:
    /// somewhere on the way all types of objects give it.
    fn is_given(&self, context: &ContextVariable, group: &EntityGroup, fetch: usize, unit: u32) -> bool {
        let path = &self.plan.lists[group.list.index()].path;
        let mut covered = false;
        for source in &context.sources {
            let Some(layout) = self.along(&path[..source.steps], fetch, unit) else { return false };
            let types = self.types_at(layout, unit);
            let before = Some(&self.waits[fetch]);
            let given = |ty| self.input(&source.value, Read { layout, slot: source.value.slot, ty, unit, before });
            if !types.iter().filter(|&ty| source.on.contains(ty)).all(given) {
                return false;
            }
            let here = context.sources.iter().filter(|other| other.steps == source.steps);
            covered |= types.iter().all(|ty| here.clone().any(|other| other.on.contains(ty)));
        }
        covered
    }

    fn input(&self, input: &InputField, read: Read<'_>) -> bool {
        let Some(supply) = self.supplied(read) else { return false };
        let (Some(object), ShapeValue::Object(shape)) = (&input.object, supply.value) else { return true };
        let layout = self.plan.shapes[shape.index()].layout;
        let mut types = self.types_at(layout, read.unit);
        types.intersect_with(&self.typed(shape).unwrap_or_default());
        // What is nested is sent for some requirement, too, and left out with it.
        object.fields.iter().filter(|field| self.implies(read.unit, field.live)).all(|field| {
            types
                .iter()
                .filter(|&ty| field.on.as_ref().is_none_or(|on| on.contains(ty)))
                .all(|ty| self.input(field, Read { layout, slot: field.slot, ty, ..read }))
        })
    }
}
