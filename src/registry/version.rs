//! Versions as they are read, and the subgraphs that each is made of.

use super::{Finding, GraphRef, Refusal, Registry, checksum, time};
use crate::store::registry::VersionRow;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};

/// What was served of a variant from some time on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Version {
    /// Counted from 1 in each variant.
    pub number: i64,
    /// When it was made.
    pub created: String,
    /// Whose token it was made with.
    pub author: String,
    /// What was done: `publish products`, `delete reviews`, `rollback to 3`.
    pub action: String,
    /// What its author said of it.
    pub message: Option<String>,
    /// The SHA-256 of its supergraph.
    pub supergraph: String,
    /// Its subgraphs, by name.
    pub subgraphs: Vec<Member>,
    /// What composition had to say all the same.
    pub hints: Vec<Finding>,
}

/// A subgraph in a version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Member {
    /// Its name.
    pub name: String,
    /// Where it is reached.
    pub url: String,
    /// The SHA-256 of its SDL.
    pub hash: String,
}

impl Version {
    pub(super) fn of(row: VersionRow) -> Result<Self, Refusal> {
        Ok(Self {
            number: row.number,
            created: time(row.created),
            author: row.author,
            action: row.action,
            message: row.message,
            supergraph: row.supergraph,
            subgraphs: kept(&row.members)?,
            hints: kept(&row.hints)?,
        })
    }
}

/// What is kept as JSON; the registry wrote it.
pub(super) fn kept<T: serde::de::DeserializeOwned>(json: &str) -> Result<T, Refusal> {
    serde_json::from_str(json).map_err(|_| Refusal::internal("a row of the store is not what was written"))
}

/// The hashes of the texts that a version names, as it is kept.
pub(super) fn named_texts(supergraph: &str, members: &str) -> Vec<String> {
    // What can not be read names nothing that could be served.
    let members = serde_json::from_str::<Vec<Member>>(members).unwrap_or_default();
    members.into_iter().map(|member| member.hash).chain([supergraph.to_owned()]).collect()
}

/// What is to be kept, as JSON.
pub(super) fn keep(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("names and texts are JSON")
}

impl Registry {
    /// A version of a variant; the one that is served now when no number is given.
    pub(super) async fn version_of(&self, graph: &GraphRef, number: Option<i64>) -> Result<Version, Refusal> {
        let current = self.tables.variant(graph.as_str()).await?.map_or(0, |variant| variant.current);
        if current == 0 {
            let missing = Refusal::not_found("GRAPH_NOT_FOUND", format!("nothing is published in {graph}"));
            return Err(missing.help("`weft graph list` shows what there is"));
        }
        let number = number.unwrap_or(current);
        let row = self.tables.version(graph.as_str(), number).await?.ok_or_else(|| {
            Refusal::not_found("VERSION_NOT_FOUND", format!("{graph} has no version {number}"))
                .help(format!("the newest is {current}; `weft graph history {graph}` shows them"))
        })?;
        Version::of(row)
    }

    /// A text by its hash: a subgraph's SDL, or a supergraph. What the disk has made another text of is not given out.
    pub(super) async fn text(&self, hash: &str) -> Result<String, Refusal> {
        match self.tables.text(hash).await? {
            Some(text) if checksum(&text) == hash => Ok(text),
            Some(_) => Err(Refusal::internal("a text of the store does not fit its checksum")),
            None => Err(Refusal::internal("a text of the store is gone")),
        }
    }
}
