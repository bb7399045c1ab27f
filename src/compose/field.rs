//! A field of an object or interface, merged from all subgraphs that have it.
//!
//! Phases: what overriding leaves; sharing; the type (of those who resolve the field); arguments; what the external
//! ones must agree with; and the joins, which say who resolves it.

use super::argument::Taker;
use super::merge::{Merge, bare};
use super::overriding::Overriding;
use super::references::{Reconciled, Variance, reconcile};
use super::sources::{Definition, FieldSource};
use crate::diagnostic::Diagnostic;
use crate::subgraph::Code;
use crate::supergraph::{Argument, Field, JoinField, TypeId};
use apollo_compiler::ast;
use indexmap::IndexMap;

/// One field to merge.
pub struct FieldMerging<'a> {
    /// Its type's name.
    pub parent: &'a str,
    /// Its type.
    pub parent_id: TypeId,
    /// Whether the merged type is an interface.
    pub on_interface: bool,
    /// Its name.
    pub name: &'a str,
    /// The definitions of its type.
    pub definitions: &'a [Definition<'a>],
    /// The definitions of the field, by subgraph.
    pub sources: Vec<FieldSource<'a>>,
}

/// The fields of a type, each with its definitions, in the order in which subgraphs name them.
pub fn fields_of<'a>(definitions: &'a [Definition<'a>]) -> IndexMap<&'a str, Vec<FieldSource<'a>>> {
    let mut fields: IndexMap<&str, Vec<FieldSource<'_>>> = IndexMap::new();
    for definition in definitions {
        for field in definition.composite().into_iter().flat_map(|composite| composite.fields.values()) {
            fields.entry(&field.name).or_default().push(FieldSource { parent: *definition, field });
        }
    }
    fields
}

impl<'a> Merge<'a> {
    /// Merges a field and adds it to its type; nothing is added when there is an error.
    pub fn fill_field(&mut self, merging: &FieldMerging<'a>) {
        if let Some(field) = self.merge_field(merging) {
            self.supergraph.add_field(field);
        }
    }

    /// Merges a field.
    pub fn merge_field(&mut self, merging: &FieldMerging<'a>) -> Option<Field> {
        let coordinate = format!("{}.{}", merging.parent, merging.name);
        let overriding = self.overriding(&coordinate, &merging.sources);
        let staying: Vec<(FieldSource<'a>, Overriding)> =
            merging.sources.iter().copied().zip(overriding).filter(|(_, overriding)| !overriding.is_gone()).collect();
        // What is overridden still speaks for the field: what was hidden or guarded must not come into view, nor
        // become another type, by moving.
        let resolving: Vec<FieldSource<'a>> =
            merging.sources.iter().copied().filter(|source| !source.field.is_external()).collect();
        if resolving.is_empty() && !self.has_interface_object_source(merging) {
            self.missing_on_base(&coordinate, merging);
            return None;
        }
        if !merging.on_interface {
            self.check_sharing(&coordinate, merging, &staying);
        }
        // A field that only interface objects resolve takes its type from those who know it as external.
        let base = if resolving.is_empty() { merging.sources.clone() } else { resolving };
        let reconciled = self.merge_field_types(&coordinate, &base);
        let differ = !matches!(reconciled, Reconciled::Equal(_));
        let ty = reconciled.chosen()?;
        self.used_as_output(&ty);
        let arguments = self.merge_field_arguments(&coordinate, &base);
        self.check_externals(&coordinate, merging, &ty, &arguments);
        let description = self.merge_descriptions(
            &|| format!("Field \"{coordinate}\""),
            base.iter().map(|source| (source.subgraph(), source.field.description.as_ref())),
        );
        let inherited = self.access.of_field(merging.parent, merging.name);
        let directives = self.merge_applied_with(
            &coordinate,
            base.iter().map(|source| (source.subgraph(), source.field.directives.as_slice())),
            inherited,
        );
        let staying_with = || joined(&staying).map(|(source, _)| *source);
        self.check_invalidations((merging.parent, &coordinate), &arguments, staying_with());
        let given = staying_with().map(|source| (source.subgraph(), source.field.directives.as_slice()));
        let carried = self.carry(Some(merging.parent), given);
        Some(Field {
            name: bare(&merging.sources[0].field.name),
            parent: merging.parent_id,
            description,
            output: self.type_id(ty.inner_named_type()),
            ty: without_places(&ty),
            arguments,
            joins: joins(merging, &staying, differ),
            directives,
            carried,
        })
    }

    fn merge_field_types(&mut self, coordinate: &str, base: &[FieldSource<'a>]) -> Reconciled {
        let reconciled = reconcile(self.sources, base.iter().map(|source| &source.field.ty), Variance::Given);
        let point = |to: Diagnostic| {
            base.iter().fold(to, |to, source| {
                to.at_opt(source.span(), format!("\"{}\" in \"{}\"", source.field.ty, source.subgraph().name))
            })
        };
        match &reconciled {
            Reconciled::Equal(_) => {}
            Reconciled::Compatible(chosen) => self.findings.hint(point(Diagnostic::hint(
                Code::InconsistentButCompatibleFieldType,
                format!("Field \"{coordinate}\" has different types in different subgraphs; the supergraph uses \"{chosen}\""),
            )).help("use the same type everywhere")),
            Reconciled::Incompatible => self.findings.error(
                point(Diagnostic::error(
                    Code::FieldTypeMismatch,
                    format!("Field \"{coordinate}\" has types that do not fit together"),
                ))
                .help("use one type everywhere; a subgraph may promise more (non-null, an implementation), not something else"),
            ),
        }
        reconciled
    }

    fn merge_field_arguments(&mut self, coordinate: &str, base: &[FieldSource<'a>]) -> Vec<Argument> {
        if base.iter().all(|source| source.field.arguments.is_empty()) {
            return Vec::new();
        }
        let takers: Vec<Taker<'_>> = base
            .iter()
            .map(|source| Taker {
                subgraph: source.subgraph(),
                arguments: &source.field.arguments,
                place: source.span(),
            })
            .collect();
        let merged = self.merge_arguments(coordinate, &takers);
        merged.into_iter().map(|definition| Argument { definition }).collect()
    }

    fn missing_on_base(&mut self, coordinate: &str, merging: &FieldMerging<'a>) {
        let error = Diagnostic::error(
            Code::ExternalMissingOnBase,
            format!("Field \"{coordinate}\" is @external wherever it is defined: no subgraph resolves it"),
        );
        let error = merging.sources.iter().fold(error, |error, source| error.at_opt(source.span(), "external here"));
        self.findings.error(error.help("define the field without @external in the subgraph that resolves it"));
    }
}

/// The type without the places of its names.
pub fn without_places(ty: &ast::Type) -> ast::Type {
    match ty {
        ast::Type::Named(name) => ast::Type::Named(bare(name)),
        ast::Type::NonNullNamed(name) => ast::Type::NonNullNamed(bare(name)),
        ast::Type::List(item) => ast::Type::List(Box::new(without_places(item))),
        ast::Type::NonNullList(item) => ast::Type::NonNullList(Box::new(without_places(item))),
    }
}

/// Who resolves the field. Empty when that is every subgraph that defines the type, without conditions.
fn joins(merging: &FieldMerging<'_>, staying: &[(FieldSource<'_>, Overriding)], types_differ: bool) -> Vec<JoinField> {
    let joined: Vec<&(FieldSource<'_>, Overriding)> = joined(staying).collect();
    let plain = joined.len() == merging.definitions.len()
        && !types_differ
        && joined.iter().all(|(source, overriding)| is_plain(source, overriding));
    if plain {
        return Vec::new();
    }
    joined.into_iter().map(|(source, overriding)| join(source, overriding, types_differ)).collect()
}

/// Those that have a part in the field: an external one that nothing uses is no part of the graph.
fn joined<'s, 'a>(
    staying: &'s [(FieldSource<'a>, Overriding)],
) -> impl Iterator<Item = &'s (FieldSource<'a>, Overriding)> {
    staying.iter().filter(|(source, _)| !source.field.is_external() || source.field.used)
}

fn is_plain(source: &FieldSource<'_>, overriding: &Overriding) -> bool {
    let field = source.field;
    !field.is_external()
        && field.requires.is_none()
        && field.provides.is_none()
        && !overriding.is_overridden
        && overriding.label.is_none()
        && super::applied::context_arguments(source).is_none()
}

fn join(source: &FieldSource<'_>, overriding: &Overriding, types_differ: bool) -> JoinField {
    let field = source.field;
    JoinField {
        graph: Some(source.id()),
        requires: field.requires.as_ref().map(ToString::to_string),
        provides: field.provides.as_ref().map(ToString::to_string),
        ty: types_differ.then(|| without_places(&field.ty)),
        external: field.is_external(),
        override_from: field.overrides.as_ref().map(|overrides| overrides.from.clone()),
        used_overridden: overriding.is_overridden && overriding.is_still_used,
        override_label: overriding.label.clone(),
        context_arguments: super::applied::context_arguments(source),
    }
}
