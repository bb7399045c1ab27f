//! What is read.

use super::Caller;
use super::mutation::SubgraphInput;
use super::refused::refused;
use crate::registry::{
    Attempt, CheckRequest, Checked, ContractTerms, Diff, FollowingGateway, Graph, GraphRef, PastCheck, Refusal,
    Subgraph, Version,
};
use async_graphql::{Context, Object, Result};

pub(super) struct Query;

/// `graph` is `shop` or `shop@prod`. What reads texts of any length, or has the processor work, may be asked for a few
/// times in one request.
#[Object]
impl Query {
    /// The variants that the token may read.
    #[graphql(complexity = "20 + child_complexity")]
    async fn graphs(&self, context: &Context<'_>) -> Result<Vec<Graph>> {
        let Caller { registry, access } = Caller::of(context);
        registry.graphs(access).await.map_err(refused)
    }

    /// A version of a variant; the one that is served when no number is given.
    #[graphql(complexity = "50 + child_complexity")]
    async fn version(&self, context: &Context<'_>, graph: String, number: Option<i64>) -> Result<Version> {
        let Caller { registry, access } = Caller::of(context);
        registry.version(access, &named(&graph)?, number).await.map_err(refused)
    }

    /// Versions of a variant, the newest first.
    #[graphql(complexity = "50 + child_complexity")]
    async fn history(
        &self,
        context: &Context<'_>,
        graph: String,
        before: Option<i64>,
        limit: Option<i64>,
    ) -> Result<Vec<Version>> {
        let Caller { registry, access } = Caller::of(context);
        registry.history(access, &named(&graph)?, before, limit).await.map_err(refused)
    }

    /// A subgraph with its SDL.
    #[graphql(complexity = "50 + child_complexity")]
    async fn subgraph(
        &self,
        context: &Context<'_>,
        graph: String,
        name: String,
        version: Option<i64>,
    ) -> Result<Subgraph> {
        let Caller { registry, access } = Caller::of(context);
        registry.subgraph(access, &named(&graph)?, &name, version).await.map_err(refused)
    }

    /// The supergraph as SDL.
    #[graphql(complexity = "50 + child_complexity")]
    async fn supergraph(&self, context: &Context<'_>, graph: String, version: Option<i64>) -> Result<String> {
        let Caller { registry, access } = Caller::of(context);
        registry.supergraph(access, &named(&graph)?, version).await.map(|(_, sdl)| sdl).map_err(refused)
    }

    /// What clients see, as SDL.
    #[graphql(complexity = "50 + child_complexity")]
    async fn schema(&self, context: &Context<'_>, graph: String, version: Option<i64>) -> Result<String> {
        let Caller { registry, access } = Caller::of(context);
        registry.api_schema(access, &named(&graph)?, version).await.map_err(refused)
    }

    /// What one version has otherwise than another; the newest against the one before it when none is named.
    #[graphql(complexity = "50 + child_complexity")]
    async fn diff(&self, context: &Context<'_>, graph: String, from: Option<i64>, to: Option<i64>) -> Result<Diff> {
        let Caller { registry, access } = Caller::of(context);
        registry.diff(access, &named(&graph)?, from, to).await.map_err(refused)
    }

    /// Which part of which variant a contract is.
    async fn contract(&self, context: &Context<'_>, graph: String) -> Result<ContractTerms> {
        let Caller { registry, access } = Caller::of(context);
        registry.contract(access, &named(&graph)?).await.map_err(refused)
    }

    /// The last things that did not compose.
    #[graphql(complexity = "50 + child_complexity")]
    async fn attempts(&self, context: &Context<'_>, graph: String) -> Result<Vec<Attempt>> {
        let Caller { registry, access } = Caller::of(context);
        registry.attempts(access, &named(&graph)?).await.map_err(refused)
    }

    /// What was asked about before it was published, the newest first.
    #[graphql(complexity = "50 + child_complexity")]
    async fn checks(
        &self,
        context: &Context<'_>,
        graph: String,
        before: Option<i64>,
        limit: Option<i64>,
    ) -> Result<Vec<PastCheck>> {
        let Caller { registry, access } = Caller::of(context);
        registry.checks(access, &named(&graph)?, before, limit).await.map_err(refused)
    }

    /// The gateways that follow a variant.
    #[graphql(complexity = "20 + child_complexity")]
    async fn gateways(&self, context: &Context<'_>, graph: String) -> Result<Vec<FollowingGateway>> {
        let Caller { registry, access } = Caller::of(context);
        registry.gateways(access, &named(&graph)?).await.map_err(refused)
    }

    /// What would come of a publish.
    #[graphql(complexity = "50 + child_complexity")]
    async fn check(
        &self,
        context: &Context<'_>,
        graph: String,
        #[graphql(default)] subgraphs: Vec<SubgraphInput>,
        #[graphql(default)] delete: Vec<String>,
        #[graphql(default)] allow_unused: bool,
        message: Option<String>,
    ) -> Result<Checked> {
        let Caller { registry, access } = Caller::of(context);
        let request = CheckRequest { submission: SubgraphInput::submission(subgraphs, delete, message), allow_unused };
        registry.check(access, &named(&graph)?, request).await.map_err(refused)
    }
}

pub(super) fn named(graph: &str) -> Result<GraphRef> {
    graph.parse().map_err(|why: &str| refused(Refusal::bad_request("INVALID_NAME", why)))
}
