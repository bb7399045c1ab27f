//! Enums merge by how the supergraph uses them: an enum that fields give has the values of all subgraphs, one
//! that arguments take has those that all subgraphs know, and one that is both must be the same everywhere.

use super::merge::{Merge, Usage, bare};
use super::sources::{Definition, Kind, subgraph_list};
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, EnumValue as ValueDefinition, TypeKind as SubgraphKind};
use crate::supergraph::{EnumValue, TypeKind};
use indexmap::IndexMap;

type ValueSource<'a> = (Definition<'a>, &'a ValueDefinition);

impl<'a> Merge<'a> {
    /// Merges every enum. Everything that may use one is merged already.
    pub fn fill_enums(&mut self) {
        for (id, name, merging) in self.of_kind(Kind::Enum) {
            self.fill_type(id, name, &merging.definitions);
            let usage = self.enum_usage(name, &merging.definitions);
            let mut values = Vec::new();
            for (value, sources) in values_of(&merging.definitions) {
                if self.keeps_value(name, value, usage, &sources, &merging.definitions) {
                    values.push(self.merge_value(name, value, &sources));
                }
            }
            if values.is_empty() {
                self.report_empty_enum(name, &merging.definitions);
            }
            self.ty_mut(id).kind = TypeKind::Enum { values };
        }
    }

    fn enum_usage(&mut self, name: &str, definitions: &[Definition<'_>]) -> Usage {
        if let Some(usage) = self.usage.get(name) {
            return *usage;
        }
        if self.is_taken_by_a_directive(name) {
            return Usage { input: false, output: true };
        }
        let hint = Diagnostic::hint(
            Code::UnusedEnumType,
            format!("Enum \"{name}\" is not used; the supergraph has it with the values of all subgraphs"),
        );
        let hint = definitions.iter().fold(hint, |hint, definition| hint.at_opt(definition.span(), "defined here"));
        self.findings.hint(hint.help("remove the enum"));
        Usage { input: false, output: true }
    }

    /// Whether a directive that reaches the supergraph takes the enum: with all values, as any may be applied.
    fn is_taken_by_a_directive(&self, name: &str) -> bool {
        let mut arguments = self.supergraph.directives.iter().flat_map(|directive| &directive.arguments);
        arguments.any(|argument| argument.ty.inner_named_type() == name)
    }

    /// Whether a value is in the supergraph, with an error or hint where subgraphs disagree on it.
    fn keeps_value(
        &mut self,
        name: &str,
        value: &str,
        usage: Usage,
        sources: &[ValueSource<'a>],
        all: &[Definition<'_>],
    ) -> bool {
        if sources.len() == all.len() {
            return true;
        }
        let missing: Vec<&Definition<'_>> =
            all.iter().filter(|definition| sources.iter().all(|(other, _)| other.id != definition.id)).collect();
        let subgraphs = subgraph_list(missing.iter().map(|definition| definition.subgraph.name.as_str()));
        let point = |to: Diagnostic| {
            let to = sources.iter().fold(to, |to, (definition, value)| {
                to.at_opt(definition.subgraph.name_span(&value.name), "defined here")
            });
            missing.iter().fold(to, |to, definition| to.at_opt(definition.span(), "not here"))
        };
        match (usage.input, usage.output) {
            (true, true) => {
                let hidden = sources
                    .iter()
                    .any(|(_, value)| value.directives.iter().any(|applied| applied.name == "inaccessible"));
                if hidden {
                    return true;
                }
                let error = Diagnostic::error(
                    Code::EnumValueMismatch,
                    format!(
                        "Enum \"{name}\" is both given and taken, so it must be the same everywhere: \"{value}\" is missing in {subgraphs}"
                    ),
                );
                self.findings
                    .error(point(error).help("define the value in every subgraph, or mark it @inaccessible meanwhile"));
                true
            }
            (true, false) => {
                let hint = Diagnostic::hint(
                    Code::InconsistentEnumValueForInputEnum,
                    format!(
                        "Value \"{name}.{value}\" is not in the supergraph: the enum is taken, and {subgraphs} would not know it"
                    ),
                );
                self.findings.hint(point(hint).help("define the value in every subgraph that has the enum"));
                false
            }
            _ => {
                let hint = Diagnostic::hint(
                    Code::InconsistentEnumValueForOutputEnum,
                    format!("Value \"{name}.{value}\" is in the supergraph, but not defined in {subgraphs}"),
                );
                self.findings.hint(point(hint).help("define the value in every subgraph that has the enum"));
                true
            }
        }
    }

    fn merge_value(&mut self, name: &str, value: &str, sources: &[ValueSource<'a>]) -> EnumValue {
        let coordinate = format!("{name}.{value}");
        let description = self.merge_descriptions(
            &|| format!("Value \"{coordinate}\""),
            sources.iter().map(|(definition, value)| (definition.subgraph, value.description.as_ref())),
        );
        let directives = self.merge_applied(
            &coordinate,
            sources.iter().map(|(definition, value)| (definition.subgraph, value.directives.as_slice())),
        );
        EnumValue {
            name: bare(&sources[0].1.name),
            description,
            graphs: sources.iter().map(|(definition, _)| definition.id).collect(),
            directives,
        }
    }

    fn report_empty_enum(&mut self, name: &str, definitions: &[Definition<'_>]) {
        let error = Diagnostic::error(
            Code::EmptyMergedEnumType,
            format!("Enum \"{name}\" has no value that all subgraphs which define it share"),
        );
        let error = definitions.iter().fold(error, |error, definition| error.at_opt(definition.span(), "defined here"));
        self.findings.error(error.help("define at least one value in all of them, or use different types"));
    }
}

fn values_of<'a>(definitions: &[Definition<'a>]) -> IndexMap<&'a str, Vec<ValueSource<'a>>> {
    let mut found: IndexMap<&str, Vec<ValueSource<'_>>> = IndexMap::new();
    for definition in definitions {
        let SubgraphKind::Enum(values) = &definition.ty.kind else { continue };
        for value in values {
            found.entry(&value.name).or_default().push((*definition, value));
        }
    }
    found
}
