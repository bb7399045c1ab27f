//! Definitions, one function per kind. Extensions, operations and fragments are not for this reader.

use super::Reader;
use super::tokens::Token;
use apollo_compiler::ast::{self, Definition, DirectiveLocation, OperationType};
use apollo_compiler::{Name, Node};

type Description = Option<Node<str>>;

impl Reader<'_> {
    pub(super) fn definition(&mut self) -> Option<Definition> {
        let description = self.description()?;
        Some(match self.word()? {
            "type" => Definition::ObjectTypeDefinition(Node::new(self.object(description)?)),
            "interface" => Definition::InterfaceTypeDefinition(Node::new(self.interface(description)?)),
            "union" => Definition::UnionTypeDefinition(Node::new(self.union(description)?)),
            "enum" => Definition::EnumTypeDefinition(Node::new(self.enumeration(description)?)),
            "input" => Definition::InputObjectTypeDefinition(Node::new(self.input(description)?)),
            "scalar" => {
                let (name, directives) = (self.name()?, self.directives()?);
                Definition::ScalarTypeDefinition(Node::new(ast::ScalarTypeDefinition { description, name, directives }))
            }
            "directive" => Definition::DirectiveDefinition(Node::new(self.directive(description)?)),
            "schema" => Definition::SchemaDefinition(Node::new(self.schema(description)?)),
            _ => return None,
        })
    }

    fn object(&mut self, description: Description) -> Option<ast::ObjectTypeDefinition> {
        Some(ast::ObjectTypeDefinition {
            description,
            name: self.name()?,
            implements_interfaces: self.implements()?,
            directives: self.directives()?,
            fields: self.some_between(b'{', b'}', Self::field)?,
        })
    }

    fn interface(&mut self, description: Description) -> Option<ast::InterfaceTypeDefinition> {
        Some(ast::InterfaceTypeDefinition {
            description,
            name: self.name()?,
            implements_interfaces: self.implements()?,
            directives: self.directives()?,
            fields: self.some_between(b'{', b'}', Self::field)?,
        })
    }

    fn implements(&mut self) -> Option<Vec<Name>> {
        if self.takes_keyword("implements")? { self.some_separated(b'&', Self::name) } else { Some(Vec::new()) }
    }

    fn field(&mut self) -> Option<Node<ast::FieldDefinition>> {
        let description = self.description()?;
        let name = self.name()?;
        let arguments = self.some_between(b'(', b')', Self::input_value_definition)?;
        self.expect(b':')?;
        let (ty, directives) = (self.ty()?, self.directives()?);
        Some(Node::new(ast::FieldDefinition { description, name, arguments, ty, directives }))
    }

    fn union(&mut self, description: Description) -> Option<ast::UnionTypeDefinition> {
        let (name, directives) = (self.name()?, self.directives()?);
        let members = if self.takes(b'=')? { self.some_separated(b'|', Self::name)? } else { Vec::new() };
        Some(ast::UnionTypeDefinition { description, name, directives, members })
    }

    fn enumeration(&mut self, description: Description) -> Option<ast::EnumTypeDefinition> {
        let (name, directives) = (self.name()?, self.directives()?);
        let values = self.some_between(b'{', b'}', Self::enum_value)?;
        Some(ast::EnumTypeDefinition { description, name, directives, values })
    }

    fn enum_value(&mut self) -> Option<Node<ast::EnumValueDefinition>> {
        let description = self.description()?;
        if matches!(self.tokens.current, Token::Name("true" | "false" | "null")) {
            return None;
        }
        let (value, directives) = (self.name()?, self.directives()?);
        Some(Node::new(ast::EnumValueDefinition { description, value, directives }))
    }

    fn input(&mut self, description: Description) -> Option<ast::InputObjectTypeDefinition> {
        let (name, directives) = (self.name()?, self.directives()?);
        let fields = self.some_between(b'{', b'}', Self::input_value_definition)?;
        Some(ast::InputObjectTypeDefinition { description, name, directives, fields })
    }

    fn directive(&mut self, description: Description) -> Option<ast::DirectiveDefinition> {
        self.expect(b'@')?;
        let name = self.name()?;
        let arguments = self.some_between(b'(', b')', Self::input_value_definition)?;
        let repeatable = self.takes_keyword("repeatable")?;
        if !self.takes_keyword("on")? {
            return None;
        }
        let locations = self.some_separated(b'|', |reader| location(reader.word()?))?;
        Some(ast::DirectiveDefinition { description, name, arguments, repeatable, locations })
    }

    fn schema(&mut self, description: Description) -> Option<ast::SchemaDefinition> {
        let directives = self.directives()?;
        let root_operations = self.some_between(b'{', b'}', Self::root_operation)?;
        (!root_operations.is_empty()).then_some(ast::SchemaDefinition { description, directives, root_operations })
    }

    fn root_operation(&mut self) -> Option<Node<(OperationType, Name)>> {
        let operation = match self.word()? {
            "query" => OperationType::Query,
            "mutation" => OperationType::Mutation,
            "subscription" => OperationType::Subscription,
            _ => return None,
        };
        self.expect(b':')?;
        Some(Node::new((operation, self.name()?)))
    }
}

fn location(word: &str) -> Option<DirectiveLocation> {
    use DirectiveLocation as At;
    let all = [
        At::Query,
        At::Mutation,
        At::Subscription,
        At::Field,
        At::FragmentDefinition,
        At::FragmentSpread,
        At::InlineFragment,
        At::VariableDefinition,
        At::Schema,
        At::Scalar,
        At::Object,
        At::FieldDefinition,
        At::ArgumentDefinition,
        At::Interface,
        At::Union,
        At::Enum,
        At::EnumValue,
        At::InputObject,
        At::InputFieldDefinition,
    ];
    all.into_iter().find(|at| at.name() == word)
}
