//! Guards: the rules that matter to one operation, and what they say of somebody.

use super::{Claims, Rules};
use crate::operation::{ClosedGates, ConditionValues, GateId, Operation, SelectionKind, SetId};
use crate::supergraph::Supergraph;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The rules of an operation that has some.
#[derive(Debug, Clone)]
pub struct Guards {
    rules: Arc<Rules>,
    gates: Box<[GateId]>,
    policies: Box<[Box<str>]>,
}

impl Guards {
    /// Those of an operation that was normalized behind the gates of `rules`; none where everybody may see all of it.
    pub fn of(rules: &Arc<Rules>, operation: &Operation) -> Option<Self> {
        let gates = operation.gates();
        if gates.is_empty() {
            return None;
        }
        let policies: BTreeSet<&str> = gates.iter().flat_map(|&gate| rules.rule(gate).policies()).collect();
        let policies = policies.into_iter().map(Into::into).collect();
        Some(Self { rules: Arc::clone(rules), gates: gates.into(), policies })
    }

    /// The policies that have to be asked about, sorted.
    pub fn policies(&self) -> &[Box<str>] {
        &self.policies
    }

    /// The gates that are closed for somebody to whom `granted` policies are granted.
    pub fn closed(&self, claims: &Claims, granted: &dyn Fn(&str) -> bool) -> ClosedGates {
        let closed = |gate: &GateId| !self.rules.rule(*gate).holds(claims, granted);
        self.gates.iter().copied().filter(closed).collect()
    }

    /// The places in an answer that are behind closed gates, at most so many; `@` stands for every position in a
    /// list. What only objects of some types would lack is among them, whether there are such objects or not.
    pub fn withheld(
        &self,
        supergraph: &Supergraph,
        operation: &Operation,
        closed: &ClosedGates,
        conditions: &ConditionValues,
        most: usize,
    ) -> Vec<Vec<Box<str>>> {
        let mut places: Vec<Vec<Box<str>>> = Vec::new();
        let mut pending: Vec<(SetId, Vec<Box<str>>)> = vec![(SetId::ROOT, Vec::new())];
        while places.len() < most
            && let Some((set, path)) = pending.pop()
        {
            let wanted = operation.set(set).selections.iter().filter(|selection| selection.guard.holds(conditions));
            for selection in wanted {
                let mut here = path.clone();
                here.push(selection.response_key.as_str().into());
                if selection.gate.is_some_and(|gate| closed.contains(gate)) {
                    if places.len() < most && !places.contains(&here) {
                        places.push(here);
                    }
                } else if let SelectionKind::Field { field, children: Some(children), .. } = selection.kind {
                    here.extend((0..supergraph.field(field).lists()).map(|_| Box::from("@")));
                    pending.push((children, here));
                }
            }
        }
        places
    }
}
