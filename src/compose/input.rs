//! Input objects: the fields that every subgraph takes.
//!
//! A field that only some take is left out when it is optional, and an error when it is required: those who
//! require it would not get it.

use super::default_value::Codes;
use super::merge::Merge;
use super::references::{Reconciled, Variance, reconcile};
use super::sources::{Definition, Kind, subgraph_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph, TypeKind as SubgraphKind};
use crate::supergraph::{InputField, JoinField, SubgraphId, TypeId, TypeKind};
use apollo_compiler::{Node, ast};
use indexmap::IndexMap;

const DEFAULTS: Codes = Codes { mismatch: Code::InputFieldDefaultMismatch, element: "Input field" };

type InputSource<'a> = (Definition<'a>, &'a Node<ast::InputValueDefinition>);

impl<'a> Merge<'a> {
    /// Merges every input object.
    pub fn fill_inputs(&mut self) {
        for (id, name, merging) in self.of_kind(Kind::Input) {
            self.fill_type(id, name, &merging.definitions);
            let mut found: IndexMap<&str, Vec<InputSource<'a>>> = IndexMap::new();
            for definition in &merging.definitions {
                let SubgraphKind::Input(fields) = &definition.ty.kind else { continue };
                for field in fields {
                    found.entry(&field.name).or_default().push((*definition, field));
                }
            }
            let mut merged = Vec::new();
            let mut is_broken = false;
            for (field, sources) in &found {
                let coordinate = format!("{name}.{field}");
                if sources.len() < merging.definitions.len() {
                    is_broken |= !self.leave_out_input_field(&coordinate, sources, &merging.definitions);
                } else {
                    let field = self.merge_input_field(&coordinate, sources);
                    is_broken |= field.is_none();
                    merged.extend(field);
                }
            }
            if merged.is_empty() && !found.is_empty() && !is_broken {
                self.report_empty_input(name, &merging.definitions);
            }
            self.check_one_of(id, name, &merged, &merging.definitions);
            self.ty_mut(id).kind = TypeKind::Input { fields: merged };
        }
    }

    fn merge_input_field(&mut self, coordinate: &str, sources: &[InputSource<'a>]) -> Option<InputField> {
        let definitions: Vec<(&Subgraph, &Node<ast::InputValueDefinition>)> =
            sources.iter().map(|(definition, field)| (definition.subgraph, *field)).collect();
        let point = |to: Diagnostic| {
            definitions.iter().fold(to, |to, (subgraph, field)| {
                to.at_opt(subgraph.name_span(&field.name), format!("\"{}\" in \"{}\"", field.ty, subgraph.name))
            })
        };
        let reconciled = reconcile(self.sources, definitions.iter().map(|(_, field)| &*field.ty), Variance::Taken);
        match &reconciled {
            Reconciled::Equal(_) => {}
            Reconciled::Compatible(chosen) => self.findings.hint(point(Diagnostic::hint(
                Code::InconsistentButCompatibleFieldType,
                format!("Input field \"{coordinate}\" has different types in different subgraphs; the supergraph uses \"{chosen}\""),
            )).help("use the same type everywhere")),
            Reconciled::Incompatible => self.findings.error(
                point(Diagnostic::error(
                    Code::FieldTypeMismatch,
                    format!("Input field \"{coordinate}\" has types that do not fit together"),
                ))
                .help("use the same type everywhere; only nullability may differ"),
            ),
        }
        let differ = !matches!(reconciled, Reconciled::Equal(_));
        let ty = reconciled.chosen()?;
        let default_value = self.merge_defaults(coordinate, &DEFAULTS, &definitions);
        let definition =
            self.merged_input_value(coordinate, super::field::without_places(&ty), default_value, &definitions);
        let joins = if differ {
            sources.iter().map(|(definition, field)| join(definition.id, field)).collect()
        } else {
            Vec::new()
        };
        Some(InputField { definition, joins })
    }

    /// Reports why the field is not in the supergraph; false when that is an error.
    fn leave_out_input_field(&mut self, coordinate: &str, sources: &[InputSource<'a>], all: &[Definition<'_>]) -> bool {
        let missing: Vec<&Definition<'_>> =
            all.iter().filter(|definition| sources.iter().all(|(other, _)| other.id != definition.id)).collect();
        let subgraphs = subgraph_list(missing.iter().map(|definition| definition.subgraph.name.as_str()));
        let is_required = sources.iter().any(|(_, field)| field.is_required());
        let finding = if is_required {
            Diagnostic::error(
                Code::RequiredInputFieldMissingInSomeSubgraph,
                format!("Input field \"{coordinate}\" is required in some subgraphs, but missing in {subgraphs}"),
            )
        } else {
            Diagnostic::hint(
                Code::InconsistentInputObjectField,
                format!("Input field \"{coordinate}\" is not in the supergraph, as it is missing in {subgraphs}"),
            )
        };
        let finding = sources.iter().fold(finding, |finding, (definition, field)| {
            let message = if field.is_required() { "required here" } else { "defined here" };
            finding.at_opt(definition.subgraph.name_span(&field.name), message)
        });
        let finding =
            missing.iter().fold(finding, |finding, definition| finding.at_opt(definition.span(), "missing here"));
        if is_required {
            self.findings.error(finding.help("make the field optional, or add it in every subgraph that has the type"));
        } else {
            self.findings.hint(finding.help("add the field in every subgraph that has the type"));
        }
        !is_required
    }

    /// One subgraph's `@oneOf` is the supergraph's, so what others require cannot be.
    fn check_one_of(&mut self, id: TypeId, name: &str, merged: &[InputField], definitions: &[Definition<'_>]) {
        if !self.supergraph.ty(id).has_directive("oneOf") {
            return;
        }
        let unfit = merged.iter().map(|field| &field.definition);
        for field in unfit.filter(|field| field.ty.is_non_null() || field.default_value.is_some()) {
            let error = Diagnostic::error(
                Code::InvalidGraphql,
                format!(
                    "Input object \"{name}\" is @oneOf in some subgraph, but another one requires \"{name}.{}\" or gives it a default",
                    field.name
                ),
            );
            let error = definitions.iter().fold(error, |error, definition| {
                let what = if definition.ty.is_one_of() { "@oneOf here" } else { "not @oneOf here" };
                error.at_opt(definition.span(), what)
            });
            self.findings.error(error.help("let the subgraphs agree: @oneOf, or not"));
        }
    }

    fn report_empty_input(&mut self, name: &str, definitions: &[Definition<'_>]) {
        let error = Diagnostic::error(
            Code::EmptyMergedInputType,
            format!("Input object \"{name}\" has no field that all subgraphs which define it share"),
        );
        let error = definitions.iter().fold(error, |error, definition| error.at_opt(definition.span(), "defined here"));
        self.findings.error(error.help("define at least one field in all of them, or use different types"));
    }
}

fn join(graph: SubgraphId, field: &ast::InputValueDefinition) -> JoinField {
    JoinField { graph: Some(graph), ty: Some(super::field::without_places(&field.ty)), ..JoinField::default() }
}
