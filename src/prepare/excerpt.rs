//! The part of the API schema that one document speaks of: a document and the schema in, a small schema out.
//!
//! Validation looks up types by name, which costs the same however large the schema is; but where a
//! fragment is spread on another type than its own, the compiler first lists the implementers of every
//! interface there is. So a document with such a fragment is validated against an excerpt: every type
//! that a rule could look up while it checks this document, and for each spread one object type that
//! shows it to be possible.
//!
//! Validity is the same for both. A name that is not found, or a spread without such an object type, means
//! that there is an error to report: then there is no excerpt, and the whole schema judges.

use crate::supergraph::{PossibleTypes, Supergraph};
use apollo_compiler::ast::{Definition, Directive, Document, Field, OperationType, Selection, Value};
use apollo_compiler::schema::ExtendedType;
use apollo_compiler::validation::Valid;
use apollo_compiler::{Name, Node, Schema, ast, name};
use std::collections::HashMap;

/// What excerpts are taken from.
#[derive(Debug, Clone, Copy)]
pub struct Whole<'a> {
    /// The schema as clients see it.
    pub api: &'a Valid<Schema>,
    /// The supergraph it is of.
    pub supergraph: &'a Supergraph,
    /// What abstract types can be, hidden types included.
    pub possible: &'a PossibleTypes,
}

/// The excerpt for a document; none when the document needs none, or is not valid.
pub fn excerpt(whole: Whole<'_>, document: &Document) -> Option<Valid<Schema>> {
    if !document.definitions.iter().any(spreads) {
        return None;
    }
    let fragments = document.definitions.iter().filter_map(Definition::as_fragment_definition);
    let mut reader = Reader {
        whole,
        conditions: fragments.map(|fragment| (&fragment.name, &fragment.type_condition)).collect(),
        excerpt: Schema {
            sources: whole.api.sources.clone(),
            schema_definition: whole.api.schema_definition.clone(),
            directive_definitions: whole.api.directive_definitions.clone(),
            types: Default::default(),
        },
    };
    // The type of `__typename`.
    reader.add(&name!("String"));
    for definition in &document.definitions {
        reader.definition(definition)?;
    }
    Some(Valid::assume_valid(reader.excerpt))
}

/// Whether a definition spreads a fragment, or has a type condition, at any depth.
fn spreads(definition: &Definition) -> bool {
    fn any(set: &[Selection]) -> bool {
        set.iter().any(|selection| match selection {
            Selection::Field(field) => any(&field.selection_set),
            Selection::InlineFragment(inline) => inline.type_condition.is_some() || any(&inline.selection_set),
            Selection::FragmentSpread(_) => true,
        })
    }
    match definition {
        Definition::OperationDefinition(operation) => any(&operation.selection_set),
        Definition::FragmentDefinition(fragment) => any(&fragment.selection_set),
        _ => false,
    }
}

struct Reader<'a> {
    whole: Whole<'a>,
    /// The type conditions of the fragments.
    conditions: HashMap<&'a Name, &'a Name>,
    excerpt: Schema,
}

/// Each function gives none where the document is not valid, and recurses as deep as the document is
/// written, which the parser has bounded.
impl<'a> Reader<'a> {
    fn definition(&mut self, definition: &'a Definition) -> Option<()> {
        match definition {
            Definition::OperationDefinition(operation) => {
                for variable in &operation.variables {
                    self.value(&variable.ty, variable.default_value.as_ref())?;
                    self.directives(&variable.directives)?;
                }
                self.directives(&operation.directives)?;
                let roots = &self.whole.api.schema_definition;
                let root = match operation.operation_type {
                    OperationType::Query => &roots.query,
                    OperationType::Mutation => &roots.mutation,
                    OperationType::Subscription => &roots.subscription,
                };
                self.set(root.as_ref()?, &operation.selection_set)
            }
            Definition::FragmentDefinition(fragment) => {
                self.directives(&fragment.directives)?;
                self.set(&fragment.type_condition, &fragment.selection_set)
            }
            _ => None,
        }
    }

    fn set(&mut self, parent: &Name, set: &'a [Selection]) -> Option<()> {
        self.add(parent)?;
        for selection in set {
            match selection {
                Selection::Field(field) => self.field(parent, field)?,
                Selection::InlineFragment(inline) => {
                    self.directives(&inline.directives)?;
                    let condition = inline.type_condition.as_ref().unwrap_or(parent);
                    self.spread(parent, condition)?;
                    self.set(condition, &inline.selection_set)?;
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.directives)?;
                    let condition = *self.conditions.get(&spread.fragment_name)?;
                    self.spread(parent, condition)?;
                }
            }
        }
        Some(())
    }

    fn field(&mut self, parent: &Name, field: &'a Field) -> Option<()> {
        self.directives(&field.directives)?;
        let definition = self.whole.api.type_field(parent, &field.name).ok()?;
        let output = definition.ty.inner_named_type();
        self.add(output)?;
        for argument in &field.arguments {
            let defined = definition.argument_by_name(&argument.name)?;
            self.value(&defined.ty, Some(&argument.value))?;
        }
        if field.selection_set.is_empty() { Some(()) } else { self.set(output, &field.selection_set) }
    }

    fn directives(&mut self, directives: &[Node<Directive>]) -> Option<()> {
        for directive in directives {
            let definition = self.whole.api.directive_definitions.get(&directive.name)?;
            for argument in &directive.arguments {
                let defined = definition.argument_by_name(&argument.name)?;
                self.value(&defined.ty, Some(&argument.value))?;
            }
        }
        Some(())
    }

    /// Adds the type of a value, and of what is written inside of it.
    fn value(&mut self, ty: &ast::Type, value: Option<&Node<Value>>) -> Option<()> {
        let definition = self.add(ty.inner_named_type())?;
        match (value.map(|value| &**value), definition) {
            (Some(Value::List(items)), _) => {
                for item in items {
                    self.value(ty, Some(item))?;
                }
            }
            (Some(Value::Object(entries)), ExtendedType::InputObject(input)) => {
                for (name, value) in entries {
                    self.value(&input.fields.get(name)?.ty, Some(value))?;
                }
            }
            _ => {}
        }
        Some(())
    }

    /// Adds an object type that both types can be, where they differ.
    fn spread(&mut self, parent: &Name, condition: &Name) -> Option<()> {
        self.add(condition)?;
        if parent == condition {
            return Some(());
        }
        let Whole { supergraph, possible, api } = self.whole;
        let [a, b] = [parent, condition].map(|name| supergraph.type_id(name).map(|id| possible.of(id)));
        let (a, b) = (a?, b?);
        let (few, many) = if a.len() <= b.len() { (a, b) } else { (b, a) };
        let mut witnesses = few.iter().filter(|&ty| many.contains(ty)).map(|ty| &supergraph.ty(ty).name);
        let witness = witnesses.find(|name| api.types.contains_key(*name))?;
        self.add(witness).map(|_| ())
    }

    fn add(&mut self, name: &Name) -> Option<&'a ExtendedType> {
        let definition = self.whole.api.types.get(name)?;
        if !self.excerpt.types.contains_key(name) {
            self.excerpt.types.insert(name.clone(), definition.clone());
        }
        Some(definition)
    }
}
