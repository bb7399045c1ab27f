//! The formats of tags: text with `{$key.id}` and `{$args.input.id}` in it, in `@cacheTag`, in `@cacheInvalidate` and in
//! configurations.

use super::Argument;

/// A piece of a format.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TagFormatPiece<'f> {
    /// As it is.
    Text(&'f str),
    /// A value: where it comes from, without the `$`, and the way to it.
    Value(&'f str, Vec<&'f str>),
}

/// Cuts a format into its pieces; none when it is none.
pub fn tag_format(format: &str) -> Option<Vec<TagFormatPiece<'_>>> {
    let mut pieces = Vec::new();
    let mut rest = format;
    while let Some((text, more)) = rest.split_once('{') {
        let (inside, after) = more.split_once('}')?;
        pieces.push(TagFormatPiece::Text(text));
        let mut path = inside.trim().strip_prefix('$')?.split('.').map(str::trim);
        let root = path.next()?;
        let path: Vec<&str> = path.collect();
        if path.is_empty() || path.contains(&"") {
            return None;
        }
        pieces.push(TagFormatPiece::Value(root, path));
        rest = after;
    }
    pieces.push(TagFormatPiece::Text(rest));
    Some(pieces)
}

/// Why the arguments of a field of the mutation cannot fill in a tag that it invalidates.
pub fn unfillable(format: &str, arguments: &[Argument]) -> Option<String> {
    let Some(pieces) = tag_format(format) else {
        return Some("a value in a tag is written as `{$args.NAME}`".to_owned());
    };
    pieces.iter().find_map(|piece| match piece {
        TagFormatPiece::Text(_) => None,
        TagFormatPiece::Value("args", path) => {
            let name = path.first()?;
            let is_there = arguments.iter().any(|argument| argument.definition.name == *name);
            (!is_there).then(|| format!("the field has no argument \"{name}\""))
        }
        TagFormatPiece::Value(root, _) => Some(format!("a mutation has no `${root}`")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_are_text_with_values_in_it() {
        use TagFormatPiece::{Text, Value};
        assert_eq!(tag_format("all"), Some(vec![Text("all")]));
        let pieces =
            vec![Text("p-"), Value("args", vec!["input", "id"]), Text("/"), Value("key", vec!["sku"]), Text("")];
        assert_eq!(tag_format("p-{$args.input.id}/{ $key.sku }"), Some(pieces));
        for format in ["{", "{$args}", "{args.id}", "{$args.}", "{}"] {
            assert_eq!(tag_format(format), None, "{format}");
        }
    }
}
