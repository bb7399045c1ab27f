//! An operation's text without the values of literals, hashed.

use apollo_compiler::Name;
use apollo_compiler::Node;
use apollo_compiler::ast::{Argument, Directive, Value};
use apollo_compiler::executable::{ExecutableDocument, Operation, Selection, SelectionSet};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::fmt::Write;

/// SHA-256, in hexadecimal digits, of the operation and the fragments that it uses.
pub(super) fn hash(document: &ExecutableDocument, operation: &Operation, fragments: &HashSet<&Name>) -> Box<str> {
    let mut text = String::new();
    let _ = write!(text, "{} {}(", operation.operation_type, operation.name.as_deref().unwrap_or_default());
    for variable in &operation.variables {
        let _ = write!(text, "${}:{}", variable.name, variable.ty);
        if let Some(default) = &variable.default_value {
            text.push('=');
            value(default, &mut text);
        }
        directives(&variable.directives, &mut text);
        text.push(',');
    }
    text.push(')');
    directives(&operation.directives, &mut text);
    selections(&operation.selection_set, &mut text);
    let mut used: Vec<&Name> = fragments.iter().copied().collect();
    used.sort_unstable();
    for fragment in used.into_iter().filter_map(|name| document.fragments.get(name)) {
        let _ = write!(text, "fragment {} on {}", fragment.name, fragment.selection_set.ty);
        directives(&fragment.directives, &mut text);
        selections(&fragment.selection_set, &mut text);
    }
    let mut digits = String::with_capacity(64);
    for byte in Sha256::digest(text.as_bytes()) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits.into()
}

fn selections(set: &SelectionSet, text: &mut String) {
    if set.selections.is_empty() {
        return;
    }
    text.push('{');
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                if let Some(alias) = &field.alias {
                    let _ = write!(text, "{alias}:");
                }
                text.push_str(&field.name);
                arguments(&field.arguments, text);
                directives(&field.directives, text);
                selections(&field.selection_set, text);
            }
            Selection::InlineFragment(fragment) => {
                text.push_str("...");
                if let Some(on) = &fragment.type_condition {
                    let _ = write!(text, "on {on}");
                }
                directives(&fragment.directives, text);
                selections(&fragment.selection_set, text);
            }
            Selection::FragmentSpread(spread) => {
                let _ = write!(text, "...{}", spread.fragment_name);
                directives(&spread.directives, text);
            }
        }
        text.push(' ');
    }
    text.push('}');
}

fn directives(directives: &[Node<Directive>], text: &mut String) {
    for directive in directives {
        let _ = write!(text, "@{}", directive.name);
        arguments(&directive.arguments, text);
    }
}

fn arguments(arguments: &[Node<Argument>], text: &mut String) {
    if arguments.is_empty() {
        return;
    }
    text.push('(');
    for argument in arguments {
        let _ = write!(text, "{}:", argument.name);
        value(&argument.value, text);
        text.push(',');
    }
    text.push(')');
}

/// Names are the operation's, values are whoever's data.
fn value(value: &Value, text: &mut String) {
    match value {
        Value::Null => text.push_str("null"),
        Value::Boolean(switch) => text.push_str(if *switch { "true" } else { "false" }),
        Value::Enum(name) => text.push_str(name),
        Value::Variable(name) => {
            let _ = write!(text, "${name}");
        }
        Value::String(_) => text.push_str("\"\""),
        Value::Int(_) | Value::Float(_) => text.push('0'),
        Value::List(_) => text.push_str("[]"),
        Value::Object(_) => text.push_str("{}"),
    }
}
