//! What is written.

use super::Caller;
use super::query::named;
use super::refused::refused;
use crate::registry::{ContractTerms, Published, Submission};
use async_graphql::{Context, InputObject, Object, Result};

pub(super) struct Mutation;

/// A subgraph that is new or has changed.
#[derive(InputObject)]
pub(super) struct SubgraphInput {
    /// Its name.
    name: String,
    /// Its SDL.
    sdl: String,
    /// Where it is reached; the same as before when it is not said.
    url: Option<String>,
}

impl SubgraphInput {
    /// These subgraphs put and those deleted.
    pub(super) fn submission(puts: Vec<Self>, deletes: Vec<String>, message: Option<String>) -> Submission {
        Submission::of(puts.into_iter().map(|Self { name, sdl, url }| (name, sdl, url)), deletes, message)
    }
}

#[Object]
impl Mutation {
    /// Publishes and deletes subgraphs, all together.
    #[graphql(complexity = "50 + child_complexity")]
    async fn publish(
        &self,
        context: &Context<'_>,
        graph: String,
        #[graphql(default)] subgraphs: Vec<SubgraphInput>,
        #[graphql(default)] delete: Vec<String>,
        message: Option<String>,
    ) -> Result<Published> {
        let Caller { registry, access } = Caller::of(context);
        let submission = SubgraphInput::submission(subgraphs, delete, message);
        registry.publish(access, &named(&graph)?, submission).await.map_err(refused)
    }

    /// Serves an old version's content again, as a new version; the one before the newest when none is named.
    #[graphql(complexity = "50 + child_complexity")]
    async fn rollback(
        &self,
        context: &Context<'_>,
        graph: String,
        version: Option<i64>,
        message: Option<String>,
    ) -> Result<Published> {
        let Caller { registry, access } = Caller::of(context);
        registry.rollback(access, &named(&graph)?, version, message).await.map_err(refused)
    }

    /// Makes a variant a part of another one, chosen by tags; with every version of that it is made anew.
    #[graphql(complexity = "50 + child_complexity")]
    async fn set_contract(
        &self,
        context: &Context<'_>,
        graph: String,
        source: String,
        #[graphql(default)] include: Vec<String>,
        #[graphql(default)] exclude: Vec<String>,
        #[graphql(default)] hide_unreachable: bool,
    ) -> Result<Published> {
        let Caller { registry, access } = Caller::of(context);
        let terms = ContractTerms { source, include, exclude, hide_unreachable };
        registry.set_contract(access, &named(&graph)?, terms).await.map_err(refused)
    }

    /// Forgets a variant with everything that was published to it.
    async fn delete_graph(&self, context: &Context<'_>, graph: String) -> Result<bool> {
        let Caller { registry, access } = Caller::of(context);
        registry.forget(access, &named(&graph)?).await.map(|()| true).map_err(refused)
    }
}
