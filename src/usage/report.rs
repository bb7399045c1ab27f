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

/// Operations in one report; more are sent as several. With all of them as large as they may be, it is as large as the
/// registry takes.
const LARGEST: usize = 250;
/// Bytes of the coordinates of one operation; one that has more is told to touch everything, which the registry would
/// make of it anyway.
const LONGEST_SELECTION: usize = 64 * 1024;

/// Sends what the table counted.
pub(super) struct Reporter {
    client: RegistryClient,
    table: Arc<Table>,
    metrics: RegistryMetrics,
    /// Since when what is in the table was counted, in seconds.
    since: u64,
    /// Taken and not sent yet. Nothing more is taken while there are any.
    waiting: VecDeque<Report>,
    /// Requests in reports that were dropped.
    dropped: u64,
    /// What the log was told of last.
    trouble: Option<String>,
}

/// One report.
struct Report {
    /// By which the registry knows that it has it already.
    id: String,
    body: Bytes,
    /// How many it tells of.
    requests: u64,
}

#[derive(Serialize)]
struct Body<'a> {
    from: u64,
    to: u64,
    operations: &'a [Row<'a>],
    /// Requests that are in no report: without word of them the registry would take what it has for everything.
    uncounted: u64,
}

#[derive(Serialize)]
struct Row<'a> {
    hash: &'a str,
    name: Option<&'a str>,
    client: Named<'a>,
    count: u64,
    errors: u64,
    coordinates: Vec<&'a str>,
}

#[derive(Serialize)]
struct Named<'a> {
    name: &'a str,
    version: &'a str,
}

impl Reporter {
    pub fn new(client: RegistryClient, table: Arc<Table>, metrics: RegistryMetrics) -> Self {
        Self { client, table, metrics, since: now(), waiting: VecDeque::new(), dropped: 0, trouble: None }
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
                    self.dropped = self.dropped.saturating_add(report.requests);
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
        let uncounted = self.table.take_uncounted().saturating_add(std::mem::take(&mut self.dropped));
        self.waiting.extend(reports((from, to), &rows, uncounted));
    }
}

/// The rows as reports, the first of which tells what is in none.
fn reports((from, to): (u64, u64), rows: &[Row<'_>], uncounted: u64) -> Vec<Report> {
    let mut bodies: Vec<Body<'_>> =
        rows.chunks(LARGEST).map(|operations| Body { from, to, operations, uncounted: 0 }).collect();
    match bodies.first_mut() {
        Some(first) => first.uncounted = uncounted,
        None if uncounted > 0 => bodies.push(Body { from, to, operations: &[], uncounted }),
        None => {}
    }
    let report = |body: Body<'_>| {
        let counts = body.operations.iter().map(|row| row.count);
        let requests = counts.fold(body.uncounted, u64::saturating_add);
        match serde_json::to_vec(&body) {
            Ok(body) => Some(Report { id: unique(), body: body.into(), requests }),
            Err(error) => {
                tracing::error!(%error, "a report of usage cannot be written");
                None
            }
        }
    };
    bodies.into_iter().filter_map(report).collect()
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
            coordinates: told(&footprint.coordinates),
        }
    }
}

/// The coordinates as they are told.
fn told(coordinates: &[Box<str>]) -> Vec<&str> {
    let length: usize = coordinates.iter().map(|coordinate| coordinate.len() + 1).sum();
    if length > LONGEST_SELECTION { vec!["*"] } else { coordinates.iter().map(|coordinate| &**coordinate).collect() }
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
        let json = serde_json::to_value(Body { from: 1, to: 2, operations: &rows, uncounted: 3 }).unwrap();
        let client = serde_json::json!({ "name": "web", "version": "1" });
        let row = |hash: &str, count: u64, errors: u64, coordinates: &[&str]| {
            serde_json::json!({
                "hash": hash, "name": "Q", "client": client, "count": count, "errors": errors, "coordinates": coordinates,
            })
        };
        let rows = [row("a", 2, 1, &["Q.a"]), row("b", 5, 2, &["Q.a", "Q.b"])];
        assert_eq!(json, serde_json::json!({ "from": 1, "to": 2, "operations": rows, "uncounted": 3 }));
    }

    #[test]
    fn what_is_in_no_report_is_told_by_the_first_or_by_one_of_its_own() {
        let told = |rows: &[Row<'_>], uncounted| -> Vec<(u64, u64, u64)> {
            let told = |report: &Report| {
                let body: serde_json::Value = serde_json::from_slice(&report.body).unwrap();
                let operations = body["operations"].as_array().unwrap().len() as u64;
                (operations, body["uncounted"].as_u64().unwrap(), report.requests)
            };
            reports((1, 2), rows, uncounted).iter().map(told).collect()
        };
        let merged = merged((0..LARGEST + 1).map(|number| counted(&number.to_string(), &["Q.a"], 2)).collect());
        let rows: Vec<Row<'_>> = merged.iter().map(Row::of).collect();
        let full = LARGEST as u64;
        assert_eq!(told(&rows, 7), [(full, 7, 2 * full + 7), (1, 0, 2)]);
        assert_eq!(told(&[], 7), [(0, 7, 7)]);
        assert_eq!(told(&[], 0), []);
    }

    #[test]
    fn an_operation_whose_coordinates_are_too_many_touches_everything() {
        let many: Vec<Box<str>> = (0..10_000).map(|number| format!("Enum.VALUE_{number}").into()).collect();
        assert_eq!(super::told(&many), ["*"]);
        assert_eq!(super::told(&many[..2]), ["Enum.VALUE_0", "Enum.VALUE_1"]);
    }

    #[test]
    fn ids_have_the_form_of_a_uuid() {
        let id = unique();
        assert_eq!((id.len(), &id[14..15]), (36, "4"));
        assert!(matches!(&id[19..20], "8" | "9" | "a" | "b"), "{id}");
        assert_ne!(id, unique());
    }
}
