//! Arguments of a field: the supergraph has those that every subgraph which resolves the field takes.
//!
//! An argument that only some take is left out when it is optional, and an error when it is required: those who
//! require it would not get it.

use super::default_value::Codes;
use super::merge::{Merge, bare};
use super::references::{Reconciled, Variance, reconcile};
use super::sources::subgraph_list;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, Subgraph};
use apollo_compiler::{Node, ast};
use indexmap::IndexMap;

/// What takes the arguments.
pub struct Taker<'s> {
    /// The subgraph.
    pub subgraph: &'s Subgraph,
    /// The arguments there.
    pub arguments: &'s [Node<ast::InputValueDefinition>],
    /// Where it stands, for pointing at an argument that is not there.
    pub place: Option<crate::diagnostic::Span>,
}

const DEFAULTS: Codes = Codes { mismatch: Code::FieldArgumentDefaultMismatch, element: "Argument" };

impl Merge<'_> {
    /// The arguments that all takers share; `coordinate` is `Type.field` or `@directive`.
    pub fn merge_arguments(&mut self, coordinate: &str, takers: &[Taker<'_>]) -> Vec<Node<ast::InputValueDefinition>> {
        let mut found: IndexMap<&str, Vec<(&Subgraph, &Node<ast::InputValueDefinition>)>> = IndexMap::new();
        for taker in takers {
            for argument in taker.arguments {
                found.entry(&argument.name).or_default().push((taker.subgraph, argument));
            }
        }
        let mut merged = Vec::new();
        for (name, definitions) in found {
            let coordinate = format!("{coordinate}({name}:)");
            if definitions.iter().any(is_contextual) {
                self.check_contextual(&coordinate, &definitions);
                continue;
            }
            if definitions.len() < takers.len() {
                self.leave_out(&coordinate, name, &definitions, takers);
            } else if let Some(argument) = self.merge_argument(&coordinate, &definitions) {
                merged.push(argument);
            }
        }
        merged
    }

    fn merge_argument(
        &mut self,
        coordinate: &str,
        definitions: &[(&Subgraph, &Node<ast::InputValueDefinition>)],
    ) -> Option<Node<ast::InputValueDefinition>> {
        let types = definitions.iter().map(|(_, definition)| &*definition.ty);
        let reconciled = reconcile(self.sources, types, Variance::Taken);
        match &reconciled {
            Reconciled::Equal(_) => {}
            Reconciled::Compatible(chosen) => {
                let hint = Diagnostic::hint(
                    Code::InconsistentButCompatibleArgumentType,
                    format!(
                        "Argument \"{coordinate}\" has different types in different subgraphs; the supergraph uses \"{chosen}\""
                    ),
                );
                let hint = point_at_types(hint, definitions);
                self.findings.hint(hint.help("use the same type everywhere"));
            }
            Reconciled::Incompatible => {
                let error = Diagnostic::error(
                    Code::FieldArgumentTypeMismatch,
                    format!("Argument \"{coordinate}\" has types that do not fit together"),
                );
                let error = point_at_types(error, definitions);
                self.findings.error(error.help("use the same type everywhere; only nullability may differ"));
            }
        }
        let ty = reconciled.chosen()?;
        let default_value = self.merge_defaults(coordinate, &DEFAULTS, definitions);
        Some(self.merged_input_value(coordinate, ty, default_value, definitions))
    }

    /// An argument or input field put together from its parts.
    pub fn merged_input_value(
        &mut self,
        coordinate: &str,
        ty: ast::Type,
        default_value: Option<Node<ast::Value>>,
        definitions: &[(&Subgraph, &Node<ast::InputValueDefinition>)],
    ) -> Node<ast::InputValueDefinition> {
        self.used_as_input(&ty);
        let description = self.merge_descriptions(
            &|| format!("\"{coordinate}\""),
            definitions.iter().map(|(subgraph, definition)| (*subgraph, definition.description.as_ref())),
        );
        let directives = self.merge_applied(
            coordinate,
            definitions.iter().map(|(subgraph, definition)| (*subgraph, definition.directives.0.as_slice())),
        );
        Node::new(ast::InputValueDefinition {
            description,
            name: bare(&definitions[0].1.name),
            ty: Node::new(ty),
            default_value,
            directives: ast::DirectiveList(directives),
        })
    }

    /// An argument that comes from a context somewhere is no argument of the supergraph, so that no subgraph gets
    /// it from the client.
    fn check_contextual(&mut self, coordinate: &str, definitions: &[(&Subgraph, &Node<ast::InputValueDefinition>)]) {
        let (contextual, plain): (Vec<_>, Vec<_>) = definitions.iter().copied().partition(is_contextual);
        if plain.is_empty() {
            return;
        }
        let is_required = plain.iter().any(|(_, definition)| definition.is_required());
        let subgraphs = subgraph_list(plain.iter().map(|(subgraph, _)| subgraph.name.as_str()));
        let message = format!("Argument \"{coordinate}\" comes from a context, but not in {subgraphs}");
        let code = Code::ContextualArgumentNotContextualInAllSubgraphs;
        let finding = if is_required {
            Diagnostic::error(code, format!("{message}, where it is required"))
        } else {
            Diagnostic::hint(code, format!("{message}, where nobody can give it"))
        };
        let finding = plain.iter().fold(finding, |finding, (subgraph, definition)| {
            finding.at_opt(subgraph.name_span(&definition.name), "not from a context")
        });
        let finding = contextual.iter().fold(finding, |finding, (subgraph, definition)| {
            finding.at_opt(subgraph.name_span(&definition.name), "from a context")
        });
        let finding = finding.help("use @fromContext in every subgraph that takes the argument, or call it otherwise");
        if is_required { self.findings.error(finding) } else { self.findings.hint(finding) }
    }

    fn leave_out(
        &mut self,
        coordinate: &str,
        name: &str,
        definitions: &[(&Subgraph, &Node<ast::InputValueDefinition>)],
        takers: &[Taker<'_>],
    ) {
        let without: Vec<&Taker<'_>> =
            takers.iter().filter(|taker| taker.arguments.iter().all(|argument| argument.name != name)).collect();
        let missing = subgraph_list(without.iter().map(|taker| taker.subgraph.name.as_str()));
        let required: Vec<_> = definitions.iter().filter(|(_, definition)| definition.is_required()).collect();
        if required.is_empty() {
            let hint = Diagnostic::hint(
                Code::InconsistentArgumentPresence,
                format!("Optional argument \"{coordinate}\" is not in the supergraph, as it is missing in {missing}"),
            );
            let hint = definitions.iter().fold(hint, |hint, (subgraph, definition)| {
                hint.at_opt(subgraph.name_span(&definition.name), "left out")
            });
            let hint = without.iter().fold(hint, |hint, taker| hint.at_opt(taker.place.clone(), "missing here"));
            self.findings.hint(hint.help("take the argument in every subgraph that resolves the field"));
            return;
        }
        let error = Diagnostic::error(
            Code::RequiredArgumentMissingInSomeSubgraph,
            format!("Argument \"{coordinate}\" is required in some subgraphs, but missing in {missing}"),
        );
        let error = required.iter().fold(error, |error, (subgraph, definition)| {
            error.at_opt(subgraph.name_span(&definition.name), "required here")
        });
        let error = without.iter().fold(error, |error, taker| error.at_opt(taker.place.clone(), "missing here"));
        self.findings.error(error.help("make the argument optional, or take it in every subgraph"));
    }
}

/// Whether the gateway fills the argument from a context: it is none of the client's.
fn is_contextual((_, definition): &(&Subgraph, &Node<ast::InputValueDefinition>)) -> bool {
    definition.directives.has("fromContext")
}

fn point_at_types(to: Diagnostic, definitions: &[(&Subgraph, &Node<ast::InputValueDefinition>)]) -> Diagnostic {
    definitions.iter().fold(to, |to, (subgraph, definition)| {
        to.at_opt(subgraph.name_span(&definition.name), format!("\"{}\" in \"{}\"", definition.ty, subgraph.name))
    })
}
