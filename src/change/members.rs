//! What types are made of: fields, enum values, the interfaces they implement, the members of unions.

use super::element::{deprecate, describe};
use super::input::{self, Place};
use super::variance::is_narrower;
use super::{Changes, Rule};
use apollo_compiler::ast::{EnumValueDefinition, FieldDefinition};
use apollo_compiler::{Name, Node};
use std::collections::{BTreeMap, BTreeSet};

/// Old and new elements of one name side by side, in the order of the names.
pub(super) fn pair<'a, T>(
    old: &'a [T],
    new: &'a [T],
    name: impl Fn(&T) -> &Name,
) -> Vec<(Option<&'a T>, Option<&'a T>)> {
    let mut pairs: BTreeMap<&str, (Option<&T>, Option<&T>)> = BTreeMap::new();
    for element in old {
        pairs.entry(name(element).as_str()).or_default().0 = Some(element);
    }
    for element in new {
        pairs.entry(name(element).as_str()).or_default().1 = Some(element);
    }
    pairs.into_values().collect()
}

/// Compares the fields of an object or interface.
pub(super) fn compare_fields(
    changes: &mut Changes,
    ty: &str,
    old: &[Node<FieldDefinition>],
    new: &[Node<FieldDefinition>],
) {
    for (old, new) in pair(old, new, |field| &field.name) {
        match (old, new) {
            (Some(old), Some(new)) => compare_field(changes, &format!("{ty}.{}", new.name), old, new),
            (Some(old), None) => {
                let coordinate = format!("{ty}.{}", old.name);
                changes.at(Rule::FieldRemoved, &coordinate, format!("the field {coordinate} was removed"));
            }
            (None, Some(new)) => {
                let coordinate = format!("{ty}.{}", new.name);
                let message = format!("the field {coordinate} of type {} was added", new.ty);
                changes.at(Rule::FieldAdded, &coordinate, message);
            }
            (None, None) => {}
        }
    }
}

fn compare_field(changes: &mut Changes, coordinate: &str, old: &FieldDefinition, new: &FieldDefinition) {
    if old.ty != new.ty {
        let rule = if is_narrower(&new.ty, &old.ty) { Rule::FieldTypeNarrowed } else { Rule::FieldTypeChanged };
        changes.at(rule, coordinate, format!("the field {coordinate} gives {} instead of {}", new.ty, old.ty));
    }
    input::compare(changes, &Place::arguments_of(coordinate), &old.arguments, &new.arguments);
    deprecate(changes, coordinate, &old.directives, &new.directives);
    describe(changes, coordinate, old.description.as_ref(), new.description.as_ref());
}

/// Compares the values of an enum.
pub(super) fn compare_values(
    changes: &mut Changes,
    ty: &str,
    old: &[Node<EnumValueDefinition>],
    new: &[Node<EnumValueDefinition>],
) {
    for (old, new) in pair(old, new, |value| &value.value) {
        match (old, new) {
            (Some(old), Some(new)) => {
                let coordinate = format!("{ty}.{}", new.value);
                deprecate(changes, &coordinate, &old.directives, &new.directives);
                describe(changes, &coordinate, old.description.as_ref(), new.description.as_ref());
            }
            (Some(old), None) => {
                let coordinate = format!("{ty}.{}", old.value);
                changes.at(Rule::EnumValueRemoved, &coordinate, format!("the value {coordinate} was removed"));
            }
            (None, Some(new)) => {
                let coordinate = format!("{ty}.{}", new.value);
                changes.add(
                    Rule::EnumValueAdded,
                    &coordinate,
                    vec![ty.to_owned()],
                    format!("the value {coordinate} was added"),
                );
            }
            (None, None) => {}
        }
    }
}

/// Compares the interfaces that a type implements. A fragment of one inside the other is what breaks when they
/// part, and either way the operation uses the interface.
pub(super) fn compare_interfaces(changes: &mut Changes, ty: &str, old: &[Name], new: &[Name]) {
    let (gone, come) = differences(old, new);
    for interface in gone {
        let message = format!("{ty} no longer implements {interface}");
        changes.add(Rule::ImplementationRemoved, ty, vec![interface.to_string()], message);
    }
    for interface in come {
        let message = format!("{ty} implements {interface} now");
        changes.add(Rule::ImplementationAdded, ty, vec![interface.to_string()], message);
    }
}

/// Compares the members of a union; see [`compare_interfaces`].
pub(super) fn compare_union(changes: &mut Changes, ty: &str, old: &[Name], new: &[Name]) {
    let (gone, come) = differences(old, new);
    for member in gone {
        let message = format!("{member} is no longer a member of {ty}");
        changes.add(Rule::UnionMemberRemoved, ty, vec![ty.to_owned()], message);
    }
    for member in come {
        let message = format!("{member} is a member of {ty} now");
        changes.add(Rule::UnionMemberAdded, ty, vec![ty.to_owned()], message);
    }
}

/// Names that are only in `old`, and only in `new`, each in order.
fn differences<'a>(old: &'a [Name], new: &'a [Name]) -> (Vec<&'a Name>, Vec<&'a Name>) {
    let (old, new): (BTreeSet<&Name>, BTreeSet<&Name>) = (old.iter().collect(), new.iter().collect());
    (old.difference(&new).copied().collect(), new.difference(&old).copied().collect())
}
