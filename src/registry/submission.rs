//! What is to be published together: validated, applied to what a variant has, told in words.

use super::names::{is_name, remark};
use super::{GraphRef, Member, Refusal, checksum};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use url::Url;

/// Subgraphs of one variant.
const MOST_SUBGRAPHS: usize = 2_000;
/// Bytes of a message.
pub(super) const LONGEST_MESSAGE: usize = 2_000;
/// Bytes of a URL.
const LONGEST_URL: usize = 2_000;

/// What is to be done to one subgraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// It is new, or has another schema or address.
    Put {
        /// Its name.
        name: String,
        /// Its SDL.
        sdl: Arc<str>,
        /// Where it is reached; the same as before when it is not said.
        url: Option<String>,
    },
    /// It is no part of the graph any more.
    Delete {
        /// Its name.
        name: String,
    },
}

impl Change {
    /// The subgraph.
    pub fn name(&self) -> &str {
        match self {
            Self::Put { name, .. } | Self::Delete { name } => name,
        }
    }

    /// The subgraph and its text, where it has one.
    pub(super) fn text(&self) -> Option<(&str, &Arc<str>)> {
        match self {
            Self::Put { name, sdl, .. } => Some((name, sdl)),
            Self::Delete { .. } => None,
        }
    }
}

/// What is to be published together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// The changes, each of another subgraph.
    pub changes: Vec<Change>,
    /// What its author says of it.
    pub message: Option<String>,
}

impl Submission {
    /// Subgraphs that are put, each with its SDL and address, and subgraphs that are deleted.
    pub(super) fn of(
        puts: impl IntoIterator<Item = (String, String, Option<String>)>,
        deletes: Vec<String>,
        message: Option<String>,
    ) -> Self {
        let puts = puts.into_iter().map(|(name, sdl, url)| Change::Put { name, sdl: sdl.into(), url });
        Self { changes: puts.chain(deletes.into_iter().map(|name| Change::Delete { name })).collect(), message }
    }

    /// Does without the addresses of subgraphs that are new to `members`: a check does not ask where they will be.
    pub(super) fn need_no_url(&mut self, members: &BTreeMap<String, Member>) {
        for change in &mut self.changes {
            if let Change::Put { name, url, .. } = change
                && !members.contains_key(name)
            {
                url.get_or_insert_default();
            }
        }
    }

    /// What can be said against it before any schema is read.
    pub(super) fn validate(&self) -> Result<(), Refusal> {
        if self.changes.is_empty() {
            return Err(Refusal::bad_request("NOTHING_SUBMITTED", "no subgraph is named"));
        }
        let mut seen = BTreeSet::new();
        for change in &self.changes {
            let name = change.name();
            if !is_name(name) {
                let refusal = Refusal::bad_request("INVALID_NAME", format!("{name:?} is no name for a subgraph"));
                return Err(refusal.help("use letters, digits, - and _, at most 64 of them"));
            }
            if !seen.insert(name) {
                return Err(Refusal::bad_request("INVALID_NAME", format!("the subgraph {name:?} comes twice")));
            }
            if let Change::Put { url: Some(url), .. } = change {
                routing_url(name, url)?;
            }
        }
        self.message.as_deref().map_or(Ok(()), |message| remark("message", message, LONGEST_MESSAGE))
    }

    /// The members of the variant after it.
    pub(super) fn apply(
        &self,
        graph: &GraphRef,
        members: &BTreeMap<String, Member>,
    ) -> Result<BTreeMap<String, Member>, Refusal> {
        let mut after = members.clone();
        for change in &self.changes {
            match change {
                Change::Put { name, sdl, url } => {
                    let known = members.get(name).map(|member| member.url.clone());
                    let url = url.clone().or(known).ok_or_else(|| {
                        let message = format!("the subgraph {name:?} is new to {graph}, and has no URL");
                        Refusal::bad_request("ROUTING_URL_MISSING", message)
                            .help("say where it is reached: --routing-url URL")
                    })?;
                    after.insert(name.clone(), Member { name: name.clone(), url, hash: checksum(sdl) });
                }
                Change::Delete { name } => {
                    after.remove(name).ok_or_else(|| unknown_subgraph(graph, name, members))?;
                }
            }
        }
        if after.is_empty() {
            let message = format!("{graph} would have no subgraph left");
            return Err(
                Refusal::bad_request("LAST_SUBGRAPH", message).help("delete the graph instead: `weft graph delete`")
            );
        }
        if after.len() > MOST_SUBGRAPHS {
            return Err(Refusal::bad_request(
                "TOO_MANY_SUBGRAPHS",
                format!("{graph} would have more than {MOST_SUBGRAPHS}"),
            ));
        }
        Ok(after)
    }

    /// What is done, in words.
    pub(super) fn action(&self) -> String {
        let named = |verb: &str, put: bool| {
            let wanted = self.changes.iter().filter(|change| matches!(change, Change::Put { .. }) == put);
            let names: Vec<&str> = wanted.map(Change::name).collect();
            match names.len() {
                0 => None,
                1..=5 => Some(format!("{verb} {}", names.join(", "))),
                count => Some(format!("{verb} {} and {} more", names[..4].join(", "), count - 4)),
            }
        };
        [named("publish", true), named("delete", false)].into_iter().flatten().collect::<Vec<_>>().join("; ")
    }
}

pub(super) fn unknown_subgraph(graph: &GraphRef, name: &str, members: &BTreeMap<String, Member>) -> Refusal {
    let names: Vec<&str> = members.keys().map(String::as_str).collect();
    let missing = Refusal::not_found("SUBGRAPH_NOT_FOUND", format!("{graph} has no subgraph {name:?}"));
    if names.is_empty() { missing } else { missing.help(format!("it has {}", names.join(", "))) }
}

fn routing_url(name: &str, url: &str) -> Result<(), Refusal> {
    let is_http = Url::parse(url).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    if is_http && url.len() <= LONGEST_URL && !url.contains(char::is_control) {
        return Ok(());
    }
    let refusal = Refusal::bad_request("ROUTING_URL_INVALID", format!("{url:?} is no URL to reach {name:?} at"));
    Err(refusal.help("give one as in http://products.internal:4001/graphql"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_keeps_the_addresses_that_are_known() {
        let member = |name: &str, url: &str| {
            (name.to_owned(), Member { name: name.into(), url: url.into(), hash: checksum("old") })
        };
        let members = BTreeMap::from([member("known", "http://known/")]);
        let puts = ["known", "new"].map(|name| (name.to_owned(), "new".to_owned(), None));
        let mut submission = Submission::of(puts, Vec::new(), None);
        submission.need_no_url(&members);
        let after = submission.apply(&"shop".parse().unwrap(), &members).unwrap();
        let urls: Vec<&str> = after.values().map(|member| member.url.as_str()).collect();
        assert_eq!(urls, ["http://known/", ""]);
    }
}
