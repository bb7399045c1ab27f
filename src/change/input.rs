//! What clients give: arguments of fields and directives, and fields of input objects.
//!
//! They follow one set of rules under two sets of codes. What must be given now is known in usage by its owner,
//! since whoever does not give it uses no coordinate of it; what is gone is known by itself.

use super::element::{deprecate, describe};
use super::members::pair;
use super::variance::is_narrower;
use super::{Changes, Rule};
use apollo_compiler::ast::{InputValueDefinition, Value};
use apollo_compiler::{Name, Node};
use std::collections::BTreeMap;

/// Where inputs stand: the codes of their changes, and how they are called.
pub(super) struct Place<'a> {
    owner: &'a str,
    /// By what usage knows the owner.
    used_as: Vec<String>,
    is_argument: bool,
}

impl<'a> Place<'a> {
    /// The arguments of the field or directive of this coordinate.
    pub(super) fn arguments_of(owner: &'a str) -> Self {
        Self { owner, used_as: vec![owner.to_owned()], is_argument: true }
    }

    /// The fields of the input object of this name, known in usage by these coordinates.
    pub(super) fn fields_of(owner: &'a str, used_as: Vec<String>) -> Self {
        Self { owner, used_as, is_argument: false }
    }

    fn coordinate(&self, input: &InputValueDefinition) -> String {
        match self.is_argument {
            true => format!("{}({}:)", self.owner, input.name),
            false => format!("{}.{}", self.owner, input.name),
        }
    }

    fn noun(&self) -> &'static str {
        if self.is_argument { "argument" } else { "input field" }
    }

    fn rule(&self, of_argument: Rule, of_input_field: Rule) -> Rule {
        if self.is_argument { of_argument } else { of_input_field }
    }

    fn owner(&self) -> Vec<String> {
        self.used_as.clone()
    }
}

/// Compares all inputs of one place.
pub(super) fn compare(
    changes: &mut Changes,
    place: &Place<'_>,
    old: &[Node<InputValueDefinition>],
    new: &[Node<InputValueDefinition>],
) {
    for (old, new) in pair(old, new, |input| &input.name) {
        match (old, new) {
            (Some(old), Some(new)) => compare_one(changes, place, old, new),
            (Some(old), None) => {
                let (coordinate, rule) = (place.coordinate(old), place.rule(Rule::ArgRemoved, Rule::InputFieldRemoved));
                changes.at(rule, &coordinate, format!("the {} {coordinate} was removed", place.noun()));
            }
            (None, Some(new)) => added(changes, place, new),
            (None, None) => {}
        }
    }
}

fn added(changes: &mut Changes, place: &Place<'_>, new: &InputValueDefinition) {
    let coordinate = place.coordinate(new);
    let (rule, kind) = match new.is_required() {
        true => (place.rule(Rule::RequiredArgAdded, Rule::RequiredInputFieldAdded), "required"),
        false => (place.rule(Rule::OptionalArgAdded, Rule::OptionalInputFieldAdded), "optional"),
    };
    let message = format!("the {kind} {} {coordinate} of type {} was added", place.noun(), new.ty);
    changes.add(rule, &coordinate, place.owner(), message);
}

fn compare_one(changes: &mut Changes, place: &Place<'_>, old: &InputValueDefinition, new: &InputValueDefinition) {
    let (coordinate, noun) = (place.coordinate(new), place.noun());
    let is_required_now = new.is_required() && !old.is_required();
    // Whoever left it out is concerned as well as whoever gives it.
    let used_as = if is_required_now { place.owner() } else { vec![coordinate.clone()] };
    if old.ty != new.ty {
        let rule = match is_narrower(&old.ty, &new.ty) {
            true => place.rule(Rule::ArgTypeWidened, Rule::InputFieldTypeWidened),
            false => place.rule(Rule::ArgTypeChanged, Rule::InputFieldTypeChanged),
        };
        let message = format!("the {noun} {coordinate} takes {} instead of {}", new.ty, old.ty);
        changes.add(rule, &coordinate, used_as, message);
    } else if is_required_now {
        let rule = place.rule(Rule::ArgMadeRequired, Rule::InputFieldMadeRequired);
        let message = format!("the {noun} {coordinate} has no default any more, and must be given");
        changes.add(rule, &coordinate, used_as, message);
    }
    if !same_default(old, new) && !is_required_now {
        let shown = |input: &InputValueDefinition| match &input.default_value {
            Some(value) => value.serialize().no_indent().to_string(),
            None => "none".to_owned(),
        };
        let message = format!("the default of {coordinate} is {} instead of {}", shown(new), shown(old));
        changes.add(Rule::DefaultChanged, &coordinate, place.owner(), message);
    }
    deprecate(changes, &coordinate, &old.directives, &new.directives);
    describe(changes, &coordinate, old.description.as_ref(), new.description.as_ref());
}

/// Whether both mean the same when left out. The fields of an input object have no order.
fn same_default(old: &InputValueDefinition, new: &InputValueDefinition) -> bool {
    match (&old.default_value, &new.default_value) {
        (Some(old), Some(new)) => same_value(old, new),
        (old, new) => old == new,
    }
}

fn same_value(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::List(old), Value::List(new)) => {
            old.len() == new.len() && old.iter().zip(new).all(|(old, new)| same_value(old, new))
        }
        (Value::Object(old), Value::Object(new)) => {
            let by_name: BTreeMap<&Name, &Node<Value>> = new.iter().map(|(name, value)| (name, value)).collect();
            let stays = |name: &Name, value: &Value| by_name.get(name).is_some_and(|new| same_value(value, new));
            old.len() == new.len() && old.iter().all(|(name, value)| stays(name, value))
        }
        _ => old == new,
    }
}
