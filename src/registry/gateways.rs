//! The gateways that follow a variant, and what each of them serves.

use super::access::Deed;
use super::names::remark;
use super::{Access, GraphRef, Refusal, Registry, now, time};
use crate::store::registry::GatewayRow;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::sync::Arc;

/// A gateway that was not heard of for so many milliseconds is gone: a poll takes one minute at most.
pub(super) const FORGOTTEN_AFTER: i64 = 3 * 60 * 1_000;
/// Gateways of one store.
const MOST_GATEWAYS: i64 = 10_000;
/// Versions that are compared with the one that is served; who serves an older one is behind.
const MOST_COMPARED: usize = 50;
/// Bytes of a gateway's name.
const LONGEST_NAME: usize = 128;

/// A gateway, as it last reported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct FollowingGateway {
    /// What it calls itself.
    pub instance: String,
    /// The release of its program.
    pub release: String,
    /// The version that it serves; none when it has none of the registry's.
    pub serving: Option<i64>,
    /// Whether that has what is served of the variant now.
    pub current: bool,
    /// When it was last heard of.
    pub seen: String,
}

impl Registry {
    /// The gateways that follow a variant.
    ///
    /// # Errors
    /// When it is not permitted, or the store does not answer.
    pub async fn gateways(&self, access: &Access, graph: &GraphRef) -> Result<Vec<FollowingGateway>, Refusal> {
        access.admit(graph, Deed::Read)?;
        let rows = self.tables.gateways(graph.as_str(), now() - FORGOTTEN_AFTER).await?;
        let current = self.same_as_current(graph, rows.iter().map(|row| row.serving).collect()).await?;
        let gateway = |row: GatewayRow| FollowingGateway {
            instance: row.instance,
            release: row.release,
            serving: (row.serving > 0).then_some(row.serving),
            current: current.contains(&row.serving),
            seen: time(row.seen),
        };
        Ok(rows.into_iter().map(gateway).collect())
    }

    /// Those of some versions that have the supergraph that is served now: a version whose supergraph is that of the one
    /// before is no news to a gateway.
    async fn same_as_current(&self, graph: &GraphRef, versions: BTreeSet<i64>) -> Result<BTreeSet<i64>, Refusal> {
        let mut same = BTreeSet::new();
        let Some(variant) = self.tables.variant(graph.as_str()).await? else { return Ok(same) };
        for number in versions.into_iter().rev().filter(|number| *number > 0).take(MOST_COMPARED) {
            let version = self.tables.version(graph.as_str(), number).await?;
            if version.is_some_and(|version| version.supergraph == variant.supergraph) {
                same.insert(number);
            }
        }
        Ok(same)
    }

    /// Notes what a gateway says of itself, beside its answer: who serves is not kept waiting for who looks on.
    pub(super) fn note_gateway(&self, access: &Access, graph: &GraphRef, instance: &str, release: &str, serving: i64) {
        let named = [instance, release].into_iter().all(|name| remark("name", name, LONGEST_NAME).is_ok());
        if !named || instance.is_empty() || access.admit(graph, Deed::Follow).is_err() {
            return;
        }
        let row = GatewayRow { instance: instance.into(), release: release.into(), serving, seen: now() };
        let (tables, graph) = (Arc::clone(&self.tables), graph.clone());
        tokio::spawn(async move {
            if let Err(error) = tables.note_gateway(graph.as_str(), &row, MOST_GATEWAYS).await {
                tracing::debug!(%error, "a gateway could not be noted");
            }
        });
    }
}
