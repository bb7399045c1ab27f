//! `@override`: a field that one subgraph takes over from another.
//!
//! Without a label the other subgraph's field is no part of the graph any more; with a label both stay, and
//! every request decides. What is still used as a key or requirement where it was stays known there.

use super::merge::Merge;
use super::sources::FieldSource;
use crate::diagnostic::Diagnostic;
use crate::subgraph::{Code, TypeKind};
use crate::supergraph::SubgraphId;

/// What overriding does to one definition of a field.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Overriding {
    /// Another subgraph takes the field over for good.
    pub is_overridden: bool,
    /// It is taken over, but this subgraph still needs it for itself.
    pub is_still_used: bool,
    /// The label under which it overrides or is overridden.
    pub label: Option<String>,
}

impl Overriding {
    /// Whether the definition is no part of the graph.
    pub fn is_gone(&self) -> bool {
        self.is_overridden && !self.is_still_used
    }
}

impl Merge<'_> {
    /// What overriding does to each of `sources`, in the same order.
    pub fn overriding(&mut self, coordinate: &str, sources: &[FieldSource<'_>]) -> Vec<Overriding> {
        let mut all = vec![Overriding::default(); sources.len()];
        for (index, source) in sources.iter().enumerate() {
            let Some(overrides) = &source.field.overrides else { continue };
            let Some(from) = self.override_target(coordinate, source) else { continue };
            let Some(target) = sources.iter().position(|other| other.id() == from) else {
                self.hint_needless(coordinate, source, "does not have the field any more");
                continue;
            };
            if !self.may_override(coordinate, source, &sources[target]) {
                continue;
            }
            if sources[target].field.is_external() {
                self.hint_needless(coordinate, source, "does not resolve the field any more");
                continue;
            }
            self.check_label(coordinate, source);
            match &overrides.label {
                Some(label) => {
                    self.hint_migration(coordinate, source, &sources[target]);
                    all[index].label = Some(label.clone());
                    all[target].label = Some(label.clone());
                }
                None => {
                    self.hint_removable(coordinate, source, &sources[target]);
                    all[target].is_overridden = true;
                }
            }
            all[target].is_still_used = sources[target].field.used;
        }
        all
    }

    /// The subgraph overridden, if the directive makes sense at all.
    fn override_target(&mut self, coordinate: &str, source: &FieldSource<'_>) -> Option<SubgraphId> {
        let overrides = source.field.overrides.as_ref()?;
        let span = source.span_of(overrides.directive.location());
        if !matches!(source.parent.ty.kind, TypeKind::Object(_)) || source.parent.ty.is_interface_object() {
            let (code, what) = if source.parent.ty.is_interface_object() {
                (Code::OverrideCollisionWithAnotherDirective, "interface objects")
            } else {
                (Code::OverrideOnInterface, "interfaces")
            };
            self.findings.error(
                Diagnostic::error(
                    code,
                    format!("@override cannot be used on field \"{coordinate}\": it is not supported on {what}"),
                )
                .at_opt(span, "")
                .help("override the field on the objects that implement the interface"),
            );
            return None;
        }
        if overrides.from == source.subgraph().name {
            self.findings.error(
                Diagnostic::error(
                    Code::OverrideFromSelfError,
                    format!("Field \"{coordinate}\" overrides itself: \"{}\" is its own subgraph", overrides.from),
                )
                .at_opt(span, "")
                .help("name the subgraph that the field is taken over from, or remove @override"),
            );
            return None;
        }
        let from = self.sources.subgraph_named(&overrides.from);
        if from.is_none() {
            self.findings.hint(
                Diagnostic::hint(
                    Code::FromSubgraphDoesNotExist,
                    format!("Field \"{coordinate}\" overrides \"{}\", which is no subgraph", overrides.from),
                )
                .at_opt(span, "")
                .help("remove @override if the subgraph is gone, else mend its name"),
            );
        }
        from
    }

    fn may_override(&mut self, coordinate: &str, by: &FieldSource<'_>, from: &FieldSource<'_>) -> bool {
        let Some(overrides) = &by.field.overrides else { return false };
        let span = by.span_of(overrides.directive.location());
        if let Some(other) = &from.field.overrides {
            self.findings.error(
                Diagnostic::error(
                    Code::OverrideSourceHasOverride,
                    format!(
                        "Field \"{coordinate}\" of subgraph \"{}\" is overridden and overrides another one itself",
                        overrides.from
                    ),
                )
                .at_opt(span, "overridden by this")
                .at_opt(from.span_of(other.directive.location()), "overrides another")
                .help("keep one @override on the field"),
            );
            return false;
        }
        let conflict = match (&from.field.requires, &from.field.provides) {
            (Some(_), _) => Some(("@requires", from)),
            (_, Some(_)) => Some(("@provides", from)),
            _ if by.field.is_external() => Some(("@external", by)),
            _ => None,
        };
        if let Some((directive, at)) = conflict {
            self.findings.error(
                Diagnostic::error(
                    Code::OverrideCollisionWithAnotherDirective,
                    format!(
                        "@override cannot be used on field \"{coordinate}\" of subgraph \"{}\": \"{coordinate}\" of subgraph \"{}\" has {directive}",
                        by.subgraph().name,
                        at.subgraph().name
                    ),
                )
                .at_opt(span, "overrides")
                .at_opt(at.span(), format!("has {directive}"))
                .help(format!("remove {directive} or @override")),
            );
        }
        conflict.is_none()
    }

    fn check_label(&mut self, coordinate: &str, source: &FieldSource<'_>) {
        let Some(overrides) = &source.field.overrides else { return };
        let Some(label) = overrides.label.as_deref().filter(|label| !is_label(label)) else { return };
        self.findings.error(
            Diagnostic::error(
                Code::OverrideLabelInvalid,
                format!("The label \"{label}\" of @override on field \"{coordinate}\" is invalid"),
            )
            .at_opt(source.span_of(overrides.directive.location()), "")
            .help(
                "begin with a letter and go on with letters, digits and _-:./, \
                     or write percent(x) with x from 0 to 100",
            ),
        );
    }

    fn hint_needless(&mut self, coordinate: &str, source: &FieldSource<'_>, why: &str) {
        let Some(overrides) = &source.field.overrides else { return };
        self.findings.hint(
            Diagnostic::hint(
                Code::OverrideDirectiveCanBeRemoved,
                format!("@override on field \"{coordinate}\" can be removed: subgraph \"{}\" {why}", overrides.from),
            )
            .at_opt(source.span_of(overrides.directive.location()), "")
            .help("remove @override"),
        );
    }

    fn hint_removable(&mut self, coordinate: &str, by: &FieldSource<'_>, from: &FieldSource<'_>) {
        let name = &from.subgraph().name;
        let (message, help) = if from.field.used {
            (
                format!(
                    "Field \"{coordinate}\" of subgraph \"{name}\" is overridden but still used there by another directive"
                ),
                "mark it @external there",
            )
        } else {
            (format!("Field \"{coordinate}\" of subgraph \"{name}\" is overridden"), "remove the field there")
        };
        self.findings.hint(
            Diagnostic::hint(Code::OverriddenFieldCanBeRemoved, message)
                .at_opt(from.span(), "overridden")
                .at_opt(by.span(), "by this")
                .help(help),
        );
    }

    fn hint_migration(&mut self, coordinate: &str, by: &FieldSource<'_>, from: &FieldSource<'_>) {
        self.findings.hint(
            Diagnostic::hint(
                Code::OverrideMigrationInProgress,
                format!(
                    "Field \"{coordinate}\" is on its way from subgraph \"{}\" to \"{}\"",
                    from.subgraph().name,
                    by.subgraph().name
                ),
            )
            .at_opt(by.span(), "taken over here")
            .at_opt(from.span(), "from here")
            .help("once all of it has moved, remove the label, then the field where it came from"),
        );
    }
}

/// A name for a condition, or `percent(x)`.
fn is_label(label: &str) -> bool {
    if let Some(percent) = label.strip_prefix("percent(").and_then(|rest| rest.strip_suffix(')')) {
        let is_number = percent.chars().all(|c| c.is_ascii_digit() || c == '.');
        return is_number && percent.parse::<f64>().is_ok_and(|percent| (0.0..=100.0).contains(&percent));
    }
    label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.chars().all(|c| c.is_ascii_alphanumeric() || "_-:./".contains(c))
}
