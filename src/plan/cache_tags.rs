//! The formats of `@cacheTag` and `@cacheInvalidate`, filled in as far as the operation does it.

use super::cacheable::{CacheTag, TagPiece};
use crate::operation::Operation;
use crate::supergraph::{Argument, TagFormatPiece, tag_format};
use apollo_compiler::{Node, ast};

/// The arguments of a field.
#[derive(Clone, Copy, Default)]
pub struct Arguments<'a> {
    /// As they are given.
    pub given: &'a [Node<ast::Argument>],
    /// As they are defined.
    pub defined: &'a [Argument],
}

/// Reads a format where these arguments are given; none when it asks for one that is not.
pub fn parse(format: &str, arguments: Arguments<'_>, operation: &Operation) -> Option<CacheTag> {
    let pieces = tag_format(format)?.into_iter().map(|piece| match piece {
        TagFormatPiece::Text(text) => Some(TagPiece::Text(text.into())),
        TagFormatPiece::Value("key", path) => Some(TagPiece::Key(path.into_iter().map(Into::into).collect())),
        TagFormatPiece::Value("args", path) => arguments.piece(&path, operation),
        TagFormatPiece::Value(..) => None,
    });
    Some(CacheTag(pieces.collect::<Option<_>>()?))
}

impl Arguments<'_> {
    /// What is at the end of a way into the arguments.
    fn piece(&self, path: &[&str], operation: &Operation) -> Option<TagPiece> {
        let (name, path) = path.split_first()?;
        let given = self.given.iter().find(|argument| argument.name == *name).map(|argument| &argument.value);
        let defined = self.defined.iter().find(|argument| argument.definition.name == *name);
        let default = defined.and_then(|argument| argument.definition.default_value.as_ref());
        let piece = argument_piece(given.or(default)?, path, operation)?;
        match (piece, default) {
            // A variable without a value is an argument that is not given.
            (TagPiece::Variable { variable, path: inside, .. }, Some(default)) if inside.len() == path.len() => {
                let default = argument_piece(default, path, operation);
                Some(TagPiece::Variable { variable, path: inside, default: default.and_then(TagPiece::into_text) })
            }
            (piece, _) => Some(piece),
        }
    }
}

fn argument_piece(value: &ast::Value, path: &[&str], operation: &Operation) -> Option<TagPiece> {
    let text = |text: &str| path.is_empty().then(|| TagPiece::Text(text.into()));
    match value {
        ast::Value::Variable(name) => Some(TagPiece::Variable {
            variable: operation.variable(name)?,
            path: path.iter().copied().map(Into::into).collect(),
            default: None,
        }),
        ast::Value::Object(fields) => {
            let (name, path) = path.split_first()?;
            let (_, value) = fields.iter().find(|(field, _)| field == name)?;
            argument_piece(value, path, operation)
        }
        ast::Value::String(string) => text(string),
        ast::Value::Enum(name) => text(name),
        ast::Value::Int(_) | ast::Value::Float(_) | ast::Value::Boolean(_) => {
            text(&value.serialize().no_indent().to_string())
        }
        ast::Value::Null | ast::Value::List(_) => None,
    }
}
