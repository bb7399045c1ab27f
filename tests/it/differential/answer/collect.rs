//! Collecting fields: fragments are gone through, conditions looked at.

use super::Interpreter;
use apollo_compiler::ast;
use apollo_compiler::executable::{Directive, DirectiveList, Field, Selection, SelectionSet};
use indexmap::IndexMap;
use serde_json::Value as Json;

impl<'a> Interpreter<'a> {
    /// What is selected of objects of a type, by response key, in the order of the first mention that is included.
    pub(super) fn collected(&self, name: &str, sets: &[&'a SelectionSet]) -> Vec<(&'a str, Vec<&'a Field>)> {
        let mut fields = IndexMap::new();
        for set in sets {
            self.collect(name, set, &mut fields);
        }
        fields.into_iter().collect()
    }

    fn collect(&self, name: &str, set: &'a SelectionSet, fields: &mut IndexMap<&'a str, Vec<&'a Field>>) {
        let applies = |condition: &str| condition == name || self.schema.is_subtype(condition, name);
        for selection in set.selections.iter().filter(|selection| self.included(selection.directives())) {
            match selection {
                Selection::Field(field) => {
                    fields.entry(field.response_key().as_str()).or_default().push(&**field);
                }
                Selection::InlineFragment(fragment) => {
                    if fragment.type_condition.as_ref().is_none_or(|condition| applies(condition)) {
                        self.collect(name, &fragment.selection_set, fields);
                    }
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = &self.document.fragments[&spread.fragment_name];
                    if applies(fragment.type_condition()) {
                        self.collect(name, &fragment.selection_set, fields);
                    }
                }
            }
        }
    }

    fn included(&self, directives: &DirectiveList) -> bool {
        let condition = |directive: &Directive| match &**directive.specified_argument_by_name("if").unwrap() {
            ast::Value::Boolean(value) => *value,
            ast::Value::Variable(name) => {
                self.variables.get(name.as_str()).and_then(Json::as_bool).unwrap_or_else(|| {
                    self.fault(format!("the condition ${name} has no value"));
                    false
                })
            }
            _ => unreachable!("validated"),
        };
        !directives.get("skip").is_some_and(|it| condition(it))
            && directives.get("include").is_none_or(|it| condition(it))
    }
}
