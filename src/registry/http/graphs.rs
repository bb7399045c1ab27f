//! Graphs: listed, fetched, compared, rolled back, made contracts, forgotten.

use super::Door;
use super::answer::{Answer, Json};
use super::caller::{Caller, Named, Numbers};
use super::received::Received;
use crate::registry::{Attempt, ContractTerms, Diff, FollowingGateway, Graph, PastCheck, Published, Refusal, Version};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use serde::Deserialize;

pub(super) async fn list(State(door): State<Door>, Caller(access): Caller) -> Answer<Vec<Graph>> {
    door.registry.graphs(&access).await.map(Json)
}

pub(super) async fn fetch(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    numbers: Numbers,
) -> Answer<Version> {
    door.registry.version(&access, &graph, numbers.get("version")).await.map(Json)
}

pub(super) async fn forget(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
) -> Result<StatusCode, Refusal> {
    door.registry.forget(&access, &graph).await?;
    Ok(StatusCode::NO_CONTENT)
}

pub(super) async fn schema(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    numbers: Numbers,
) -> Result<Response, Refusal> {
    let sdl = door.registry.api_schema(&access, &graph, numbers.get("version")).await?;
    Ok(([(header::CONTENT_TYPE, "application/graphql; charset=utf-8")], sdl).into_response())
}

pub(super) async fn history(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    numbers: Numbers,
) -> Answer<Vec<Version>> {
    door.registry.history(&access, &graph, numbers.get("before"), numbers.get("limit")).await.map(Json)
}

pub(super) async fn diff(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    numbers: Numbers,
) -> Answer<Diff> {
    door.registry.diff(&access, &graph, numbers.get("from"), numbers.get("to")).await.map(Json)
}

/// Where to roll back to, and why.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rollback {
    #[serde(default)]
    version: Option<i64>,
    #[serde(default)]
    message: Option<String>,
}

pub(super) async fn rollback(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    Received { value: Rollback { version, message }, .. }: Received<Rollback>,
) -> Answer<Published> {
    door.registry.rollback(&access, &graph, version, message).await.map(Json)
}

pub(super) async fn contract(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
) -> Answer<ContractTerms> {
    door.registry.contract(&access, &graph).await.map(Json)
}

pub(super) async fn set_contract(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    Received { value: terms, .. }: Received<ContractTerms>,
) -> Answer<Published> {
    door.registry.set_contract(&access, &graph, terms).await.map(Json)
}

pub(super) async fn attempts(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
) -> Answer<Vec<Attempt>> {
    door.registry.attempts(&access, &graph).await.map(Json)
}

pub(super) async fn checks(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    numbers: Numbers,
) -> Answer<Vec<PastCheck>> {
    door.registry.checks(&access, &graph, numbers.get("before"), numbers.get("limit")).await.map(Json)
}

pub(super) async fn gateways(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
) -> Answer<Vec<FollowingGateway>> {
    door.registry.gateways(&access, &graph).await.map(Json)
}
