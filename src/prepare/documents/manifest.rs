//! Manifests: the files in which lists of documents come.
//!
//! - a map, `{"ID": "DOCUMENT", ...}`, as the compilers of Relay, gql.tada and GraphQL Code Generator write it;
//! - Apollo's: `{"format": "apollo-persisted-query-manifest", "version": 1, "operations": [{id, name, type, body}]}`.

use crate::diagnostic::{Diagnostic, Source, Span};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The code of a list that is none.
pub(super) const INVALID: &str = "INVALID_PERSISTED_QUERY_MANIFEST";
const APOLLOS: &str = "apollo-persisted-query-manifest";

/// A document of a list.
pub(super) struct Listed {
    pub(super) id: Box<str>,
    pub(super) client: Option<Box<str>>,
    pub(super) text: String,
}

#[derive(Deserialize)]
struct Manifest {
    format: String,
    version: u64,
    operations: Vec<Operation>,
}

/// Its name and type stand in its body too.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    id: Box<str>,
    body: String,
    #[serde(default)]
    client_name: Option<Box<str>>,
}

/// The documents of a manifest, in its order or in that of their ids.
pub(super) fn read(source: &Arc<Source>) -> Result<Vec<Listed>, Diagnostic> {
    let is_apollos = serde_json::from_str::<BTreeMap<&str, &RawValue>>(&source.text)
        .is_ok_and(|members| members.contains_key("format") && members.contains_key("operations"));
    if !is_apollos {
        let map: BTreeMap<Box<str>, String> =
            serde_json::from_str(&source.text).map_err(|error| unreadable(source, &error))?;
        return Ok(map.into_iter().map(|(id, text)| Listed { id, client: None, text }).collect());
    }
    let manifest: Manifest = serde_json::from_str(&source.text).map_err(|error| unreadable(source, &error))?;
    if manifest.format != APOLLOS || manifest.version != 1 {
        let message = format!("{}: the format is not \"{APOLLOS}\" in its version 1", source.name);
        return Err(Diagnostic::error(INVALID, message).help(HELP));
    }
    let listed = |Operation { id, body, client_name }: Operation| Listed { id, client: client_name, text: body };
    Ok(manifest.operations.into_iter().map(listed).collect())
}

const HELP: &str = "a list is {\"ID\": \"DOCUMENT\", ...}, or what Apollo's generate-persisted-query-manifest writes";

/// The place is where reading ended, which is at what is wrong or behind it.
fn unreadable(source: &Arc<Source>, error: &serde_json::Error) -> Diagnostic {
    let before: usize = source.text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    let mut at = (before + error.column().saturating_sub(1)).min(source.text.len());
    while !source.text.is_char_boundary(at) {
        at -= 1;
    }
    let span = Span { source: Arc::clone(source), range: at..at };
    let why = error.to_string();
    let why = why.rsplit_once(" at line ").map_or(why.as_str(), |(why, _)| why);
    Diagnostic::error(INVALID, format!("this is no list of documents: {why}")).at(span, "").help(HELP)
}
