//! Subgraphs: listed, fetched, checked, published, deleted.

use super::Door;
use super::answer::{Answer, Json};
use super::caller::{Caller, Named, NamedSubgraph, Numbers};
use super::received::Received;
use crate::registry::{CheckRequest, Checked, Member, Published, Subgraph, Submission};
use axum::extract::State;
use serde::Deserialize;

/// Changes that are to be made together.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Changes {
    #[serde(default)]
    subgraphs: Vec<Put>,
    #[serde(default)]
    delete: Vec<String>,
    #[serde(default)]
    message: Option<String>,
    /// Of a check: breaking changes pass that nobody's operations touch.
    #[serde(default)]
    allow_unused: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Put {
    name: String,
    sdl: String,
    #[serde(default)]
    url: Option<String>,
}

/// One subgraph, which the path names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Content {
    sdl: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    message: Option<String>,
}

impl Changes {
    fn submission(self) -> Submission {
        let puts = self.subgraphs.into_iter().map(|Put { name, sdl, url }| (name, sdl, url));
        Submission::of(puts, self.delete, self.message)
    }
}

pub(super) async fn publish_all(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    Received { value: changes, .. }: Received<Changes>,
) -> Answer<Published> {
    door.registry.publish(&access, &graph, changes.submission()).await.map(Json)
}

pub(super) async fn check(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    Received { value: changes, .. }: Received<Changes>,
) -> Answer<Checked> {
    let allow_unused = changes.allow_unused;
    let request = CheckRequest { submission: changes.submission(), allow_unused };
    door.registry.check(&access, &graph, request).await.map(Json)
}

pub(super) async fn list(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    numbers: Numbers,
) -> Answer<Vec<Member>> {
    let version = door.registry.version(&access, &graph, numbers.get("version")).await?;
    Ok(Json(version.subgraphs))
}

pub(super) async fn fetch(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    NamedSubgraph(name): NamedSubgraph,
    numbers: Numbers,
) -> Answer<Subgraph> {
    door.registry.subgraph(&access, &graph, &name, numbers.get("version")).await.map(Json)
}

pub(super) async fn publish(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    NamedSubgraph(name): NamedSubgraph,
    Received { value: Content { sdl, url, message }, .. }: Received<Content>,
) -> Answer<Published> {
    let submission = Submission::of([(name, sdl, url)], Vec::new(), message);
    door.registry.publish(&access, &graph, submission).await.map(Json)
}

pub(super) async fn delete(
    State(door): State<Door>,
    Caller(access): Caller,
    Named(graph): Named,
    NamedSubgraph(name): NamedSubgraph,
) -> Answer<Published> {
    let submission = Submission::of([], vec![name], None);
    door.registry.publish(&access, &graph, submission).await.map(Json)
}
