//! Marking: which elements have which tags, and `@inaccessible` put on those that are left out.

use super::Filter;
use crate::supergraph::{FieldId, Hidden, Link, Supergraph, TypeId, TypeKind};
use apollo_compiler::ast::{self, DirectiveLocation, Value};
use apollo_compiler::{Name, Node, name};
use std::collections::BTreeSet;

/// Marks what has an excluded tag, or lacks an included one; the tags that were found anywhere.
pub(super) fn by_tags(supergraph: &mut Supergraph, filter: &Filter) -> BTreeSet<String> {
    let mut tags = Tags { name: supergraph.directive_name("tag", "tag"), filter, found: BTreeSet::new() };
    let mark = Mark::of(supergraph);
    let types: Vec<Vec<String>> = supergraph.types.iter().map(|ty| tags.of(&ty.directives)).collect();
    for (ty, own) in supergraph.types.iter_mut().zip(&types) {
        let must_be_included = matches!(ty.kind, TypeKind::Union { .. });
        if filter.excludes(own) || (must_be_included && !filter.includes(own)) {
            mark.put(&mut ty.directives);
        }
        match &mut ty.kind {
            TypeKind::Enum { values } => {
                for value in values.iter_mut().filter(|value| filter.excludes(&tags.of(&value.directives))) {
                    mark.put(&mut value.directives);
                }
            }
            TypeKind::Input { fields } => fields.iter_mut().for_each(|field| tags.input(&mut field.definition, &mark)),
            _ => {}
        }
    }
    for field in &mut supergraph.fields {
        let mut own = tags.of(&field.directives);
        own.extend_from_slice(&types[field.parent.index()]);
        if filter.excludes(&own) || !filter.includes(&own) {
            mark.put(&mut field.directives);
        }
        field.arguments.iter_mut().for_each(|argument| tags.input(&mut argument.definition, &mark));
    }
    mark.link(supergraph);
    tags.found
}

/// Marks what clients do not see since something else is marked, so that every reader of the supergraph agrees.
pub(super) fn what_goes_with_it(supergraph: &mut Supergraph) {
    let hidden = Hidden::find(supergraph);
    let mark = Mark::of(supergraph);
    let hidden_inputs = |definition: &ast::InputValueDefinition| hidden.hides_input(supergraph, definition);
    let inputs: Vec<Vec<bool>> = supergraph
        .types
        .iter()
        .map(|ty| match &ty.kind {
            TypeKind::Input { fields } => fields.iter().map(|field| hidden_inputs(&field.definition)).collect(),
            _ => Vec::new(),
        })
        .collect();
    let arguments: Vec<Vec<bool>> = supergraph
        .fields
        .iter()
        .map(|field| field.arguments.iter().map(|argument| hidden_inputs(&argument.definition)).collect())
        .collect();
    for (index, (ty, inputs)) in supergraph.types.iter_mut().zip(&inputs).enumerate() {
        // Types of features are hidden by being theirs.
        if hidden.hides_type(TypeId::from_index(index)) && !ty.joins.is_empty() {
            mark.put(&mut ty.directives);
        }
        if let TypeKind::Input { fields } = &mut ty.kind {
            for (field, _) in fields.iter_mut().zip(inputs).filter(|(_, hidden)| **hidden) {
                mark.put(&mut field.definition.make_mut().directives.0);
            }
        }
    }
    for (index, (field, arguments)) in supergraph.fields.iter_mut().zip(&arguments).enumerate() {
        if hidden.hides_field(FieldId::from_index(index)) {
            mark.put(&mut field.directives);
        }
        for (argument, _) in field.arguments.iter_mut().zip(arguments).filter(|(_, hidden)| **hidden) {
            mark.put(&mut argument.definition.make_mut().directives.0);
        }
    }
}

/// Marks these types.
pub(super) fn types(supergraph: &mut Supergraph, wanted: impl Fn(TypeId) -> bool) {
    let mark = Mark::of(supergraph);
    for (index, ty) in supergraph.types.iter_mut().enumerate() {
        if wanted(TypeId::from_index(index)) && !ty.joins.is_empty() {
            mark.put(&mut ty.directives);
        }
    }
}

impl Filter {
    fn excludes(&self, tags: &[String]) -> bool {
        tags.iter().any(|tag| self.exclude.contains(tag))
    }

    fn includes(&self, tags: &[String]) -> bool {
        self.include.is_empty() || tags.iter().any(|tag| self.include.contains(tag))
    }
}

struct Tags<'f> {
    /// How `@tag` is called here.
    name: String,
    filter: &'f Filter,
    found: BTreeSet<String>,
}

impl Tags<'_> {
    fn of(&mut self, directives: &[Node<ast::Directive>]) -> Vec<String> {
        let named = directives.iter().filter(|directive| directive.name == *self.name);
        let tag = |directive: &Node<ast::Directive>| {
            directive.specified_argument_by_name("name").and_then(|name| Value::as_str(name)).map(str::to_owned)
        };
        let tags: Vec<String> = named.filter_map(tag).collect();
        self.found.extend(tags.iter().cloned());
        tags
    }

    fn input(&mut self, definition: &mut Node<ast::InputValueDefinition>, mark: &Mark) {
        if self.filter.excludes(&self.of(&definition.directives)) {
            mark.put(&mut definition.make_mut().directives.0);
        }
    }
}

/// `@inaccessible`, as it is called here.
struct Mark(Node<ast::Directive>);

impl Mark {
    fn of(supergraph: &Supergraph) -> Self {
        let name = supergraph.directive_name("inaccessible", "inaccessible");
        Self(Node::new(ast::Directive { name: Name::new_unchecked(&name), arguments: Vec::new() }))
    }

    fn put(&self, directives: &mut Vec<Node<ast::Directive>>) {
        if !directives.iter().any(|directive| directive.name == self.0.name) {
            directives.push(self.0.clone());
        }
    }

    /// Links the feature, where nothing was hidden before.
    fn link(&self, supergraph: &mut Supergraph) {
        if supergraph.links.iter().any(|link| link.feature() == "inaccessible") {
            return;
        }
        supergraph.links.push(Link {
            url: "https://specs.apollo.dev/inaccessible/v0.2".to_owned(),
            alias: None,
            import: Vec::new(),
            purpose: Some(name!(SECURITY)),
        });
        use DirectiveLocation as At;
        let locations = vec![
            At::FieldDefinition,
            At::Object,
            At::Interface,
            At::Union,
            At::ArgumentDefinition,
            At::Scalar,
            At::Enum,
            At::EnumValue,
            At::InputObject,
            At::InputFieldDefinition,
        ];
        supergraph.directives.push(Node::new(ast::DirectiveDefinition {
            description: None,
            name: self.0.name.clone(),
            arguments: Vec::new(),
            repeatable: false,
            locations,
        }));
    }
}
