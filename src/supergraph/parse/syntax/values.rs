//! What definitions are made of: types, values, directives, descriptions.

use super::tokens::Token;
use super::{DEEPEST, Reader, literals};
use apollo_compiler::Node;
use apollo_compiler::ast::{self, FloatValue, IntValue, Type, Value};

impl Reader<'_> {
    /// A description, if there is one.
    pub(super) fn description(&mut self) -> Option<Option<Node<str>>> {
        let text = match self.tokens.current {
            Token::Text(written) => literals::text(written)?,
            Token::Block(written) => literals::block(written)?,
            _ => return Some(None),
        };
        self.tokens.advance()?;
        Some(Some(Node::new_str(&text)))
    }

    /// A type with its wrappers.
    pub(super) fn ty(&mut self) -> Option<Type> {
        self.wrapped_type(DEEPEST)
    }

    fn wrapped_type(&mut self, deeper: usize) -> Option<Type> {
        if self.takes(b'[')? {
            let item = Box::new(self.wrapped_type(deeper.checked_sub(1)?)?);
            self.expect(b']')?;
            return Some(if self.takes(b'!')? { Type::NonNullList(item) } else { Type::List(item) });
        }
        let name = self.name()?;
        Some(if self.takes(b'!')? { Type::NonNullNamed(name) } else { Type::Named(name) })
    }

    /// Directives, as many as there are.
    pub(super) fn directives(&mut self) -> Option<ast::DirectiveList> {
        let mut directives = Vec::new();
        while self.tokens.current == Token::Punctuator(b'@') {
            directives.push(self.directive_node()?);
        }
        Some(ast::DirectiveList(directives))
    }

    /// One directive. A supergraph says `@join__field(graph: A)` over and over: what is written alike
    /// is read once, and shared.
    fn directive_node(&mut self) -> Option<Node<ast::Directive>> {
        let start = self.tokens.start;
        let written = self.tokens.up_to_parenthesis();
        if let Some((known, written)) = written.and_then(|written| Some((self.directives.get(written)?, written))) {
            let known = known.clone();
            self.tokens.skip_to(start + written.len())?;
            return Some(known);
        }
        self.expect(b'@')?;
        let name = self.name()?;
        let arguments = self.some_between(b'(', b')', Self::argument)?;
        let node = Node::new(ast::Directive { name, arguments });
        if let Some(written) = written.filter(|written| self.tokens.previous_end == start + written.len()) {
            self.directives.insert(written, node.clone());
        }
        Some(node)
    }

    fn argument(&mut self) -> Option<Node<ast::Argument>> {
        let name = self.name()?;
        self.expect(b':')?;
        let value = self.value(DEEPEST)?;
        Some(Node::new(ast::Argument { name, value }))
    }

    /// An argument's definition, or an input field's.
    pub(super) fn input_value_definition(&mut self) -> Option<Node<ast::InputValueDefinition>> {
        let description = self.description()?;
        let name = self.name()?;
        self.expect(b':')?;
        let ty = Node::new(self.ty()?);
        let default_value = if self.takes(b'=')? { Some(self.value(DEEPEST)?) } else { None };
        let directives = self.directives()?;
        Some(Node::new(ast::InputValueDefinition { description, name, ty, default_value, directives }))
    }

    /// A constant; SDL has no variables.
    fn value(&mut self, deeper: usize) -> Option<Node<Value>> {
        let value = match self.tokens.current {
            Token::Name("true") => Value::Boolean(true),
            Token::Name("false") => Value::Boolean(false),
            Token::Name("null") => Value::Null,
            Token::Name(_) => return Some(Node::new(Value::Enum(self.name()?))),
            Token::Int(written) => Value::Int(IntValue::new_parsed(written)),
            Token::Float(written) => Value::Float(FloatValue::new_parsed(written)),
            Token::Text(written) => Value::String(literals::text(written)?),
            Token::Block(written) => Value::String(literals::block(written)?),
            Token::Punctuator(b'[' | b'{') => return self.nested_value(deeper.checked_sub(1)?).map(Node::new),
            Token::Punctuator(_) | Token::End => return None,
        };
        self.tokens.advance()?;
        Some(Node::new(value))
    }

    /// A list or an object, which may be empty.
    fn nested_value(&mut self, deeper: usize) -> Option<Value> {
        if self.takes(b'[')? {
            let mut items = Vec::new();
            while !self.takes(b']')? {
                items.push(self.value(deeper)?);
            }
            return Some(Value::List(items));
        }
        self.expect(b'{')?;
        let mut entries = Vec::new();
        while !self.takes(b'}')? {
            let name = self.name()?;
            self.expect(b':')?;
            entries.push((name, self.value(deeper)?));
        }
        Some(Value::Object(entries))
    }
}
