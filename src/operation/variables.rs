//! The values of an operation's variables, as raw JSON.

use super::ConditionValues;
use bytes::Bytes;

/// A variable of an operation: position in its list of variable definitions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VariableId(pub u32);

impl VariableId {
    /// The position in the list.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}

/// Coerced values, ready to be copied into subgraph requests.
#[derive(Debug, Clone, Default)]
pub struct Variables {
    /// By [`VariableId`]: JSON, or none when the variable was not given and has no default.
    values: Vec<Option<Bytes>>,
}

impl Variables {
    /// Values by [`VariableId`].
    pub const fn new(values: Vec<Option<Bytes>>) -> Self {
        Self { values }
    }

    /// The JSON of a variable, if it has a value.
    pub fn json(&self, variable: VariableId) -> Option<&Bytes> {
        self.values.get(variable.index())?.as_ref()
    }

    /// Every variable as a condition: whether its JSON is `true`.
    pub fn conditions(&self) -> ConditionValues {
        ConditionValues::new(self.values.iter().map(|value| value.as_deref() == Some(b"true")).collect())
    }
}
