//! From the counts to the registry: taken at intervals, merged, sent until they are taken.

use super::table::{Counted, Table};
use crate::operation::Footprint;
use crate::source::registry::RegistryClient;
use crate::telemetry::RegistryMetrics;
use bytes::Bytes;
use serde::Serialize;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio_util::sync::CancellationToken;

/// Operations in one report; more are sent as several.
const LARGEST: usize = 500;

/// Sends what the table counted.
pub(super) struct Reporter {
    client: RegistryClient,
    table: Arc<Table>,
    metrics: RegistryMetrics,
    /// Since when what is in the table was counted, in seconds.
    since: u64,
    /// Taken and not sent yet. Nothing more is taken while there are any.
    waiting: VecDeque<Report>,
    /// What the log was told of last.
    trouble: Option<String>,
}

/// One report.
struct Report {
    /// By which the registry knows that it has it already.
    id: String,
    body: Bytes,
}

#[derive(Serialize)]
struct Body<'a> {
    from: u64,
    to: u64,
    operations: &'a [Row<'a>],
}

#[derive(Serialize)]
struct Row<'a> {
    hash: &'a str,
    name: Option<&'a str>,
    client: Named<'a>,
    count: u64,
    errors: u64,
    coordinates: &'a [Box<str>],
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    version: &'a str,
}

impl Reporter {
    pub fn new(client: RegistryClient, table: Arc<Table>, metrics: RegistryMetrics) -> Self {
        Self { client, table, metrics, since: now(), waiting: VecDeque::new(), trouble: None }
    }

    /// Reports every `interval`, and once more when it is told to stop.
    pub async fn run(mut self, interval: Duration, stop: CancellationToken) {
        while tokio::time::timeout(interval, stop.cancelled()).await.is_err() {
            self.report().await;
        }
        self.report().await;
    }

    async fn report(&mut self) {
        if self.waiting.is_empty() {
            self.take();
        }
        while let Some(report) = self.waiting.front() {
            match self.client.report(&report.id, report.body.clone()).await {
                Ok(()) => {
                    self.metrics.reported.inc();
                    self.waiting.pop_front();
                    if self.trouble.take().is_some() {
                        tracing::info!("the registry takes reports of usage again");
                    }
                }
                Err(error) if error.is_unwanted() => {
                    self.metrics.unwanted.inc();
                    self.waiting.pop_front();
                    tracing::warn!(%error, "the registry refuses a report of usage; it is dropped");
                }
                Err(error) => {
                    self.metrics.unreported.inc();
                    let reason = error.to_string();
                    if self.trouble.as_ref() != Some(&reason) {
                        tracing::warn!(reason, help = error.help(), "usage cannot be reported; counting goes on");
                        self.trouble = Some(reason);
                    }
                    return;
                }
            }
        }
    }

    fn take(&mut self) {
        let (from, to) = (self.since, now());
        self.since = to;
        let merged = merged(self.table.take());
        let rows: Vec<Row<'_>> = merged.iter().map(Row::of).collect();
        for operations in rows.chunks(LARGEST) {
            match serde_json::to_vec(&Body { from, to, operations }) {
                Ok(body) => self.waiting.push_back(Report { id: unique(), body: body.into() }),
                Err(error) => tracing::error!(%error, "a report of usage cannot be written"),
            }
        }
    }
}

/// One operation and client.
type Pair = (Box<str>, Option<Box<str>>, Box<str>, Box<str>);

/// What was counted, in a fixed order, with what several threads and versions of the graph counted put together. Where
/// versions differ in what an operation touches, all of it counts.
fn merged(counted: Vec<Counted>) -> BTreeMap<Pair, (Arc<Footprint>, u64, u64)> {
    let mut merged: BTreeMap<Pair, (Arc<Footprint>, u64, u64)> = BTreeMap::new();
    for Counted { footprint, client, version, count, errors } in counted {
        let pair = (footprint.hash.clone(), footprint.name.clone(), client, version);
        let (known, counts, failures) = merged.entry(pair).or_insert_with(|| (Arc::clone(&footprint), 0, 0));
        *counts += count;
        *failures += errors;
        if known.coordinates != footprint.coordinates {
            let mut all: Vec<Box<str>> = known.coordinates.iter().chain(&footprint.coordinates).cloned().collect();
            all.sort_unstable();
            all.dedup();
            *known = Arc::new(Footprint { coordinates: all.into(), ..Footprint::clone(known) });
        }
    }
    merged
}

impl<'a> Row<'a> {
    fn of((pair, counted): (&'a Pair, &'a (Arc<Footprint>, u64, u64))) -> Self {
        let ((hash, name, client, version), (footprint, count, errors)) = (pair, counted);
        Self {
            hash,
            name: name.as_deref(),
            client: Named { name: client, version },
            count: *count,
            errors: *errors,
            coordinates: &footprint.coordinates,
        }
    }
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}

/// A random UUID (RFC 9562, version 4).
fn unique() -> String {
    let bits = fastrand::u128(..) & !(0xf << 76) & !(0x3 << 62) | (0x4 << 76) | (0x2 << 62);
    let digits = format!("{bits:032x}");
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counted(hash: &str, coordinates: &[&str], count: u64) -> Counted {
        let coordinates = coordinates.iter().map(|&coordinate| coordinate.into()).collect();
        let footprint = Arc::new(Footprint { hash: hash.into(), name: Some("Q".into()), coordinates });
        Counted { footprint, client: "web".into(), version: "1".into(), count, errors: 1 }
    }

    #[test]
    fn threads_and_versions_are_put_together() {
        let merged =
            merged(vec![counted("b", &["Q.b"], 1), counted("a", &["Q.a"], 2), counted("b", &["Q.a", "Q.b"], 4)]);
        let rows: Vec<Row<'_>> = merged.iter().map(Row::of).collect();
        let json = serde_json::to_value(Body { from: 1, to: 2, operations: &rows }).unwrap();
        let client = serde_json::json!({ "name": "web", "version": "1" });
        let row = |hash: &str, count: u64, errors: u64, coordinates: &[&str]| {
            serde_json::json!({
                "hash": hash, "name": "Q", "client": client, "count": count, "errors": errors, "coordinates": coordinates,
            })
        };
        let rows = [row("a", 2, 1, &["Q.a"]), row("b", 5, 2, &["Q.a", "Q.b"])];
        assert_eq!(json, serde_json::json!({ "from": 1, "to": 2, "operations": rows }));
    }

    #[test]
    fn ids_have_the_form_of_a_uuid() {
        let id = unique();
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_ne!(id, unique());
    }
}
