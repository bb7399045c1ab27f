//! The rules of an operation for readers: which of its fields ask for what.

use super::Rules;
use crate::operation::{Operation, SelectionKind, SetId};
use crate::supergraph::Supergraph;
use serde_json::{Value, json};
use std::fmt::Write;

/// A field of an operation that not everybody may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guarded {
    /// Where it is in the answer: `products.@.price`.
    pub path: String,
    /// The types of the objects that have it so, where that is not all of them.
    pub on: Vec<String>,
    /// What is asked for: `scope prices:read`.
    pub rule: String,
}

/// The fields with a rule, in the order of the operation; those below a field with the same one left out.
pub fn guarded(supergraph: &Supergraph, rules: &Rules, operation: &Operation) -> Vec<Guarded> {
    let mut found = Vec::new();
    let reader = Reader { supergraph, rules, operation };
    reader.read(SetId::ROOT, "", "", &mut found);
    found
}

/// Lines for the text form of a plan; nothing where there is no rule.
pub fn text(guarded: &[Guarded]) -> String {
    let mut out = String::new();
    for Guarded { path, on, rule } in guarded {
        let on = if on.is_empty() { String::new() } else { format!(" on {}", on.join(" | ")) };
        let _ = writeln!(out, "# {path}{on}: {rule}");
    }
    out
}

/// The same for scripts.
pub fn json(guarded: &[Guarded]) -> Value {
    let entry = |Guarded { path, on, rule }: &Guarded| match on.as_slice() {
        [] => json!({ "path": path, "rule": rule }),
        on => json!({ "path": path, "on": on, "rule": rule }),
    };
    guarded.iter().map(entry).collect()
}

struct Reader<'a> {
    supergraph: &'a Supergraph,
    rules: &'a Rules,
    operation: &'a Operation,
}

impl Reader<'_> {
    /// `above` is the rule of the field around.
    fn read(&self, set: SetId, path: &str, above: &str, found: &mut Vec<Guarded>) {
        for selection in &self.operation.set(set).selections {
            let mut here = format!("{path}{}", selection.response_key);
            let rule = selection.gate.map(|gate| self.rules.rule(gate).to_string()).unwrap_or_default();
            if !rule.is_empty() && rule != above {
                let on = selection.on.iter().flat_map(|on| on.iter());
                let on = on.map(|ty| self.supergraph.ty(ty).name.to_string()).collect();
                found.push(Guarded { path: here.clone(), on, rule: rule.clone() });
            }
            if let SelectionKind::Field { field, children: Some(children), .. } = selection.kind {
                let lists = self.supergraph.field(field).lists();
                here.push_str(&".@".repeat(lists));
                here.push('.');
                self.read(children, &here, if rule.is_empty() { above } else { &rule }, found);
            }
        }
    }
}
