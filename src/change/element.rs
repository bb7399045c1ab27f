//! What every element of a schema may have: a description, and word that it is deprecated.

use super::{Changes, Rule};
use apollo_compiler::Node;
use apollo_compiler::ast::{DirectiveList, Value};

/// The reason that `@deprecated` has by itself.
const NO_REASON: &str = "No longer supported";

/// Compares the words on an element.
pub(super) fn describe(changes: &mut Changes, coordinate: &str, old: Option<&Node<str>>, new: Option<&Node<str>>) {
    let (old, new) = (old.map(|text| text.trim()), new.map(|text| text.trim()));
    if old == new {
        return;
    }
    let what = match (old, new) {
        (None, _) => "was added",
        (_, None) => "was removed",
        _ => "reads differently",
    };
    changes.at(Rule::DescriptionChanged, coordinate, format!("the description of {coordinate} {what}"));
}

/// Compares whether and why an element is deprecated.
pub(super) fn deprecate(changes: &mut Changes, coordinate: &str, old: &DirectiveList, new: &DirectiveList) {
    match (deprecation(old), deprecation(new)) {
        (None, Some(reason)) => {
            changes.at(Rule::DeprecationAdded, coordinate, format!("{coordinate} was deprecated: {reason:?}"));
        }
        (Some(_), None) => {
            changes.at(Rule::DeprecationRemoved, coordinate, format!("{coordinate} is no longer deprecated"));
        }
        (Some(old), Some(new)) if old != new => {
            let message = format!("{coordinate} is deprecated for another reason: {new:?} instead of {old:?}");
            changes.at(Rule::DeprecationReasonChanged, coordinate, message);
        }
        _ => {}
    }
}

fn deprecation(directives: &DirectiveList) -> Option<&str> {
    let directive = directives.get("deprecated")?;
    let reason = directive.specified_argument_by_name("reason").and_then(|reason| Value::as_str(reason));
    Some(reason.unwrap_or(NO_REASON))
}
