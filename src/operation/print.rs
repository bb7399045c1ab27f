//! The text form of an operation: GraphQL, with type conditions and conditions spelled out.

use super::{Guard, Operation, Selection, SelectionKind, SetId, VariableId};
use crate::supergraph::Supergraph;
use std::fmt::Write;

impl Operation {
    /// The normalized operation as GraphQL, for goldens and for readers.
    ///
    /// Guards are printed as a comment, since no directive says "or". A selection stands at its first place in full;
    /// at others, where it stands when it was left out before, it is named.
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
        for mention in &self.set(set).order {
            let selection = &self.set(set).selections[mention.selection];
            let _ = write!(out, "{:indent$}", "", indent = depth * 2);
            if let Some(types) = &selection.on {
                let names: Vec<&str> = types.iter().map(|ty| supergraph.ty(ty).name.as_str()).collect();
                let _ = write!(out, "... on {} ", names.join(" | "));
            }
            match &mention.place {
                Some(place) if place.unit != place.first => {
                    let guard = self.print_guard(&place.guard, true);
                    let _ = writeln!(out, "{} # stands here{guard}", selection.response_key);
                }
                _ => self.print_selection(selection, supergraph, depth, out),
            }
        }
    }

    /// ` if $a`, and whether something is to be left out where it was before.
    fn print_guard(&self, guard: &Guard, again: bool) -> String {
        let name = |variable: VariableId| format!("${}", self.variables[variable.index()].name);
        let condition = if guard.is_always() { String::new() } else { format!(" if {}", guard.print(name)) };
        format!("{condition}{}", if again { " unless before" } else { "" })
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
        let again = selection.first.is_some_and(|first| first != selection.unit);
        let guard = self.print_guard(&selection.guard, again);
        if !guard.is_empty() {
            let _ = write!(out, " #{guard}");
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
