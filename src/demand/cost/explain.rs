//! What an operation costs, field by field, for given variables.
//!
//! ```text
//! cost 205
//!   products: 205
//!     nodes: 200 = 20 x 10
//! ```
//!
//! A line says what the field costs per object around it; where it is a list, how long that is taken to be and what each
//! element costs. Fields for types that exclude each other do not add up: the dearest counts.

use super::compile::{Compiler, Prices, Sized};
use super::expression::{Expression, Size};
use super::program::{Given, Program};
use super::schema::CostModel;
use crate::operation::{Operation, SelectionKind, SetId};
use crate::supergraph::{PossibleTypes, Supergraph};
use serde::Serialize;
use std::fmt::Write;

/// What an operation costs, and each of its fields.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedCost {
    /// All of it.
    pub total: u64,
    /// The fields, each before those that are selected of it.
    pub fields: Vec<ExplainedField>,
}

/// What a field costs, per object around it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ExplainedField {
    /// How many fields are around it.
    pub depth: usize,
    /// Its key in the answer.
    pub key: String,
    /// `Type.field`.
    pub coordinate: String,
    /// The types that it is asked for of; none: all.
    pub on: Vec<String>,
    /// With all that is selected of it.
    pub cost: u64,
    /// Of that, what its arguments cost.
    pub own: u64,
    /// Where it is a list: how long that is taken to be, and what each element costs.
    pub list: Option<ListCost>,
}

/// See [`ExplainedField::list`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ListCost {
    /// Elements.
    pub length: u64,
    /// Of each.
    pub each: u64,
}

impl CostModel {
    /// Explains the estimate of an operation.
    pub fn explain<'r>(
        &self,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        operation: &Operation,
        given: impl Into<Given<'r>>,
    ) -> ExplainedCost {
        let given = given.into();
        let mut compiler = Compiler::new(self, supergraph, possible, operation, Prices::Points);
        let root = compiler.set(SetId::ROOT, None);
        let total = evaluate(&mut compiler, &Expression::sum([root.own, root.below]), given);
        let mut fields = Vec::new();
        Explanation { compiler, operation, given, fields: &mut fields }.set(SetId::ROOT, None, 0);
        ExplainedCost { total, fields }
    }
}

impl ExplainedCost {
    /// For people.
    pub fn text(&self) -> String {
        let mut out = format!("cost {}\n", self.total);
        for ExplainedField { depth, key, on, cost, own, list, .. } in &self.fields {
            let _ = write!(out, "{:1$}", "", (depth + 1) * 2);
            if !on.is_empty() {
                let _ = write!(out, "... on {} ", on.join(" | "));
            }
            let _ = write!(out, "{key}: {cost}");
            if let Some(ListCost { length, each }) = list {
                let own = if *own > 0 { format!("{own} + ") } else { String::new() };
                let _ = write!(out, " = {own}{length} x {each}");
            }
            out.push('\n');
        }
        out
    }
}

struct Explanation<'a, 'o> {
    compiler: Compiler<'a>,
    operation: &'a Operation,
    given: Given<'o>,
    fields: &'o mut Vec<ExplainedField>,
}

impl<'a> Explanation<'a, '_> {
    fn set(&mut self, id: SetId, sized: Option<&Sized<'a>>, depth: usize) {
        let operation = self.operation;
        for selection in &operation.set(id).selections {
            let SelectionKind::Field { field, arguments, children } = &selection.kind else { continue };
            let cost = self.compiler.selection(id, selection, sized);
            let known = self.compiler.field_cost(*field);
            let size = self.compiler.size(*field, &known, arguments, sized);
            let length = self.compiler.tables.size(size, self.given.variables);
            let below = evaluate(&mut self.compiler, &cost.below, self.given);
            let own = evaluate(&mut self.compiler, &cost.own, self.given);
            let supergraph = self.compiler.supergraph;
            let defined = supergraph.field(*field);
            let name = |ty| supergraph.ty(ty).name.to_string();
            self.fields.push(ExplainedField {
                depth,
                key: selection.response_key.to_string(),
                coordinate: format!("{}.{}", supergraph.ty(defined.parent).name, defined.name),
                on: selection.on.iter().flat_map(|types| types.iter()).map(name).collect(),
                cost: own.saturating_add(below),
                own,
                list: (size != Size::Known(1) && below > 0 && length > 0)
                    .then(|| ListCost { length, each: below / length }),
            });
            let is_closed = selection.gate.is_some_and(|gate| self.given.closed.contains(gate));
            if let (Some(children), false) = (*children, is_closed) {
                let inner = self.compiler.sized_below(*field, &known, arguments);
                self.set(children, inner.as_ref(), depth + 1);
            }
        }
    }
}

fn evaluate(compiler: &mut Compiler<'_>, expression: &Expression, given: Given<'_>) -> u64 {
    Program::new(expression, &mut compiler.tables).evaluate(&compiler.tables, given, &[])
}
