//! Delivery: a gateway asks for the supergraph of a variant, and waits until there is another than it knows.

use super::access::Deed;
use super::heads::Head;
use super::{Access, GraphRef, Refusal, Registry};
use bytes::Bytes;
use moka::future::Cache;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Bytes of supergraphs that are held in memory.
const MEMORY: u64 = 64 * 1024 * 1024;
/// Nobody waits longer than this for a change.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// What is served of a variant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The version.
    pub version: i64,
    /// The SHA-256 of the supergraph in hexadecimal digits.
    pub hash: String,
    /// The supergraph; none when whoever asks has it already.
    pub body: Option<Bytes>,
}

/// Supergraphs by their hash: all gateways of a variant want the same at the same moment.
pub(super) struct Bodies(Cache<String, Bytes>);

impl Bodies {
    pub(super) fn new() -> Self {
        let size = |_: &String, body: &Bytes| u32::try_from(body.len()).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(MEMORY).weigher(size).build())
    }
}

impl Registry {
    /// What is served of a variant. When that is what the hash `known` names, a change is waited for, `wait` at most.
    ///
    /// # Errors
    /// When it is not permitted, nothing is published, or the store does not answer.
    pub async fn deliver(
        &self,
        access: &Access,
        graph: &GraphRef,
        known: Option<&str>,
        wait: Duration,
    ) -> Result<Delivery, Refusal> {
        access.admit(graph, Deed::Follow)?;
        self.admit_to_supergraph(access, graph).await?;
        let until = Instant::now() + wait.min(LONGEST_WAIT);
        // From here on no change is missed, and what is read after it is not older.
        let mut heads = self.heads.subscribe();
        let mut head = self.head(graph).await?;
        while known == Some(&head.supergraph) {
            match timeout_at(until, heads.changed()).await {
                Ok(Ok(())) => {}
                // The time is over, or the registry ends.
                _ => return Ok(Delivery { version: head.version, hash: head.supergraph, body: None }),
            }
            let told = heads.borrow_and_update().get(graph.as_str()).cloned();
            if told.as_ref() != Some(&head) {
                head = self.head(graph).await?;
            }
        }
        let body = self.body(&head.supergraph).await?;
        Ok(Delivery { version: head.version, hash: head.supergraph, body: Some(body) })
    }

    async fn head(&self, graph: &GraphRef) -> Result<Head, Refusal> {
        match self.tables.variant(graph.as_str()).await? {
            Some(variant) if variant.current > 0 => {
                Ok(Head { version: variant.current, supergraph: variant.supergraph })
            }
            _ => Err(Refusal::not_found("GRAPH_NOT_FOUND", format!("nothing is published in {graph}"))
                .help("publish its subgraphs: `weft subgraph publish`")),
        }
    }

    async fn body(&self, hash: &str) -> Result<Bytes, Refusal> {
        let reading = async { self.text(hash).await.map(Bytes::from) };
        self.bodies.0.try_get_with_by_ref(hash, reading).await.map_err(|refusal| Refusal::clone(&refusal))
    }
}
