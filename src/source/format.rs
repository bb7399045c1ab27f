//! Tells a Rover `supergraph.yaml` from a supergraph SDL by what is in it, never by its name.
//!
//! One look at the first word is enough: YAML and JSON documents begin with a key and a colon, a
//! brace, a dash or a directive; no SDL does.

/// What a schema file holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// A composed supergraph.
    SupergraphSdl,
    /// A list of subgraphs to compose.
    RoverYaml,
}

impl Format {
    /// The format of `text`.
    pub(super) fn of(text: &str) -> Self {
        let rest = skip_ignored(text);
        let yaml = match rest.chars().next() {
            Some('{' | '-' | '%') => true,
            Some('"' | '\'') => quoted_key(rest),
            Some(_) => rest.trim_start_matches(is_key_character).trim_start_matches([' ', '\t']).starts_with(':'),
            None => false,
        };
        if yaml { Self::RoverYaml } else { Self::SupergraphSdl }
    }
}

/// Byte order mark, blanks and comments, which both formats write alike.
fn skip_ignored(text: &str) -> &str {
    let mut rest = text.trim_start_matches('\u{feff}');
    loop {
        rest = rest.trim_start();
        match rest.strip_prefix('#') {
            Some(comment) => rest = comment.find('\n').map_or("", |end| &comment[end..]),
            None => return rest,
        }
    }
}

/// Whether the text begins with a quoted word and a colon; a description of SDL is followed by something else.
fn quoted_key(text: &str) -> bool {
    let quote = &text[..1];
    let line = text.lines().next().unwrap_or_default();
    line[1..].split_once(quote).is_some_and(|(_, after)| after.trim_start().starts_with(':'))
}

fn is_key_character(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '-'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sdl_is_sdl() {
        for text in [
            "",
            "schema @link(url: \"https://specs.apollo.dev/link/v1.0\") { query: Query }",
            "\u{feff}# Composed: by hand\n\n\"\"\"\nAll: of it\n\"\"\"\nschema { query: Query }",
            "\"A shop: ours\"\nschema { query: Query }",
            "directive @join__graph(name: String!, url: String!) on ENUM_VALUE",
            "type Query {\nsubgraphs: [Int]\n}",
        ] {
            assert_eq!(Format::of(text), Format::SupergraphSdl, "{text}");
        }
    }

    #[test]
    fn yaml_is_yaml() {
        for text in [
            "federation_version: =2.9.0\nsubgraphs:\n  a:\n",
            "# type Query\n---\nsubgraphs: {}\n",
            "{\"subgraphs\": {}}",
            "\"subgraphs\":\n  a: 1",
            "subgraphs :\n  a: 1",
        ] {
            assert_eq!(Format::of(text), Format::RoverYaml, "{text}");
        }
    }
}
