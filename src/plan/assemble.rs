//! Assembly: from a draft and its requests to the [`Plan`] that the executor runs.
//!
//! Rows follow the draft: layout `n` is place `n`'s, with one slot per entry; shape `n` is visit `n`'s.

use super::cacheable::{Cacheable, CacheableObject};
use super::caching::{CacheRules, Facts};
use super::document::{Batch, BatchContext, BatchNames, DocumentWriter, Used, Written};
use super::draft::{Draft, Entry, Input, PlaceId, Step, StepContext, StepId, StepInput, VisitId};
use super::model::{
    ContextSource, ContextVariable, Cost, EntityGroup, EntityList, EnumId, EnumValues, Fetch, FetchId, FetchVariable,
    InputField, InputObject, Invalidated, Layout, LeafKind, ListId, LiveId, NamedType, ObjectShape, Optimality, Part,
    PathStep, Plan, ProjectionId, Representation, RuntimeType, ShapeField, ShapeId, ShapeValue, Slot, TypeName, Typing,
    Unit, Writers,
};
use super::printed::{Printed, printed};
use super::projection::{layout_of, project};
use super::schedule::Request;
use super::sets::BitSet;
use crate::graph::QueryGraph;
use crate::operation::{Mention, Operation, OperationKind, Place, Selection, SelectionKind, SelectionSet, SetId};
use crate::supergraph::{Supergraph, TypeId, TypeKind, TypeSet};
use apollo_compiler::{Name, ast};
use std::collections::{BTreeSet, HashMap};

/// Builds the plan; its cost and what is known of better ones are the search's to say.
pub fn assemble(
    supergraph: &Supergraph,
    graph: &QueryGraph,
    operation: &Operation,
    draft: &Draft<'_>,
    requests: &[Request],
    rules: Option<&CacheRules>,
) -> Plan {
    let units = units(supergraph, operation);
    let types = RuntimeTypes::collect(supergraph, graph, operation, draft);
    let mut live_sets = LiveSets::new(&units);
    let mut printed: Vec<Printed> =
        (0..draft.visits.len()).map(|visit| printed(supergraph, graph, draft, VisitId(visit))).collect();
    requests.iter().for_each(|request| tell_apart(request, draft, &mut printed));
    let projections = project(supergraph, graph, operation, draft, &types, &mut live_sets);
    let mut assembler = Assembler {
        supergraph,
        graph,
        operation,
        draft,
        types: &types,
        live_sets: &mut live_sets,
        printed: &printed,
        rules,
        lists: Vec::new(),
        list_places: Vec::new(),
        enums: Enums::default(),
    };
    let fetches: Vec<Fetch> = requests.iter().enumerate().map(|(at, request)| assembler.fetch(at, request)).collect();
    let shapes = (0..draft.visits.len()).map(|visit| assembler.shape(VisitId(visit))).collect();
    let (lists, enums) = (assembler.lists, assembler.enums.rows);
    let all = (0..count(fetches.len())).map(FetchId).collect();
    Plan {
        kind: operation.kind,
        fetches,
        layouts: draft.places.iter().map(|place| Layout { slots: count(place.entries.len()) }).collect(),
        shapes,
        lists,
        projections,
        parts: vec![Part { projection: ProjectionId(0), waits_for: all }],
        types: types.names(supergraph, operation),
        enums,
        unconditional: units.iter().all(|unit| unit.guard.is_always()),
        units,
        variables: operation.variables.iter().map(|variable| variable.name.as_str().into()).collect(),
        live_sets: live_sets.rows,
        cost: Cost::default(),
        optimality: Optimality::Optimal,
        writers: Writers::default(),
    }
}

/// Where a request has several groups, root fields get keys that are the group's own.
fn tell_apart(request: &Request, draft: &Draft<'_>, printed: &mut [Printed]) {
    if request.steps.len() == 1 {
        return;
    }
    for (at, step) in request.steps.iter().map(|&step| draft.step(step)).enumerate().filter(|(_, step)| step.at_root) {
        for field in &mut printed[step.visit.0].fields {
            field.key = Name::new(&format!("_r{at}_{}", field.key)).expect("a name with something before it");
        }
    }
}

/// The operation's units, by number.
fn units(supergraph: &Supergraph, operation: &Operation) -> Vec<Unit> {
    let mut units: Vec<(u32, Unit)> = Vec::new();
    let mut pending: Vec<(SetId, Option<u32>)> = vec![(SetId::ROOT, None)];
    while let Some((set, parent)) = pending.pop() {
        let SelectionSet { selections, order, .. } = operation.set(set);
        for Mention { selection, place } in order {
            let Some(Place { unit, first, guard }) = place else { continue };
            let selection = &selections[*selection];
            let coordinate = coordinate(supergraph, selection);
            let (parent, guard, first) = (Some(selection.unit), guard.clone(), Some(*first));
            units.push((*unit, Unit { parent, guard, gate: None, coordinate, first }));
        }
        for selection in selections {
            let Selection { ref guard, gate, first, .. } = *selection;
            let (guard, coordinate) = (guard.clone(), coordinate(supergraph, selection));
            units.push((selection.unit, Unit { parent, guard, gate, coordinate, first }));
            if let SelectionKind::Field { children: Some(children), .. } = selection.kind {
                pending.push((children, Some(selection.unit)));
            }
        }
    }
    units.sort_by_key(|(number, _)| *number);
    units.into_iter().map(|(_, unit)| unit).collect()
}

fn coordinate(supergraph: &Supergraph, selection: &Selection) -> Box<str> {
    match &selection.kind {
        SelectionKind::Typename => "__typename".into(),
        SelectionKind::Introspection(_) => "__schema".into(),
        SelectionKind::Field { field, .. } => {
            let field = supergraph.field(*field);
            format!("{}.{}", supergraph.ty(field.parent).name, field.name).into()
        }
    }
}

/// Numbers for sets of units.
#[derive(Debug)]
pub struct LiveSets {
    rows: Vec<BitSet>,
    known: HashMap<BitSet, LiveId>,
    /// Units that are on in every request.
    always: BitSet,
}

impl LiveSets {
    fn new(units: &[Unit]) -> Self {
        let mut always = BitSet::new();
        for (at, unit) in units.iter().enumerate() {
            let own = unit.guard.is_always() && unit.gate.is_none() && unit.first.is_none();
            if own && unit.parent.is_none_or(|parent| always.contains(parent as usize)) {
                always.insert(at);
            }
        }
        Self { rows: vec![BitSet::new()], known: HashMap::new(), always }
    }

    /// The number of a set; a set with a unit that is always on is always live.
    pub fn intern(&mut self, set: &BitSet) -> LiveId {
        if set.is_empty() || set.intersects(&self.always) {
            return LiveId::ALWAYS;
        }
        *self.known.entry(set.clone()).or_insert_with(|| {
            self.rows.push(set.clone());
            LiveId(count(self.rows.len() - 1))
        })
    }
}

/// The object types that can occur, sorted by name.
#[derive(Debug)]
pub struct RuntimeTypes {
    types: Vec<TypeId>,
    numbers: HashMap<TypeId, RuntimeType>,
}

impl RuntimeTypes {
    fn collect(supergraph: &Supergraph, graph: &QueryGraph, operation: &Operation, draft: &Draft<'_>) -> Self {
        let mut found: BTreeSet<TypeId> = BTreeSet::new();
        found.extend(draft.visits.iter().flat_map(|visit| visit.types.as_slice()));
        for set in &operation.sets {
            found.extend(
                set.selections.iter().filter_map(|selection| selection.on.as_ref()).flat_map(TypeSet::as_slice),
            );
            found.extend(graph.possible().of(set.parent).as_slice());
        }
        let mut types: Vec<TypeId> = found.into_iter().collect();
        types.sort_by(|a, b| supergraph.ty(*a).name.cmp(&supergraph.ty(*b).name));
        let numbers = types.iter().enumerate().map(|(at, ty)| (*ty, RuntimeType(count(at)))).collect();
        Self { types, numbers }
    }

    /// The number of a type.
    pub fn number(&self, ty: TypeId) -> RuntimeType {
        self.numbers.get(&ty).copied().unwrap_or(RuntimeType::UNKNOWN)
    }

    /// A set of types by number.
    pub fn set(&self, types: &TypeSet) -> BitSet {
        types.iter().filter_map(|ty| self.numbers.get(&ty)).map(|number| number.index()).collect()
    }

    fn names(&self, supergraph: &Supergraph, operation: &Operation) -> Vec<TypeName> {
        let gate = |ty: &TypeId| {
            let at = operation.gated_types.binary_search_by_key(ty, |(gated, _)| *gated).ok()?;
            Some(operation.gated_types[at].1)
        };
        self.types
            .iter()
            .map(|ty| TypeName {
                gate: gate(ty),
                name: supergraph.ty(*ty).name.as_str().into(),
                hidden: supergraph.ty(*ty).has_directive("inaccessible"),
            })
            .collect()
    }

    fn named(&self, supergraph: &Supergraph, types: &TypeSet) -> Box<[NamedType]> {
        let mut named: Vec<NamedType> = types
            .iter()
            .map(|ty| NamedType { name: supergraph.ty(ty).name.as_str().into(), ty: self.number(ty) })
            .collect();
        named.sort_by(|a, b| a.name.cmp(&b.name));
        named.into()
    }
}

#[derive(Debug, Default)]
struct Enums {
    rows: Vec<EnumValues>,
    known: HashMap<TypeId, EnumId>,
}

struct Assembler<'p, 'a> {
    supergraph: &'p Supergraph,
    graph: &'p QueryGraph,
    operation: &'p Operation,
    draft: &'p Draft<'a>,
    types: &'p RuntimeTypes,
    live_sets: &'p mut LiveSets,
    printed: &'p [Printed],
    /// For how long what subgraphs answer may be kept.
    rules: Option<&'p CacheRules>,
    lists: Vec<EntityList>,
    /// By [`ListId`]: the place whose objects it holds.
    list_places: Vec<PlaceId>,
    enums: Enums,
}

impl<'p, 'a> Assembler<'p, 'a> {
    fn fetch(&mut self, at: usize, request: &Request) -> Fetch {
        let first = self.draft.step(request.steps[0]);
        let name = self.operation_name(request, at);
        let mut live = BitSet::new();
        for &step in &request.steps {
            live.union_with(&self.draft.visit(self.draft.step(step).visit).live);
        }
        let batches = self.batches(request);
        let objects = self.cacheable_objects(request);
        let firsts = objects.iter().flatten().map(|object| object.first_part).collect();
        let writer =
            DocumentWriter::new(self.supergraph, self.operation, self.draft, self.printed, &mut *self.live_sets)
                .in_parts(firsts);
        let Written { document, variables, pieces } = match batches.is_empty() {
            true => writer.root(first.kind.keyword(), name.as_deref(), first.visit),
            false => writer.entities(name.as_deref(), &batches),
        };
        let cacheable = objects.map(|objects| {
            let variables = variables.values().map(|used| used.parts.clone()).collect();
            Box::new(Cacheable { pieces: pieces.into(), variables, objects: objects.into() })
        });
        let invalidates = self.invalidated(first);
        let variables = variables
            .into_iter()
            .map(|(variable, Used { units: live, .. })| FetchVariable {
                name: self.operation.variables[variable.index()].name.as_str().into(),
                variable,
                live: self.live_sets.intern(&live),
            })
            .collect();
        Fetch {
            subgraph: request.subgraph,
            kind: if batches.is_empty() { first.kind } else { OperationKind::Query },
            depends_on: request.needs.iter().map(|&need| FetchId(count(need))).collect(),
            live: self.live_sets.intern(&live),
            document,
            operation_name: name.map(Into::into),
            variables,
            root: batches.is_empty().then(|| shape_of(first.visit)),
            entities: batches.into_iter().map(|batch| self.group(batch)).collect(),
            cacheable,
            invalidates,
        }
    }

    /// What of a request can be cached, when anything can. Arguments from contexts are not part of what is known
    /// of a field, and the root has no name below itself, so where there is either nothing is kept.
    fn cacheable_objects(&mut self, request: &Request) -> Option<Vec<CacheableObject>> {
        // What follows a mutation has to see what that has written.
        if self.operation.kind != OperationKind::Query {
            return None;
        }
        let facts = self.facts().filter(|facts| !facts.rules.keep_nothing())?;
        let draft = self.draft;
        let steps = || request.steps.iter().map(|&step| draft.step(step));
        let unnamed = |step: &Step| step.kind != OperationKind::Query || !step.contexts.is_empty() || step.at_root;
        if steps().any(unnamed) {
            return None;
        }
        let mut objects: Vec<CacheableObject> = Vec::with_capacity(request.steps.len());
        for step in steps() {
            let first_part = objects.last().map_or(0, |last| last.own_part() + 1);
            objects.push(facts.object(step, first_part, &mut |units| self.live_sets.intern(units)));
        }
        let any = objects.iter().flat_map(|object| &object.fields).any(|field| field.policy.max_age > 0);
        any.then_some(objects)
    }

    /// What a mutation makes stale.
    fn invalidated(&mut self, step: &Step) -> Box<[Invalidated]> {
        let facts = self.facts().filter(|_| step.kind == OperationKind::Mutation);
        facts.map(|facts| facts.invalidated(step, &mut |units| self.live_sets.intern(units))).unwrap_or_default()
    }

    /// What is said of caching, and all that it takes to work out what that means.
    fn facts(&self) -> Option<Facts<'p, 'a>> {
        let Self { supergraph, graph, operation, draft, printed, .. } = *self;
        Some(Facts { supergraph, graph, operation, draft, printed, rules: self.rules? })
    }

    /// `Name__subgraph__0`, when the client's operation has a name.
    fn operation_name(&self, request: &Request, at: usize) -> Option<String> {
        let name = self.operation.name.as_ref()?;
        let subgraph = &self.supergraph.subgraph(request.subgraph).name;
        let subgraph: String = subgraph.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
        Some(format!("{name}__{subgraph}__{at}"))
    }

    fn batches(&self, request: &Request) -> Vec<Batch> {
        let entity_steps = request.steps.iter().filter(|&&step| !self.draft.step(step).inputs.is_empty());
        let several = request.steps.len() > 1;
        entity_steps
            .enumerate()
            .map(|(at, &step)| Batch {
                names: (!self.draft.step(step).at_root).then(|| BatchNames {
                    alias: if several { format!("_e{at}") } else { "_entities".to_owned() },
                    variable: self.free_variable(if several {
                        format!("representations{at}")
                    } else {
                        "representations".to_owned()
                    }),
                }),
                step,
                live: self.draft.visit(self.draft.step(step).visit).live.clone(),
                contexts: self.batch_contexts(at, step),
            })
            .collect()
    }

    fn batch_contexts(&self, batch: usize, step: StepId) -> Vec<BatchContext> {
        let step = self.draft.step(step);
        let contexts = step.contexts.iter().enumerate();
        contexts
            .map(|(number, &StepContext { requires, argument, .. })| {
                let argument = &self.graph.field_set(requires).contexts[argument];
                let mut live = BitSet::new();
                for field in self.printed[step.visit.0].fields.iter().filter(|it| it.contexts == Some(requires)) {
                    live.union_with(&self.draft.visit(step.visit).picks[field.pick].live);
                }
                BatchContext {
                    requires,
                    argument: argument.name.clone(),
                    variable: self.free_variable(format!("contextualArgument_{batch}_{number}")),
                    ty: argument.ty.clone(),
                    live,
                }
            })
            .collect()
    }

    /// The name, or one like it that the client does not use for a variable of its own.
    fn free_variable(&self, mut name: String) -> String {
        while self.operation.variable(&name).is_some() {
            name.push('_');
        }
        name
    }

    fn group(&mut self, batch: Batch) -> EntityGroup {
        let step = self.draft.step(batch.step);
        let place = self.draft.visit(step.visit).place;
        let representations = step.inputs.iter().map(|input| self.representation(input, place)).collect();
        let contexts = self.contexts(&batch);
        let names = batch.names.unwrap_or_default();
        EntityGroup {
            at_root: step.at_root,
            alias: names.alias.into(),
            variable: names.variable.into(),
            list: self.list(place),
            live: self.live_sets.intern(&batch.live),
            representations,
            shape: shape_of(step.visit),
            input: self.input_text(batch.step).into(),
            contexts,
            distinct: !self.is_between_contexts(place),
        }
    }

    fn contexts(&mut self, batch: &Batch) -> Box<[ContextVariable]> {
        let contexts = self.draft.step(batch.step).contexts.iter().zip(&batch.contexts);
        contexts
            .map(|(context, written)| {
                let mut sources: Vec<ContextSource> = context
                    .sources
                    .iter()
                    .flat_map(|source| {
                        let values = self.input_fields(std::slice::from_ref(&source.value), source.place);
                        let (steps, on) = (self.path(source.place).len(), self.types.set(&source.types));
                        values.into_vec().into_iter().map(move |value| ContextSource { steps, on: on.clone(), value })
                    })
                    .collect();
                sources.sort_by_key(|source| std::cmp::Reverse(source.steps));
                ContextVariable {
                    name: written.variable.as_str().into(),
                    live: self.live_sets.intern(&written.live),
                    sources: sources.into(),
                }
            })
            .collect()
    }

    /// Whether a place is below objects that give a contextual argument its value and above the field that
    /// takes it: what is inside of equal entities there may differ by those objects.
    fn is_between_contexts(&self, place: PlaceId) -> bool {
        self.draft.steps.iter().any(|step| {
            let inner = self.draft.visit(step.visit).place;
            self.is_inside(inner, place) && step.context_places().any(|outer| self.is_inside(place, outer))
        })
    }

    /// Whether a place is inside of another one.
    fn is_inside(&self, place: PlaceId, of: PlaceId) -> bool {
        let above = |place: &PlaceId| self.draft.place(*place).parent.map(|(above, _)| above);
        std::iter::successors(above(&place), above).any(|above| above == of)
    }

    fn representation(&mut self, input: &StepInput, place: PlaceId) -> Representation {
        Representation {
            on: self.types.set(&input.types),
            unknown: input.unknown,
            typename: self.supergraph.ty(input.typename).name.as_str().into(),
            fields: self.input_fields(&input.fields, place),
        }
    }

    fn input_fields(&mut self, fields: &[Input], place: PlaceId) -> Box<[InputField]> {
        fields
            .iter()
            .map(|field| {
                let child = self.draft.place(place).entries[field.entry].child;
                InputField {
                    name: field.name.as_str().into(),
                    slot: Slot(count(field.entry)),
                    on: field.on.as_ref().map(|on| self.types.set(on)),
                    live: self.live_sets.intern(&field.live),
                    nullable: field.nullable,
                    object: child.map(|child| InputObject {
                        typename: self.supergraph.ty(self.draft.place(child).ty).is_abstract(),
                        fields: self.input_fields(&field.fields, child),
                    }),
                }
            })
            .collect()
    }

    /// What goes into a step, for readers.
    fn input_text(&self, step: StepId) -> String {
        if self.draft.step(step).at_root {
            return String::new();
        }
        let mut parts = Vec::new();
        for input in &self.draft.step(step).inputs {
            let typename = &self.supergraph.ty(input.typename).name;
            let part = format!("... on {typename} {{ __typename{} }}", fields_text(&input.fields));
            if !parts.contains(&part) {
                parts.push(part);
            }
        }
        parts.join(" ")
    }

    fn list(&mut self, place: PlaceId) -> ListId {
        if let Some(known) = self.list_places.iter().position(|&known| known == place) {
            return ListId(count(known));
        }
        self.list_places.push(place);
        self.lists.push(EntityList { path: self.path(place), layout: layout_of(place) });
        ListId(count(self.lists.len() - 1))
    }

    fn path(&self, place: PlaceId) -> Box<[PathStep]> {
        let mut steps = Vec::new();
        let mut at = place;
        while let Some((above, number)) = self.draft.place(at).parent {
            let entry = &self.draft.place(above).entries[number];
            let field = self.supergraph.field(entry.field);
            steps.push(PathStep {
                slot: Slot(count(number)),
                response_key: self.response_key(above, entry).map(|key| key.as_str().into()),
                name: entry.key.as_str().into(),
                lists: lists_of(&field.ty),
                on: entry.on.as_ref().map(|on| self.types.set(on)),
            });
            at = above;
        }
        steps.reverse();
        steps.into()
    }

    /// The key under which the client sees an entry.
    fn response_key(&self, place: PlaceId, entry: &Entry) -> Option<&Name> {
        let set = self.draft.place(place).set?;
        let selections = &self.operation.set(set).selections;
        selections.iter().find(|selection| Some(selection.unit) == entry.unit).map(|selection| &selection.response_key)
    }

    fn shape(&mut self, visit: VisitId) -> ObjectShape {
        let found = self.draft.visit(visit);
        let step = self.draft.step(found.step);
        let is_entity = step.visit == visit && !step.inputs.is_empty();
        let place = found.place;
        let collect = match self.list_places.iter().position(|&known| known == place) {
            Some(list) if !is_entity => Box::from([ListId(count(list))]),
            _ => Box::default(),
        };
        let printed = &self.printed[visit.0];
        let fields = printed.order().into_iter().map(|field| self.shape_field(visit, field)).collect();
        ObjectShape { layout: layout_of(place), typing: self.typing(visit, is_entity), fields, collect }
    }

    fn typing(&self, visit: VisitId, is_entity: bool) -> Typing {
        let found = self.draft.visit(visit);
        match found.declared {
            None => Typing::Kept,
            Some(_) if found.unknown.is_some() => Typing::Unknown,
            Some(declared) if self.supergraph.ty(declared).is_abstract() => {
                Typing::ByName(self.types.named(self.supergraph, &found.types))
            }
            Some(_) if is_entity => Typing::Kept,
            Some(declared) => Typing::Static(self.types.number(declared)),
        }
    }

    fn shape_field(&mut self, visit: VisitId, at: usize) -> ShapeField {
        let field = &self.printed[visit.0].fields[at];
        let found = self.draft.visit(visit);
        let number = found.picks[field.pick].entry;
        let entry = &self.draft.place(found.place).entries[number];
        let value = match field.child {
            Some(child) => ShapeValue::Object(shape_of(child)),
            None => ShapeValue::Leaf(self.leaf(entry)),
        };
        let live = &self.draft.visit(visit).picks[field.pick].live;
        ShapeField {
            key: field.key.as_str().into(),
            slot: Slot(count(number)),
            on: field.on.as_ref().filter(|_| !field.everywhere).map(|on| self.types.set(on)),
            live: self.live_sets.intern(live),
            lists: lists_of(&field.ty),
            value,
            response_key: self.response_key(found.place, entry).map(|key| key.as_str().into()),
        }
    }

    /// What a leaf may be. Hidden values go back to subgraphs only and are passed on as they are.
    fn leaf(&mut self, entry: &Entry) -> LeafKind {
        let output = self.supergraph.field(entry.field).output;
        let ty = self.supergraph.ty(output);
        match (&ty.kind, ty.name.as_str()) {
            _ if entry.unit.is_none() => LeafKind::Any,
            (TypeKind::Enum { .. }, _) => LeafKind::Enum(self.enum_id(output)),
            (_, "Int") => LeafKind::Int,
            (_, "Float") => LeafKind::Float,
            (_, "String") => LeafKind::String,
            (_, "Boolean") => LeafKind::Boolean,
            (_, "ID") => LeafKind::Id,
            _ => LeafKind::Any,
        }
    }

    fn enum_id(&mut self, ty: TypeId) -> EnumId {
        if let Some(known) = self.enums.known.get(&ty) {
            return *known;
        }
        let found = self.supergraph.ty(ty);
        let mut values: Vec<Box<str>> = match &found.kind {
            TypeKind::Enum { values } => values
                .iter()
                .filter(|value| !value.directives.iter().any(|directive| directive.name == "inaccessible"))
                .map(|value| value.name.as_str().into())
                .collect(),
            _ => Vec::new(),
        };
        values.sort();
        self.enums.rows.push(EnumValues { name: found.name.as_str().into(), values: values.into() });
        let id = EnumId(count(self.enums.rows.len() - 1));
        self.enums.known.insert(ty, id);
        id
    }
}

fn fields_text(fields: &[Input]) -> String {
    fields
        .iter()
        .map(|field| match field.fields.is_empty() {
            true => format!(" {}", field.name),
            false => format!(" {} {{{} }}", field.name, fields_text(&field.fields)),
        })
        .collect()
}

fn shape_of(visit: VisitId) -> ShapeId {
    ShapeId(count(visit.0))
}

/// How many lists are around the named type.
fn lists_of(ty: &ast::Type) -> u8 {
    let mut lists = 0_u8;
    let mut at = ty;
    while let ast::Type::List(inner) | ast::Type::NonNullList(inner) = at {
        lists = lists.saturating_add(1);
        at = inner;
    }
    lists
}

fn count(length: usize) -> u32 {
    u32::try_from(length).expect("plans have fewer than 2^32 rows")
}
