//! Contexts (`@context`, `@fromContext`): arguments of a field that are filled from an object around its own.
//!
//! What a field needs so belongs to what it requires: it is part of the [`FieldSet`](super::FieldSet) of its
//! edge. A field with contextual arguments is therefore always asked for through `_entities`, in an operation
//! that has the values as variables.

use super::FieldSetId;
use crate::supergraph::{PossibleTypes, Supergraph, TypeId};
use apollo_compiler::{Name, Node, ast};
use std::collections::{BTreeMap, HashMap};

/// An argument that is filled from an object around the field's own.
#[derive(Debug, Clone)]
pub struct ContextArgument {
    /// Its name.
    pub name: Name,
    /// Its type in the subgraph, as written.
    pub ty: String,
    /// For the object types that set the context, what is selected of them. The nearest object around the
    /// field's own that has one of these types gives the value.
    pub sources: BTreeMap<TypeId, FieldSetId>,
}

/// By the context's name, the object types that set it, sorted.
pub(super) fn setters(supergraph: &Supergraph, possible: &PossibleTypes) -> HashMap<String, Vec<TypeId>> {
    let directive = supergraph.directive_name("context", "context");
    let mut setters: HashMap<String, Vec<TypeId>> = HashMap::new();
    for (index, ty) in supergraph.types.iter().enumerate() {
        for applied in ty.directives.iter().filter(|applied| applied.name.as_str() == directive) {
            let name = applied.specified_argument_by_name("name").and_then(|name| name.as_str());
            let types = possible.of(TypeId::from_index(index));
            setters.entry(name.unwrap_or_default().to_owned()).or_default().extend(types.as_slice());
        }
    }
    for types in setters.values_mut() {
        types.sort_unstable();
        types.dedup();
    }
    setters
}

/// One entry of `contextArguments:`.
pub(super) struct Written<'v> {
    /// The argument.
    pub name: Name,
    /// Its type.
    pub ty: &'v str,
    /// The context.
    pub context: &'v str,
    /// What is selected of the object that sets it, as the inside of a field set.
    pub selection: &'v str,
}

/// The entries of `contextArguments:`; one that is no such thing is left out.
pub(super) fn read(value: &Node<ast::Value>) -> Vec<Written<'_>> {
    let entries = value.as_list().unwrap_or_default();
    entries.iter().filter_map(|entry| entry_of(entry)).collect()
}

fn entry_of(entry: &ast::Value) -> Option<Written<'_>> {
    let ast::Value::Object(object) = entry else { return None };
    let text = |key: &str| object.iter().find(|(name, _)| name == key).and_then(|(_, value)| value.as_str());
    Some(Written {
        name: Name::new(text("name")?).ok()?,
        ty: text("type")?,
        context: text("context")?,
        selection: inside(text("selection")?),
    })
}

/// A selection without the braces around the whole of it: `{ currency }` or `... on Order { currency } ...`.
fn inside(selection: &str) -> &str {
    let trimmed = selection.trim();
    trimmed.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(trimmed)
}
