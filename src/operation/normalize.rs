//! Normalization: a valid document -> an [`Operation`].
//!
//! One walk, position by position. At each position the fragments are opened and the fields are
//! collected as the specification does it (section 6.3.2, "Field Collection"), but for all runtime
//! types at once: a field is collected with the set of types it is for, and where two of one response
//! key overlap they are split until every two are for the same types (and merge) or for disjoint ones.
//!
//! A field stands where it is first mentioned among the mentions that are included, so mentions that widen the
//! condition under which it is wanted are kept, as further places. For the root fields of mutations they are
//! further selections, as the place says when the field is run.
//!
//! Where runtime types have different [`Gates`], a field is split once more, so that each part has one.
//!
//! Work is bounded: a fragment or selection set that is met again at one position under the same
//! types and guard is not opened twice, and the whole operation may not collect more than
//! [`MOST_COLLECTED`] fields.

use super::{
    GateId, Gates, Guard, Literal, Mention, Operation, OperationError, OperationKind, Place, Selection, SelectionKind,
    SelectionSet, SetId,
};
use crate::supergraph::{FieldId, PossibleTypes, Supergraph, TypeId, TypeSet};
use apollo_compiler::executable::{self, Selection as Written};
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Name, Node, ast};
use indexmap::IndexMap;
use std::collections::{HashMap, HashSet};

/// The most fields that one operation may collect, fragments opened: far more than any person writes.
const MOST_COLLECTED: usize = 100_000;

/// The most alternatives that one field's guard may have, and the most places in the answer.
const MOST_CONJUNCTIONS: usize = 256;

impl Operation {
    /// Normalizes one operation of a document that is valid against the API schema.
    pub fn normalize(
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        document: &Valid<ExecutableDocument>,
        operation: &executable::Operation,
    ) -> Result<Self, OperationError> {
        Self::normalize_behind(&Gates::default(), supergraph, possible, document, operation)
    }

    /// The same where fields and types have gates.
    pub fn normalize_behind(
        gates: &Gates,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        document: &Valid<ExecutableDocument>,
        operation: &executable::Operation,
    ) -> Result<Self, OperationError> {
        let (kind, root) = match operation.operation_type {
            ast::OperationType::Query => (OperationKind::Query, supergraph.query),
            ast::OperationType::Mutation => (OperationKind::Mutation, supergraph.mutation),
            ast::OperationType::Subscription => (OperationKind::Subscription, supergraph.subscription),
        };
        let root = root.expect("a valid operation has a root type");
        let mut result = Self {
            kind,
            name: operation.name.clone(),
            variables: operation.variables.clone(),
            sets: Vec::new(),
            units: 0,
            introspection: Vec::new(),
            gated_types: Vec::new(),
        };
        let mut walk = Walk { supergraph, possible, gates, document, operation: &mut result, collected: 0 };
        walk.position(root, &[(&operation.selection_set, Guard::always())])?;
        result.gated_types.sort_unstable();
        result.gated_types.dedup();
        Ok(result)
    }
}

struct Walk<'a> {
    supergraph: &'a Supergraph,
    possible: &'a PossibleTypes,
    gates: &'a Gates,
    document: &'a Valid<ExecutableDocument>,
    operation: &'a mut Operation,
    collected: usize,
}

/// A selection set as written, and when it is wanted.
type Occurrence<'a> = (&'a executable::SelectionSet, Guard);

/// A response field in the making.
#[derive(Clone)]
struct Collected<'a> {
    order: usize,
    types: TypeSet,
    guard: Guard,
    /// Its places, in their order, with when it is mentioned there.
    places: Vec<(usize, Guard)>,
    /// The order of the first mention, when this is one of several that were taken apart.
    apart: Option<usize>,
    first: &'a Node<executable::Field>,
    /// The type under which it was first selected.
    under: TypeId,
    children: Vec<Occurrence<'a>>,
}

/// What is collected at one position, by response key.
struct Collection<'a> {
    by_key: IndexMap<Name, Vec<Collected<'a>>>,
    /// What was opened already.
    opened: HashSet<(*const executable::SelectionSet, TypeSet, Guard)>,
    next: usize,
}

impl<'a> Walk<'a> {
    /// Makes the selection set of a position from all the sets that were written for it.
    fn position(&mut self, parent: TypeId, occurrences: &[Occurrence<'a>]) -> Result<SetId, OperationError> {
        let id = SetId(u32::try_from(self.operation.sets.len()).map_err(|_| OperationError::TooLarge)?);
        self.operation.sets.push(SelectionSet { parent, selections: Vec::new(), order: Vec::new() });
        let all = self.possible.of(parent).clone();
        let mut collection = Collection { by_key: IndexMap::new(), opened: HashSet::new(), next: 0 };
        for (set, guard) in occurrences {
            self.open(&mut collection, set, parent, &all, guard)?;
        }
        let mut fields: Vec<Collected<'a>> = collection.by_key.into_values().flat_map(join_alike).collect();
        if id == SetId::ROOT && self.operation.kind == OperationKind::Mutation {
            fields = fields.into_iter().flat_map(take_apart).collect();
        }
        fields.sort_by_key(|field| field.order);
        let mut order: Vec<(usize, Mention)> = Vec::with_capacity(fields.len());
        let mut firsts: HashMap<usize, u32> = HashMap::new();
        for field in fields {
            for (gate, mut part) in self.by_gate(id, field)? {
                let (places, apart) = (std::mem::take(&mut part.places), part.apart);
                let mut selection = self.selection(parent, &all, part, gate)?;
                selection.first = apart.map(|first| *firsts.entry(first).or_insert(selection.unit));
                let selections = &mut self.operation.sets[id.index()].selections;
                selections.push(selection);
                let at = selections.len() - 1;
                order.extend(self.mentions(at, places));
            }
        }
        order.sort_by_key(|(order, _)| *order);
        self.operation.sets[id.index()].order = order.into_iter().map(|(_, mention)| mention).collect();
        self.note_gated_types(parent, &all);
        Ok(id)
    }

    /// The places of a selection, with units of their own where there are several.
    fn mentions(&mut self, selection: usize, places: Vec<(usize, Guard)>) -> Vec<(usize, Mention)> {
        let several = places.len() > 1;
        let first = self.operation.units;
        let mut mentions = Vec::with_capacity(places.len());
        for (order, guard) in places {
            let unit = self.operation.units;
            self.operation.units += u32::from(several);
            let place = several.then_some(Place { unit, first, guard });
            mentions.push((order, Mention { selection, place }));
        }
        mentions
    }

    /// Splits a field by the gates that it has on its runtime types.
    fn by_gate(
        &mut self,
        set: SetId,
        field: Collected<'a>,
    ) -> Result<Vec<(Option<GateId>, Collected<'a>)>, OperationError> {
        if self.gates.is_empty() {
            return Ok(vec![(None, field)]);
        }
        let mut parts: Vec<(Option<GateId>, Vec<TypeId>)> = Vec::new();
        for ty in field.types.iter() {
            let gate = self.gate(set, ty, &field);
            match parts.iter_mut().find(|(known, _)| *known == gate) {
                Some((_, types)) => types.push(ty),
                None => parts.push((gate, vec![ty])),
            }
        }
        self.collected += parts.len().saturating_sub(1);
        if self.collected > MOST_COLLECTED {
            return Err(OperationError::TooLarge);
        }
        let part = |types: Vec<TypeId>| Collected { types: types.into_iter().collect(), ..field.clone() };
        Ok(parts.into_iter().map(|(gate, types)| (gate, part(types))).collect())
    }

    /// The gate of a field on one runtime type. The name of the root's type is nobody's secret.
    fn gate(&self, set: SetId, ty: TypeId, field: &Collected<'a>) -> Option<GateId> {
        match field.first.name.as_str() {
            "__typename" if set == SetId::ROOT => None,
            "__typename" => self.gates.of_type(ty),
            name => {
                let own = self.supergraph.field_of(ty, name).or_else(|| self.supergraph.field_of(field.under, name));
                own.and_then(|own| self.gates.of_field(own))
            }
        }
    }

    fn note_gated_types(&mut self, parent: TypeId, all: &TypeSet) {
        if !self.gates.is_empty() && self.supergraph.ty(parent).is_abstract() {
            let gated = all.iter().filter_map(|ty| Some((ty, self.gates.of_type(ty)?)));
            self.operation.gated_types.extend(gated);
        }
    }

    /// Collects the fields of a written set, for objects of `types`, wanted under `guard`.
    fn open(
        &mut self,
        collection: &mut Collection<'a>,
        set: &'a executable::SelectionSet,
        under: TypeId,
        types: &TypeSet,
        guard: &Guard,
    ) -> Result<(), OperationError> {
        if types.is_empty() || !collection.opened.insert((std::ptr::from_ref(set), types.clone(), guard.clone())) {
            return Ok(());
        }
        for selection in &set.selections {
            let own = self.guard(selection.directives());
            let guard = guard.and(&own);
            if guard.is_never() {
                continue;
            }
            match selection {
                Written::Field(field) => self.collect(collection, field, under, types, guard)?,
                Written::InlineFragment(fragment) => {
                    let (under, types) = self.narrow(fragment.type_condition.as_ref(), under, types);
                    self.open(collection, &fragment.selection_set, under, &types, &guard)?;
                }
                Written::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(self.document).expect("a valid spread has its fragment");
                    let (under, types) = self.narrow(Some(fragment.type_condition()), under, types);
                    self.open(collection, &fragment.selection_set, under, &types, &guard)?;
                }
            }
        }
        Ok(())
    }

    /// The static type and the runtime types under a type condition.
    fn narrow(&self, condition: Option<&Name>, under: TypeId, types: &TypeSet) -> (TypeId, TypeSet) {
        match condition.and_then(|name| self.supergraph.type_id(name)) {
            None => (under, types.clone()),
            Some(condition) => (condition, types.intersection(self.possible.of(condition))),
        }
    }

    /// The guard that `@skip` and `@include` make.
    fn guard(&self, directives: &executable::DirectiveList) -> Guard {
        let mut literals = Vec::new();
        for (name, wanted) in [("include", true), ("skip", false)] {
            let Some(condition) = directives.get(name).and_then(|found| found.specified_argument_by_name("if")) else {
                continue;
            };
            match condition.as_ref() {
                ast::Value::Boolean(value) if *value == wanted => {}
                ast::Value::Boolean(_) => return Guard::never(),
                ast::Value::Variable(name) => {
                    let variable = self.operation.variable(name).expect("a valid operation declares its variables");
                    literals.push(Literal { variable, value: wanted });
                }
                _ => unreachable!("a valid condition is a boolean or a variable"),
            }
        }
        Guard::all(literals)
    }

    /// Adds one occurrence of a field, splitting what overlaps.
    fn collect(
        &mut self,
        collection: &mut Collection<'a>,
        field: &'a Node<executable::Field>,
        under: TypeId,
        types: &TypeSet,
        guard: Guard,
    ) -> Result<(), OperationError> {
        self.collected += 1;
        if self.collected > MOST_COLLECTED {
            return Err(OperationError::TooLarge);
        }
        let composite = !field.selection_set.selections.is_empty();
        let children = || composite.then(|| (&field.selection_set, guard.clone())).into_iter().collect::<Vec<_>>();
        let order = collection.next;
        collection.next += 1;
        let known = collection.by_key.entry(field.response_key().clone()).or_default();
        let mut rest = types.clone();
        let mut split = Vec::new();
        for entry in known.iter_mut() {
            let both = entry.types.intersection(&rest);
            if both.is_empty() {
                continue;
            }
            let only_entry = entry.types.difference(&both);
            if !only_entry.is_empty() {
                split.push(Collected { types: only_entry, ..entry.clone() });
            }
            rest = rest.difference(&both);
            entry.types = both;
            let widened = entry.guard.or(&guard);
            if widened != entry.guard {
                entry.places.push((order, guard.clone()));
                entry.guard = widened;
            }
            if entry.guard.size().max(entry.places.len()) > MOST_CONJUNCTIONS {
                return Err(OperationError::TooLarge);
            }
            entry.children.extend(children());
        }
        known.extend(split);
        if !rest.is_empty() {
            let children = children();
            let places = vec![(order, guard.clone())];
            known.push(Collected { order, types: rest, guard, places, apart: None, first: field, under, children });
        }
        Ok(())
    }

    /// Turns a collected field into a selection, its children with it.
    fn selection(
        &mut self,
        parent: TypeId,
        all: &TypeSet,
        collected: Collected<'a>,
        gate: Option<GateId>,
    ) -> Result<Selection, OperationError> {
        let unit = self.operation.units;
        self.operation.units += 1;
        let Collected { types, guard, first, under, children, .. } = collected;
        let response_key = first.response_key().clone();
        let kind = match first.name.as_str() {
            "__typename" => SelectionKind::Typename,
            "__schema" | "__type" => {
                self.operation.introspection.push(response_key.clone());
                SelectionKind::Introspection(u32::try_from(self.operation.introspection.len() - 1).unwrap_or(u32::MAX))
            }
            name => {
                let field = self.field(parent, under, &types, name);
                let output = self.supergraph.field(field).output;
                let children = match self.supergraph.ty(output).is_composite() {
                    true => Some(self.position(output, &children)?),
                    false => None,
                };
                let mut arguments = first.arguments.clone();
                arguments.sort_by(|a, b| a.name.cmp(&b.name));
                SelectionKind::Field { field, arguments, children }
            }
        };
        let on = (types != *all).then_some(types);
        Ok(Selection { unit, response_key, on, kind, guard, first: None, gate })
    }

    /// The field that a selection means: of its one runtime type, else of the position's type, else of the
    /// type under which it was written.
    fn field(&self, parent: TypeId, under: TypeId, types: &TypeSet, name: &str) -> FieldId {
        let single = match types.as_slice() {
            [one] => self.supergraph.field_of(*one, name),
            _ => None,
        };
        single
            .or_else(|| {
                if types.len() == self.possible.of(parent).len() {
                    self.supergraph.field_of(parent, name)
                } else {
                    None
                }
            })
            .or_else(|| self.supergraph.field_of(under, name))
            .expect("a valid selection names a field of the type it stands under")
    }
}

/// A field with several places as that many fields, each for when it is mentioned there and nowhere before: what
/// only earlier mentions select is not wanted then.
fn take_apart(field: Collected<'_>) -> Vec<Collected<'_>> {
    if field.places.len() == 1 {
        return vec![field];
    }
    let (first, places) = (field.order, field.places.clone());
    let part = |at: usize| {
        let (order, guard) = places[at].clone();
        let earlier = |own: &Guard| places[..at].iter().any(|(_, earlier)| earlier == own);
        let children = field.children.iter().filter(|(_, own)| !earlier(own));
        let children = children.map(|(set, own)| (*set, own.and(&guard))).filter(|(_, own)| !own.is_never()).collect();
        let places = vec![(order, guard.clone())];
        Collected { order, guard, places, children, apart: Some(first), ..field.clone() }
    };
    (0..places.len()).map(part).collect()
}

/// Joins collected fields of one key that differ only in their types.
fn join_alike(fields: Vec<Collected<'_>>) -> Vec<Collected<'_>> {
    let mut joined: Vec<Collected<'_>> = Vec::with_capacity(fields.len());
    for field in fields {
        let alike = joined.iter_mut().find(|other| {
            other.guard == field.guard
                && other.under == field.under
                && other.order == field.order
                && other.places == field.places
                && same_occurrences(&other.children, &field.children)
        });
        match alike {
            Some(other) => other.types = other.types.union(&field.types),
            None => joined.push(field),
        }
    }
    joined
}

fn same_occurrences(a: &[Occurrence<'_>], b: &[Occurrence<'_>]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| std::ptr::eq(a.0, b.0) && a.1 == b.1)
}
