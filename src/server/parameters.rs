//! The parameters of a GraphQL request, borrowed from its body or its URL.

use super::rejection::Rejection;
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;
use url::form_urlencoded;

/// A well-formed GraphQL request.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameters<'a> {
    /// The document; none where its id or its hash may stand for it.
    pub query: Option<Cow<'a, str>>,
    /// The id of a listed document.
    pub document_id: Option<Cow<'a, str>>,
    /// Which operation of it.
    pub operation_name: Option<Cow<'a, str>>,
    /// A JSON object, not read any further.
    pub variables: Option<Cow<'a, str>>,
    /// The same.
    pub extensions: Option<Cow<'a, str>>,
}

/// The members of a body that mean something; others are ignored, as the specification asks.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Members<'a> {
    #[serde(borrow, default)]
    query: Option<Text<'a>>,
    #[serde(borrow, default, alias = "doc_id")]
    document_id: Option<Text<'a>>,
    #[serde(borrow, default)]
    operation_name: Option<Text<'a>>,
    #[serde(borrow, default)]
    variables: Option<&'a RawValue>,
    #[serde(borrow, default)]
    extensions: Option<&'a RawValue>,
}

/// A string, copied only where it has escapes.
struct Text<'a>(Cow<'a, str>);

impl<'a> Parameters<'a> {
    /// Reads a body of type `application/json`.
    pub fn from_body(body: &'a [u8]) -> Result<Self, Rejection> {
        let text = std::str::from_utf8(body).map_err(|_| Rejection::bad_request("the request body is not UTF-8"))?;
        match text.trim_start_matches(JSON_SPACE).bytes().next() {
            Some(b'{') => {}
            None => return Err(Rejection::bad_request("the request has no body")),
            Some(_) => return Err(Rejection::bad_request("the request body must be a JSON object")),
        }
        let members: Members<'a> = serde_json::from_str(text)
            .map_err(|error| Rejection::bad_request(format!("the request body cannot be read: {error}")))?;
        Self::new(
            members.query.map(|text| text.0),
            members.document_id.map(|text| text.0),
            members.operation_name.map(|text| text.0),
            members.variables.map(|raw| Cow::Borrowed(raw.get())),
            members.extensions.map(|raw| Cow::Borrowed(raw.get())),
        )
    }

    /// Reads the query component of a URL.
    pub fn from_url(query: &'a str) -> Result<Self, Rejection> {
        let mut found: [Option<Cow<'a, str>>; 5] = [const { None }; 5];
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let index = match &*name {
                "query" => 0,
                "operationName" => 1,
                "variables" => 2,
                "extensions" => 3,
                "documentId" | "doc_id" => 4,
                _ => continue,
            };
            if found[index].replace(value).is_some() {
                return Err(Rejection::bad_request("a parameter of the URL is given twice"));
            }
        }
        let [query, operation_name, variables, extensions, document_id] = found;
        let json = |text: Option<Cow<'a, str>>, what| match text {
            Some(text) if text.is_empty() || text == "null" => Ok(None),
            Some(text) if serde_json::from_str::<&RawValue>(&text).is_err() => {
                Err(Rejection::bad_request(format!("`{what}` is not JSON")))
            }
            other => Ok(other),
        };
        let operation_name = operation_name.filter(|name| !name.is_empty());
        Self::new(query, document_id, operation_name, json(variables, "variables")?, json(extensions, "extensions")?)
    }

    fn new(
        query: Option<Cow<'a, str>>,
        document_id: Option<Cow<'a, str>>,
        operation_name: Option<Cow<'a, str>>,
        variables: Option<Cow<'a, str>>,
        extensions: Option<Cow<'a, str>>,
    ) -> Result<Self, Rejection> {
        for (what, value) in [("variables", &variables), ("extensions", &extensions)] {
            if value.as_deref().is_some_and(|json| !json.trim_start_matches(JSON_SPACE).starts_with('{')) {
                return Err(Rejection::bad_request(format!("`{what}` must be an object")));
            }
        }
        if query.is_none() && document_id.is_none() && extensions.is_none() {
            return Err(Rejection::bad_request("the request has no `query`"));
        }
        Ok(Self { query, document_id, operation_name, variables, extensions })
    }
}

const JSON_SPACE: [char; 4] = [' ', '\t', '\n', '\r'];

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_without_escapes_is_not_copied() {
        let parameters = Parameters::from_body(br#" {"query":"{a}","variables":{"x":[1]},"unknown":1} "#).unwrap();
        assert!(matches!(parameters.query, Some(Cow::Borrowed("{a}"))));
        assert_eq!(parameters.variables.as_deref(), Some(r#"{"x":[1]}"#));
        let escaped = Parameters::from_body(br#"{"query":"{\n a}","operationName":null,"variables":null}"#).unwrap();
        assert_eq!(
            escaped,
            Parameters {
                query: Some("{\n a}".into()),
                document_id: None,
                operation_name: None,
                variables: None,
                extensions: None
            }
        );
    }

    #[test]
    fn what_is_no_request_is_refused() {
        for body in [
            "",
            "null",
            "[]",
            r#"["{a}"]"#,
            "{}",
            r#"{"query":null}"#,
            r#"{"query":1}"#,
            r#"{"query":"{a}","query":"{b}"}"#,
            r#"{"query":"{a}","variables":[]}"#,
            r#"{"query":"{a}","variables":"x"}"#,
            r#"{"query":"{a}","extensions":0}"#,
            r#"{"query":"{a}","operationName":false}"#,
            r#"{"query":"\ud800"}"#,
            r#"{"query":"{a}"} trailing"#,
        ] {
            assert!(Parameters::from_body(body.as_bytes()).is_err(), "{body}");
        }
        assert!(Parameters::from_body(b"{\"query\":\"\xff\"}").is_err());
    }

    #[test]
    fn a_url_gives_the_same_parameters() {
        let parameters =
            Parameters::from_url("query=%7Ba%7D&variables=%7B%22x%22%3A1%7D&operationName=A&other=1").unwrap();
        let expected = Parameters {
            query: Some("{a}".into()),
            document_id: None,
            operation_name: Some("A".into()),
            variables: Some(r#"{"x":1}"#.into()),
            extensions: None,
        };
        assert_eq!(parameters, expected);
        for query in ["", "query=a&query=b", "query=a&variables=x", "query=a&variables=[]"] {
            assert!(Parameters::from_url(query).is_err(), "{query}");
        }
    }
}
