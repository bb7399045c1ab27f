//! Field sets (`"id organization { id }"`), resolved against the supergraph.

use super::ContextArgument;
use crate::supergraph::{FieldId, Supergraph, TypeId};
use apollo_compiler::{Name, Node, ast};

/// A resolved field set.
#[derive(Debug, Clone)]
pub struct FieldSet {
    /// The type it selects from.
    pub ty: TypeId,
    /// The text, for explaining.
    pub text: String,
    /// What it selects.
    pub fields: Vec<SetField>,
    /// For what a field requires: the arguments that are filled from objects around its own.
    pub contexts: Vec<ContextArgument>,
}

/// A field of a field set.
#[derive(Debug, Clone)]
pub struct SetField {
    /// The type condition around it, when there is one.
    pub on: Option<TypeId>,
    /// The field.
    pub field: FieldId,
    /// Its arguments, sorted by name.
    pub arguments: Vec<Node<ast::Argument>>,
    /// What is selected of its value.
    pub children: Vec<Self>,
}

impl FieldSet {
    /// Reads field set text; fields and types that the supergraph does not have are left out, since
    /// composition would have refused them.
    pub fn parse(supergraph: &Supergraph, ty: TypeId, text: &str) -> Self {
        let fields = plain_names(supergraph, ty, text).unwrap_or_else(|| parse_selections(supergraph, ty, text));
        Self { ty, text: text.to_owned(), fields, contexts: Vec::new() }
    }
}

impl SetField {
    /// Adds the field and all that is selected of its value.
    pub(super) fn add_to(&self, fields: &mut Vec<FieldId>) {
        fields.push(self.field);
        self.children.iter().for_each(|child| child.add_to(fields));
    }
}

/// Most keys are a name or a few, which need no parser: `id`, `sku brand`. None when there is more.
fn plain_names(supergraph: &Supergraph, ty: TypeId, text: &str) -> Option<Vec<SetField>> {
    let mut fields = Vec::new();
    for word in text.split_ascii_whitespace() {
        if !Name::is_valid_syntax(word) {
            return None;
        }
        if let Some(field) = supergraph.field_of(ty, word) {
            fields.push(SetField { on: None, field, arguments: Vec::new(), children: Vec::new() });
        }
    }
    Some(fields)
}

fn parse_selections(supergraph: &Supergraph, ty: TypeId, text: &str) -> Vec<SetField> {
    let document = ast::Document::parse(format!("{{{text}}}"), "field set").unwrap_or_else(|error| error.partial);
    let mut fields = Vec::new();
    for definition in &document.definitions {
        if let ast::Definition::OperationDefinition(operation) = definition {
            collect(supergraph, ty, None, &operation.selection_set, &mut fields);
        }
    }
    fields
}

fn collect(
    supergraph: &Supergraph,
    ty: TypeId,
    on: Option<TypeId>,
    selections: &[ast::Selection],
    fields: &mut Vec<SetField>,
) {
    for selection in selections {
        match selection {
            ast::Selection::Field(field) => {
                let Some(id) = supergraph.field_of(on.unwrap_or(ty), &field.name) else { continue };
                let mut arguments = field.arguments.clone();
                arguments.sort_by(|a, b| a.name.cmp(&b.name));
                let mut children = Vec::new();
                collect(supergraph, supergraph.field(id).output, None, &field.selection_set, &mut children);
                fields.push(SetField { on, field: id, arguments, children });
            }
            ast::Selection::InlineFragment(fragment) => {
                let condition = fragment.type_condition.as_ref().and_then(|name| supergraph.type_id(name));
                collect(
                    supergraph,
                    ty,
                    condition.filter(|&condition| condition != ty).or(on),
                    &fragment.selection_set,
                    fields,
                );
            }
            ast::Selection::FragmentSpread(_) => {}
        }
    }
}
