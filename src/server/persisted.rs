//! Requests without a query: an id or a hash stands for it.
//!
//! An **id** names a document of a list: as `documentId` (the draft of GraphQL over HTTP, and Relay's `doc_id`), or as
//! the hash in `extensions.persistedQuery`, where Apollo's clients put it. Where there is a safelist, what else may be
//! asked is decided here for requests that must have an id, and by preparation for texts.
//!
//! **Automatic persisted queries** need no list: a client sends the SHA-256 of its query, and the query itself only when
//! it is told that nobody knows it. What is kept under a hash has that hash. It is bounded in bytes; what was asked last
//! stays longest.
//!
//! Either way a query by GET is short, and the same for everyone who asks it: caches can keep its answer.

use super::parameters::Parameters;
use super::rejection::Rejection;
use crate::config::{Apq, Safelist};
use crate::prepare::Documents;
use http::StatusCode;
use moka::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::sync::Arc;

/// The lists of documents, for one request.
#[derive(Debug, Clone, Copy)]
pub(super) struct Lists<'a> {
    /// What is on them.
    pub documents: &'a Documents,
    /// What may be asked beside them.
    pub safelist: Safelist,
    /// Who asks, by the name that they call themselves.
    pub client: &'a str,
}

/// The queries that are known, by hash.
#[derive(Debug)]
pub(super) struct PersistedQueries {
    /// None where they are off.
    queries: Option<Cache<[u8; 32], Arc<str>>>,
}

/// `extensions.persistedQuery`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct PersistedQuery<'a> {
    #[serde(default)]
    version: u32,
    #[serde(borrow, default)]
    sha256_hash: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Extensions<'a> {
    #[serde(borrow, default)]
    persisted_query: Option<PersistedQuery<'a>>,
}

impl PersistedQueries {
    /// With room for as many as is configured.
    pub fn new(config: Apq) -> Self {
        let weigh = |_: &[u8; 32], query: &Arc<str>| u32::try_from(query.len() + 200).unwrap_or(u32::MAX);
        let queries = config.enabled.then(|| Cache::builder().max_capacity(config.max_bytes).weigher(weigh).build());
        Self { queries }
    }

    /// The parameters with the query that they mean.
    pub fn resolve<'a>(
        &self,
        mut parameters: Parameters<'a>,
        lists: Option<Lists<'_>>,
    ) -> Result<Parameters<'a>, Rejection> {
        let extensions = parameters.extensions.take();
        let asked = read_extension(extensions.as_deref())?;
        let hash = asked.as_ref().and_then(|asked| asked.sha256_hash.as_deref());
        if let Some(id) = parameters.document_id.take() {
            return listed(parameters, &id, lists);
        }
        match (lists, hash, &parameters.query) {
            (Some(Lists { documents, client, .. }), Some(hash), None) if documents.find(hash, client).is_some() => {
                listed(parameters, hash, lists)
            }
            (Some(Lists { safelist, .. }), Some(hash), None) if safelist == Safelist::Ids || self.queries.is_none() => {
                Err(on_no_list(hash))
            }
            (Some(Lists { safelist: Safelist::Ids, .. }), ..) => Err(id_required()),
            _ => self.automatic(parameters, asked),
        }
    }

    /// The parameters with the query that their hash stands for; a query that comes with its hash is kept.
    fn automatic<'a>(
        &self,
        mut parameters: Parameters<'a>,
        asked: Option<PersistedQuery<'_>>,
    ) -> Result<Parameters<'a>, Rejection> {
        let Some(asked) = asked else { return with_query(parameters) };
        let Some(queries) = &self.queries else {
            return match parameters.query {
                Some(_) => Ok(parameters),
                None => Err(refused("PERSISTED_QUERY_NOT_SUPPORTED", "PersistedQueryNotSupported")),
            };
        };
        if asked.version != 1 {
            return Err(Rejection::bad_request("the version of `extensions.persistedQuery` is not 1"));
        }
        let hash = asked.sha256_hash.as_deref().and_then(read_hash);
        let hash = hash.ok_or_else(|| Rejection::bad_request("`sha256Hash` is not the hash of a query"))?;
        match &parameters.query {
            Some(query) if <[u8; 32]>::from(Sha256::digest(query.as_bytes())) != hash => {
                Err(Rejection::bad_request("provided sha does not match query"))
            }
            Some(query) => {
                if !queries.contains_key(&hash) {
                    queries.insert(hash, Arc::from(&**query));
                }
                Ok(parameters)
            }
            None => match queries.get(&hash) {
                Some(query) => {
                    parameters.query = Some(Cow::Owned(query.to_string()));
                    Ok(parameters)
                }
                None => Err(refused("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")),
            },
        }
    }
}

/// `extensions.persistedQuery`, where there is one. Other extensions are not read.
fn read_extension(extensions: Option<&str>) -> Result<Option<PersistedQuery<'_>>, Rejection> {
    let Some(extensions) = extensions.filter(|text| text.contains("persistedQuery")) else { return Ok(None) };
    let extensions: Extensions<'_> = serde_json::from_str(extensions)
        .map_err(|_| Rejection::bad_request("`extensions.persistedQuery` is not as it should be"))?;
    Ok(extensions.persisted_query)
}

/// The parameters with the document that the id stands for.
fn listed<'a>(mut parameters: Parameters<'a>, id: &str, lists: Option<Lists<'_>>) -> Result<Parameters<'a>, Rejection> {
    if parameters.query.is_some() {
        let message = "a request has the id of a document or the document, not both";
        return Err(Rejection::new(StatusCode::BAD_REQUEST, "CANNOT_SEND_PQ_ID_AND_BODY", message));
    }
    let Some(Lists { documents, client, .. }) = lists else {
        let message = "this gateway has no list of documents; send the query";
        return Err(Rejection::new(StatusCode::BAD_REQUEST, "PERSISTED_QUERY_NOT_SUPPORTED", message));
    };
    let text = documents.find(id, client).ok_or_else(|| on_no_list(id))?;
    parameters.query = Some(Cow::Owned(text.to_string()));
    Ok(parameters)
}

fn on_no_list(id: &str) -> Rejection {
    // A client may send an id of any length.
    let id: String = id.chars().take(100).collect();
    let message = format!("no list has a document with the id \"{id}\"");
    Rejection::new(StatusCode::NOT_FOUND, "PERSISTED_QUERY_NOT_IN_LIST", message)
}

fn id_required() -> Rejection {
    let message = "only listed documents are executed, and only by their ids";
    Rejection::new(StatusCode::FORBIDDEN, "PERSISTED_QUERY_ID_REQUIRED", message)
}

fn with_query(parameters: Parameters<'_>) -> Result<Parameters<'_>, Rejection> {
    match parameters.query {
        Some(_) => Ok(parameters),
        None => Err(Rejection::bad_request("the request has no `query`")),
    }
}

/// Messages by which Apollo's clients know what to do next. They are looked at whatever the status, so it is 200, as
/// theirs is.
fn refused(code: &'static str, message: &'static str) -> Rejection {
    Rejection::new(StatusCode::OK, code, message)
}

fn read_hash(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    if digits.len() != 64 {
        return None;
    }
    let mut hash = [0; 32];
    for (byte, pair) in hash.iter_mut().zip(digits.chunks(2)) {
        let digit = |at: usize| char::from(pair[at]).to_digit(16);
        *byte = u8::try_from(digit(0)? * 16 + digit(1)?).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolve(queries: &PersistedQueries, body: &str) -> Result<String, Rejection> {
        let parameters =
            Parameters::from_body(body.as_bytes()).and_then(|parameters| queries.resolve(parameters, None))?;
        Ok(parameters.query.unwrap_or_default().into_owned())
    }

    #[test]
    fn a_query_is_known_by_its_hash_once_it_was_sent_with_it() {
        let queries = PersistedQueries::new(Apq::default());
        let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
        let short = format!(r#"{{"extensions":{{"persistedQuery":{{"version":1,"sha256Hash":"{hash}"}}}}}}"#);
        let whole = short.replace("{\"ext", "{\"query\":\"{__typename}\",\"ext");
        assert!(resolve(&queries, &short).is_err());
        assert_eq!(resolve(&queries, &whole).unwrap(), "{__typename}");
        assert_eq!(resolve(&queries, &short).unwrap(), "{__typename}");
        // Another query under that hash is refused, and the hash keeps its own.
        assert!(resolve(&queries, &whole.replace("__typename}\"", "other}\"")).is_err());
        assert_eq!(resolve(&queries, &short).unwrap(), "{__typename}");
        for wrong in [short.replace(hash, "abc"), short.replace(":1,", ":2,"), "{\"extensions\":{}}".to_owned()] {
            assert!(resolve(&queries, &wrong).is_err(), "{wrong}");
        }
    }
}
