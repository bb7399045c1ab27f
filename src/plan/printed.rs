//! How a visit is written down: which picks stand on its declared type, which under type conditions,
//! and under which keys.
//!
//! A document that selects one key for two types must give it the same type in both (specification,
//! section 5.3.2, "Field Selection Merging"); where a subgraph's types differ, all but the first get
//! another key.

use super::draft::{Draft, VisitId};
use crate::graph::{FieldSetId, QueryGraph};
use crate::supergraph::{Supergraph, TypeId, TypeSet};
use apollo_compiler::{Name, ast};
use std::collections::{BTreeMap, BTreeSet};

/// A visit's selections as they are written.
#[derive(Debug, Clone, Default)]
pub struct Printed {
    /// All fields; the ones for the declared type first.
    pub fields: Vec<PrintedField>,
    /// Positions of the fields that stand on the declared type.
    pub whole: Vec<usize>,
    /// Fields under type conditions.
    pub conditions: Vec<(TypeId, Vec<usize>)>,
}

impl Printed {
    /// The positions of the fields in the order of the document, each once.
    pub fn order(&self) -> Vec<usize> {
        let order = self.whole.iter().chain(self.conditions.iter().flat_map(|(_, fields)| fields));
        let mut seen = BTreeSet::new();
        order.copied().filter(|&field| seen.insert(field)).collect()
    }
}

/// A pick, or the part of it for some types.
#[derive(Debug, Clone)]
pub struct PrintedField {
    /// The pick's position in its visit.
    pub pick: usize,
    /// Its key in the document.
    pub key: Name,
    /// The runtime types under whose conditions it stands; none when it stands on the declared type.
    pub on: Option<TypeSet>,
    /// Whether every object of the visit has it.
    pub everywhere: bool,
    /// Its type in the subgraph.
    pub ty: ast::Type,
    /// The visit of its value, for composite types.
    pub child: Option<VisitId>,
    /// What it requires, when some of it comes from contexts: it has arguments for that.
    pub contexts: Option<FieldSetId>,
}

/// Works out how a visit is written.
pub fn printed(supergraph: &Supergraph, graph: &QueryGraph, draft: &Draft<'_>, visit: VisitId) -> Printed {
    let mut printer = Printer { supergraph, graph, draft, visit, result: Printed::default() };
    for pick in 0..draft.visit(visit).picks.len() {
        printer.pick(pick);
    }
    printer.arrange();
    printer.result
}

struct Printer<'p, 'a> {
    supergraph: &'p Supergraph,
    graph: &'p QueryGraph,
    draft: &'p Draft<'a>,
    visit: VisitId,
    result: Printed,
}

/// What a field is in the subgraph.
#[derive(PartialEq, Eq)]
struct Written {
    ty: ast::Type,
    output: TypeId,
    contexts: Option<FieldSetId>,
}

impl Printer<'_, '_> {
    /// Splits a pick by what its field is in the subgraph.
    fn pick(&mut self, pick: usize) {
        let found = &self.draft.visit(self.visit).picks[pick];
        if let Some(written) = self.on_declared(pick) {
            return self.add(pick, None, written);
        }
        let mut parts: Vec<(Written, Vec<TypeId>)> = Vec::new();
        for of in found.types.iter() {
            let Some(written) = self.edge(found.entry, self.condition(of)) else { continue };
            match parts.iter_mut().find(|(known, _)| *known == written) {
                Some((_, types)) => types.push(of),
                None => parts.push((written, vec![of])),
            }
        }
        for (written, types) in parts {
            self.add(pick, Some(types.into_iter().collect()), written);
        }
    }

    /// The field when it can stand on the visit's declared type.
    fn on_declared(&self, pick: usize) -> Option<Written> {
        let visit = self.draft.visit(self.visit);
        let found = &visit.picks[pick];
        let declared = visit.declared?;
        let written = self.edge(found.entry, declared)?;
        if visit.unknown.is_some() || !self.supergraph.ty(declared).is_abstract() {
            return Some(written);
        }
        let name = &self.supergraph.field(self.draft.place(visit.place).entries[found.entry].field).name;
        let own = self.graph.edge(self.graph.field_of(declared, name)?, self.draft.subgraph_of(self.visit))?;
        let alike = !own.external
            && found.types == visit.types
            && found.types.iter().all(|of| {
                self.edge(found.entry, of)
                    .is_some_and(|below| below.output == written.output && below.contexts == written.contexts)
            });
        alike.then_some(written)
    }

    fn edge(&self, entry: usize, of: TypeId) -> Option<Written> {
        let place = self.draft.visit(self.visit).place;
        let name = &self.supergraph.field(self.draft.place(place).entries[entry].field).name;
        let own = self.graph.field_of(of, name)?;
        let edge = self.graph.edge(own, self.draft.subgraph_of(self.visit))?;
        let ty = edge.ty.as_deref().unwrap_or(&self.supergraph.field(own).ty).clone();
        let contexts = edge.requires.filter(|&set| !self.graph.field_set(set).contexts.is_empty());
        Some(Written { ty, output: edge.output, contexts })
    }

    fn child(&self, pick: usize, output: TypeId) -> Option<VisitId> {
        let children = &self.draft.visit(self.visit).picks[pick].children;
        children.iter().copied().find(|&child| self.draft.visit(child).declared == Some(output))
    }

    /// Adds a field under the entry's key, or under another when that would conflict.
    fn add(&mut self, pick: usize, on: Option<TypeSet>, Written { ty, output, contexts }: Written) {
        let child = self.child(pick, output);
        let visit = self.draft.visit(self.visit);
        let wanted = self.draft.place(visit.place).entries[visit.picks[pick].entry].key.clone();
        let conflicts = |key: &Name| {
            self.result.fields.iter().any(|other| {
                let meets = || self.meet(other.on.as_ref(), on.as_ref()) && !self.same_question(other.pick, pick);
                other.key == *key && (other.ty != ty || child.is_some() || meets())
            })
        };
        let key = match conflicts(&wanted) {
            false => wanted,
            true => (0..)
                .map(|n| Name::new(&format!("_{n}_{}", wanted.trim_start_matches('_'))).expect("a valid name"))
                .find(|key| {
                    let entries = &self.draft.place(visit.place).entries;
                    !self.result.fields.iter().any(|other| other.key == *key)
                        && !entries.iter().any(|entry| entry.key == *key)
                })
                .expect("there are more numbers than fields"),
        };
        let everywhere = on.as_ref().is_none_or(|on| *on == visit.types);
        self.result.fields.push(PrintedField { pick, key, on, everywhere, ty, child, contexts });
    }

    /// Whether two picks ask for the same field with the same arguments.
    fn same_question(&self, one: usize, other: usize) -> bool {
        let visit = self.draft.visit(self.visit);
        let entry = |pick: usize| &self.draft.place(visit.place).entries[visit.picks[pick].entry];
        let (one, other) = (entry(one), entry(other));
        self.supergraph.field(one.field).name == self.supergraph.field(other.field).name
            && one.arguments == other.arguments
    }

    /// Whether fields for these runtime types stand under one type condition, as they do where the subgraph knows
    /// only an interface object of both: then one key cannot be that of both.
    fn meet(&self, one: Option<&TypeSet>, other: Option<&TypeSet>) -> bool {
        match (one, other) {
            (Some(one), Some(other)) => {
                one.iter().any(|of| other.iter().any(|another| self.condition(of) == self.condition(another)))
            }
            _ => true,
        }
    }

    /// Puts the fields under their type conditions, by name.
    fn arrange(&mut self) {
        let mut conditions: BTreeMap<&str, (TypeId, Vec<usize>)> = BTreeMap::new();
        for (at, field) in self.result.fields.iter().enumerate() {
            match &field.on {
                None => self.result.whole.push(at),
                Some(types) => {
                    for of in types.iter() {
                        let condition = self.condition(of);
                        let name = self.supergraph.ty(condition).name.as_str();
                        let (_, fields) = conditions.entry(name).or_insert((condition, Vec::new()));
                        if !fields.contains(&at) {
                            fields.push(at);
                        }
                    }
                }
            }
        }
        self.result.conditions = conditions.into_values().collect();
    }

    /// The type under which objects of a runtime type are selected: an interface object's where the subgraph
    /// knows no other, else their own.
    fn condition(&self, of: TypeId) -> TypeId {
        let visit = self.draft.visit(self.visit);
        let step = self.draft.step(visit.step);
        if step.visit != self.visit {
            return visit.unknown.unwrap_or(of);
        }
        let input = step.inputs.iter().find(|input| input.types.contains(of));
        match input {
            Some(input) if visit.declared.is_none() => input.typename,
            _ => of,
        }
    }
}
