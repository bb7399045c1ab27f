//! Retries and circuit breakers, which gateways write alike but not the same.

use super::carry::{Made, plain, table};
use super::tree::Node;

/// What of a retry is read that has a budget only, as Apollo Router and Grafbase have it.
pub(super) const BUDGETED: &[&str] =
    &["enabled", "min_per_sec", "min_per_second", "ttl", "retry_percent", "retry_mutations"];
/// What of Cosmo's retry is read.
pub(super) const COSMO_RETRY: &[&str] = &["enabled", "algorithm", "max_attempts", "interval", "max_duration"];
/// What of Cosmo's circuit breaker is read; of buckets Weft has ten.
pub(super) const COSMO_BREAKER: &[&str] = &[
    "enabled",
    "error_threshold_percentage",
    "request_threshold",
    "sleep_window",
    "half_open_attempts",
    "required_successful",
    "rolling_duration",
    "num_buckets",
];
/// What of Hive Router's circuit breaker is read.
pub(super) const HIVE_BREAKER: &[&str] =
    &["enabled", "error_threshold", "volume_threshold", "reset_timeout", "half_open_attempts"];

/// Apollo Router's and Grafbase's retry: a budget, and whether mutations are repeated.
pub(super) fn budgeted_retry(to: &'static str, node: &Node) -> Result<Made, String> {
    if let Some(off) = switched_off(to, node, true) {
        return Ok(off);
    }
    let mut budget = Vec::new();
    let least = node.get("min_per_second").or(node.get("min_per_sec"));
    budget.extend(least.map(|number| ("min_per_second", number.clone())));
    if let Some(share) = node.get("retry_percent") {
        budget.push(("percent", percent(share)?));
    }
    budget.extend(node.get("ttl").map(|ttl| ("ttl", ttl.clone())));
    let mut retry = Vec::new();
    retry.extend(node.get("retry_mutations").map(|mutations| ("mutations", mutations.clone())));
    retry.extend((!budget.is_empty()).then(|| ("budget", table(budget))));
    Ok(vec![(to, on(retry))])
}

/// Cosmo's retry, which is on unless it says otherwise.
pub(super) fn cosmo_retry(to: &'static str, node: &Node) -> Result<Made, String> {
    if let Some(off) = switched_off(to, node, true) {
        return Ok(off);
    }
    let keys = [("max_attempts", "max_attempts"), ("interval", "interval"), ("max_duration", "max_interval")];
    Ok(vec![(to, on(renamed(node, &keys)))])
}

/// Cosmo's circuit breaker, which is off unless it says otherwise.
pub(super) fn cosmo_breaker(to: &'static str, node: &Node) -> Result<Made, String> {
    if let Some(off) = switched_off(to, node, false) {
        return Ok(off);
    }
    // All requests of a half-open breaker have to go well here.
    let trials = if node.get("required_successful").is_some() { "required_successful" } else { "half_open_attempts" };
    let keys = [
        ("error_threshold_percentage", "error_threshold"),
        ("request_threshold", "volume_threshold"),
        ("rolling_duration", "window"),
        ("sleep_window", "reset_timeout"),
        (trials, "half_open_attempts"),
    ];
    Ok(vec![(to, on(renamed(node, &keys)))])
}

/// Hive Router's circuit breaker, which is off unless it says otherwise. `duration` reads its times.
pub(super) fn hive_breaker(
    to: &'static str,
    node: &Node,
    duration: fn(&Node) -> Result<Node, String>,
) -> Result<Made, String> {
    if let Some(off) = switched_off(to, node, false) {
        return Ok(off);
    }
    let mut breaker = Vec::new();
    if let Some(threshold) = node.get("error_threshold").and_then(Node::text) {
        breaker.push(("error_threshold", plain(threshold.trim_end_matches('%').trim_end())));
    }
    let keys = [("volume_threshold", "volume_threshold"), ("half_open_attempts", "half_open_attempts")];
    breaker.extend(renamed(node, &keys));
    if let Some(rest) = node.get("reset_timeout") {
        breaker.push(("reset_timeout", duration(rest)?));
    }
    Ok(vec![(to, on(breaker))])
}

/// `false`, where the section says so or, saying nothing, means so.
fn switched_off(to: &'static str, node: &Node, default: bool) -> Option<Made> {
    let enabled = node.get("enabled").and_then(Node::text).map_or(default, |enabled| enabled != "false");
    (!enabled).then(|| vec![(to, plain(false))])
}

/// A section that is on: `true` where there is no more to say.
fn on(entries: Vec<(&'static str, Node)>) -> Node {
    if entries.is_empty() { plain(true) } else { table(entries) }
}

/// The values of these keys, under Weft's names.
fn renamed(node: &Node, keys: &[(&str, &'static str)]) -> Vec<(&'static str, Node)> {
    keys.iter().filter_map(|&(theirs, ours)| Some((ours, node.get(theirs)?.clone()))).collect()
}

/// 0.2 is 20.
fn percent(share: &Node) -> Result<Node, String> {
    let number: Option<f64> = share.text().and_then(|text| text.parse().ok());
    let number = number.ok_or("its retry_percent is no number")?;
    // Thousandths are enough, and 0.07 is 7 then.
    Ok(plain((number * 100_000.0).round() / 1_000.0))
}
