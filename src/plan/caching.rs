//! Working out what of a fetch can be cached, and for how long.
//!
//! **Time to live** follows the rules that Apollo Server documents for `@cacheControl`: a field's own `maxAge`
//! counts, else that of the type it returns; a scalar without either inherits from the object around it, as does
//! whatever says `inheritMaxAge`; fields of the root and fields that return objects otherwise have the default of
//! the subgraph, which is 0. A field is kept with all that is selected below it, so its policy is the strictest of
//! those inside.
//!
//! **Names.** A field is known by its name and arguments, what is selected below it by response keys with
//! theirs; the values of variables are filled in per request. A field that requires something is known by
//! the values of that too; others by the entity's key alone.

use super::cache_tags as tags;
use super::cacheable::{
    CachePolicy, CacheTag, CacheableField, CacheableObject, Invalidated, Selected, Template, TemplatePiece,
};
use super::draft::{Draft, Entry, Step, StepInput, VisitId};
use super::model::LiveId;
use super::printed::{Printed, PrintedField};
use super::sets::BitSet;
use crate::graph::{FieldSetId, QueryGraph};
use crate::operation::Operation;
use crate::supergraph::{FieldId, SubgraphId, Supergraph, TypeId};
use apollo_compiler::{Node, ast};
use std::collections::{BTreeSet, HashMap};

/// For how long what subgraphs answer may be kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CacheRules {
    /// By subgraph: the seconds that hold where nothing else is said.
    pub defaults: Vec<u32>,
    /// What is said of types.
    pub types: HashMap<(SubgraphId, TypeId), CacheHint>,
    /// What is said of fields.
    pub fields: HashMap<(SubgraphId, FieldId), CacheHint>,
    /// The formats of the tags of entities, by type.
    pub type_tags: HashMap<(SubgraphId, TypeId), Vec<Box<str>>>,
    /// The formats of the tags of fields of the root.
    pub field_tags: HashMap<(SubgraphId, FieldId), Vec<Box<str>>>,
    /// The formats of the tags that fields of the mutation make stale.
    pub invalidations: HashMap<(SubgraphId, FieldId), Vec<Box<str>>>,
}

/// What `@cacheControl` says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct CacheHint {
    /// Seconds.
    pub max_age: Option<u32>,
    /// Whether it is `PRIVATE`.
    pub private: Option<bool>,
    /// Whether the age is that of what is around.
    pub inherit: bool,
}

impl CacheRules {
    /// Whether nothing is said that matters to any plan.
    pub fn is_empty(&self) -> bool {
        self.keep_nothing() && self.invalidations.is_empty()
    }

    /// Whether nothing can be kept.
    pub fn keep_nothing(&self) -> bool {
        let lasts = |hint: &CacheHint| hint.max_age.is_some_and(|age| age > 0);
        self.defaults.iter().all(|&age| age == 0) && !self.types.values().any(lasts) && !self.fields.values().any(lasts)
    }

    fn default_age(&self, subgraph: SubgraphId) -> u32 {
        self.defaults.get(subgraph.index()).copied().unwrap_or(0)
    }

    fn of_type(&self, subgraph: SubgraphId, ty: TypeId) -> CacheHint {
        self.types.get(&(subgraph, ty)).copied().unwrap_or_default()
    }

    /// What holds for the fields of entities that say nothing themselves.
    fn of_entity(&self, subgraph: SubgraphId, ty: TypeId) -> CachePolicy {
        let hint = self.of_type(subgraph, ty);
        CachePolicy {
            max_age: hint.max_age.unwrap_or_else(|| self.default_age(subgraph)),
            private: hint.private.unwrap_or(false),
        }
    }

    /// What holds for a field, and so for those below it that inherit. `around` is none for the root.
    fn of_field(
        &self,
        supergraph: &Supergraph,
        subgraph: SubgraphId,
        field: FieldId,
        around: Option<CachePolicy>,
    ) -> CachePolicy {
        let output = supergraph.field(field).output;
        let own = self.fields.get(&(subgraph, field)).copied().unwrap_or_default();
        let composite = supergraph.ty(output).is_composite();
        let of_type = if composite { self.of_type(subgraph, output) } else { CacheHint::default() };
        let inherits = own.inherit || (own.max_age.is_none() && of_type.inherit) || !composite;
        let inherited = around.filter(|_| inherits);
        let default = || inherited.map_or_else(|| self.default_age(subgraph), |around| around.max_age);
        let stated = own.max_age.or(if own.inherit { None } else { of_type.max_age });
        let private = own.private.or(of_type.private).unwrap_or(inherited.is_some_and(|around| around.private));
        CachePolicy { max_age: stated.unwrap_or_else(default), private }
    }
}

/// What is worked out from.
#[derive(Clone, Copy)]
pub struct Facts<'p, 'a> {
    /// The schema.
    pub supergraph: &'p Supergraph,
    /// What fields require.
    pub graph: &'p QueryGraph,
    /// The variables.
    pub operation: &'p Operation,
    /// The steps and visits.
    pub draft: &'p Draft<'a>,
    /// How each visit is written.
    pub printed: &'p [Printed],
    /// What is said.
    pub rules: &'p CacheRules,
}

impl Facts<'_, '_> {
    /// The object or entities that a step asks about; `live` gives sets of units their numbers.
    pub fn object(&self, step: &Step, first_part: usize, live: &mut dyn FnMut(&BitSet) -> LiveId) -> CacheableObject {
        let visit = step.visit;
        let printed = &self.printed[visit.0];
        let fields = printed.order().into_iter().map(|at| self.field(step, &printed.fields[at], live)).collect();
        let found = self.draft.visit(visit);
        let is_root = step.inputs.is_empty();
        let declared = found.declared.filter(|_| found.unknown.is_none());
        CacheableObject {
            first_part,
            typename: if is_root {
                self.supergraph.ty(self.draft.place(found.place).ty).name.as_str().into()
            } else {
                Box::default()
            },
            names_type: declared.is_some_and(|ty| self.supergraph.ty(ty).is_abstract()),
            tags: step.inputs.iter().map(|input| self.entity_tags(step.subgraph, input.typename)).collect(),
            keys: step.inputs.iter().map(|input| self.positions(input, &input.key_names(self))).collect(),
            fields,
        }
    }

    /// What the fields of a mutation make stale.
    pub fn invalidated(&self, step: &Step, live: &mut dyn FnMut(&BitSet) -> LiveId) -> Box<[Invalidated]> {
        let printed = &self.printed[step.visit.0];
        let mut invalidated = Vec::new();
        for field in printed.order().into_iter().map(|at| &printed.fields[at]) {
            let entry = self.entry(step.visit, field);
            let live = live(&self.draft.visit(step.visit).picks[field.pick].live);
            let tags = self.formatted(self.rules.invalidations.get(&(step.subgraph, entry.field)), entry);
            invalidated.extend(tags.map(|tag| Invalidated { live, tag }));
        }
        invalidated.into()
    }

    fn field(&self, step: &Step, field: &PrintedField, live: &mut dyn FnMut(&BitSet) -> LiveId) -> CacheableField {
        let entry = self.entry(step.visit, field);
        let (mut policy, mut requires) = (None::<CachePolicy>, BTreeSet::new());
        for ty in self.types(step.visit, field) {
            let around = (!step.inputs.is_empty()).then(|| self.rules.of_entity(step.subgraph, ty));
            let own = self.below(step.subgraph, step.visit, field, ty, around);
            policy = Some(policy.map_or(own, |policy| policy.and(own)));
            requires.extend(self.required(step.subgraph, entry, ty));
        }
        let mut selection = Vec::new();
        if let Some(child) = field.child {
            self.select(child, &Template::default(), &mut selection, live);
        }
        selection.sort_by(|a: &Selected, b| a.path.cmp(&b.path));
        let requires = step.inputs.iter().map(|input| {
            let key = input.key_names(self);
            let beside = requires.iter().filter(|name| !key.contains(*name)).cloned().collect();
            self.positions(input, &beside)
        });
        CacheableField {
            field: entry.field,
            policy: policy.unwrap_or_default(),
            name: self.template(Vec::new(), &self.supergraph.field(entry.field).name, entry),
            selection: selection.into(),
            requires: requires.collect(),
            tags: self.field_tags(step, entry),
        }
    }

    fn entity_tags(&self, subgraph: SubgraphId, ty: TypeId) -> Box<[CacheTag]> {
        let formats = self.rules.type_tags.get(&(subgraph, ty)).into_iter().flatten();
        formats.filter_map(|format| tags::parse(format, tags::Arguments::default(), self.operation)).collect()
    }

    fn field_tags(&self, step: &Step, entry: &Entry) -> Box<[CacheTag]> {
        self.formatted(self.rules.field_tags.get(&(step.subgraph, entry.field)), entry).collect()
    }

    /// Formats with the arguments of a field in them.
    fn formatted<'f>(
        &'f self,
        formats: Option<&'f Vec<Box<str>>>,
        entry: &'f Entry,
    ) -> impl Iterator<Item = CacheTag> + 'f {
        let defined = &*self.supergraph.field(entry.field).arguments;
        let arguments = tags::Arguments { given: &entry.arguments, defined };
        formats.into_iter().flatten().filter_map(move |format| tags::parse(format, arguments, self.operation))
    }

    fn entry(&self, visit: VisitId, field: &PrintedField) -> &Entry {
        let found = self.draft.visit(visit);
        &self.draft.place(found.place).entries[found.picks[field.pick].entry]
    }

    /// The types of the objects that a field is asked of: the interface where the subgraph knows no other.
    fn types(&self, visit: VisitId, field: &PrintedField) -> Vec<TypeId> {
        let found = self.draft.visit(visit);
        match found.unknown {
            Some(interface) => vec![interface],
            None => field.on.as_ref().unwrap_or(&found.picks[field.pick].types).iter().collect(),
        }
    }

    /// The policy of a field with all below it.
    fn below(
        &self,
        subgraph: SubgraphId,
        visit: VisitId,
        field: &PrintedField,
        ty: TypeId,
        around: Option<CachePolicy>,
    ) -> CachePolicy {
        let entry = self.entry(visit, field);
        let name = &self.supergraph.field(entry.field).name;
        let own = self.graph.field_of(ty, name).unwrap_or(entry.field);
        let own = self.rules.of_field(self.supergraph, subgraph, own, around);
        let Some(child) = field.child else { return own };
        self.printed[child.0].fields.iter().fold(own, |policy, inner| {
            let types = self.types(child, inner);
            types.into_iter().fold(policy, |policy, ty| policy.and(self.below(subgraph, child, inner, ty, Some(own))))
        })
    }

    /// The fields of the entity that a field requires, by name.
    fn required(&self, subgraph: SubgraphId, entry: &Entry, ty: TypeId) -> BTreeSet<String> {
        let name = &self.supergraph.field(entry.field).name;
        let edge = self.graph.field_of(ty, name).and_then(|field| self.graph.edge(field, subgraph));
        edge.and_then(|edge| edge.requires).map(|set| self.names(set)).unwrap_or_default()
    }

    fn names(&self, set: FieldSetId) -> BTreeSet<String> {
        let fields = &self.graph.field_set(set).fields;
        fields.iter().map(|field| self.supergraph.field(field.field).name.to_string()).collect()
    }

    /// Where fields of these names stand in a representation, in the order of the names.
    fn positions(&self, input: &StepInput, names: &BTreeSet<String>) -> Box<[usize]> {
        let of = |name: &String| {
            let name = name.clone();
            input.fields.iter().enumerate().filter(move |(_, field)| *field.name == *name).map(|(at, _)| at)
        };
        names.iter().flat_map(of).collect()
    }

    /// All that is selected at a visit and below, each with the way to it.
    fn select(
        &self,
        visit: VisitId,
        way: &Template,
        selected: &mut Vec<Selected>,
        live: &mut dyn FnMut(&BitSet) -> LiveId,
    ) {
        let printed = &self.printed[visit.0];
        let whole = printed.whole.iter().map(|&at| (None, at));
        let conditions =
            printed.conditions.iter().flat_map(|(ty, fields)| fields.iter().map(move |&at| (Some(*ty), at)));
        for (condition, at) in whole.chain(conditions) {
            let field = &printed.fields[at];
            let entry = self.entry(visit, field);
            let on = condition.map_or("", |ty| self.supergraph.ty(ty).name.as_str());
            let step = format!("/{on}|{}:{}", field.key, self.supergraph.field(entry.field).name);
            let path = self.template(way.0.to_vec(), &step, entry);
            selected.push(Selected { live: live(&self.draft.visit(visit).picks[field.pick].live), path: path.clone() });
            if let Some(child) = field.child {
                self.select(child, &path, selected, live);
            }
        }
    }

    /// The text so far, more of it, and an entry's arguments.
    fn template(&self, mut pieces: Vec<TemplatePiece>, name: &str, entry: &Entry) -> Template {
        push(&mut pieces, name);
        let mut open = "(";
        for argument in &entry.arguments {
            push(&mut pieces, &format!("{open}{}:", argument.name));
            self.value(&mut pieces, &argument.value);
            open = ",";
        }
        if !entry.arguments.is_empty() {
            push(&mut pieces, ")");
        }
        Template(pieces.into_iter().fold(Vec::new(), joined).into())
    }

    fn value(&self, pieces: &mut Vec<TemplatePiece>, value: &Node<ast::Value>) {
        match &**value {
            ast::Value::Variable(name) => match self.operation.variable(name) {
                Some(variable) => pieces.push(TemplatePiece::Variable(variable)),
                None => push(pieces, "$"),
            },
            ast::Value::List(items) => {
                push(pieces, "[");
                for item in items {
                    self.value(pieces, item);
                    push(pieces, ",");
                }
                push(pieces, "]");
            }
            ast::Value::Object(fields) => {
                push(pieces, "{");
                for (name, value) in fields {
                    push(pieces, &format!("{name}:"));
                    self.value(pieces, value);
                    push(pieces, ",");
                }
                push(pieces, "}");
            }
            other => push(pieces, &other.serialize().no_indent().to_string()),
        }
    }
}

impl StepInput {
    /// The fields of the key by which the entity is named.
    fn key_names(&self, facts: &Facts<'_, '_>) -> BTreeSet<String> {
        facts.names(self.key)
    }
}

fn push(pieces: &mut Vec<TemplatePiece>, text: &str) {
    pieces.push(TemplatePiece::Text(text.into()));
}

/// Texts that stand side by side become one.
fn joined(mut pieces: Vec<TemplatePiece>, next: TemplatePiece) -> Vec<TemplatePiece> {
    match (pieces.last_mut(), &next) {
        (Some(TemplatePiece::Text(last)), TemplatePiece::Text(more)) => *last = format!("{last}{more}").into(),
        _ => pieces.push(next),
    }
    pieces
}
