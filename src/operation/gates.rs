//! Gates: fields and types that something outside of an operation may close for a request.
//!
//! `@skip` and `@include` are the client's own; a gate is somebody else's, such as a rule of who may see a field.
//! Here it is a number and nothing more. An operation is normalized so that each of its selections has one gate
//! at most: where the runtime types of a position disagree, a selection is split by type.

use crate::supergraph::{FieldId, TypeId};
use ahash::RandomState;
use std::collections::HashMap;

/// The number of a gate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct GateId(pub u32);

/// Which gate the fields and types of a supergraph have. What is not here is open to everybody.
#[derive(Debug, Clone, Default)]
pub struct Gates {
    types: HashMap<TypeId, GateId, RandomState>,
    fields: HashMap<FieldId, GateId, RandomState>,
}

impl Gates {
    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.types.is_empty() && self.fields.is_empty()
    }

    /// That of objects of a type.
    pub fn of_type(&self, ty: TypeId) -> Option<GateId> {
        self.types.get(&ty).copied()
    }

    /// That of a field of a runtime type, all that lies before its value included.
    pub fn of_field(&self, field: FieldId) -> Option<GateId> {
        self.fields.get(&field).copied()
    }

    /// Puts a gate before objects of a type.
    pub fn guard_type(&mut self, ty: TypeId, gate: GateId) {
        self.types.insert(ty, gate);
    }

    /// Puts a gate before a field.
    pub fn guard_field(&mut self, field: FieldId, gate: GateId) {
        self.fields.insert(field, gate);
    }
}

/// The gates that are closed for one request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct ClosedGates(Vec<GateId>);

impl ClosedGates {
    /// All are open.
    pub const NONE: Self = Self(Vec::new());

    /// The same, to be borrowed.
    pub fn none() -> &'static Self {
        static NONE: ClosedGates = ClosedGates::NONE;
        &NONE
    }

    /// Whether all are open.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a gate is closed.
    pub fn contains(&self, gate: GateId) -> bool {
        self.0.binary_search(&gate).is_ok()
    }
}

impl FromIterator<GateId> for ClosedGates {
    fn from_iter<I: IntoIterator<Item = GateId>>(gates: I) -> Self {
        let mut gates: Vec<GateId> = gates.into_iter().collect();
        gates.sort_unstable();
        gates.dedup();
        Self(gates)
    }
}
