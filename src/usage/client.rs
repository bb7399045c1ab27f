//! Which program asks, by the headers that clients of Apollo, Hive and Cosmo send.

use http::{HeaderMap, HeaderName};

/// Bytes of a name or version that are kept.
const LONGEST: usize = 128;

static NAMES: [HeaderName; 2] =
    [HeaderName::from_static("apollographql-client-name"), HeaderName::from_static("graphql-client-name")];
static VERSIONS: [HeaderName; 2] =
    [HeaderName::from_static("apollographql-client-version"), HeaderName::from_static("graphql-client-version")];

/// A program, as it calls itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Client<'a> {
    /// Its name; empty when it does not say.
    pub name: &'a str,
    /// Its version; empty when it does not say.
    pub version: &'a str,
}

impl<'a> Client<'a> {
    /// As these headers of a request say.
    pub fn of(headers: &'a HeaderMap) -> Self {
        Self { name: first(headers, &NAMES), version: first(headers, &VERSIONS) }
    }
}

/// The first of the headers that is there and is plain text, which is ASCII and can be cut anywhere.
fn first<'a>(headers: &'a HeaderMap, names: &[HeaderName]) -> &'a str {
    let text = names.iter().find_map(|name| headers.get(name)?.to_str().ok()).unwrap_or_default();
    &text[..text.len().min(LONGEST)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    #[test]
    fn either_habit_names_a_client() {
        let mut headers = HeaderMap::new();
        assert_eq!(Client::of(&headers), Client::default());
        headers.insert("graphql-client-name", HeaderValue::from_static("web"));
        headers.insert("graphql-client-version", HeaderValue::from_static("1.2"));
        assert_eq!(Client::of(&headers), Client { name: "web", version: "1.2" });
        headers.insert("apollographql-client-name", HeaderValue::from_static("ios"));
        assert_eq!(Client::of(&headers).name, "ios");
        headers.insert("apollographql-client-name", HeaderValue::from_bytes(&[0xff]).unwrap());
        assert_eq!(Client::of(&headers).name, "web", "no text, no name");
        headers.insert("graphql-client-name", HeaderValue::from_str(&"x".repeat(1_000)).unwrap());
        assert_eq!(Client::of(&headers).name.len(), LONGEST);
    }
}
