//! What is selected under an introspection field: selection sets in, a tree of meta-fields out.
//!
//! Fields of one key are merged as the specification's `CollectFields` says, conditions and arguments
//! are read from the coerced variables. Every meta-type is an object type, so in a valid document
//! fragments always apply.

use super::IntrospectionError;
use apollo_compiler::ast::Value;
use apollo_compiler::collections::{HashSet, IndexMap};
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::{ExecutableDocument, Name, Node};

/// A selected field of the meta-schema.
pub(super) struct MetaField {
    /// The response key as JSON, with its colon.
    pub(super) key: String,
    /// The field's name.
    pub(super) name: Name,
    /// `includeDeprecated`, for the fields that have it.
    pub(super) include_deprecated: bool,
    /// What is selected of its value.
    pub(super) selection: Vec<MetaField>,
}

/// Fragments spread in fragments, under aliases, can name exponentially many fields; tools name fewer
/// than a thousand.
const MOST_FIELDS: usize = 20_000;

type Variables = serde_json::Map<String, serde_json::Value>;

/// Reads selections of one operation.
pub(super) struct Reader<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    fields_left: usize,
    /// For the error.
    allowance: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(document: &'a ExecutableDocument, variables: &'a Variables, allowance: usize) -> Self {
        Self { document, variables, fields_left: MOST_FIELDS, allowance }
    }

    /// The tree of what fields of one key select together.
    pub(super) fn read(&mut self, merged: &[&'a Node<Field>]) -> Result<Vec<MetaField>, IntrospectionError> {
        let mut read = Vec::new();
        for (key, fields) in self.fields(merged.iter().map(|field| &field.selection_set)) {
            let left = self.fields_left.checked_sub(1);
            self.fields_left = left.ok_or(IntrospectionError::TooLarge { limit: self.allowance })?;
            let first = fields[0];
            read.push(MetaField {
                // A name needs no escapes.
                key: format!("\"{key}\":"),
                name: first.name.clone(),
                include_deprecated: self.boolean(first, "includeDeprecated"),
                selection: self.read(&fields)?,
            });
        }
        Ok(read)
    }

    /// The fields that the sets select, by response key; no key without fields.
    pub(super) fn fields(
        &self,
        sets: impl IntoIterator<Item = &'a SelectionSet>,
    ) -> IndexMap<&'a Name, Vec<&'a Node<Field>>> {
        let mut fields = IndexMap::default();
        let mut seen = HashSet::default();
        for set in sets {
            self.collect(set, &mut seen, &mut fields);
        }
        fields
    }

    fn collect(
        &self,
        set: &'a SelectionSet,
        seen: &mut HashSet<&'a Name>,
        fields: &mut IndexMap<&'a Name, Vec<&'a Node<Field>>>,
    ) {
        for selection in &set.selections {
            if !self.is_included(selection) {
                continue;
            }
            match selection {
                Selection::Field(field) => fields.entry(field.response_key()).or_default().push(field),
                Selection::InlineFragment(inline) => self.collect(&inline.selection_set, seen, fields),
                Selection::FragmentSpread(spread) => {
                    let fragment = self.document.fragments.get(&spread.fragment_name);
                    if let Some(fragment) = fragment.filter(|_| seen.insert(&spread.fragment_name)) {
                        self.collect(&fragment.selection_set, seen, fields);
                    }
                }
            }
        }
    }

    fn is_included(&self, selection: &Selection) -> bool {
        let condition = |directive: &str| {
            let value = selection.directives().get(directive)?.specified_argument_by_name("if")?;
            self.value_as(value, |value| value.to_bool(), |value| value.as_bool())
        };
        condition("skip") != Some(true) && condition("include") != Some(false)
    }

    /// A boolean argument; false where it is left out, as the meta-schema's defaults are.
    fn boolean(&self, field: &Field, argument: &str) -> bool {
        let value = field.specified_argument_by_name(argument);
        value.and_then(|value| self.value_as(value, |v| v.to_bool(), |v| v.as_bool())).unwrap_or(false)
    }

    /// A string argument.
    pub(super) fn string(&self, field: &'a Field, argument: &str) -> Option<&'a str> {
        let value = field.specified_argument_by_name(argument)?;
        self.value_as(value, |value| value.as_str(), |value| value.as_str())
    }

    fn value_as<'v, T>(
        &self,
        value: &'v Value,
        literal: impl Fn(&'v Value) -> Option<T>,
        variable: impl Fn(&'a serde_json::Value) -> Option<T>,
    ) -> Option<T> {
        match value {
            Value::Variable(name) => variable(self.variables.get(name.as_str())?),
            other => literal(other),
        }
    }
}
