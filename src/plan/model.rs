//! The plan: all that the executor knows about an operation.
//!
//! A [`Plan`] is tables and small ids. Four kinds of rows matter:
//!
//! - a [`Fetch`] is one request to one subgraph: its body as pieces, what it waits for, and how its
//!   reply is laid out;
//! - a [`Layout`] is the run of slots that every object at one response position has in memory; it has
//!   room for the fields of every fetch that adds to that position, so merging is storing;
//! - an [`ObjectShape`] is what one fetch's reply holds at one position, in the order in which it was
//!   asked: the parser is driven by it and stores each value in its slot;
//! - an [`ObjectProjection`] is what the client asked at one position, in the client's order: the
//!   straight program that writes the answer.
//!
//! **Conditions.** A plan is cut into units, one bit each: a unit is one response field of the
//! operation, with the guard (`@skip`, `@include`) under which it is wanted. Everything in a plan that
//! may be left out (a fetch, a piece of a body, a field of a projection) carries a [`LiveId`]: the set
//! of units that need it. Per request, [`Plan::liveness`] turns the units that are on into one `bool`
//! per set; a plan without conditions has the trivial answer at hand.
//!
//! **Gates.** A unit may also have a gate, which something outside of the operation closes for a request. What is
//! behind it is not asked for either, but the client gets a null for it, not nothing. Objects of a type may be
//! behind a gate too: wherever one is met, it is null.
//!
//! Types are [`RuntimeType`]s, local to the plan: object types of the supergraph that can occur.

pub use super::cacheable::{
    CachePolicy, CacheTag, Cacheable, CacheableField, CacheableObject, Invalidated, PartPiece, Selected, TagPiece,
    Template, TemplatePiece,
};
pub use super::padded::{BLOCK, Key, Padded};
pub use super::writers::Writers;

use super::sets::BitSet;
use crate::operation::{ClosedGates, ConditionValues, GateId, Guard, OperationKind, VariableId};
use crate::supergraph::SubgraphId;

macro_rules! row {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u32);

        impl $name {
            /// The position in the table.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

row!(
    /// Row of [`Plan::fetches`].
    FetchId
);
row!(
    /// Row of [`Plan::layouts`].
    LayoutId
);
row!(
    /// Row of [`Plan::shapes`].
    ShapeId
);
row!(
    /// Row of [`Plan::projections`].
    ProjectionId
);
row!(
    /// Row of [`Plan::lists`].
    ListId
);
row!(
    /// Row of [`Plan::live_sets`].
    LiveId
);
row!(
    /// Row of [`Plan::types`]: an object type that can occur in the answer.
    RuntimeType
);
row!(
    /// A field's fixed place in an object: position in its [`Layout`].
    Slot
);
row!(
    /// Row of [`Plan::enums`].
    EnumId
);

impl LiveId {
    /// What is wanted whatever the conditions are.
    pub const ALWAYS: Self = Self(0);
}

impl RuntimeType {
    /// The type is not known (yet): the object came from an interface object, whose subgraph cannot say.
    pub const UNKNOWN: Self = Self(u32::MAX);
}

/// How to answer one operation.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Query, mutation or subscription.
    pub kind: OperationKind,
    /// The requests; a fetch depends only on earlier rows.
    pub fetches: Vec<Fetch>,
    /// Row 0 is the root object's.
    pub layouts: Vec<Layout>,
    /// What replies look like.
    pub shapes: Vec<ObjectShape>,
    /// The objects that entity fetches ask about.
    pub lists: Vec<EntityList>,
    /// What the client asked for.
    pub projections: Vec<ObjectProjection>,
    /// The answer's parts and what each waits for; today always one. More are for `@defer`.
    pub parts: Vec<Part>,
    /// The object types that occur, sorted by name.
    pub types: Vec<TypeName>,
    /// The enums that occur.
    pub enums: Vec<EnumValues>,
    /// The response fields that can be on or off.
    pub units: Vec<Unit>,
    /// The names of the client's variables, by [`VariableId`].
    pub variables: Box<[Box<str>]>,
    /// By [`LiveId`]: the units that need a thing. Row 0 stands for "always" whatever it holds.
    pub live_sets: Vec<BitSet>,
    /// Whether the client wants every unit in every request, so that everything is live while no gate is closed.
    pub unconditional: bool,
    /// What it costs.
    pub cost: Cost,
    /// Whether a cheaper plan may exist.
    pub optimality: Optimality,
    /// See [`Plan::object_writers`].
    pub writers: Writers,
}

/// What a plan costs, in the order in which the planner minds it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, serde::Serialize)]
pub struct Cost {
    /// Fetches on the longest dependent chain.
    pub depth: u32,
    /// Requests to subgraphs. One with arguments that come from objects around is made once for each list of values
    /// these have, at most once per entity, and counts once: how often that is the data decides, and plans are
    /// compared before there is any.
    pub requests: u32,
    /// Fields asked of subgraphs, those of keys and a `__typename` for each place at which entities are asked
    /// for included; one asked under several type conditions counts once.
    pub fields: u32,
}

/// How good a plan is known to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimality {
    /// No plan costs less.
    Optimal,
    /// The search stopped at its budget; no plan costs less than `bound`.
    Bounded {
        /// The proven lower bound.
        bound: Cost,
    },
}

/// One response field of the operation: the smallest thing that can be on or off.
#[derive(Debug, Clone)]
pub struct Unit {
    /// The unit of the field around it; a unit is off when its parent is.
    pub parent: Option<u32>,
    /// When the client wants it.
    pub guard: Guard,
    /// What may keep it from the client.
    pub gate: Option<GateId>,
    /// `Type.field` of the supergraph, for explaining.
    pub coordinate: Box<str>,
    /// Where there are several units for one field, by where it is mentioned: the first of them. Of those that are
    /// wanted only the first is on.
    pub first: Option<u32>,
}

/// An object type's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeName {
    /// As in `__typename`.
    pub name: Box<str>,
    /// Whether clients may not see objects of the type (`@inaccessible`): they are null in the answer.
    pub hidden: bool,
    /// What may keep objects of the type from the client.
    pub gate: Option<GateId>,
}

/// The values that a client may see of an enum, sorted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EnumValues {
    /// Its name, for messages.
    pub name: Box<str>,
    /// Its values.
    pub values: Box<[Box<str>]>,
}

/// One request to one subgraph.
#[derive(Debug, Clone)]
pub struct Fetch {
    /// Whom to ask.
    pub subgraph: SubgraphId,
    /// The kind of the subgraph operation.
    pub kind: OperationKind,
    /// What has to be done before, each an earlier row.
    pub depends_on: Box<[FetchId]>,
    /// The units that need it; a fetch that nobody needs is skipped, and so counts as done.
    pub live: LiveId,
    /// The `query` text.
    pub document: Document,
    /// Name of the operation inside the document, when it has one.
    pub operation_name: Option<Box<str>>,
    /// The client's variables that the document uses.
    pub variables: Box<[FetchVariable]>,
    /// Root fetches: the shape of `data`, stored in the root object.
    pub root: Option<ShapeId>,
    /// Entity fetches: the batches, each an aliased `_entities` field of the document. Empty for root fetches.
    pub entities: Box<[EntityGroup]>,
    /// What of it can be cached, when anything can.
    pub cacheable: Option<Box<Cacheable>>,
    /// Mutations: what is not to be served from the cache afterwards, whatever they are answered.
    pub invalidates: Box<[Invalidated]>,
}

/// The text of a subgraph operation, whole and in pieces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Document {
    /// With everything in it, as plain GraphQL on one line; for explaining, and sent when all is live.
    pub full: Box<str>,
    /// `full` escaped as the inside of a JSON string.
    pub full_json: Box<str>,
    /// JSON-escaped pieces, to be joined when something is off. Empty when nothing can be.
    pub pieces: Box<[Piece]>,
}

/// A stretch of a document, present when its condition holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// JSON-escaped text.
    pub text: Box<str>,
    /// Present when this set is live ...
    pub live: LiveId,
    /// ... and this one is not: a `__typename` that stands in where all other fields of a selection are off.
    pub unless: Option<LiveId>,
}

/// A client variable that a fetch passes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchVariable {
    /// Its name, the same on both sides.
    pub name: Box<str>,
    /// Where its value is.
    pub variable: VariableId,
    /// The units that need it.
    pub live: LiveId,
}

/// One `_entities` field: representations in, entities out, in the same order.
///
/// Or, where the objects are the query type's, the root fields of the query: all objects are the one that every
/// subgraph has at its root, so nothing needs to be sent, and what comes is for all of them.
#[derive(Debug, Clone)]
pub struct EntityGroup {
    /// Whether the objects are the root again. Then `data` itself is the entity, and its keys in there are the
    /// shape's, which no other group of the fetch has.
    pub at_root: bool,
    /// Its response key in `data`: `_entities`, or an alias when the fetch has several groups. Empty at the root.
    pub alias: Box<str>,
    /// The variable that takes the representations. Empty at the root.
    pub variable: Box<str>,
    /// The objects asked about.
    pub list: ListId,
    /// The units that need it; when none does, the group is left out of the document and of the variables.
    pub live: LiveId,
    /// How to write the representation of an object: the first entry whose types hold the object's.
    /// An object that none fits is not asked about.
    pub representations: Box<[Representation]>,
    /// What each entity of the reply looks like; it adds to the object that was represented.
    pub shape: ShapeId,
    /// The field sets that go in, for explaining: `... on Product { __typename id }`; nothing at the root.
    pub input: Box<str>,
    /// The arguments that are filled from objects around those asked about. Objects with different values go
    /// into different requests.
    pub contexts: Box<[ContextVariable]>,
    /// Whether an entity is asked for once for all objects that are represented alike. What is inside of it is
    /// then shared by them, so this is `false` where fields inside depend on objects around.
    pub distinct: bool,
}

/// A variable of a subgraph operation whose value is in an object around the one that is asked about.
#[derive(Debug, Clone)]
pub struct ContextVariable {
    /// Its name.
    pub name: Box<str>,
    /// The units that need it.
    pub live: LiveId,
    /// Where the value is: the first entry whose types hold those of the object there. An object that none
    /// fits is not asked about.
    pub sources: Box<[ContextSource]>,
}

/// Objects that may give the value of a contextual argument.
#[derive(Debug, Clone)]
pub struct ContextSource {
    /// How many steps of the list's path lead to them.
    pub steps: usize,
    /// Their types.
    pub on: BitSet,
    /// The field that has the value, or leads to it.
    pub value: InputField,
}

/// How to write the JSON object that names one entity to a subgraph.
#[derive(Debug, Clone)]
pub struct Representation {
    /// For objects of these types.
    pub on: BitSet,
    /// Also for objects whose type is [`RuntimeType::UNKNOWN`].
    pub unknown: bool,
    /// The `__typename` sent; the interface's name where the subgraph knows an interface object.
    pub typename: Box<str>,
    /// The key's and the required fields.
    pub fields: Box<[InputField]>,
}

/// A field of a representation, copied from a slot.
#[derive(Debug, Clone)]
pub struct InputField {
    /// Its name in the representation.
    pub name: Box<str>,
    /// Where its value is, in the object at hand. An absent value leaves the object out of the batch.
    pub slot: Slot,
    /// For objects of these types only; `None` is for all.
    pub on: Option<BitSet>,
    /// The units that require it; when none does, it is left out. What names an entity always goes in.
    pub live: LiveId,
    /// A null (at any depth of lists too, for `false`): `true` sends it, `false` leaves the object out of the batch.
    pub nullable: bool,
    /// A nested object (or lists of them): its fields. `None` for a leaf, whose bytes are copied.
    pub object: Option<InputObject>,
}

/// A nested object of a representation.
#[derive(Debug, Clone)]
pub struct InputObject {
    /// Whether `__typename` goes in: where the field set has type conditions.
    pub typename: bool,
    /// Its fields.
    pub fields: Box<[InputField]>,
}

/// The objects at one position that some entity fetch asks about, in the order of the replies.
#[derive(Debug, Clone)]
pub struct EntityList {
    /// Way from the root object to the objects.
    pub path: Box<[PathStep]>,
    /// The layout of the objects.
    pub layout: LayoutId,
}

/// From an object to the object or objects in one of its slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStep {
    /// The slot.
    pub slot: Slot,
    /// The key under which the client sees it; a hidden step has none, and error paths end before it.
    pub response_key: Option<Box<str>>,
    /// The field's name or alias, for explaining.
    pub name: Box<str>,
    /// How many lists lie between: each adds an index to error paths.
    pub lists: u8,
    /// For objects of these types only.
    pub on: Option<BitSet>,
}

/// The run of slots that each object at one position has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// How many slots there are.
    pub slots: u32,
}

/// What one fetch's reply holds at one position.
#[derive(Debug, Clone)]
pub struct ObjectShape {
    /// Where the values go.
    pub layout: LayoutId,
    /// How the object's type is known.
    pub typing: Typing,
    /// The fields, in the order of the document. Two may have one key when their types exclude each other.
    pub fields: Box<[ShapeField]>,
    /// The lists that an object created here is put on. An entity's own shape has none: its object exists already.
    pub collect: Box<[ListId]>,
}

/// How the type of an object is known when its reply is read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Typing {
    /// It is of this type; nothing to read.
    Static(RuntimeType),
    /// `__typename` is in the reply and names one of these; any other name makes the object null, with an error.
    /// Sorted by name. In an entity's shape it must also not contradict a type known before.
    ByName(Box<[NamedType]>),
    /// The object keeps the type it had; a `__typename` in the reply is not looked at.
    Kept,
    /// The subgraph knows only an interface object; the type stays [`RuntimeType::UNKNOWN`] until another fetch tells.
    Unknown,
}

/// A name that `__typename` may have, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedType {
    /// As in the reply.
    pub name: Box<str>,
    /// The type.
    pub ty: RuntimeType,
}

/// A field of a reply.
#[derive(Debug, Clone)]
pub struct ShapeField {
    /// Its key in the reply.
    pub key: Key,
    /// Where its value goes.
    pub slot: Slot,
    /// For objects of these types only; `None` is for all.
    pub on: Option<BitSet>,
    /// The units that need it: when none does, the document does not ask for it.
    pub live: LiveId,
    /// Levels of lists around the value.
    pub lists: u8,
    /// What is inside.
    pub value: ShapeValue,
    /// The key under which the client sees it, for error paths; hidden fields have none.
    pub response_key: Option<Box<str>>,
}

/// The value inside a field's lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShapeValue {
    /// A scalar or enum value.
    Leaf(LeafKind),
    /// An object.
    Object(ShapeId),
}

/// What a leaf's JSON may be; anything else is null with an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeafKind {
    /// A number without fraction in 32 bits.
    Int,
    /// Any number.
    Float,
    /// A string.
    String,
    /// `true` or `false`.
    Boolean,
    /// A string, or an integer, which is quoted.
    Id,
    /// A string that is one of the enum's values.
    Enum(EnumId),
    /// Any JSON: a custom scalar.
    Any,
}

/// What the client asked for at one position.
#[derive(Debug, Clone)]
pub struct ObjectProjection {
    /// The fields, in response order.
    pub fields: Box<[ProjectedField]>,
}

/// A response field.
#[derive(Debug, Clone)]
pub struct ProjectedField {
    /// Its key, for error paths.
    pub response_key: Box<str>,
    /// `"key":`, as JSON.
    pub prefix: Padded,
    /// For objects of these types only; `None` is for all.
    pub on: Option<BitSet>,
    /// The unit that it is; where it may stand in several places, the one for this place.
    pub live: LiveId,
    /// Where its value is.
    pub source: ProjectedSource,
    /// Its lists and non-nulls, as the client's schema has them.
    pub wrapping: Wrapping,
    /// `Type.field`, for messages.
    pub coordinate: Box<str>,
}

/// Where a response field's value comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProjectedSource {
    /// Leaves in this slot.
    Leaf(Slot),
    /// Objects in this slot, written by the projection.
    Object(Slot, ProjectionId),
    /// The name of the object's type.
    Typename,
    /// Introspection: the ready bytes that the caller hands over, by position.
    Introspection(u32),
}

/// The lists and non-nulls of a type.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Wrapping {
    /// Levels of lists.
    pub lists: u8,
    /// Bit `i`: whether the value inside `i` lists is non-null; bit 0 is the field's own value.
    pub non_null: u32,
}

impl Wrapping {
    /// Whether the value inside `lists` lists is non-null.
    #[inline]
    pub const fn is_non_null(self, lists: u8) -> bool {
        // Deeper lists than there are bits for are nullable.
        lists < 32 && self.non_null & (1 << lists) != 0
    }
}

/// A part of the answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// What it says.
    pub projection: ProjectionId,
    /// The fetches that must be done before it is written; today all of them.
    pub waits_for: Box<[FetchId]>,
}

/// For one request: which of the plan's sets are live.
#[derive(Debug, Clone)]
pub struct Liveness {
    /// By [`LiveId`]; `None` when everything is.
    live: Option<Box<[bool]>>,
    /// What the client wants and does not get.
    withheld: Option<Box<Withheld>>,
}

/// What is behind closed gates.
#[derive(Debug, Clone)]
struct Withheld {
    /// By [`LiveId`].
    fields: BitSet,
    /// By [`RuntimeType`].
    types: BitSet,
}

impl Liveness {
    /// Everything is live.
    pub const ALL: Self = Self { live: None, withheld: None };

    /// Whether everything is live, so that documents are sent whole.
    #[inline]
    pub const fn is_all(&self) -> bool {
        self.live.is_none()
    }

    /// Whether something that a set of units needs is live.
    #[inline]
    pub fn is_live(&self, id: LiveId) -> bool {
        match &self.live {
            None => true,
            Some(live) => live[id.index()],
        }
    }

    /// Whether a response field that is not live is one that the client wants and does not get.
    #[inline]
    pub fn is_withheld(&self, id: LiveId) -> bool {
        self.withheld.as_ref().is_some_and(|withheld| withheld.fields.contains(id.index()))
    }

    /// Whether the client does not get objects of a type.
    #[inline]
    pub fn withholds_type(&self, ty: RuntimeType) -> bool {
        self.withheld.as_ref().is_some_and(|withheld| withheld.types.contains(ty.index()))
    }
}

impl Plan {
    /// What is live in a request with these values of the condition variables.
    pub fn liveness(&self, conditions: &ConditionValues) -> Liveness {
        self.liveness_behind(&ClosedGates::NONE, conditions)
    }

    /// The same where gates are closed.
    pub fn liveness_behind(&self, closed: &ClosedGates, conditions: &ConditionValues) -> Liveness {
        if self.unconditional && closed.is_empty() {
            return Liveness::ALL;
        }
        let is_closed = |gate: Option<GateId>| gate.is_some_and(|gate| closed.contains(gate));
        let (mut on, mut off, mut taken) = (BitSet::new(), BitSet::new(), BitSet::new());
        for (index, unit) in self.units.iter().enumerate() {
            let is_in = |set: &BitSet| unit.parent.is_none_or(|parent| set.contains(parent as usize));
            // A place of a field that is kept from the client is where the null stands.
            let kept = unit.first.is_some() && unit.parent.is_some() && is_in(&off);
            let wanted = (is_in(&on) || kept) && unit.guard.holds(conditions);
            if wanted && unit.first.is_none_or(|first| taken.insert(first as usize)) {
                if kept || is_closed(unit.gate) {
                    off.insert(index)
                } else {
                    on.insert(index)
                };
            }
        }
        let types: BitSet = (0..self.types.len()).filter(|&ty| is_closed(self.types[ty].gate)).collect();
        let withheld =
            (!off.is_empty() || !types.is_empty()).then(|| Box::new(Withheld { fields: self.only(&off), types }));
        if on.len() == self.units.len() {
            return Liveness { live: None, withheld };
        }
        let mut live: Box<[bool]> = self.live_sets.iter().map(|set| set.intersects(&on)).collect();
        live[LiveId::ALWAYS.index()] = true;
        Liveness { live: Some(live), withheld }
    }

    /// The sets of nothing but `units`, by [`LiveId`]: those of response fields are of one unit.
    fn only(&self, units: &BitSet) -> BitSet {
        let sets = self.live_sets.iter().enumerate();
        sets.filter(|(_, set)| !set.is_empty() && set.is_subset(units)).map(|(id, _)| id).collect()
    }

    /// When a set of units is live, as an expression over the client's variables; none when always.
    pub fn condition(&self, live: LiveId) -> Option<String> {
        if live == LiveId::ALWAYS {
            return None;
        }
        let units = || self.live_sets[live.index()].iter();
        let guard = units().fold(Guard::never(), |guard, unit| guard.or(&self.units[unit].guard));
        let is_again = |unit: usize| self.units[unit].first.is_some_and(|first| first as usize != unit);
        let again = if units().any(is_again) { "unless before" } else { "" };
        let guard = match guard.is_always() {
            true => String::new(),
            false => guard.print(|variable| format!("${}", self.variables[variable.index()])),
        };
        let parts: Vec<&str> = [&*guard, again].into_iter().filter(|part| !part.is_empty()).collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    }

    /// The name of a type that occurs.
    pub fn type_name(&self, ty: RuntimeType) -> &str {
        &self.types[ty.index()].name
    }
}
