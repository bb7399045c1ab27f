//! Members: fields, enum values, union members, input fields and implemented interfaces, each with
//! its joins. Names must be unique and must exist, types must be of a kind that fits their place.

use super::Reader;
use super::features::JoinElement;
use crate::supergraph::{
    Argument, EnumValue, Field, Implements, InputField, JoinField, SubgraphId, TypeId, TypeKind, UnionMember,
};
use ahash::RandomState;
use apollo_compiler::ast::{self, Definition};
use apollo_compiler::{Name, Node};
use std::collections::{HashMap, HashSet};
use std::fmt::Arguments;

type Directive = Node<ast::Directive>;

impl Reader<'_> {
    /// Reads the members of a type that has its id.
    pub(super) fn read_members(&mut self, id: TypeId, definition: &Definition) {
        match definition {
            Definition::ObjectTypeDefinition(ty) => {
                self.read_fields(id, &ty.name, &ty.fields);
                self.read_implements(id, &ty.name, &ty.implements_interfaces, &ty.directives);
            }
            Definition::InterfaceTypeDefinition(ty) => {
                self.read_fields(id, &ty.name, &ty.fields);
                self.read_implements(id, &ty.name, &ty.implements_interfaces, &ty.directives);
            }
            Definition::UnionTypeDefinition(ty) => self.read_union_members(id, ty),
            Definition::EnumTypeDefinition(ty) => self.read_enum_values(id, ty),
            Definition::InputObjectTypeDefinition(ty) => self.read_input_fields(id, ty),
            _ => {}
        }
    }

    fn read_fields(&mut self, parent: TypeId, type_name: &Name, fields: &[Node<ast::FieldDefinition>]) {
        self.expect_some(type_name, "fields", fields.is_empty());
        self.expect_new(fields.iter().map(|field| &field.name), |name| format!("{type_name}.{name}"));
        for definition in fields {
            let name = &definition.name;
            let coordinate = format_args!("{type_name}.{name}");
            let arguments = self.read_arguments(&definition.arguments, coordinate);
            let joins = self.field_joins(&definition.directives);
            let directives = self.keep_directives(&definition.directives, coordinate);
            let carried = self.join_directives(&definition.directives);
            let output = definition.ty.inner_named_type();
            let Some(output) = self.known_type(output, output.location()) else { continue };
            if matches!(self.supergraph.ty(output).kind, TypeKind::Input { .. }) {
                self.report.invalid(format!("{coordinate} gives an input type"), name.location());
            }
            self.supergraph.add_field(Field {
                name: name.clone(),
                parent,
                description: definition.description.clone(),
                ty: definition.ty.clone(),
                output,
                arguments,
                joins,
                directives,
                carried,
            });
        }
    }

    fn read_arguments(
        &mut self,
        arguments: &[Node<ast::InputValueDefinition>],
        coordinate: Arguments<'_>,
    ) -> Vec<Argument> {
        self.expect_new(arguments.iter().map(|argument| &argument.name), |name| format!("{coordinate}({name}:)"));
        let mut read = Vec::with_capacity(arguments.len());
        for argument in arguments {
            let coordinate = format_args!("{coordinate}({}:)", argument.name);
            self.expect_input_type(argument, coordinate);
            read.push(Argument { definition: self.without_joins(argument, coordinate) });
        }
        read
    }

    fn read_input_fields(&mut self, id: TypeId, ty: &ast::InputObjectTypeDefinition) {
        self.expect_some(&ty.name, "fields", ty.fields.is_empty());
        self.expect_new(ty.fields.iter().map(|field| &field.name), |name| format!("{}.{name}", ty.name));
        let mut read = Vec::with_capacity(ty.fields.len());
        for field in &ty.fields {
            let coordinate = format_args!("{}.{}", ty.name, field.name);
            self.expect_input_type(field, coordinate);
            let joins = self.field_joins(&field.directives);
            read.push(InputField { definition: self.without_joins(field, coordinate), joins });
        }
        if let TypeKind::Input { fields } = &mut self.supergraph.types[id.index()].kind {
            *fields = read;
        }
    }

    fn read_enum_values(&mut self, id: TypeId, ty: &ast::EnumTypeDefinition) {
        self.expect_some(&ty.name, "values", ty.values.is_empty());
        self.expect_new(ty.values.iter().map(|value| &value.value), |name| format!("{}.{name}", ty.name));
        let mut read = Vec::with_capacity(ty.values.len());
        for value in &ty.values {
            let coordinate = format_args!("{}.{}", ty.name, value.value);
            let mut graphs = Vec::new();
            for directive in value.directives.iter() {
                if self.join.element(&directive.name) == Some(JoinElement::EnumValue) {
                    graphs.extend(self.join_enum_value(directive));
                }
            }
            read.push(EnumValue {
                name: value.value.clone(),
                description: value.description.clone(),
                graphs: in_order(graphs),
                directives: self.keep_directives(&value.directives, coordinate),
            });
        }
        // Join v0.2 has no @join__enumValue: the values are those of every subgraph with the type.
        if read.iter().all(|value| value.graphs.is_empty()) {
            let everywhere: Vec<SubgraphId> = self.supergraph.graphs_of(id).collect();
            read.iter_mut().for_each(|value| value.graphs.clone_from(&everywhere));
        }
        if let TypeKind::Enum { values } = &mut self.supergraph.types[id.index()].kind {
            *values = read;
        }
    }

    fn read_union_members(&mut self, id: TypeId, ty: &ast::UnionTypeDefinition) {
        self.expect_some(&ty.name, "members", ty.members.is_empty());
        let mut graphs = self.graphs_by_type(&ty.directives, JoinElement::UnionMember);
        self.expect_new(ty.members.iter(), |name| format!("{} = {name}", ty.name));
        let mut read = Vec::with_capacity(ty.members.len());
        for name in &ty.members {
            let Some(member) = self.known_type(name, name.location()) else { continue };
            if !matches!(self.supergraph.ty(member).kind, TypeKind::Object { .. }) {
                let message = format!("{name} is no object type, so it cannot be a member of {}", ty.name);
                self.report.invalid(message, name.location());
            }
            read.push(UnionMember { member, graphs: graphs.remove(&member).unwrap_or_default() });
        }
        self.refuse_leftovers(&graphs, &ty.name, "as a member");
        // Join v0.2 has no @join__unionMember: a subgraph with the union has those of its members that it defines.
        if read.iter().all(|member| member.graphs.is_empty()) {
            let graphs: Vec<SubgraphId> = self.supergraph.graphs_of(id).collect();
            for member in &mut read {
                let defining = self.supergraph.graphs_of(member.member).filter(|graph| graphs.contains(graph));
                member.graphs = defining.collect();
            }
        }
        if let TypeKind::Union { members } = &mut self.supergraph.types[id.index()].kind {
            *members = read;
        }
    }

    fn read_implements(&mut self, id: TypeId, type_name: &Name, names: &[Name], directives: &[Directive]) {
        let mut graphs = self.graphs_by_type(directives, JoinElement::Implements);
        self.expect_new(names.iter(), |name| format!("{type_name} implements {name}"));
        let mut read = Vec::with_capacity(names.len());
        for name in names {
            let Some(interface) = self.known_type(name, name.location()) else { continue };
            if !matches!(self.supergraph.ty(interface).kind, TypeKind::Interface { .. }) {
                self.report.invalid(format!("{type_name} implements {name}, no interface"), name.location());
            }
            read.push(Implements { interface, graphs: graphs.remove(&interface).unwrap_or_default() });
        }
        self.refuse_leftovers(&graphs, type_name, "as an interface");
        if let TypeKind::Object { implements, .. } | TypeKind::Interface { implements, .. } =
            &mut self.supergraph.types[id.index()].kind
        {
            *implements = read;
        }
    }

    /// The subgraphs that `@join__implements` or `@join__unionMember` say for each type they name.
    fn graphs_by_type(&mut self, directives: &[Directive], element: JoinElement) -> HashMap<TypeId, Vec<SubgraphId>> {
        let mut graphs: HashMap<TypeId, Vec<SubgraphId>> = HashMap::new();
        for directive in directives {
            if self.join.element(&directive.name) != Some(element) {
                continue;
            }
            let read = match element {
                JoinElement::Implements => self.join_implements(directive),
                _ => self.join_union_member(directive),
            };
            if let Some((graph, ty)) = read {
                graphs.entry(ty).or_default().push(graph);
            }
        }
        graphs.into_iter().map(|(ty, graphs)| (ty, in_order(graphs))).collect()
    }

    fn refuse_leftovers(&mut self, graphs: &HashMap<TypeId, Vec<SubgraphId>>, type_name: &Name, place: &str) {
        let mut left: Vec<TypeId> = graphs.keys().copied().collect();
        left.sort_unstable();
        for id in left {
            let other = &self.supergraph.ty(id).name;
            let message = format!("{type_name} is joined with {other}, but does not have it {place}");
            self.report.invalid(message, type_name.location());
        }
    }

    /// Joins are the bulk of a large model, so their table has just the room that it needs.
    fn field_joins(&mut self, directives: &[Directive]) -> Vec<JoinField> {
        let is_join = |directive: &&Directive| self.join.element(&directive.name) == Some(JoinElement::Field);
        let mut joins = Vec::with_capacity(directives.iter().filter(is_join).count());
        for directive in directives {
            if self.join.element(&directive.name) == Some(JoinElement::Field) {
                joins.extend(self.join_field(directive));
            }
        }
        joins.sort_by_key(|join: &JoinField| join.graph);
        joins
    }

    fn without_joins(
        &mut self,
        definition: &Node<ast::InputValueDefinition>,
        coordinate: Arguments<'_>,
    ) -> Node<ast::InputValueDefinition> {
        let mut plain = definition.clone();
        if definition.directives.iter().any(|directive| self.join.owns_directive(&directive.name)) {
            plain.make_mut().directives = ast::DirectiveList(self.keep_directives(&definition.directives, coordinate));
        }
        plain
    }

    fn expect_input_type(&mut self, definition: &ast::InputValueDefinition, coordinate: Arguments<'_>) {
        let name = definition.ty.inner_named_type();
        let Some(id) = self.known_type(name, name.location()) else { return };
        if self.supergraph.ty(id).is_composite() {
            self.report.invalid(format!("{coordinate} takes an output type"), definition.name.location());
        }
    }

    /// Reports names that are there twice. Most lists are short, and looked through faster than hashed.
    fn expect_new<'n>(
        &mut self,
        names: impl ExactSizeIterator<Item = &'n Name> + Clone,
        coordinate: impl Fn(&Name) -> String,
    ) {
        const SHORT: usize = 12;
        let mut seen: HashSet<&Name, RandomState> = HashSet::default();
        let is_short = names.len() <= SHORT;
        for (index, name) in names.clone().enumerate() {
            let is_new =
                if is_short { names.clone().take(index).all(|other| other != name) } else { seen.insert(name) };
            if !is_new {
                self.report.invalid(format!("{} is there twice", coordinate(name)), name.location());
            }
        }
    }

    fn expect_some(&mut self, type_name: &Name, what: &str, is_empty: bool) {
        if is_empty {
            self.report.invalid(format!("type {type_name} has no {what}"), type_name.location());
        }
    }
}

fn in_order(mut graphs: Vec<SubgraphId>) -> Vec<SubgraphId> {
    graphs.sort_unstable();
    graphs.dedup();
    graphs
}
