//! `@cost` and `@listSize` of several subgraphs: an estimate must not be too low, so the largest counts.

use super::default_value::without_places;
use apollo_compiler::Node;
use apollo_compiler::ast::{Directive, Value};

/// The largest integer among the values of an argument.
pub fn largest(argument: &str, applications: &[&Directive]) -> Option<Value> {
    applications
        .iter()
        .filter_map(|application| application.specified_argument_by_name(argument))
        .filter_map(|value| Some((value.to_i32()?, value)))
        .max_by_key(|(number, _)| *number)
        .map(|(_, value)| (**value).clone())
}

/// The arguments of `@listSize` that stand for all applications.
pub fn list_size(applications: &[&Directive]) -> Vec<(&'static str, Option<Value>)> {
    let union = |argument: &str| {
        let mut items: Vec<&Node<Value>> = Vec::new();
        for application in applications {
            for item in
                application.specified_argument_by_name(argument).and_then(|value| value.as_list()).into_iter().flatten()
            {
                if !items.contains(&item) {
                    items.push(item);
                }
            }
        }
        (!items.is_empty())
            .then(|| Value::List(items.into_iter().map(|item| Node::new(without_places(item))).collect()))
    };
    // The strictest wins, and true is the default.
    let one = applications.iter().all(|application| {
        application
            .specified_argument_by_name("requireOneSlicingArgument")
            .is_none_or(|value| value.to_bool() != Some(false))
    });
    vec![
        ("assumedSize", largest("assumedSize", applications)),
        ("slicingArguments", union("slicingArguments")),
        ("sizedFields", union("sizedFields")),
        ("requireOneSlicingArgument", Some(Value::Boolean(one))),
    ]
}
