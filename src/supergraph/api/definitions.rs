//! The definitions of the API schema, one at a time: model in, syntax tree out.
//!
//! Nodes of the model that need no change are shared, not copied.

use super::hidden::Hidden;
use crate::diagnostic::Diagnostic;
use crate::supergraph::{Field, FieldId, Implements, Supergraph, TypeId, TypeKind};
use apollo_compiler::ast::{self, Definition, DirectiveList, DirectiveLocation, OperationType, Value};
use apollo_compiler::{Name, Node, name};
use std::collections::HashSet;

/// Default values nest no deeper than the parser lets them; a model made otherwise may.
const DEEPEST_VALUE: usize = 200;

/// Makes definitions of what is not hidden.
pub(super) struct Maker<'a> {
    supergraph: &'a Supergraph,
    hidden: &'a Hidden,
    /// The directives that the API schema defines, by name.
    directives: Vec<Node<ast::DirectiveDefinition>>,
    applied: HashSet<Name>,
    findings: Vec<Diagnostic>,
}

impl<'a> Maker<'a> {
    pub(super) fn new(supergraph: &'a Supergraph, hidden: &'a Hidden) -> Self {
        let mut directives: Vec<_> =
            supergraph.directives.iter().filter(|definition| is_for_clients(supergraph, definition)).cloned().collect();
        if supergraph.uses_one_of() {
            // Part of GraphQL now, but apollo-compiler does not define it.
            directives.push(super::bare_directive(name!(oneOf), DirectiveLocation::InputObject));
        }
        directives.sort_by(|a, b| a.name.cmp(&b.name));
        let mut applied: HashSet<Name> = directives.iter().map(|definition| definition.name.clone()).collect();
        applied.extend([name!(deprecated), name!(specifiedBy)]);
        Self { supergraph, hidden, directives, applied, findings: Vec::new() }
    }

    /// What was found to be wrong so far.
    pub(super) fn findings(self) -> Vec<Diagnostic> {
        self.findings
    }

    /// The directives that clients may use or see.
    pub(super) fn directive_definitions(&mut self) -> impl Iterator<Item = Node<ast::DirectiveDefinition>> + use<> {
        let mut definitions = self.directives.clone();
        for definition in &mut definitions {
            let coordinate = format!("@{}", definition.name);
            let arguments = self.inputs(definition.arguments.iter(), &coordinate);
            if arguments != definition.arguments {
                definition.make_mut().arguments = arguments;
            }
        }
        definitions.into_iter()
    }

    /// The `schema` definition.
    pub(super) fn schema(&self, query: TypeId) -> Definition {
        let seen = |id: Option<TypeId>| id.filter(|&id| !self.hidden.hides_type(id));
        let roots = [
            (OperationType::Query, Some(query)),
            (OperationType::Mutation, seen(self.supergraph.mutation)),
            (OperationType::Subscription, seen(self.supergraph.subscription)),
        ];
        let root_operations =
            roots.into_iter().filter_map(|(operation, id)| Some(Node::new((operation, self.name(id?))))).collect();
        Definition::SchemaDefinition(Node::new(ast::SchemaDefinition {
            description: self.supergraph.description.clone(),
            directives: DirectiveList::default(),
            root_operations,
        }))
    }

    /// The definition of a type.
    pub(super) fn definition(&mut self, id: TypeId) -> Definition {
        let supergraph = self.supergraph;
        let ty = supergraph.ty(id);
        let (name, description, directives) =
            (ty.name.clone(), ty.description.clone(), self.directives(&ty.directives));
        match &ty.kind {
            TypeKind::Scalar => {
                Definition::ScalarTypeDefinition(Node::new(ast::ScalarTypeDefinition { description, name, directives }))
            }
            TypeKind::Object { fields, implements } => {
                Definition::ObjectTypeDefinition(Node::new(ast::ObjectTypeDefinition {
                    description,
                    name,
                    implements_interfaces: self.implements(implements),
                    directives,
                    fields: self.fields(fields),
                }))
            }
            TypeKind::Interface { fields, implements } => {
                Definition::InterfaceTypeDefinition(Node::new(ast::InterfaceTypeDefinition {
                    description,
                    name,
                    implements_interfaces: self.implements(implements),
                    directives,
                    fields: self.fields(fields),
                }))
            }
            TypeKind::Union { members } => {
                let members = members.iter().map(|member| member.member);
                let members = members.filter(|&id| !self.hidden.hides_type(id)).map(|id| self.name(id)).collect();
                Definition::UnionTypeDefinition(Node::new(ast::UnionTypeDefinition {
                    description,
                    name,
                    directives,
                    members,
                }))
            }
            TypeKind::Enum { values } => {
                let values = values.iter().filter(|value| !self.hidden.hides_by_directive(&value.directives));
                let values = values.map(|value| {
                    Node::new(ast::EnumValueDefinition {
                        description: value.description.clone(),
                        value: value.name.clone(),
                        directives: self.directives(&value.directives),
                    })
                });
                let values = values.collect();
                Definition::EnumTypeDefinition(Node::new(ast::EnumTypeDefinition {
                    description,
                    name,
                    directives,
                    values,
                }))
            }
            TypeKind::Input { fields } => {
                let fields = self.inputs(fields.iter().map(|field| &field.definition), &ty.name);
                Definition::InputObjectTypeDefinition(Node::new(ast::InputObjectTypeDefinition {
                    description,
                    name,
                    directives,
                    fields,
                }))
            }
        }
    }

    fn name(&self, id: TypeId) -> Name {
        self.supergraph.ty(id).name.clone()
    }

    fn implements(&self, implements: &[Implements]) -> Vec<Name> {
        let interfaces = implements.iter().map(|implemented| implemented.interface);
        interfaces.filter(|&id| !self.hidden.hides_type(id)).map(|id| self.name(id)).collect()
    }

    fn fields(&mut self, fields: &[FieldId]) -> Vec<Node<ast::FieldDefinition>> {
        let seen = fields.iter().filter(|&&id| !self.hidden.hides_field(id));
        let seen: Vec<&Field> = seen.map(|&id| self.supergraph.field(id)).collect();
        seen.into_iter().map(|field| Node::new(self.field(field))).collect()
    }

    fn field(&mut self, field: &Field) -> ast::FieldDefinition {
        let arguments = if field.arguments.is_empty() {
            Vec::new()
        } else {
            let coordinate = format!("{}.{}", self.supergraph.ty(field.parent).name, field.name);
            self.inputs(field.arguments.iter().map(|argument| &argument.definition), &coordinate)
        };
        ast::FieldDefinition {
            description: field.description.clone(),
            name: field.name.clone(),
            arguments,
            ty: field.ty.clone(),
            directives: self.directives(&field.directives),
        }
    }

    /// The arguments or input fields that are not hidden.
    fn inputs<'d>(
        &mut self,
        definitions: impl Iterator<Item = &'d Node<ast::InputValueDefinition>>,
        coordinate: &str,
    ) -> Vec<Node<ast::InputValueDefinition>> {
        let mut seen = Vec::new();
        for definition in definitions.filter(|definition| !self.hidden.hides_input(self.supergraph, definition)) {
            if let Some(default) = &definition.default_value
                && self.says_what_is_hidden(definition.ty.inner_named_type(), default, 0)
            {
                let message =
                    format!("the default of `{}` of {coordinate} uses what is @inaccessible", definition.name);
                self.findings.push(Diagnostic::error("DEFAULT_VALUE_USES_INACCESSIBLE", message));
            }
            let directives = self.directives(&definition.directives);
            let mut definition = definition.clone();
            if directives.len() != definition.directives.len() {
                definition.make_mut().directives = directives;
            }
            seen.push(definition);
        }
        seen
    }

    /// Whether a value of the type names a hidden enum value or input field.
    fn says_what_is_hidden(&self, type_name: &Name, value: &Value, depth: usize) -> bool {
        let Some(id) = self.supergraph.type_id(type_name).filter(|_| depth < DEEPEST_VALUE) else { return false };
        match (value, &self.supergraph.ty(id).kind) {
            (Value::List(items), _) => items.iter().any(|item| self.says_what_is_hidden(type_name, item, depth + 1)),
            (Value::Enum(name), TypeKind::Enum { values }) => {
                let value = values.iter().find(|value| value.name == *name);
                value.is_some_and(|value| self.hidden.hides_by_directive(&value.directives))
            }
            (Value::Object(entries), TypeKind::Input { fields }) => entries.iter().any(|(name, value)| {
                let field = fields.iter().find(|field| field.definition.name == *name);
                field.is_some_and(|field| {
                    self.hidden.hides_input(self.supergraph, &field.definition)
                        || self.says_what_is_hidden(field.definition.ty.inner_named_type(), value, depth + 1)
                })
            }),
            _ => false,
        }
    }

    fn directives(&self, directives: &[Node<ast::Directive>]) -> DirectiveList {
        DirectiveList(directives.iter().filter(|directive| self.applied.contains(&directive.name)).cloned().collect())
    }
}

/// Clients may write a directive with an executable location; others are of use to the gateway only,
/// and so are those of linked features.
fn is_for_clients(supergraph: &Supergraph, definition: &ast::DirectiveDefinition) -> bool {
    let local = format!("@{}", definition.name);
    definition.locations.iter().any(|&location| is_executable(location))
        && !supergraph.links.iter().any(|link| link.owns(&local))
}

/// Whether operations have such places, rather than schemas.
pub fn is_executable(location: DirectiveLocation) -> bool {
    use DirectiveLocation as At;
    matches!(
        location,
        At::Query
            | At::Mutation
            | At::Subscription
            | At::Field
            | At::FragmentDefinition
            | At::FragmentSpread
            | At::InlineFragment
            | At::VariableDefinition
    )
}
