//! Cached operations: looked up and nothing more; and what a great many of them leave behind: nothing.

use super::gateway::{Answer, Running, always};
use serde_json::json;

/// The metrics' lines.
async fn metrics(gateway: &Running) -> Vec<String> {
    let answer = Answer::of(gateway.client.get(format!("http://{}/metrics", gateway.health))).await;
    answer.text().lines().filter(|line| !line.starts_with('#')).map(ToOwned::to_owned).collect()
}

fn value(lines: &[String], name: &str) -> u64 {
    let line = lines.iter().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("no {name}"));
    line.trim_start_matches("{}").trim().parse().unwrap_or_else(|error| panic!("{name}{line}: {error}"))
}

#[tokio::test]
async fn a_cached_operation_is_looked_up_once_and_not_planned_again() {
    let gateway = Running::over(always(json!({ "data": { "me": { "id": "1" } } }))).await;
    for _ in 0..20 {
        assert_eq!(gateway.query("{ me { id } }").await.status, 200);
    }
    let lines = metrics(&gateway).await;
    assert_eq!(value(&lines, "graphql_operation_planning_duration_seconds_count"), 1);
    assert_eq!(value(&lines, "weft_prepared_cache_requests_total{result=\"miss\"}"), 1);
    assert_eq!(value(&lines, "weft_prepared_cache_requests_total{result=\"hit\"}"), 19);
}

#[tokio::test]
async fn distinct_operations_leave_neither_entries_nor_series_behind() {
    let configure = |config: &mut weft::config::Config| config.query_planning.cache_entries = 30;
    let gateway = Running::with(configure, |_| {}, always(json!({ "data": { "me": null } }))).await;
    let ask = async |from: u32, to: u32| {
        for number in from..to {
            let query =
                format!("query Q{number}($v{number}: Boolean!) {{ me @skip(if: $v{number}) {{ a{number}: id }} }}");
            let variables = json!({ format!("v{number}"): number % 2 == 0 });
            let body = json!({ "query": query, "operationName": format!("Q{number}"), "variables": variables });
            assert_eq!(gateway.ask(body).await.status, 200);
        }
    };
    ask(0, 50).await;
    let before = metrics(&gateway).await.len();
    ask(50, 400).await;
    let lines = metrics(&gateway).await;
    assert_eq!(lines.len(), before);
    // The cache sweeps in the background, a few entries behind.
    assert!(value(&lines, "weft_prepared_cache_entries") <= 60, "{lines:#?}");
}
