//! Documents: the GraphQL text of a request, whole and in pieces that can be left out.

use super::assemble::LiveSets;
use super::draft::{Draft, StepId, VisitId};
use super::model::{Document, LiveId, PartPiece, Piece};
use super::printed::Printed;
use super::sets::BitSet;
use crate::graph::FieldSetId;
use crate::operation::{Operation, VariableId};
use crate::supergraph::Supergraph;
use apollo_compiler::{Name, Node, ast};
use std::collections::BTreeMap;
use std::fmt::Write;

/// An `_entities` field to write, or root fields.
#[derive(Debug, Clone)]
pub struct Batch {
    /// None for root fields.
    pub names: Option<BatchNames>,
    /// The step it is for.
    pub step: StepId,
    /// The units that need it.
    pub live: BitSet,
    /// Its arguments that are filled from contexts, as variables; by position in the step's contexts.
    pub contexts: Vec<BatchContext>,
}

/// How an `_entities` field is known.
#[derive(Debug, Clone, Default)]
pub struct BatchNames {
    /// Its key.
    pub alias: String,
    /// The variable that takes its representations.
    pub variable: String,
}

/// An argument that is filled from a context.
#[derive(Debug, Clone)]
pub struct BatchContext {
    /// What the field requires, by which the field is known.
    pub requires: FieldSetId,
    /// The argument.
    pub argument: Name,
    /// The variable that takes the value.
    pub variable: String,
    /// Its type.
    pub ty: String,
    /// The units that need it.
    pub live: BitSet,
}

/// What a request's document is written from.
#[derive(Debug)]
pub struct DocumentWriter<'w, 'a> {
    /// For names.
    pub supergraph: &'w Supergraph,
    /// For the types of variables.
    pub operation: &'w Operation,
    /// The steps and visits.
    pub draft: &'w Draft<'a>,
    /// How each visit is written.
    pub printed: &'w [Printed],
    /// Where sets of units get their numbers.
    pub live_sets: &'w mut LiveSets,
    /// The text so far.
    pieces: Vec<RawPiece>,
    /// The client's variables in use.
    variables: BTreeMap<VariableId, Used>,
    /// The arguments from contexts of the batch that is being written.
    contexts: &'w [BatchContext],
    /// By batch, or of the root: the number of the first part. Empty when the document is not cut into parts.
    firsts: Vec<usize>,
    /// The visit whose fields are parts, and the number of the first.
    top: Option<(VisitId, usize)>,
    /// The parts that what is being written is needed for.
    parts: Option<BitSet>,
}

/// What needs a variable.
#[derive(Debug, Clone, Default)]
pub struct Used {
    /// The units.
    pub units: BitSet,
    /// The parts, where the document is cut.
    pub parts: BitSet,
}

/// A document with its variables.
#[derive(Debug)]
pub struct Written {
    /// The text.
    pub document: Document,
    /// The client's variables in use.
    pub variables: BTreeMap<VariableId, Used>,
    /// The text in parts, where it was to be cut.
    pub pieces: Vec<PartPiece>,
}

#[derive(Debug)]
struct RawPiece {
    text: String,
    live: LiveId,
    unless: Option<LiveId>,
    parts: Option<BitSet>,
}

impl<'w, 'a> DocumentWriter<'w, 'a> {
    /// A writer with nothing written.
    pub fn new(
        supergraph: &'w Supergraph,
        operation: &'w Operation,
        draft: &'w Draft<'a>,
        printed: &'w [Printed],
        live_sets: &'w mut LiveSets,
    ) -> Self {
        Self {
            supergraph,
            operation,
            draft,
            printed,
            live_sets,
            pieces: Vec::new(),
            variables: BTreeMap::new(),
            contexts: &[],
            firsts: Vec::new(),
            top: None,
            parts: None,
        }
    }

    /// Cuts the document into parts as well, whose first ones by batch have these numbers.
    #[must_use]
    pub fn in_parts(mut self, firsts: Vec<usize>) -> Self {
        self.firsts = firsts;
        self
    }

    /// Writes the document of a root step.
    pub fn root(mut self, keyword: &str, name: Option<&str>, visit: VisitId) -> Written {
        let live = &self.draft.visit(visit).live;
        self.top = self.firsts.first().map(|&first| (visit, first));
        self.selection_set(visit, live, None);
        self.finish(keyword, name, &[])
    }

    /// Writes the document of entity steps.
    pub fn entities(mut self, name: Option<&str>, batches: &'w [Batch]) -> Written {
        self.text("{", LiveId::ALWAYS);
        for (at, batch) in batches.iter().enumerate() {
            self.parts = self.parts_of(at, batch);
            let live = self.live_sets.intern(&batch.live);
            let visit = self.draft.step(batch.step).visit;
            self.contexts = &batch.contexts;
            self.top = self.firsts.get(at).map(|&first| (visit, first));
            match &batch.names {
                None => self.whole_fields(visit),
                Some(BatchNames { alias, variable }) => {
                    let alias = if alias == "_entities" { String::new() } else { format!("{alias}:") };
                    self.text(&format!("{alias}_entities(representations:${variable})"), live);
                    self.selection_set(visit, &batch.live, Some(live));
                    self.text(" ", live);
                }
            }
        }
        self.parts = None;
        self.text("}", LiveId::ALWAYS);
        self.finish("query", name, batches)
    }

    /// All parts of a batch, where the document is cut.
    fn parts_of(&self, at: usize, batch: &Batch) -> Option<BitSet> {
        let first = *self.firsts.get(at)?;
        let fields = self.printed[self.draft.step(batch.step).visit.0].order().len();
        // The last one is the object itself.
        Some((first..=first + fields).collect())
    }

    /// Puts the operation's head, with the variables in use, before the selections.
    fn finish(mut self, keyword: &str, name: Option<&str>, batches: &[Batch]) -> Written {
        let body = std::mem::take(&mut self.pieces);
        let mut head = String::from(keyword);
        if let Some(name) = name {
            let _ = write!(head, " {name}");
        }
        self.text(&head, LiveId::ALWAYS);
        let variables = self.variables.clone();
        let mut all = BitSet::new();
        let named = || batches.iter().enumerate().filter_map(|(at, batch)| Some((at, batch, batch.names.as_ref()?)));
        let of_variables = variables.values().map(|used| &used.units);
        for live in named().map(|(_, batch, _)| &batch.live).chain(of_variables) {
            all.union_with(live);
        }
        if named().next().is_some() || !variables.is_empty() {
            let any = self.live_sets.intern(&all);
            let any_part = self.any_part(batches);
            self.parts.clone_from(&any_part);
            self.text("(", any);
            for (at, batch, names) in named() {
                self.parts = self.parts_of(at, batch);
                let live = self.live_sets.intern(&batch.live);
                self.text(&format!("${}:[_Any!]! ", names.variable), live);
                for context in &batch.contexts {
                    let live = self.live_sets.intern(&context.live);
                    self.text(&format!("${}:{} ", context.variable, context.ty), live);
                }
            }
            for (variable, used) in &variables {
                let live = self.live_sets.intern(&used.units);
                self.parts = (!self.firsts.is_empty()).then(|| used.parts.clone());
                let definition = &self.operation.variables[variable.index()];
                // The default stays: with it a nullable variable may stand where a non-null value is wanted.
                let default = definition.default_value.as_ref();
                let default = default.map_or(String::new(), |value| format!("={}", value.serialize().no_indent()));
                self.text(&format!("${}:{}{default} ", definition.name, definition.ty), live);
            }
            self.parts = any_part;
            self.text(")", any);
        }
        for piece in body {
            self.parts = piece.parts;
            self.push(&piece.text, piece.live, piece.unless);
        }
        let pieces = if self.firsts.is_empty() { Vec::new() } else { self.pieces.iter().map(part_piece).collect() };
        Written { document: self.document(), variables, pieces }
    }

    /// The parts for which a request has variables at all.
    fn any_part(&self, batches: &[Batch]) -> Option<BitSet> {
        if self.firsts.is_empty() {
            return None;
        }
        let of_variables = self.variables.values().map(|used| used.parts.clone());
        let of_batches = batches.iter().enumerate().filter_map(|(at, batch)| self.parts_of(at, batch));
        Some(of_variables.chain(of_batches).fold(BitSet::new(), |mut all, parts| {
            all.union_with(&parts);
            all
        }))
    }

    fn document(mut self) -> Document {
        if !self.firsts.is_empty() {
            for piece in std::mem::take(&mut self.pieces) {
                self.parts = None;
                self.push(&piece.text, piece.live, piece.unless);
            }
        }
        let full: String =
            self.pieces.iter().filter(|piece| piece.unless.is_none()).map(|piece| piece.text.as_str()).collect();
        let conditional = self.pieces.iter().any(|piece| piece.live != LiveId::ALWAYS || piece.unless.is_some());
        let pieces = if conditional {
            self.pieces
                .into_iter()
                .map(|piece| Piece { text: escape(&piece.text).into(), live: piece.live, unless: piece.unless })
                .collect()
        } else {
            Box::default()
        };
        Document { full_json: escape(&full).into(), full: full.into(), pieces }
    }

    /// Writes a visit's selections. `around` is what the whole set is needed by, `entities` is set for the
    /// entry of an entity step.
    fn selection_set(&mut self, visit: VisitId, around: &BitSet, entities: Option<LiveId>) {
        let printed = &self.printed[visit.0];
        let found = self.draft.visit(visit);
        let outer = self.live_sets.intern(around);
        self.text("{", outer);
        let abstract_type =
            found.declared.filter(|&ty| self.supergraph.ty(ty).is_abstract() && found.unknown.is_none());
        let wrap = entities.and(found.declared);
        if let Some(wrap) = wrap {
            self.text(&format!("...on {}{{", self.supergraph.ty(wrap).name), outer);
        }
        if abstract_type.is_some() {
            self.text("__typename ", outer);
        }
        self.whole_fields(visit);
        if wrap.is_some() {
            self.text("}", outer);
        }
        for (condition, fields) in &printed.conditions {
            let mut live = BitSet::new();
            for &field in fields {
                live.union_with(&self.draft.visit(visit).picks[printed.fields[field].pick].live);
            }
            let inner = self.live_sets.intern(&live);
            let around = self.parts.clone();
            if self.top.is_some_and(|(top, _)| top == visit) {
                self.parts = Some(fields.iter().filter_map(|&field| self.part(visit, printed, field)).collect());
            }
            let within = self.parts.clone();
            self.text(&format!("...on {}{{", self.supergraph.ty(*condition).name), inner);
            for &field in fields {
                self.field(visit, printed, field);
            }
            self.parts = within;
            self.text("}", inner);
            self.parts = around;
        }
        if abstract_type.is_none() {
            self.filler(visit, outer);
        }
        self.text("}", outer);
    }

    /// Writes the fields that stand on a visit's declared type: at the root there are no others.
    fn whole_fields(&mut self, visit: VisitId) {
        let printed = &self.printed[visit.0];
        for &field in &printed.whole {
            self.field(visit, printed, field);
        }
    }

    /// `__typename` where a selection set would otherwise be empty.
    fn filler(&mut self, visit: VisitId, outer: LiveId) {
        let inner = &self.draft.visit(visit).live;
        if self.draft.visit(visit).picks.is_empty() {
            self.text("__typename", outer);
            return;
        }
        let inner = self.live_sets.intern(inner);
        if inner != LiveId::ALWAYS && inner != outer {
            self.push("__typename", outer, Some(inner));
        }
    }

    /// The number of the part that a field is.
    fn part(&self, visit: VisitId, printed: &Printed, at: usize) -> Option<usize> {
        let (_, first) = self.top.filter(|(top, _)| *top == visit)?;
        printed.order().iter().position(|&field| field == at).map(|position| first + position)
    }

    fn field(&mut self, visit: VisitId, printed: &Printed, at: usize) {
        match self.part(visit, printed, at) {
            Some(part) => {
                let around = self.parts.replace(std::iter::once(part).collect());
                self.write_field(visit, printed, at);
                self.parts = around;
            }
            None => self.write_field(visit, printed, at),
        }
    }

    fn write_field(&mut self, visit: VisitId, printed: &Printed, at: usize) {
        let field = &printed.fields[at];
        let found = self.draft.visit(visit);
        let entry = &self.draft.place(found.place).entries[found.picks[field.pick].entry];
        let name = &self.supergraph.field(entry.field).name;
        let units = &self.draft.visit(visit).picks[field.pick].live;
        let live = self.live_sets.intern(units);
        let mut text = String::new();
        if field.key != *name {
            let _ = write!(text, "{}:", field.key);
        }
        text.push_str(name);
        self.arguments(&entry.arguments, field.contexts, units, &mut text);
        self.text(&text, live);
        match field.child {
            Some(child) => self.selection_set(child, units, None),
            None => self.text(" ", live),
        }
    }

    fn arguments(
        &mut self,
        arguments: &[Node<ast::Argument>],
        contexts: Option<FieldSetId>,
        units: &BitSet,
        text: &mut String,
    ) {
        let given = self.contexts.iter().filter(|context| Some(context.requires) == contexts);
        let given: Vec<String> = given.map(|context| format!("{}:${} ", context.argument, context.variable)).collect();
        if arguments.is_empty() && given.is_empty() {
            return;
        }
        text.push('(');
        given.iter().for_each(|argument| text.push_str(argument));
        for argument in arguments {
            let _ = write!(text, "{}:{} ", argument.name, argument.value.serialize().no_indent());
            self.use_variables(&argument.value, units);
        }
        text.pop();
        text.push(')');
    }

    fn use_variables(&mut self, value: &ast::Value, units: &BitSet) {
        match value {
            ast::Value::Variable(name) => {
                if let Some(variable) = self.operation.variable(name) {
                    let used = self.variables.entry(variable).or_default();
                    used.units.union_with(units);
                    if let Some(parts) = &self.parts {
                        used.parts.union_with(parts);
                    }
                }
            }
            ast::Value::List(items) => items.iter().for_each(|item| self.use_variables(item, units)),
            ast::Value::Object(fields) => fields.iter().for_each(|(_, field)| self.use_variables(field, units)),
            _ => {}
        }
    }

    fn text(&mut self, text: &str, live: LiveId) {
        self.push(text, live, None);
    }

    /// Adds text, to the last piece when that has the same condition.
    fn push(&mut self, text: &str, live: LiveId, unless: Option<LiveId>) {
        match self.pieces.last_mut() {
            Some(last) if last.live == live && last.unless == unless && last.parts == self.parts => {
                last.text.push_str(text);
            }
            _ => self.pieces.push(RawPiece { text: text.to_owned(), live, unless, parts: self.parts.clone() }),
        }
    }
}

fn part_piece(piece: &RawPiece) -> PartPiece {
    let text = escape(&piece.text).into();
    PartPiece { piece: Piece { text, live: piece.live, unless: piece.unless }, parts: piece.parts.clone() }
}

/// Text as the inside of a JSON string.
pub fn escape(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}
