//! What an unsatisfiable query looks like, and why no subgraph can go on.

use super::Walk;
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::supergraph::{Field, FieldId, SubgraphId, TypeId};
use std::fmt::Write;

impl Walk<'_, '_> {
    pub(super) fn report(&self, at: usize, closure: &[SubgraphId], field: FieldId) -> Diagnostic {
        let state = &self.states[at];
        let definition = self.supergraph.field(field);
        let ty = &self.supergraph.ty(state.ty).name;
        let mut message = format!(
            "The following supergraph API query:\n{}cannot be satisfied by the subgraphs because:",
            self.query(at, definition)
        );
        for &subgraph in closure {
            let _ = write!(message, "\n- from subgraph \"{}\":", self.name(subgraph));
            for reason in self.reasons(state.ty, subgraph, closure, definition, field) {
                let _ = write!(message, "\n  - {reason}");
            }
        }
        let help = match &self.missing {
            Some(context) => {
                // A context's name begins with its subgraph's, which its users do not see.
                let context = context.rsplit("__").next().unwrap_or(context);
                format!("let every way to \"{ty}\" lead through a type with @context(name: \"{context}\")")
            }
            None if self
                .graph
                .edges(field)
                .iter()
                .any(|edge| closure.contains(&edge.subgraph) && edge.requires.is_some()) =>
            {
                format!(
                    "let what \"{ty}.{}\" requires be resolved without it, where \"{ty}\" can be had by a key",
                    definition.name
                )
            }
            None if self.supergraph.mutation == Some(state.ty) => {
                format!(
                    "leave \"{ty}\" out below the root: the mutations of another subgraph cannot be asked for there"
                )
            }
            None => format!(
                "give \"{ty}\" a @key that is known on both sides, or mark \"{ty}.{}\" @shareable and resolve it in {}",
                definition.name,
                closure.iter().map(|&subgraph| format!("\"{}\"", self.name(subgraph))).collect::<Vec<_>>().join(" or ")
            ),
        };
        let edges = self.graph.edges(field).iter();
        let finding = Diagnostic::error(Code::SatisfiabilityError, message).help(help);
        let finding = edges.fold(finding, |finding, edge| {
            let owner = edge.via.map_or(ty, |via| &self.supergraph.ty(via).name);
            finding.at_opt((self.locate)(edge.subgraph, owner, Some(&definition.name)), "defined here")
        });
        let stuck = closure.iter().filter(|&&subgraph| self.graph.edge(field, subgraph).is_none());
        stuck.fold(finding, |finding, &subgraph| {
            finding.at_opt((self.locate)(subgraph, ty, None), "no way on from here")
        })
    }

    fn reasons(
        &self,
        ty: TypeId,
        from: SubgraphId,
        closure: &[SubgraphId],
        definition: &Field,
        field: FieldId,
    ) -> Vec<String> {
        let name = &self.supergraph.ty(ty).name;
        let coordinate = format!("{name}.{}", definition.name);
        let mut reasons = Vec::new();
        match self.graph.edge(field, from) {
            None => reasons.push(format!("cannot find field \"{coordinate}\".")),
            Some(edge) if self.lacks_context(field, edge) => {
                reasons.push(format!("could not find a match for required context for field \"{coordinate}\"."));
            }
            Some(edge) if edge.external && self.is_overridden_by_label(field, from) => {
                reasons.push(format!("field \"{coordinate}\" is not resolvable there because of its @override."));
            }
            Some(edge) if edge.external => {
                reasons.push(format!("field \"{coordinate}\" is not resolvable because marked @external."));
            }
            Some(_) => reasons.push(format!("cannot satisfy @requires conditions on field \"{coordinate}\".")),
        }
        for edge in self.graph.edges(field).iter().filter(|edge| !closure.contains(&edge.subgraph)) {
            let to = self.name(edge.subgraph);
            let keys = self.graph.keys_in(ty, edge.subgraph);
            let why = if keys.is_empty() {
                format!("type \"{name}\" has no @key defined in subgraph \"{to}\"")
            } else if keys.iter().all(|key| !key.resolvable) {
                format!(
                    "none of the @key defined on type \"{name}\" in subgraph \"{to}\" are resolvable (they are all declared with their \"resolvable\" argument set to false)"
                )
            } else {
                let texts: Vec<String> =
                    keys.iter().map(|key| format!("\"{}\"", self.graph.field_set(key.fields).text)).collect();
                format!("its @key {} cannot be had in subgraph \"{}\"", texts.join(", "), self.name(from))
            };
            reasons.push(format!("cannot move to subgraph \"{to}\", which has field \"{coordinate}\", because {why}."));
        }
        reasons
    }

    fn is_overridden_by_label(&self, field: FieldId, subgraph: SubgraphId) -> bool {
        let mut joins = self.supergraph.field_joins(field);
        joins.any(|(graph, join)| graph == subgraph && join.override_label.is_some() && !join.external)
    }

    /// The shortest query that gets there.
    pub(super) fn query(&self, at: usize, last: &Field) -> String {
        let mut path: Vec<(TypeId, &Field)> = vec![(self.states[at].ty, last)];
        let mut state = &self.states[at];
        while let Some((before, field)) = state.from {
            state = &self.states[before];
            path.push((state.ty, self.supergraph.field(field)));
        }
        path.reverse();
        let root = state.ty;
        let keyword = if Some(root) == self.supergraph.mutation {
            "mutation "
        } else if Some(root) == self.supergraph.subscription {
            "subscription "
        } else {
            ""
        };
        let mut out = format!("{keyword}{{\n");
        let mut static_type = root;
        let mut closing = 1;
        for (ty, field) in &path {
            if static_type != *ty {
                let _ = writeln!(out, "{:indent$}... on {} {{", "", self.supergraph.ty(*ty).name, indent = closing * 2);
                closing += 1;
            }
            let composite = self.supergraph.ty(field.output).is_composite();
            let arguments = arguments(field);
            let opening = match (composite, std::ptr::eq(*field, last)) {
                (true, false) => " {",
                (true, true) => " {\n…",
                (false, _) => "",
            };
            let opening = opening.replace(
                '…',
                &format!("{:indent$}...\n{:outer$}}}", "", "", indent = closing * 2 + 2, outer = closing * 2),
            );
            let _ = writeln!(out, "{:indent$}{}{arguments}{opening}", "", field.name, indent = closing * 2);
            if composite && !std::ptr::eq(*field, last) {
                closing += 1;
            }
            static_type = field.output;
        }
        for depth in (0..closing).rev() {
            let _ = writeln!(out, "{:indent$}}}", "", indent = depth * 2);
        }
        out
    }

    pub(super) fn name(&self, subgraph: SubgraphId) -> &str {
        &self.supergraph.subgraph(subgraph).name
    }
}

/// `(id: ...)` for the arguments that a query must give.
fn arguments(field: &Field) -> String {
    let required: Vec<String> = field
        .arguments
        .iter()
        .filter(|argument| argument.definition.ty.is_non_null() && argument.definition.default_value.is_none())
        .map(|argument| format!("{}: ...", argument.definition.name))
        .collect();
    if required.is_empty() { String::new() } else { format!("({})", required.join(", ")) }
}
