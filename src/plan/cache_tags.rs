//! The formats of `@cacheTag`: text with `{$key.id}` and `{$args.id}` in it, as composition has checked them.

use super::cacheable::{CacheTag, TagPiece};
use crate::operation::Operation;
use apollo_compiler::{Node, ast};

/// Reads a format where these arguments are given; none when it asks for one that is not.
pub fn parse(format: &str, arguments: &[Node<ast::Argument>], operation: &Operation) -> Option<CacheTag> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((text, more)) = rest.split_once('{') {
        let (inside, after) = more.split_once('}')?;
        pieces.push(TagPiece::Text(text.into()));
        let (root, path) = inside.trim().split_once('.')?;
        let mut path = path.split('.').map(str::trim);
        match root {
            "$key" => pieces.push(TagPiece::Key(path.map(Into::into).collect())),
            "$args" => {
                let name = path.next()?;
                let argument = arguments.iter().find(|argument| argument.name == name)?;
                pieces.push(argument_piece(&argument.value, path, operation)?);
            }
            _ => return None,
        }
        rest = after;
    }
    pieces.push(TagPiece::Text(rest.into()));
    Some(CacheTag(pieces.into()))
}

fn argument_piece<'f>(
    value: &ast::Value,
    mut path: impl Iterator<Item = &'f str>,
    operation: &Operation,
) -> Option<TagPiece> {
    match value {
        ast::Value::Variable(name) => {
            Some(TagPiece::Variable(operation.variable(name)?, path.map(Into::into).collect()))
        }
        ast::Value::Object(fields) => {
            let name = path.next()?;
            let (_, value) = fields.iter().find(|(field, _)| *field == name)?;
            argument_piece(value, path, operation)
        }
        ast::Value::String(text) => Some(TagPiece::Text(text.as_str().into())),
        ast::Value::Enum(name) => Some(TagPiece::Text(name.as_str().into())),
        ast::Value::Int(_) | ast::Value::Float(_) | ast::Value::Boolean(_) => {
            Some(TagPiece::Text(value.serialize().no_indent().to_string().into()))
        }
        ast::Value::Null | ast::Value::List(_) => None,
    }
}
