//! Usage: gateways report what clients asked for; checks ask who would be hurt.

use super::access::Deed;
use super::names::remark;
use super::{Access, GraphRef, Refusal, Registry, checksum, now};
use crate::store::registry::UsageCount;
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Days that usage is kept for.
pub(super) const DAYS: i64 = 30;
/// Milliseconds of a day.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Rows of one variant: client, operation, coordinates and day. Also sets of coordinates of all variants.
const MOST_ROWS: i64 = 100_000;
/// Rows that a check looks at, the most frequent ones.
const LOOKED_AT: i64 = 50_000;
/// Operations of one report.
const MOST_OPERATIONS: usize = 10_000;
/// Coordinates of one operation.
const MOST_COORDINATES: usize = 5_000;
/// Bytes of a name or a coordinate.
const LONGEST: usize = 512;
/// What one report may add: sums of it stay far from the end of the numbers.
const MOST_COUNTED: u64 = 1_000_000_000_000;
/// Bytes of all coordinates of one operation.
const LONGEST_SELECTION: usize = 64 * 1024;

/// What clients asked for in some time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UsageReport {
    /// When it begins, in seconds since 1970.
    pub from: i64,
    /// When it ends.
    pub to: i64,
    /// The operations.
    pub operations: Vec<ReportedOperation>,
}

/// One operation of one client.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportedOperation {
    /// Its hash.
    hash: String,
    /// Its name, if it has one.
    #[serde(default)]
    name: Option<String>,
    /// Who asked.
    #[serde(default)]
    client: ReportedClient,
    /// How often.
    count: u64,
    /// How often with errors.
    #[serde(default)]
    errors: u64,
    /// What of the schema it touched.
    coordinates: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default, Deserialize)]
struct ReportedClient {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    version: Option<String>,
}

/// An operation that a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject)]
pub struct OperationUse {
    /// Its hash.
    pub hash: String,
    /// Its name; empty when it has none.
    pub name: String,
    /// How often it was asked in the last 30 days.
    pub count: i64,
}

/// What is known of the use of some parts of a variant's schema.
pub(super) struct Usage {
    /// Whether anything was reported at all.
    pub(super) is_known: bool,
    /// Who asked what, by the coordinate that it touches.
    uses: BTreeMap<String, Vec<Arc<Use>>>,
}

/// One operation of one client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Use {
    pub(super) client: String,
    pub(super) client_version: String,
    pub(super) operation: OperationUse,
}

impl Registry {
    /// Adds what a gateway reports. The same report a second time adds nothing.
    ///
    /// # Errors
    /// When it is not permitted, makes no sense, or the store does not answer.
    pub async fn report_usage(
        &self,
        access: &Access,
        graph: &GraphRef,
        id: &str,
        report: &UsageReport,
    ) -> Result<(), Refusal> {
        access.admit(graph, Deed::Report)?;
        let now = now();
        let day = report.day(now)?;
        let counts = report.counts()?;
        if self.tables.variant(graph.as_str()).await?.is_none() {
            return Err(Refusal::not_found("GRAPH_NOT_FOUND", format!("nothing is published in {graph}")));
        }
        let left_out = self.tables.add_usage(graph.as_str(), id, (day, now), &counts, MOST_ROWS).await?;
        if left_out > 0 {
            tracing::warn!(graph = graph.as_str(), left_out, "usage is not all kept: the variant has too many rows");
        }
        Ok(())
    }

    /// What is known of the use of these coordinates in the last days.
    pub(super) async fn usage(&self, graph: &GraphRef, wanted: &BTreeSet<&str>) -> Result<Usage, Refusal> {
        let since = now() / DAY - DAYS;
        let mut touched: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let note = |hash: String, coordinates: &str| {
            let known = coordinates.lines().filter(|coordinate| wanted.contains(coordinate));
            touched.insert(hash, known.map(ToOwned::to_owned).collect());
        };
        self.tables.selections(graph.as_str(), since, note).await?;
        let mut uses: BTreeMap<String, Vec<Arc<Use>>> = BTreeMap::new();
        for row in self.tables.usage(graph.as_str(), since, LOOKED_AT).await? {
            let Some(coordinates) = touched.get(&row.selection) else { continue };
            let operation = OperationUse { hash: row.operation, name: row.name, count: row.count };
            let used = Arc::new(Use { client: row.client, client_version: row.client_version, operation });
            for coordinate in coordinates {
                uses.entry(coordinate.clone()).or_default().push(Arc::clone(&used));
            }
        }
        Ok(Usage { is_known: !touched.is_empty(), uses })
    }
}

impl Usage {
    /// Who touches one of these coordinates, each operation once.
    pub(super) fn of(&self, coordinates: &[String]) -> Vec<&Use> {
        let all = coordinates.iter().filter_map(|coordinate| self.uses.get(coordinate)).flatten();
        let mut seen = BTreeSet::new();
        all.filter(|used| seen.insert(Arc::as_ptr(used))).map(|used| &**used).collect()
    }
}

impl UsageReport {
    /// The day that it counts for; one that lies far from today is not believed.
    fn day(&self, now: i64) -> Result<i64, Refusal> {
        let (end, today) = (self.to.saturating_mul(1_000), now / DAY);
        let day = end / DAY;
        if self.from <= self.to && (today - DAYS..=today + 1).contains(&day) {
            return Ok(day);
        }
        Err(Refusal::bad_request("INVALID_REPORT", "the times of the report are not of the last 30 days"))
    }

    /// Its rows, each key once and in the order of the keys: two reports at once do not wait for each other in a ring.
    fn counts(&self) -> Result<Vec<UsageCount<'_>>, Refusal> {
        if self.operations.len() > MOST_OPERATIONS {
            let message = format!("the report has more than {MOST_OPERATIONS} operations");
            return Err(Refusal::bad_request("INVALID_REPORT", message).help("send several"));
        }
        let mut counts: BTreeMap<_, UsageCount<'_>> = BTreeMap::new();
        for operation in &self.operations {
            let mut count = operation.count()?;
            let key = (count.client, count.client_version, count.operation, count.selection.clone());
            if let Some(known) = counts.get(&key) {
                count.count += known.count;
                count.errors += known.errors;
            }
            counts.insert(key, count);
        }
        Ok(counts.into_values().collect())
    }
}

impl ReportedOperation {
    fn count(&self) -> Result<UsageCount<'_>, Refusal> {
        let text = |text: &'_ Option<String>| -> Result<(), Refusal> {
            text.as_deref().map_or(Ok(()), |text| remark("name", text, LONGEST))
        };
        text(&self.name)?;
        text(&self.client.name)?;
        text(&self.client.version)?;
        remark("hash", &self.hash, LONGEST)?;
        if self.coordinates.len() > MOST_COORDINATES {
            let message = format!("an operation has more than {MOST_COORDINATES} coordinates");
            return Err(Refusal::bad_request("INVALID_REPORT", message));
        }
        for coordinate in &self.coordinates {
            if coordinate.len() > LONGEST || !coordinate.bytes().all(|byte| byte.is_ascii_graphic()) {
                return Err(Refusal::bad_request("INVALID_REPORT", "a coordinate is none").help("as in Product.name"));
            }
        }
        let coordinates: BTreeSet<&str> = self.coordinates.iter().map(String::as_str).collect();
        let coordinates = coordinates.into_iter().collect::<Vec<_>>().join("\n");
        if coordinates.len() > LONGEST_SELECTION {
            let message = format!("the coordinates of an operation have more than {LONGEST_SELECTION} bytes");
            return Err(Refusal::bad_request("INVALID_REPORT", message));
        }
        Ok(UsageCount {
            client: self.client.name.as_deref().unwrap_or_default(),
            client_version: self.client.version.as_deref().unwrap_or_default(),
            operation: &self.hash,
            name: self.name.as_deref().unwrap_or_default(),
            selection: checksum(&coordinates),
            coordinates,
            count: self.count.min(MOST_COUNTED).cast_signed(),
            errors: self.errors.min(MOST_COUNTED).cast_signed(),
        })
    }
}
