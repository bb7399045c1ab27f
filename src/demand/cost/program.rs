//! Costs as straight programs over the variables of a request.
//!
//! A program is a list of operations on a small stack of sums. It has no loops: evaluating takes one step per
//! operation, and what it looks at in variables is as long as they are. Arithmetic saturates.

use super::expression::{Expression, Size};
use super::values::{self, InputTypes};
use crate::operation::{ClosedGates, GateId, Guard, VariableId, Variables};
use smallvec::{SmallVec, smallvec};

/// A cost that may depend on variables, and on how many objects were answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Program {
    steps: Box<[Step]>,
    /// The cost, where it depends on nothing.
    constant: Option<u64>,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    /// Adds to the topmost sum.
    Add(u64),
    /// Adds what a variable's input objects cost.
    AddValue(u32),
    /// Begins a sum.
    Open,
    /// Ends the topmost sum and adds a multiple of it to the one below.
    Times(Size),
    /// The same, by a number of answered objects.
    Counted(u32),
    /// Ends the topmost sum; the one below becomes it if it is larger.
    Largest,
    /// Jumps over the next `steps` unless the guard holds.
    Unless { guard: u32, steps: u32 },
    /// The same, if one of the gates is closed.
    IfClosed { gates: u32, steps: u32 },
}

/// What differs between requests.
#[derive(Debug, Clone, Copy)]
pub struct Given<'r> {
    /// The values of variables.
    pub variables: &'r Variables,
    /// What the client may not see, and so is not asked for.
    pub closed: &'r ClosedGates,
}

impl<'r> From<&'r Variables> for Given<'r> {
    /// With all gates open.
    fn from(variables: &'r Variables) -> Self {
        Self { variables, closed: ClosedGates::none() }
    }
}

/// What the programs of one operation look up.
#[derive(Debug, Clone, Default)]
pub struct Tables {
    pub(super) sizes: Vec<ListLength>,
    pub(super) slices: Vec<Slice>,
    pub(super) values: Vec<VariableCost>,
    pub(super) inputs: InputTypes,
    guards: Vec<Guard>,
    gates: Vec<Box<[GateId]>>,
}

/// How long a list is: the most that an argument asks for, else `otherwise`. Several rules: the longest.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ListLength {
    pub rules: SmallVec<[Rule; 1]>,
    /// For the lists inside of a list.
    pub inner: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    /// The most that literals ask for.
    pub given: Option<u64>,
    /// Rows of [`Tables::slices`].
    pub slices: SmallVec<[u32; 2]>,
    pub otherwise: u64,
}

/// An integer in a variable.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Slice {
    pub variable: VariableId,
    /// Into its input objects.
    pub path: Box<[Box<str>]>,
    /// The argument's default, when the variable has no value at all.
    pub default: Option<u64>,
}

/// What a variable's value costs as an argument.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct VariableCost {
    pub variable: VariableId,
    /// Of each value that is not null.
    pub weight: u64,
    /// Row of [`InputTypes`], for input objects.
    pub object: Option<u32>,
}

impl Program {
    pub(super) fn new(expression: &Expression, tables: &mut Tables) -> Self {
        let mut steps = Vec::new();
        write(expression, tables, &mut steps);
        let constant = match steps.as_slice() {
            [] => Some(0),
            [Step::Add(cost)] => Some(*cost),
            _ => None,
        };
        Self { steps: steps.into(), constant }
    }

    /// The cost, where no variable matters.
    pub fn constant(&self) -> Option<u64> {
        self.constant
    }

    /// Steps, for weighing a cache's entries.
    pub fn len(&self) -> usize {
        self.steps.len()
    }

    /// Whether it has no steps, and so gives zero.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The cost in one request. `counts` are the objects answered, by selection set.
    pub fn evaluate(&self, tables: &Tables, given: Given<'_>, counts: &[u32]) -> u64 {
        let Given { variables, closed } = given;
        if let Some(constant) = self.constant {
            return constant;
        }
        let mut sums: SmallVec<[u64; 32]> = smallvec![0];
        let mut known = Known::default();
        let mut at = 0;
        while let Some(step) = self.steps.get(at) {
            at += 1;
            match *step {
                Step::Add(cost) => add(&mut sums, cost),
                Step::AddValue(row) => add(&mut sums, known.value(row, tables, variables)),
                Step::Open => sums.push(0),
                Step::Times(size) => {
                    let sum = sums.pop().unwrap_or_default();
                    // A list of nothing needs no look into the variables.
                    if sum > 0 {
                        add(&mut sums, sum.saturating_mul(known.size(size, tables, variables)));
                    }
                }
                Step::Counted(set) => {
                    let count = counts.get(set as usize).copied().unwrap_or_default();
                    let sum = sums.pop().unwrap_or_default();
                    add(&mut sums, sum.saturating_mul(count.into()));
                }
                Step::Largest => {
                    let sum = sums.pop().unwrap_or_default();
                    if let Some(best) = sums.last_mut() {
                        *best = (*best).max(sum);
                    }
                }
                Step::Unless { guard, steps } => {
                    if !tables.holds(guard, variables) {
                        at += steps as usize;
                    }
                }
                Step::IfClosed { gates, steps } => {
                    if tables.gates[gates as usize].iter().any(|&gate| closed.contains(gate)) {
                        at += steps as usize;
                    }
                }
            }
        }
        sums.pop().unwrap_or_default()
    }
}

/// What one evaluation has found in variables: a document may name one variable thousands of times, and what is in it
/// is looked for once.
#[derive(Default)]
struct Known {
    sizes: SmallVec<[Option<u64>; 8]>,
    values: SmallVec<[Option<u64>; 8]>,
}

impl Known {
    fn size(&mut self, size: Size, tables: &Tables, variables: &Variables) -> u64 {
        match size {
            Size::Known(size) => size,
            Size::Asked(row) => remember(&mut self.sizes, row, || tables.size(size, variables)),
        }
    }

    fn value(&mut self, row: u32, tables: &Tables, variables: &Variables) -> u64 {
        remember(&mut self.values, row, || tables.value(row, variables))
    }
}

fn remember(known: &mut SmallVec<[Option<u64>; 8]>, row: u32, find: impl FnOnce() -> u64) -> u64 {
    let row = row as usize;
    if known.len() <= row {
        known.resize(row + 1, None);
    }
    *known[row].get_or_insert_with(find)
}

fn add(sums: &mut SmallVec<[u64; 32]>, cost: u64) {
    if let Some(sum) = sums.last_mut() {
        *sum = sum.saturating_add(cost);
    }
}

fn write(expression: &Expression, tables: &mut Tables, steps: &mut Vec<Step>) {
    match expression {
        Expression::Constant(0) => {}
        Expression::Constant(cost) => steps.push(Step::Add(*cost)),
        Expression::Value(row) => steps.push(Step::AddValue(*row)),
        Expression::Sum(parts) => parts.iter().for_each(|part| write(part, tables, steps)),
        Expression::Times(size, inner) => {
            steps.push(Step::Open);
            write(inner, tables, steps);
            steps.push(Step::Times(*size));
        }
        Expression::Counted(set, inner) => {
            steps.push(Step::Open);
            write(inner, tables, steps);
            steps.push(Step::Counted(set.0));
        }
        Expression::If(guard, inner) => {
            let at = steps.len();
            let guard = tables.guard(guard);
            steps.push(Step::Unless { guard, steps: 0 });
            write(inner, tables, steps);
            let skipped = row(steps.len() - at - 1);
            steps[at] = Step::Unless { guard, steps: skipped };
        }
        Expression::Behind(gates, inner) => {
            let at = steps.len();
            let gates = tables.gates(gates);
            steps.push(Step::IfClosed { gates, steps: 0 });
            write(inner, tables, steps);
            let skipped = row(steps.len() - at - 1);
            steps[at] = Step::IfClosed { gates, steps: skipped };
        }
        Expression::Largest(parts) => {
            steps.push(Step::Open);
            for part in parts {
                steps.push(Step::Open);
                write(part, tables, steps);
                steps.push(Step::Largest);
            }
            steps.push(Step::Times(Size::Known(1)));
        }
    }
}

pub(super) fn row(at: usize) -> u32 {
    u32::try_from(at).expect("operations are bounded far below 2^32")
}

impl Tables {
    /// Guards are few: those of an operation's conditions.
    fn guard(&mut self, guard: &Guard) -> u32 {
        let known = self.guards.iter().position(|known| known == guard);
        row(known.unwrap_or_else(|| {
            self.guards.push(guard.clone());
            self.guards.len() - 1
        }))
    }

    fn gates(&mut self, gates: &[GateId]) -> u32 {
        let known = self.gates.iter().position(|known| **known == *gates);
        row(known.unwrap_or_else(|| {
            self.gates.push(gates.into());
            self.gates.len() - 1
        }))
    }

    /// The row of a size, the same for the same.
    pub(super) fn add_size(&mut self, size: ListLength) -> u32 {
        let known = self.sizes.iter().position(|known| *known == size);
        row(known.unwrap_or_else(|| {
            self.sizes.push(size);
            self.sizes.len() - 1
        }))
    }

    pub(super) fn add_slice(&mut self, slice: Slice) -> u32 {
        let known = self.slices.iter().position(|known| *known == slice);
        row(known.unwrap_or_else(|| {
            self.slices.push(slice);
            self.slices.len() - 1
        }))
    }

    pub(super) fn add_value(&mut self, value: VariableCost) -> u32 {
        let known = self.values.iter().position(|known| *known == value);
        row(known.unwrap_or_else(|| {
            self.values.push(value);
            self.values.len() - 1
        }))
    }

    fn holds(&self, guard: u32, variables: &Variables) -> bool {
        let is_true = |variable| variables.json(variable).is_some_and(|json| **json == *b"true");
        self.guards[guard as usize].holds_where(is_true)
    }

    pub(super) fn size(&self, size: Size, variables: &Variables) -> u64 {
        match size {
            Size::Known(size) => size,
            Size::Asked(row) => {
                let length = &self.sizes[row as usize];
                let longest = length.rules.iter().map(|rule| self.rule(rule, variables)).max();
                longest.unwrap_or_default().saturating_mul(length.inner)
            }
        }
    }

    fn rule(&self, rule: &Rule, variables: &Variables) -> u64 {
        let asked = rule.slices.iter().filter_map(|&slice| self.slice(slice, variables));
        asked.chain(rule.given).max().unwrap_or(rule.otherwise)
    }

    /// The integer that a variable gives; none when it gives none.
    pub(super) fn slice(&self, slice: u32, variables: &Variables) -> Option<u64> {
        let slice = &self.slices[slice as usize];
        match variables.json(slice.variable) {
            Some(json) => values::integer(json, &slice.path),
            None => slice.default,
        }
    }

    fn value(&self, row: u32, variables: &Variables) -> u64 {
        let value = &self.values[row as usize];
        variables.json(value.variable).map_or(0, |json| self.inputs.cost(json, value.weight, value.object))
    }

    /// Rows, for weighing a cache's entries.
    pub fn len(&self) -> usize {
        let looked_up = self.sizes.len() + self.slices.len() + self.values.len() + self.inputs.len();
        looked_up + self.guards.len() + self.gates.len()
    }

    /// Whether nothing is looked up.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
