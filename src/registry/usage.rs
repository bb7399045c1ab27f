//! Usage: gateways report what clients asked for; checks ask who would be hurt.
//!
//! That nobody is known to ask for something means something only where all that was asked is known. So what of a report
//! can not be kept as it is, is kept as more than it is where that can be (an operation whose coordinates are too many
//! touches everything, a client without room is nobody), and where it can not, the variant's usage has a gap.

use super::access::Deed;
use super::names::remark;
use super::{Access, GraphRef, Refusal, Registry, checksum, now};
use crate::store::registry::{NewUsage, UsageCount, UsageRow};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Days that usage is kept for.
pub(super) const DAYS: i64 = 30;
/// Milliseconds of a day.
pub(super) const DAY: i64 = 24 * 60 * 60 * 1_000;
/// Rows of one variant: client, operation, coordinates and day. Also sets of coordinates of all variants. A check reads
/// all rows that touch what it asks about.
const MOST_ROWS: i64 = 100_000;
/// Operations of one report.
const MOST_OPERATIONS: usize = 10_000;
/// Bytes of a name or a coordinate.
const LONGEST: usize = 512;
/// What one report may add to one row: sums of it stay far from the end of the numbers.
const MOST_COUNTED: i64 = 1_000_000_000_000;
/// Bytes of all coordinates of one operation.
const LONGEST_SELECTION: usize = 64 * 1024;
/// Coordinates that a check notes, of all sets together; a set that comes later counts as touching everything.
const MOST_NOTED: usize = 4_000_000;
/// Stands for all coordinates, where they are too many to be named.
const EVERYTHING: &str = "*";

/// What clients asked for in some time.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct UsageReport {
    /// When it begins, in seconds since 1970.
    pub from: i64,
    /// When it ends.
    pub to: i64,
    /// The operations.
    pub operations: Vec<ReportedOperation>,
    /// How many requests there were beside them, of which nothing is known.
    #[serde(default)]
    pub uncounted: u64,
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
    /// What of the schema it touched; `*` when that is too much to tell.
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
#[derive(Default)]
pub(super) struct Usage {
    /// Whether anything was reported at all.
    pub(super) is_known: bool,
    /// Whether everything was, so that who is not named does not ask.
    pub(super) is_whole: bool,
    /// Who asked what, by the set of coordinates that they touch.
    uses: Vec<Vec<Use>>,
    /// The sets that a coordinate is in, by their place in `uses`.
    touching: BTreeMap<String, Vec<usize>>,
    /// The sets that everything is in.
    touching_all: Vec<usize>,
    /// How many coordinates may still be noted.
    room: usize,
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
        if self.tables.variant(graph.as_str()).await?.is_none() {
            return Err(Refusal::not_found("GRAPH_NOT_FOUND", format!("nothing is published in {graph}")));
        }
        let day = match report.day(now) {
            Ok(day) => day,
            Err(refusal) => {
                // Whoever sent it does not send it again: what it counted is lost.
                self.tables.note_usage_gap(graph.as_str(), now / DAY).await?;
                return Err(refusal);
            }
        };
        let (counts, left_out) = report.counts();
        let usage = NewUsage { variant: graph.as_str(), report: id, day, now, counts: &counts, left_out };
        if !self.tables.add_usage(&usage, MOST_ROWS).await? {
            tracing::warn!(graph = graph.as_str(), "usage is not all known, so no check takes anything for unused");
        }
        Ok(())
    }

    /// What is known of the use of these coordinates in the last days.
    pub(super) async fn usage(&self, graph: &GraphRef, wanted: &BTreeSet<&str>) -> Result<Usage, Refusal> {
        let (graph, since) = (graph.as_str(), now() / DAY - DAYS);
        let is_whole = self.tables.is_usage_whole(graph, since).await?;
        let mut usage = Usage { is_whole, room: MOST_NOTED, ..Usage::default() };
        let mut places = HashMap::new();
        let note_set = |hash: String, coordinates: &str| {
            if let Some(place) = usage.add_set(coordinates, wanted) {
                places.insert(hash, place);
            }
        };
        self.tables.selections(graph, since, note_set).await?;
        let note_use = |row: UsageRow| {
            if let Some(place) = places.get(&row.selection) {
                usage.uses[*place].push(Use::of(row));
            }
        };
        self.tables.usage(graph, since, note_use).await?;
        Ok(usage)
    }
}

impl Usage {
    /// Who touches one of these coordinates, each operation once.
    pub(super) fn of(&self, coordinates: &[String]) -> Vec<&Use> {
        if coordinates.is_empty() {
            return Vec::new();
        }
        let named = coordinates.iter().filter_map(|coordinate| self.touching.get(coordinate)).flatten();
        let places: BTreeSet<usize> = named.chain(&self.touching_all).copied().collect();
        places.into_iter().flat_map(|place| &self.uses[place]).collect()
    }

    /// Adds a set of coordinates, one a line; its place, if anything wanted is in it.
    fn add_set(&mut self, coordinates: &str, wanted: &BTreeSet<&str>) -> Option<usize> {
        self.is_known = true;
        let place = self.uses.len();
        let touched: Vec<&str> = coordinates.lines().filter(|coordinate| wanted.contains(coordinate)).collect();
        if coordinates == EVERYTHING || touched.len() > self.room {
            self.touching_all.push(place);
        } else if touched.is_empty() {
            return None;
        } else {
            self.room -= touched.len();
            for coordinate in touched {
                self.touching.entry(coordinate.to_owned()).or_default().push(place);
            }
        }
        self.uses.push(Vec::new());
        Some(place)
    }
}

impl Use {
    fn of(row: UsageRow) -> Self {
        let operation = OperationUse { hash: row.operation, name: row.name, count: row.count };
        Self { client: row.client, client_version: row.client_version, operation }
    }
}

impl UsageReport {
    /// The day that it counts for; one that lies far from today is not believed.
    fn day(&self, now: i64) -> Result<i64, Refusal> {
        if self.operations.len() > MOST_OPERATIONS {
            let message = format!("the report has more than {MOST_OPERATIONS} operations");
            return Err(Refusal::bad_request("INVALID_REPORT", message).help("send several"));
        }
        let (end, today) = (self.to.saturating_mul(1_000), now / DAY);
        let day = end / DAY;
        if self.from <= self.to && (today - DAYS..=today + 1).contains(&day) {
            return Ok(day);
        }
        Err(Refusal::bad_request("INVALID_REPORT", "the times of the report are not of the last 30 days"))
    }

    /// Its rows, each key once and in the order of the keys: two reports at once do not wait for each other in a ring.
    /// Whether something was asked beside them, too. One operation that is none does not cost the others.
    fn counts(&self) -> (Vec<UsageCount<'_>>, bool) {
        let mut left_out = self.uncounted > 0;
        let mut counts: BTreeMap<_, UsageCount<'_>> = BTreeMap::new();
        for operation in &self.operations {
            let Some(mut count) = operation.count() else {
                left_out = true;
                continue;
            };
            let key = (count.selection.clone(), count.client, count.client_version, count.operation);
            if let Some(known) = counts.get(&key) {
                count.count = (count.count + known.count).min(MOST_COUNTED);
                count.errors = (count.errors + known.errors).min(MOST_COUNTED);
            }
            counts.insert(key, count);
        }
        (counts.into_values().collect(), left_out)
    }
}

impl ReportedOperation {
    /// Its row; none when nothing tells it from others.
    fn count(&self) -> Option<UsageCount<'_>> {
        if self.hash.is_empty() || remark("hash", &self.hash, LONGEST).is_err() {
            return None;
        }
        let coordinates = self.selection();
        Some(UsageCount {
            client: fitting(self.client.name.as_deref()),
            client_version: fitting(self.client.version.as_deref()),
            operation: &self.hash,
            name: fitting(self.name.as_deref()),
            selection: checksum(&coordinates),
            coordinates,
            count: capped(self.count),
            errors: capped(self.errors),
        })
    }

    /// The coordinates as they are kept: sorted, one a line; or all there are, where those are too many or are none.
    fn selection(&self) -> String {
        let is_one = |coordinate: &&str| {
            *coordinate != EVERYTHING
                && coordinate.len() <= LONGEST
                && coordinate.bytes().all(|byte| byte.is_ascii_graphic())
        };
        let coordinates: BTreeSet<&str> = self.coordinates.iter().map(String::as_str).collect();
        let length: usize = coordinates.iter().map(|coordinate| coordinate.len() + 1).sum();
        if length > LONGEST_SELECTION || !coordinates.iter().all(is_one) {
            return EVERYTHING.to_owned();
        }
        coordinates.into_iter().collect::<Vec<_>>().join("\n")
    }
}

/// A name, unless it is none that can be kept.
fn fitting(name: Option<&str>) -> &str {
    name.filter(|name| remark("name", name, LONGEST).is_ok()).unwrap_or_default()
}

fn capped(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(MOST_COUNTED).min(MOST_COUNTED)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn report(operations: Value) -> UsageReport {
        serde_json::from_value(json!({ "from": 0, "to": 1, "operations": operations })).unwrap()
    }

    fn operation(hash: &str, coordinates: &[&str]) -> Value {
        json!({ "hash": hash, "name": "Q", "client": { "name": "web" }, "count": 1, "coordinates": coordinates })
    }

    #[test]
    fn what_is_too_long_costs_the_other_operations_nothing() {
        let mut long = operation("long", &["Q.a"]);
        long["name"] = json!("N".repeat(600));
        long["client"]["name"] = json!("c".repeat(600));
        let many: Vec<String> = (0..10_000).map(|number| format!("Enum.VALUE_{number}")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        let report = report(json!([operation("plain", &["Q.b", "Q.a"]), long, operation("many", &many)]));
        let (counts, left_out) = report.counts();
        let mut rows: Vec<_> =
            counts.iter().map(|row| (row.operation, row.client, row.name, &*row.coordinates)).collect();
        rows.sort_unstable();
        let expected = [("long", "", "", "Q.a"), ("many", "web", "Q", "*"), ("plain", "web", "Q", "Q.a\nQ.b")];
        assert_eq!((rows.as_slice(), left_out), (&expected[..], false));
    }

    #[test]
    fn what_can_not_be_a_row_is_told() {
        let mut uncounted = report(json!([]));
        uncounted.uncounted = 1;
        assert!(uncounted.counts().1);
        let nameless = report(json!([operation("", &["Q.a"]), operation("a", &["Q.a"])]));
        let (counts, left_out) = nameless.counts();
        assert_eq!((counts.len(), left_out), (1, true));
    }

    #[test]
    fn sums_of_a_report_stay_far_from_the_end_of_the_numbers() {
        let mut one = operation("a", &["Q.a"]);
        (one["count"], one["errors"]) = (json!(u64::MAX), json!(MOST_COUNTED));
        let report = report(Value::Array(vec![one; 100]));
        let (counts, _) = report.counts();
        assert_eq!((counts.len(), counts[0].count, counts[0].errors), (1, MOST_COUNTED, MOST_COUNTED));
    }

    #[test]
    fn who_touches_everything_touches_what_is_asked_about() {
        let wanted = BTreeSet::from(["Q.a", "Q.b"]);
        let mut usage = Usage { room: 4, ..Usage::default() };
        let row = |operation: &str| Use {
            client: "web".into(),
            client_version: String::new(),
            operation: OperationUse { hash: operation.into(), name: String::new(), count: 1 },
        };
        // The last one is one coordinate too many.
        let sets = [("one", "Q.a\nQ.c"), ("both", "Q.a\nQ.b"), ("all", "*"), ("late", "Q.a\nQ.b")];
        for (operation, coordinates) in sets {
            let place = usage.add_set(coordinates, &wanted).unwrap();
            usage.uses[place].push(row(operation));
        }
        assert_eq!(usage.add_set("Q.c", &wanted), None);
        let of = |coordinates: &[&str]| {
            let coordinates: Vec<String> = coordinates.iter().map(ToString::to_string).collect();
            usage.of(&coordinates).iter().map(|used| used.operation.hash.clone()).collect::<Vec<_>>()
        };
        assert_eq!(of(&["Q.a", "Q.b"]), ["one", "both", "all", "late"]);
        assert_eq!(of(&["Q.b"]), ["both", "all", "late"]);
        assert_eq!(of(&["Q.d"]), ["all", "late"]);
        assert!(of(&[]).is_empty(), "what concerns nobody");
    }
}
