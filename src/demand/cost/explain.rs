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
use super::program::Program;
use super::schema::CostModel;
use crate::operation::{Operation, SelectionKind, SetId, Variables};
use crate::supergraph::{PossibleTypes, Supergraph};
use std::fmt::Write;

impl CostModel {
    /// Explains the estimate of an operation.
    pub fn explain(
        &self,
        supergraph: &Supergraph,
        possible: &PossibleTypes,
        operation: &Operation,
        variables: &Variables,
    ) -> String {
        let mut compiler = Compiler::new(self, supergraph, possible, operation, Prices::Points);
        let root = compiler.set(SetId::ROOT, None);
        let total = evaluate(&mut compiler, &Expression::sum([root.own, root.below]), variables);
        let mut out = format!("cost {total}\n");
        Explanation { compiler, operation, variables, out: &mut out }.set(SetId::ROOT, None, 1);
        out
    }
}

struct Explanation<'a, 'o> {
    compiler: Compiler<'a>,
    operation: &'a Operation,
    variables: &'a Variables,
    out: &'o mut String,
}

impl<'a> Explanation<'a, '_> {
    fn set(&mut self, id: SetId, sized: Option<&Sized<'a>>, depth: usize) {
        let operation = self.operation;
        for selection in &operation.set(id).selections {
            let SelectionKind::Field { field, arguments, children } = &selection.kind else { continue };
            let cost = self.compiler.selection(id, selection, sized);
            let known = self.compiler.field_cost(*field);
            let size = self.compiler.size(*field, &known, arguments, sized);
            let length = self.compiler.tables.size(size, self.variables);
            let below = evaluate(&mut self.compiler, &cost.below, self.variables);
            let own = evaluate(&mut self.compiler, &cost.own, self.variables);
            let total = own.saturating_add(below);
            let _ = write!(self.out, "{:1$}", "", depth * 2);
            if let Some(types) = &selection.on {
                let names: Vec<&str> = types.iter().map(|ty| self.compiler.supergraph.ty(ty).name.as_str()).collect();
                let _ = write!(self.out, "... on {} ", names.join(" | "));
            }
            let _ = write!(self.out, "{}: {total}", selection.response_key);
            if size != Size::Known(1) && below > 0 && length > 0 {
                let own = if own > 0 { format!("{own} + ") } else { String::new() };
                let _ = write!(self.out, " = {own}{length} x {}", below / length);
            }
            self.out.push('\n');
            if let Some(children) = *children {
                let inner = self.compiler.sized_below(*field, &known, arguments);
                self.set(children, inner.as_ref(), depth + 1);
            }
        }
    }
}

fn evaluate(compiler: &mut Compiler<'_>, expression: &Expression, variables: &Variables) -> u64 {
    Program::new(expression, &mut compiler.tables).evaluate(&compiler.tables, variables, &[])
}
