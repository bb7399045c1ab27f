//! The draft: a plan in the making, as places, visits and steps.
//!
//! - A *place* is a response position. Its *entries* are the fields wanted there: the client's, and
//!   hidden ones that keys and requirements need.
//! - A *step* is a round trip to one subgraph: the root's fields, or entities at one place, or the root's fields
//!   again, where the objects at a place are the query type's: those are asked for like one entity without a key.
//! - A *visit* is a place as one step sees it; its *picks* are the entries that the step is asked for.
//!
//! A place may have several visits: the one that brings the objects, others that add to them.

use super::sets::BitSet;
use crate::graph::{FieldSetId, SetField};
use crate::operation::{Operation, OperationKind, SelectionKind, SetId};
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId, TypeKind, TypeSet};
use apollo_compiler::{Name, Node, ast};

/// Row of a table of the draft.
macro_rules! draft_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub usize);
    };
}

draft_id!(
    /// Row of [`Draft::places`].
    PlaceId
);
draft_id!(
    /// Row of [`Draft::visits`].
    VisitId
);
draft_id!(
    /// Row of [`Draft::steps`].
    StepId
);

/// A plan in the making.
#[derive(Debug, Clone, Default)]
pub struct Draft<'a> {
    /// Row 0 is the root.
    pub places: Vec<Place>,
    /// See the module's documentation.
    pub visits: Vec<Visit<'a>>,
    /// In the order in which they were found necessary; a step may depend on later ones.
    pub steps: Vec<Step>,
}

/// A response position.
#[derive(Debug, Clone)]
pub struct Place {
    /// Its static type.
    pub ty: TypeId,
    /// The place around it and the entry there that leads here; none for the root.
    pub parent: Option<(PlaceId, usize)>,
    /// The fields wanted, the client's first.
    pub entries: Vec<Entry>,
    /// What the client selects here; none where only hidden fields are.
    pub set: Option<SetId>,
    /// The visits, oldest first.
    pub visits: Vec<VisitId>,
}

/// A field wanted at a place.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its key in subgraph replies, unique among the entries of one type.
    pub key: Name,
    /// The client's unit; none for hidden entries.
    pub unit: Option<u32>,
    /// The field, on the type under which it was selected.
    pub field: FieldId,
    /// The runtime types it is for; none is all.
    pub on: Option<TypeSet>,
    /// Its arguments, sorted.
    pub arguments: Vec<Node<ast::Argument>>,
    /// The place of its value, for composite types.
    pub child: Option<PlaceId>,
}

/// A place as one step sees it.
#[derive(Debug, Clone)]
pub struct Visit<'a> {
    /// The place.
    pub place: PlaceId,
    /// The step.
    pub step: StepId,
    /// The visit and its entry whose value this is; none for the uppermost visit of a step.
    pub origin: Option<(VisitId, usize)>,
    /// The static type in the subgraph; none for the entry of an entity step, which selects by type.
    pub declared: Option<TypeId>,
    /// The runtime types that objects can have here.
    pub types: TypeSet,
    /// The interface object that the subgraph takes the objects for, which cannot tell their type.
    pub unknown: Option<TypeId>,
    /// The external fields that the way here provides.
    pub provided: Vec<&'a [SetField]>,
    /// The units that need the visit itself, for the objects' type.
    pub live: BitSet,
    /// What is asked.
    pub picks: Vec<Pick>,
    /// Whether the client's selections here were resolved starting from this visit.
    pub filled: bool,
}

/// An entry that a visit is asked for.
#[derive(Debug, Clone)]
pub struct Pick {
    /// Position among the place's entries.
    pub entry: usize,
    /// For these runtime types.
    pub types: TypeSet,
    /// Its value's visits, one per type that the subgraph declares for it.
    pub children: Vec<VisitId>,
    /// The units that made it necessary here, those of its children aside.
    pub live: BitSet,
}

/// A round trip to a subgraph.
#[derive(Debug, Clone)]
pub struct Step {
    /// Whom to ask.
    pub subgraph: SubgraphId,
    /// One more than the highest of the steps it needs; the first is 1.
    pub level: u32,
    /// What kind of subgraph operation.
    pub kind: OperationKind,
    /// Its uppermost visit.
    pub visit: VisitId,
    /// For entity steps: how entities are named. Empty for root steps.
    pub inputs: Vec<StepInput>,
    /// For entity steps: whether the objects are the root again, so that nothing but root fields is sent.
    pub at_root: bool,
    /// Whether it must have a request of its own: a root field that may not be null, at the root again, takes all
    /// of a reply along when it fails, where it should take only what is asked of the root there.
    pub alone: bool,
    /// For entity steps: the arguments that are filled from objects around the entities.
    pub contexts: Vec<StepContext>,
    /// The steps that must be done before.
    pub needs: Vec<StepId>,
}

/// An argument of fields of a step that is filled from objects around.
#[derive(Debug, Clone)]
pub struct StepContext {
    /// What the field requires, by which it is known ...
    pub requires: FieldSetId,
    /// ... and the position of the argument in the contexts of that.
    pub argument: usize,
    /// Where the value is, nearest first.
    pub sources: Vec<ContextSource>,
}

/// Objects that may give the value of an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContextSource {
    /// Where they are: around the step's place.
    pub place: PlaceId,
    /// Their runtime types.
    pub types: TypeSet,
    /// The field that has the value, or leads to it.
    pub value: Input,
}

/// How entities of some types are named in a step.
#[derive(Debug, Clone)]
pub struct StepInput {
    /// The runtime types.
    pub types: TypeSet,
    /// Whether objects of unknown type are named so too.
    pub unknown: bool,
    /// The `__typename` sent, and the type selected on.
    pub typename: TypeId,
    /// The visits whose objects can be named so.
    pub from: Vec<VisitId>,
    /// The key by which they are named.
    pub key: FieldSetId,
    /// The fields that go in: the key's and the required ones.
    pub fields: Vec<Input>,
}

/// A field of a representation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    /// Its name there.
    pub name: Name,
    /// The entry that has its value.
    pub entry: usize,
    /// For these types of the object around it; none is all.
    pub on: Option<TypeSet>,
    /// Whether a null is sent rather than leaving the entity out.
    pub nullable: bool,
    /// The fields of its value.
    pub fields: Vec<Self>,
    /// The picks that supply it.
    pub sources: Vec<(VisitId, usize)>,
    /// The requirements that it is a part of; none when it names the entity, so that all that is asked needs it.
    pub required_by: Vec<FieldSetId>,
    /// The units that need it, where it is required; told by [`spread`](super::liveness::spread).
    pub live: BitSet,
}

impl<'a> Draft<'a> {
    /// Adds a place with the client's selections as its entries.
    pub fn add_place(&mut self, place: Place) -> PlaceId {
        self.places.push(place);
        PlaceId(self.places.len() - 1)
    }

    /// Makes the place of the client's selection set.
    pub fn client_place(
        &mut self,
        supergraph: &Supergraph,
        operation: &Operation,
        set: SetId,
        parent: Option<(PlaceId, usize)>,
    ) -> PlaceId {
        let selections = &operation.set(set).selections;
        let mut entries: Vec<Entry> = Vec::with_capacity(selections.len());
        for selection in selections {
            if let SelectionKind::Field { field, arguments, .. } = &selection.kind {
                let key = selection.response_key.clone();
                entries.push(Entry {
                    // A field that is run at one of several places may be asked for at more than one in a document.
                    key: if key == "__typename"
                        || entries.iter().any(|other| selection.first.is_some() && other.key == key)
                    {
                        free_key(&entries, selections.iter().map(|other| &other.response_key), &key)
                    } else {
                        key
                    },
                    unit: Some(selection.unit),
                    field: *field,
                    on: selection.on.clone(),
                    arguments: arguments.clone(),
                    child: None,
                });
            }
        }
        let ty = parent.map_or(operation.set(set).parent, |(place, entry)| {
            supergraph.field(self.places[place.0].entries[entry].field).output
        });
        self.add_place(Place { ty, parent, entries, set: Some(set), visits: Vec::new() })
    }

    /// Adds a visit to a place.
    pub fn add_visit(&mut self, visit: Visit<'a>) -> VisitId {
        let id = VisitId(self.visits.len());
        self.places[visit.place.0].visits.push(id);
        self.visits.push(visit);
        id
    }

    /// A place.
    pub fn place(&self, id: PlaceId) -> &Place {
        &self.places[id.0]
    }

    /// A visit.
    pub fn visit(&self, id: VisitId) -> &Visit<'a> {
        &self.visits[id.0]
    }

    /// A step.
    pub fn step(&self, id: StepId) -> &Step {
        &self.steps[id.0]
    }

    /// The step of a visit.
    pub fn step_of(&self, visit: VisitId) -> &Step {
        self.step(self.visit(visit).step)
    }

    /// The subgraph of a visit.
    pub fn subgraph_of(&self, visit: VisitId) -> SubgraphId {
        self.step_of(visit).subgraph
    }

    /// The entry of a place that gives `field` with `arguments` for objects of `types`, as a hidden field
    /// would; a new one when there is none.
    pub fn hidden_entry(
        &mut self,
        supergraph: &Supergraph,
        place: PlaceId,
        field: FieldId,
        arguments: &[Node<ast::Argument>],
        types: &TypeSet,
    ) -> usize {
        let name = &supergraph.field(field).name;
        let entries = &self.places[place.0].entries;
        let known = entries.iter().position(|entry| {
            supergraph.field(entry.field).name == *name
                && entry.arguments == arguments
                && !(entry.unit.is_some() && hides_values(supergraph, entry.field))
                && entry.on.as_ref().is_none_or(|on| types.is_subset(on))
        });
        if let Some(known) = known {
            return known;
        }
        let key = if entries.iter().any(|entry| entry.key == *name) {
            free_key(entries, std::iter::empty(), name)
        } else {
            name.clone()
        };
        let entry = Entry { key, unit: None, field, on: None, arguments: arguments.to_vec(), child: None };
        self.places[place.0].entries.push(entry);
        self.places[place.0].entries.len() - 1
    }

    /// The place of an entry's value, made when it is first asked for.
    pub fn child_place(
        &mut self,
        supergraph: &Supergraph,
        operation: &Operation,
        place: PlaceId,
        entry: usize,
    ) -> Option<PlaceId> {
        let found = &self.places[place.0].entries[entry];
        if found.child.is_some() {
            return found.child;
        }
        let output = supergraph.field(found.field).output;
        if !supergraph.ty(output).is_composite() {
            return None;
        }
        let children = found.unit.and_then(|unit| client_children(operation, self.places[place.0].set?, unit));
        let child = match children {
            Some(set) => self.client_place(supergraph, operation, set, Some((place, entry))),
            None => self.add_place(Place {
                ty: output,
                parent: Some((place, entry)),
                entries: Vec::new(),
                set: None,
                visits: Vec::new(),
            }),
        };
        self.places[place.0].entries[entry].child = Some(child);
        Some(child)
    }
}

/// Whether a field is of an enum with values that clients may not see: they get null for what subgraphs get.
fn hides_values(supergraph: &Supergraph, field: FieldId) -> bool {
    match &supergraph.ty(supergraph.field(field).output).kind {
        TypeKind::Enum { values } => {
            values.iter().any(|value| value.directives.iter().any(|directive| directive.name == "inaccessible"))
        }
        _ => false,
    }
}

/// The client's selections of the value of a unit's field.
pub fn client_children(operation: &Operation, set: SetId, unit: u32) -> Option<SetId> {
    operation.set(set).selections.iter().find(|selection| selection.unit == unit).and_then(|selection| match selection
        .kind
    {
        SelectionKind::Field { children, .. } => children,
        _ => None,
    })
}

/// A response key that no entry has, made from `name`.
fn free_key<'n>(entries: &[Entry], others: impl Iterator<Item = &'n Name> + Clone, name: &Name) -> Name {
    let base = name.as_str().trim_start_matches('_');
    (0..)
        .map(|number| Name::new(&format!("_{number}_{base}")).expect("made of letters, digits and underscores"))
        .find(|key| entries.iter().all(|entry| entry.key != *key) && others.clone().all(|other| other != key))
        .expect("there are more numbers than entries")
}
