//! What was measured, as rows: an aligned table for people, JSON for scripts.

use serde::Serialize;

/// One system under one workload.
#[derive(Debug, Clone, Serialize)]
pub struct Row {
    pub workload: &'static str,
    /// `weft`, `relay` or `peer`.
    pub system: &'static str,
    pub connections: usize,
    /// CPU time that the kernel gave to the process, for each request.
    pub cpu_us_per_request: f64,
    /// The least and the most of the rounds.
    pub cpu_us_spread: (f64, f64),
    pub requests_per_second: f64,
    /// The steady rate at which the latencies were taken, the same for all systems.
    pub offered_per_second: f64,
    pub p50_ms: f64,
    pub p99_ms: f64,
    #[serde(rename = "p99.9_ms")]
    pub p999_ms: f64,
    pub peak_mb: f64,
    pub answer_bytes: usize,
    /// Requests to services for one answer, when nothing is shared.
    pub service_requests: usize,
    /// Weft's only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allocations_per_request: Option<f64>,
    /// CPU as a ratio to the relay's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_to_relay: Option<f64>,
    /// CPU as a ratio to the peer's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_to_peer: Option<f64>,
}

const HEAD: [&str; 15] = [
    "workload",
    "system",
    "conns",
    "CPU us/req",
    "min..max",
    "req/s",
    "offered/s",
    "p50 ms",
    "p99 ms",
    "p99.9 ms",
    "peak MB",
    "allocs/req",
    "vs relay",
    "vs peer",
    "bytes",
];

/// The rows as text, each column as wide as it needs to be.
pub fn text(rows: &[Row]) -> String {
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let mut widths = [0; HEAD.len()];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = (*width).max(cell.len());
        }
    }
    let mut text = String::new();
    for line in lines {
        for (column, (width, cell)) in widths.iter().zip(line).enumerate() {
            let cell = if column < 2 { format!("{cell:<width$}  ") } else { format!("{cell:>width$}  ") };
            text.push_str(&cell);
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

fn cells(row: &Row) -> [String; HEAD.len()] {
    let ratio = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}"));
    [
        row.workload.to_owned(),
        row.system.to_owned(),
        row.connections.to_string(),
        format!("{:.1}", row.cpu_us_per_request),
        format!("{:.0}..{:.0}", row.cpu_us_spread.0, row.cpu_us_spread.1),
        format!("{:.0}", row.requests_per_second),
        format!("{:.0}", row.offered_per_second),
        format!("{:.2}", row.p50_ms),
        format!("{:.2}", row.p99_ms),
        format!("{:.2}", row.p999_ms),
        format!("{:.1}", row.peak_mb),
        row.allocations_per_request.map_or_else(|| "-".to_owned(), |count| format!("{count:.0}")),
        ratio(row.cpu_to_relay),
        ratio(row.cpu_to_peer),
        row.answer_bytes.to_string(),
    ]
}
