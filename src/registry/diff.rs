//! Differences between two versions of a variant: of its subgraphs, and of what clients see.

use super::composing::Purpose;
use super::{Access, ChangedPart, GraphRef, Member, Refusal, Registry, Version};
use crate::change::{self, Change};
use crate::diagnostic::{Diagnostic, Source};
use crate::supergraph;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What is different.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct Diff {
    /// `graph@variant`.
    pub graph: String,
    /// The version that is compared with.
    pub from: i64,
    /// The version that is compared.
    pub to: i64,
    /// Subgraphs that are not the same, by name.
    pub subgraphs: Vec<MemberChange>,
    /// What clients see differently: breaking changes first.
    pub changes: Vec<ChangedPart>,
}

/// A subgraph that is not the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct MemberChange {
    /// Its name.
    pub name: String,
    /// What it was.
    pub before: Option<Member>,
    /// What it is.
    pub after: Option<Member>,
}

impl Registry {
    /// What version `to` has otherwise than `from`; the newest against the one before it when none is named.
    ///
    /// # Errors
    /// When it is not permitted, or there is no such version.
    pub async fn diff(
        &self,
        access: &Access,
        graph: &GraphRef,
        from: Option<i64>,
        to: Option<i64>,
    ) -> Result<Diff, Refusal> {
        let to = self.version(access, graph, to).await?;
        let from = self.version(access, graph, Some(from.unwrap_or(to.number - 1))).await?;
        let changes = if from.supergraph == to.supergraph {
            Vec::new()
        } else {
            let (old, new) = (self.text(&from.supergraph).await?, self.text(&to.supergraph).await?);
            let compared = self.composer.run(Purpose::Looking, move || compare(&old, &new)).await?;
            compared.map_err(|_| Refusal::internal("a supergraph of the store can not be read"))?
        };
        Ok(Diff {
            graph: graph.to_string(),
            from: from.number,
            to: to.number,
            subgraphs: members(&from, &to),
            changes: changes.iter().map(ChangedPart::from).collect(),
        })
    }
}

/// What clients see differently in another supergraph.
fn compare(old: &str, new: &str) -> Result<Vec<Change>, Vec<Diagnostic>> {
    let old = supergraph::parse(&Source::new("old", old))?;
    let new = supergraph::parse(&Source::new("new", new))?;
    change::compare(&old, &new)
}

fn members(from: &Version, to: &Version) -> Vec<MemberChange> {
    let mut all: BTreeMap<&str, (Option<&Member>, Option<&Member>)> = BTreeMap::new();
    for member in &from.subgraphs {
        all.entry(&member.name).or_default().0 = Some(member);
    }
    for member in &to.subgraphs {
        all.entry(&member.name).or_default().1 = Some(member);
    }
    let different = all.into_iter().filter(|(_, (before, after))| before != after);
    let change = |(name, (before, after)): (&str, (Option<&Member>, Option<&Member>))| MemberChange {
        name: name.to_owned(),
        before: before.cloned(),
        after: after.cloned(),
    };
    different.map(change).collect()
}
