//! The text form of an operation: GraphQL, with type conditions and conditions spelled out.

use super::{Operation, Selection, SelectionKind, SetId};
use crate::supergraph::Supergraph;
use std::fmt::Write;

impl Operation {
    /// The normalized operation as GraphQL, for goldens and for readers.
    ///
    /// Guards that are not one conjunction are printed as a comment, since no directive says "or".
    pub fn print(&self, supergraph: &Supergraph) -> String {
        let mut out = String::from(self.kind.keyword());
        if let Some(name) = &self.name {
            let _ = write!(out, " {name}");
        }
        if !self.variables.is_empty() {
            let variables: Vec<String> =
                self.variables.iter().map(|variable| variable.serialize().no_indent().to_string()).collect();
            let _ = write!(out, "({})", variables.join(", "));
        }
        out.push_str(" {\n");
        self.print_set(SetId::ROOT, supergraph, 1, &mut out);
        out.push_str("}\n");
        out
    }

    fn print_set(&self, set: SetId, supergraph: &Supergraph, depth: usize, out: &mut String) {
        for selection in &self.set(set).selections {
            let _ = write!(out, "{:indent$}", "", indent = depth * 2);
            if let Some(types) = &selection.on {
                let names: Vec<&str> = types.iter().map(|ty| supergraph.ty(ty).name.as_str()).collect();
                let _ = write!(out, "... on {} ", names.join(" | "));
            }
            self.print_selection(selection, supergraph, depth, out);
        }
    }

    fn print_selection(&self, selection: &Selection, supergraph: &Supergraph, depth: usize, out: &mut String) {
        let (name, arguments, children) = match &selection.kind {
            SelectionKind::Typename => ("__typename", &[][..], None),
            SelectionKind::Introspection(_) => ("__introspection", &[][..], None),
            SelectionKind::Field { field, arguments, children } => {
                (supergraph.field(*field).name.as_str(), arguments.as_slice(), *children)
            }
        };
        if selection.response_key != name {
            let _ = write!(out, "{}: ", selection.response_key);
        }
        out.push_str(name);
        if !arguments.is_empty() {
            let arguments: Vec<String> = arguments
                .iter()
                .map(|argument| format!("{}: {}", argument.name, argument.value.serialize().no_indent()))
                .collect();
            let _ = write!(out, "({})", arguments.join(", "));
        }
        if !selection.guard.is_always() {
            let name = |variable: super::VariableId| format!("${}", self.variables[variable.index()].name);
            let _ = write!(out, " # if {}", selection.guard.print(name));
        }
        match children {
            None => out.push('\n'),
            Some(children) => {
                out.push_str(" {\n");
                self.print_set(children, supergraph, depth + 1, out);
                let _ = writeln!(out, "{:indent$}}}", "", indent = depth * 2);
            }
        }
    }
}
