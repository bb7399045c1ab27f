//! Types before their members: every definition gets an id, a kind, its joins and its directives.

use super::Reader;
use super::document::Definitions;
use super::features::JoinElement;
use crate::supergraph::{JoinType, Type, TypeId, TypeKind};
use apollo_compiler::ast::{self, Definition};
use apollo_compiler::{Name, Node};

impl Reader<'_> {
    /// Adds all types but those of the link and join features. Gives those whose members are to be
    /// read.
    pub(super) fn add_types<'a>(
        &mut self,
        definitions: &Definitions<'a>,
        link_prefix: &str,
    ) -> Vec<(TypeId, &'a Definition)> {
        let mut added = Vec::with_capacity(definitions.types.len());
        for &definition in &definitions.types {
            let Some((name, description, kind)) = outline(definition) else { continue };
            if self.join.owns_type(name) || name.starts_with(link_prefix) || super::is_built_in_scalar(name) {
                continue;
            }
            if self.supergraph.type_id(name).is_some() {
                self.report.invalid(format!("type {name} is defined twice"), name.location());
                continue;
            }
            let joins = self.type_joins(definition.directives());
            let directives = self.keep_directives(definition.directives(), format_args!("{name}"));
            let carried = self.join_directives(definition.directives());
            let ty = Type { name: name.clone(), description: description.clone(), kind, joins, directives, carried };
            if ty.is_composite() && ty.joins.is_empty() {
                self.report.invalid_with_help(
                    format!("type {name} has no @join__type: no subgraph defines it"),
                    name.location(),
                    "compose the subgraphs again",
                );
            }
            added.push((self.supergraph.add_type(ty), definition));
        }
        added
    }

    /// Adds one of the scalars that need no definition.
    pub(super) fn add_built_in_scalar(&mut self, name: &Name) -> TypeId {
        let name = Name::new_unchecked(name.as_str());
        self.supergraph.add_type(Type::bare(name, TypeKind::Scalar))
    }

    fn type_joins(&mut self, directives: &ast::DirectiveList) -> Vec<JoinType> {
        let is_join = |directive: &&Node<ast::Directive>| self.join.element(&directive.name) == Some(JoinElement::Type);
        let mut joins = Vec::with_capacity(directives.iter().filter(is_join).count());
        for directive in directives.iter() {
            if self.join.element(&directive.name) == Some(JoinElement::Type) {
                joins.extend(self.join_type(directive));
            }
        }
        // Stable: the keys of one subgraph keep their order.
        joins.sort_by_key(|join: &JoinType| join.graph);
        joins
    }
}

fn outline(definition: &Definition) -> Option<(&Name, &Option<Node<str>>, TypeKind)> {
    Some(match definition {
        Definition::ScalarTypeDefinition(ty) => (&ty.name, &ty.description, TypeKind::Scalar),
        Definition::ObjectTypeDefinition(ty) => {
            (&ty.name, &ty.description, TypeKind::Object { fields: Vec::new(), implements: Vec::new() })
        }
        Definition::InterfaceTypeDefinition(ty) => {
            (&ty.name, &ty.description, TypeKind::Interface { fields: Vec::new(), implements: Vec::new() })
        }
        Definition::UnionTypeDefinition(ty) => (&ty.name, &ty.description, TypeKind::Union { members: Vec::new() }),
        Definition::EnumTypeDefinition(ty) => (&ty.name, &ty.description, TypeKind::Enum { values: Vec::new() }),
        Definition::InputObjectTypeDefinition(ty) => {
            (&ty.name, &ty.description, TypeKind::Input { fields: Vec::new() })
        }
        _ => return None,
    })
}
