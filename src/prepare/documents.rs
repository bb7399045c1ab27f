//! Lists of documents that clients may ask for by an id instead of sending them.
//!
//! A list is a [`manifest`]; together they give [`Documents`]. An id may be for one client only, by the name that it
//! calls itself: that is bookkeeping between teams and no protection, since a name proves nothing.
//!
//! Whether a text is on a list is a question for preparation, whose answer is kept with the operation: first the bytes
//! are looked for, then the document as it is when comments, white space and the order of definitions do not count.

mod manifest;

use super::document;
use crate::config::Limits;
use crate::diagnostic::{Diagnostic, Source};
use ahash::{HashMap, HashSet};
use apollo_compiler::ast::Document;
use manifest::Listed;
use std::sync::Arc;

/// Documents that can not be executed are named up to this number.
const MOST_NAMED: usize = 5;

/// The documents of all lists.
#[derive(Debug, Default)]
pub struct Documents {
    by_id: HashMap<Box<str>, Vec<Entry>>,
    texts: HashSet<Arc<str>>,
    /// The same in [`canonical`] form, where it matters whether a text is on a list.
    canonical: HashSet<Box<str>>,
}

/// What an id stands for.
#[derive(Debug)]
struct Entry {
    /// For whom; for everybody when none is named.
    client: Option<Box<str>>,
    text: Arc<str>,
}

impl Documents {
    /// The documents of these lists; with `canonical` a text can be looked for too. Documents that the limits on texts
    /// keep from being executed are told in the log.
    ///
    /// # Errors
    /// What is no list, and ids that stand for two documents.
    pub fn new(manifests: &[Arc<Source>], limits: &Limits, canonical: bool) -> Result<Self, Vec<Diagnostic>> {
        let (mut documents, mut errors, mut broken) = (Self::default(), Vec::new(), Vec::new());
        for source in manifests {
            match manifest::read(source) {
                Err(error) => errors.push(error),
                Ok(listed) => listed.into_iter().for_each(|listed| match document::parse(&listed.text, limits) {
                    Err(_) => broken.push(listed.id),
                    Ok(document) => errors.extend(documents.add(source, listed, canonical.then_some(&document))),
                }),
            }
        }
        if !broken.is_empty() {
            let (count, ids) = (broken.len(), &broken[..broken.len().min(MOST_NAMED)]);
            tracing::warn!(count, ?ids, "listed documents that are no GraphQL, or are over the limits, are left out");
        }
        if errors.is_empty() { Ok(documents) } else { Err(errors) }
    }

    /// How many ids there are.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The document that an id stands for when this client asks.
    pub fn find(&self, id: &str, client: &str) -> Option<&Arc<str>> {
        let entries = self.by_id.get(id)?;
        let own = entries.iter().find(|entry| entry.client.as_deref() == Some(client));
        own.or_else(|| entries.iter().find(|entry| entry.client.is_none())).map(|entry| &entry.text)
    }

    /// Whether a document is on a list, whatever its id and whoever asks.
    pub(super) fn have(&self, text: &str, document: &Document) -> bool {
        self.texts.contains(text) || self.canonical.contains(canonical(document).as_str())
    }

    fn add(&mut self, source: &Source, listed: Listed, document: Option<&Document>) -> Option<Diagnostic> {
        let Listed { id, client, text } = listed;
        let entries = self.by_id.entry(id.clone()).or_default();
        match entries.iter().find(|entry| entry.client == client) {
            Some(known) if *known.text == *text => return None,
            Some(_) => {
                let message = format!("the id \"{}\" stands for two documents", document::shortened(&id));
                let error = Diagnostic::error(manifest::INVALID, format!("{}: {message}", source.name));
                return Some(error.help("give each document an id of its own, such as its SHA-256"));
            }
            None => {}
        }
        let text: Arc<str> = text.into();
        entries.push(Entry { client, text: Arc::clone(&text) });
        if let Some(document) = document {
            self.texts.insert(text);
            self.canonical.insert(canonical(document).into());
        }
        None
    }
}

/// A document without comments and needless white space, its definitions in the order of their text: equal texts are
/// equal requests.
fn canonical(document: &Document) -> String {
    let mut definitions: Vec<String> =
        document.definitions.iter().map(|definition| definition.serialize().no_indent().to_string()).collect();
    definitions.sort_unstable();
    definitions.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn documents(manifests: &[&str]) -> Result<Documents, String> {
        let sources: Vec<_> = manifests.iter().map(|&text| Source::new("list.json", text)).collect();
        let told =
            |errors: Vec<Diagnostic>| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; ");
        Documents::new(&sources, &Limits::default(), true).map_err(told)
    }

    fn have(documents: &Documents, text: &str) -> bool {
        documents.have(text, &document::parse(text, &Limits::default()).unwrap())
    }

    #[test]
    fn ids_may_be_for_one_client() {
        let list = r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [
            { "id": "1", "name": "A", "type": "query", "body": "query A { a }", "clientName": "web" },
            { "id": "1", "name": "A", "type": "query", "body": "query A { b }" },
            { "id": "2", "name": "B", "type": "query", "body": "query B { b }", "clientName": "web" }] }"#;
        let documents = documents(&[list]).unwrap();
        let found = |id, client| documents.find(id, client).map(|text| &**text);
        assert_eq!((found("1", "web"), found("1", "ios")), (Some("query A { a }"), Some("query A { b }")));
        assert_eq!((found("2", "web"), found("2", ""), found("3", "web")), (Some("query B { b }"), None, None));
    }

    #[test]
    fn comments_white_space_and_the_order_of_definitions_do_not_count() {
        let documents = documents(&[r#"{ "x": "query A { a ...F } fragment F on Query { b(x: \"  \") }" }"#]).unwrap();
        assert!(have(&documents, "fragment F on Query { # which?\n b(x: \"  \"), }\n\nquery A { a, ...F }"));
        for other in [
            "query A { a ...F } fragment F on Query { b(x: \" \") }",
            "query B { a ...F } fragment F on Query { b(x: \"  \") }",
            "query A { ...F a } fragment F on Query { b(x: \"  \") }",
            "query A { a }",
        ] {
            assert!(!have(&documents, other), "{other}");
        }
    }

    #[test]
    fn an_id_stands_for_one_document() {
        assert_eq!(documents(&[r#"{"1": "{a}"}"#, r#"{"1": "{a}", "2": "{b}"}"#]).unwrap().len(), 2);
        let error = documents(&[r#"{"1": "{a}"}"#, r#"{"1": "{b}"}"#]).unwrap_err();
        assert_eq!(error, "list.json: the id \"1\" stands for two documents");
    }

    #[test]
    fn what_is_no_document_is_left_out() {
        let documents = documents(&[r#"{"1": "{a}", "2": "{", "3": "type Query { a: Int }"}"#]).unwrap();
        assert!(documents.find("1", "").is_some() && documents.find("2", "").is_none());
    }
}
