//! Costs that are not known yet, as small expressions; whatever can be worked out, is.

use crate::operation::{GateId, Guard, SetId};

/// A cost.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Expression {
    Constant(u64),
    /// What the input objects in a variable cost: row of [`Tables::values`](super::Tables).
    Value(u32),
    Sum(Vec<Expression>),
    /// As often as a list is long.
    Times(Size, Box<Expression>),
    /// As often as there are objects of a selection set in the answer.
    Counted(SetId, Box<Expression>),
    /// Only when the guard holds.
    If(Guard, Box<Expression>),
    /// Only when none of the gates is closed.
    Behind(Box<[GateId]>, Box<Expression>),
    /// The largest of them.
    Largest(Vec<Expression>),
}

/// How long a list is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Size {
    Known(u64),
    /// Row of [`Tables::sizes`](super::Tables).
    Asked(u32),
}

impl Expression {
    pub const ZERO: Self = Self::Constant(0);

    pub fn is_zero(&self) -> bool {
        *self == Self::ZERO
    }

    pub fn sum(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut known, mut open) = (0_u64, Vec::new());
        for part in parts {
            match part {
                Self::Constant(cost) => known = known.saturating_add(cost),
                Self::Sum(inner) => {
                    for part in inner {
                        match part {
                            Self::Constant(cost) => known = known.saturating_add(cost),
                            other => open.push(other),
                        }
                    }
                }
                other => open.push(other),
            }
        }
        match (known, open.len()) {
            (_, 0) => Self::Constant(known),
            (0, 1) => open.swap_remove(0),
            (0, _) => Self::Sum(open),
            _ => {
                open.insert(0, Self::Constant(known));
                Self::Sum(open)
            }
        }
    }

    pub fn times(self, size: Size) -> Self {
        match (size, self) {
            (_, zero) if zero.is_zero() => zero,
            (Size::Known(0), _) => Self::ZERO,
            (Size::Known(1), cost) => cost,
            (Size::Known(size), Self::Constant(cost)) => Self::Constant(size.saturating_mul(cost)),
            (size, cost) => Self::Times(size, Box::new(cost)),
        }
    }

    /// As often as `self`, which is made of constants and sizes, says.
    pub fn each(self, cost: Self) -> Self {
        match self {
            Self::Constant(times) => cost.times(Size::Known(times)),
            Self::Times(size, inner) => inner.each(cost).times(size),
            // How many objects there are is never anything else.
            other => Self::sum([other, cost]),
        }
    }

    pub fn counted(self, set: SetId) -> Self {
        if self.is_zero() { self } else { Self::Counted(set, Box::new(self)) }
    }

    pub fn when(self, guard: &Guard) -> Self {
        if guard.is_always() || self.is_zero() { self } else { Self::If(guard.clone(), Box::new(self)) }
    }

    pub fn behind(self, gates: &[GateId]) -> Self {
        if gates.is_empty() || self.is_zero() { self } else { Self::Behind(gates.into(), Box::new(self)) }
    }

    pub fn largest(parts: impl IntoIterator<Item = Self>) -> Self {
        let (mut known, mut open) = (0_u64, Vec::new());
        for part in parts {
            match part {
                Self::Constant(cost) => known = known.max(cost),
                other if open.contains(&other) => {}
                other => open.push(other),
            }
        }
        match (known, open.len()) {
            (_, 0) => Self::Constant(known),
            (0, 1) => open.swap_remove(0),
            _ => {
                open.push(Self::Constant(known));
                Self::Largest(open)
            }
        }
    }
}
