//! `POST /v1/graphs/{graph}/usage`: what clients asked for, as a gateway counts it.

use super::Door;
use super::caller::{Caller, Named};
use super::received::Received;
use crate::registry::{Refusal, UsageReport};
use axum::extract::State;
use http::{HeaderMap, StatusCode};

/// Characters of a report's id.
const LONGEST_ID: usize = 64;

pub(super) async fn report(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    headers: HeaderMap,
    Received { value: report, .. }: Received<UsageReport>,
) -> Result<StatusCode, Refusal> {
    let id = headers.get("weft-report").and_then(|id| id.to_str().ok());
    let plain = |id: &&str| (1..=LONGEST_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    let id = id.filter(plain).ok_or_else(|| {
        Refusal::bad_request("INVALID_REPORT", "the report has no id")
            .help("send a UUID as `Weft-Report`, the same one when it is sent again: it is counted once")
    })?;
    door.registry.report_usage(&access, &graph, id, &report).await?;
    Ok(StatusCode::NO_CONTENT)
}
