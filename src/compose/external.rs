//! What `@external` fields must have in common with the field that is resolved elsewhere: the type, and the
//! arguments with their types and defaults.

use super::default_value::same_value;
use super::field::FieldMerging;
use super::merge::Merge;
use super::references::is_subtype;
use super::sources::FieldSource;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, fields_selected};
use crate::supergraph::Argument;
use apollo_compiler::{Name, ast};

impl Merge<'_> {
    /// Compares every external definition with what was merged.
    pub fn check_externals(
        &mut self,
        coordinate: &str,
        merging: &FieldMerging<'_>,
        ty: &ast::Type,
        arguments: &[Argument],
    ) {
        for source in merging.sources.iter().filter(|source| source.field.is_external() && source.field.used) {
            // Where resolving subgraphs differ, the external one may have copied any of them.
            let is_copied =
                merging.sources.iter().any(|other| !other.field.is_external() && other.field.ty == source.field.ty);
            if !is_copied && !is_subtype(self.sources, ty, &source.field.ty) {
                self.external_error(
                    Code::ExternalTypeMismatch,
                    format!(
                        "The type of @external field \"{coordinate}\" is \"{}\", but \"{ty}\" where it is resolved",
                        source.field.ty
                    ),
                    source,
                    merging,
                    format!("give the field the type \"{ty}\""),
                );
            }
            for argument in arguments {
                self.check_external_argument(coordinate, merging, source, &argument.definition);
            }
            let is_merged = |name: &Name| arguments.iter().any(|argument| argument.definition.name == *name);
            for extra in source.field.arguments.iter().filter(|argument| !is_merged(&argument.name)) {
                self.check_argument_not_given(coordinate, merging, source, &extra.name);
            }
        }
    }

    fn check_external_argument(
        &mut self,
        coordinate: &str,
        merging: &FieldMerging<'_>,
        source: &FieldSource<'_>,
        argument: &ast::InputValueDefinition,
    ) {
        let name = &argument.name;
        let Some(external) = source.field.arguments.iter().find(|external| external.name == *name) else {
            self.external_error(
                Code::ExternalArgumentMissing,
                format!(
                    "@external field \"{coordinate}\" lacks the argument \"{name}\" that it has where it is resolved"
                ),
                source,
                merging,
                format!("add the argument `{name}: {}`", argument.ty),
            );
            return;
        };
        if !is_subtype(self.sources, &argument.ty, &external.ty) {
            self.external_error(
                Code::ExternalArgumentTypeMismatch,
                format!(
                    "The type of argument \"{coordinate}({name}:)\" is \"{}\" where the field is @external, but \"{}\" where it is resolved",
                    external.ty, argument.ty
                ),
                source,
                merging,
                format!("give the argument the type \"{}\"", argument.ty),
            );
        }
        let same = match (&argument.default_value, &external.default_value) {
            (None, None) => true,
            (Some(a), Some(b)) => same_value(a, b),
            _ => false,
        };
        if !same {
            self.external_error(
                Code::ExternalArgumentDefaultMismatch,
                format!("The default of argument \"{coordinate}({name}:)\" where the field is @external is not the one where it is resolved"),
                source,
                merging,
                "use the same default".to_owned(),
            );
        }
    }

    /// An argument that the external field has and the resolved one has not: no `@requires` may give it.
    fn check_argument_not_given(
        &mut self,
        coordinate: &str,
        merging: &FieldMerging<'_>,
        external: &FieldSource<'_>,
        argument: &Name,
    ) {
        let subgraph = external.subgraph();
        let composites = subgraph.types.values().filter_map(|ty| Some((ty, ty.composite()?)));
        for (ty, field) in
            composites.flat_map(|(ty, composite)| composite.fields.values().map(move |field| (ty, field)))
        {
            let Some(requires) = &field.requires else { continue };
            let mut is_given = false;
            fields_selected(subgraph, &ty.name, &requires.selections, &mut |parent, selected| {
                let is_this = parent == merging.parent && selected.name == merging.name;
                is_given |= is_this && selected.arguments.iter().any(|given| given.name == *argument);
            });
            if is_given {
                let error = Diagnostic::error(
                    Code::RequiresInvalidFields,
                    format!(
                        "On field \"{}.{}\", for @requires(fields: \"{requires}\"): \"{coordinate}\" does not take the argument \"{argument}\" where it is resolved",
                        ty.name, field.name
                    ),
                );
                let error = error.at_opt(subgraph.name_span(&field.name), "gives the argument");
                let resolving = merging.sources.iter().filter(|source| !source.field.is_external());
                let error = resolving.fold(error, |error, source| error.at_opt(source.span(), "without the argument"));
                self.findings.error(error.help("take the argument where the field is resolved, or leave it out"));
            }
        }
    }

    fn external_error(
        &mut self,
        code: Code,
        message: String,
        external: &FieldSource<'_>,
        merging: &FieldMerging<'_>,
        help: String,
    ) {
        let error = Diagnostic::error(code, message).at_opt(external.span(), "external here");
        let resolving = merging.sources.iter().filter(|source| !source.field.is_external());
        let error = resolving.fold(error, |error, source| error.at_opt(source.span(), "resolved here"));
        self.findings.error(error.help(help));
    }
}
