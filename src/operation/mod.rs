//! Operations: a valid document normalized into an [`Operation`]; its variables and conditions.
//!
//! In an [`Operation`] fragments are gone. What is left at each position is a list of selections, each
//! with the set of runtime types it is for, and a guard that says under which variables it is wanted.
//! Selections with one response key are for disjoint sets of types, so that for any runtime type there
//! is at most one of each key. Where they stand in the answer is by the first mention that is included, so a
//! selection whose mentions have conditions has several places, of which the first wanted counts ([`Mention`]).
//! A mutation's root fields are run in that order: there each mention is a selection of its own.
//!
//! Usage knows an operation by its [`Footprint`]: what it touches of the schema, read from the document itself.

mod condition;
mod footprint;
mod gates;
mod normalize;
mod print;
mod signature;
mod variables;

pub use condition::{ConditionValues, Guard, Literal};
pub use footprint::Footprint;
pub use gates::{ClosedGates, GateId, Gates};
pub use variables::{VariableId, Variables};

use crate::supergraph::{FieldId, TypeId, TypeSet};
use apollo_compiler::ast;
use apollo_compiler::{Name, Node};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum OperationKind {
    /// Reads.
    Query,
    /// Writes, one root field after the other.
    Mutation,
    /// Listens.
    Subscription,
}

impl OperationKind {
    /// The keyword.
    pub const fn keyword(self) -> &'static str {
        match self {
            Self::Query => "query",
            Self::Mutation => "mutation",
            Self::Subscription => "subscription",
        }
    }
}

/// A normalized client operation.
#[derive(Debug, Clone)]
pub struct Operation {
    /// Query, mutation or subscription.
    pub kind: OperationKind,
    /// Its name.
    pub name: Option<Name>,
    /// Its variables, by [`VariableId`].
    pub variables: Vec<Node<ast::VariableDefinition>>,
    /// By [`SetId`]; row 0 is the root's.
    pub sets: Vec<SelectionSet>,
    /// How many units there are: one per selection, and one per place where a selection has several.
    pub units: u32,
    /// The response keys of the root fields `__schema` and `__type`, which the gateway answers, by the
    /// position in [`SelectionKind::Introspection`].
    pub introspection: Vec<Name>,
    /// The object types that objects of an abstract type can have here and before which there is a gate, sorted.
    pub gated_types: Vec<(TypeId, GateId)>,
}

/// Row of [`Operation::sets`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SetId(pub u32);

impl SetId {
    /// The root's selections.
    pub const ROOT: Self = Self(0);

    /// The position in the table.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// What is selected at one position.
#[derive(Debug, Clone)]
pub struct SelectionSet {
    /// The static type of the position.
    pub parent: TypeId,
    /// In the order of their first mention.
    pub selections: Vec<Selection>,
    /// The order of the answer: each selection at least once.
    pub order: Vec<Mention>,
}

/// A place in the answer where a selection may stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// The position of the selection.
    pub selection: usize,
    /// Where the selection has several places: this one's number among the units, after its selection's.
    pub place: Option<Place>,
}

/// One of several places for a selection: the first of those that are wanted counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// Its number among the units.
    pub unit: u32,
    /// The number of the selection's first place.
    pub first: u32,
    /// When the field is mentioned here.
    pub guard: Guard,
}

/// A response field.
#[derive(Debug, Clone)]
pub struct Selection {
    /// Its number among all response fields of the operation; parents have smaller ones.
    pub unit: u32,
    /// Its key in the answer.
    pub response_key: Name,
    /// The runtime types it is for; `None` when it is for every type the position can have.
    pub on: Option<TypeSet>,
    /// What it selects.
    pub kind: SelectionKind,
    /// When it is wanted.
    pub guard: Guard,
    /// For the root fields of mutations that are mentioned under several conditions: the unit of the first mention.
    /// Of those with the same number the first that is wanted is run, and no other.
    pub first: Option<u32>,
    /// The gate before it, for all its runtime types the same.
    pub gate: Option<GateId>,
}

/// What a selection selects.
#[derive(Debug, Clone)]
pub enum SelectionKind {
    /// `__typename`.
    Typename,
    /// `__schema` or `__type`, answered by the gateway.
    Introspection(u32),
    /// A field.
    Field {
        /// On the type under which it was selected first; a runtime type may have a field of its own of the same name.
        field: FieldId,
        /// As written, sorted by name.
        arguments: Vec<Node<ast::Argument>>,
        /// What is selected of its value, for composite types.
        children: Option<SetId>,
    },
}

impl Operation {
    /// A selection set.
    pub fn set(&self, id: SetId) -> &SelectionSet {
        &self.sets[id.index()]
    }

    /// The gates that matter to it, sorted.
    pub fn gates(&self) -> Vec<GateId> {
        let selections = self.sets.iter().flat_map(|set| &set.selections).filter_map(|selection| selection.gate);
        let mut gates: Vec<GateId> = selections.chain(self.gated_types.iter().map(|(_, gate)| *gate)).collect();
        gates.sort_unstable();
        gates.dedup();
        gates
    }

    /// The variable called `name`.
    pub fn variable(&self, name: &str) -> Option<VariableId> {
        let index = self.variables.iter().position(|variable| variable.name == name)?;
        u32::try_from(index).ok().map(VariableId)
    }
}

/// Why an operation cannot be normalized.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OperationError {
    /// Expanding its fragments and conditions gives too much.
    #[error("the operation is too large once its fragments are expanded")]
    TooLarge,
}
