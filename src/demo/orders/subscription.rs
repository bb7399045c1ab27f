//! What the orders service tells as it happens: orders that are placed or cancelled.

use std::sync::Arc;

use async_graphql::{Context, ID, Result, Subscription};
use futures::Stream;
use futures::stream;
use tokio::sync::broadcast::error::RecvError;

use super::lookup::Lookups;
use super::schema::{Order, order};
use super::store::Store;
use crate::demo::scalar::row_id;

/// The root of subscriptions.
pub struct Subscription;

#[Subscription]
impl Subscription {
    /// Without an id, every order.
    async fn order_changed<'ctx>(
        &self,
        ctx: &Context<'ctx>,
        id: Option<ID>,
    ) -> Result<impl Stream<Item = Result<Order>> + use<'ctx>> {
        let (changes, lookups) = (ctx.data::<Arc<Store>>()?.changes(), ctx.data::<Lookups>()?);
        let wanted = id.map(|id| row_id(&id));
        let ctx = ctx.clone();
        Ok(stream::unfold(changes, move |mut changes| {
            let ctx = ctx.clone();
            async move {
                loop {
                    let changed = match changes.recv().await {
                        Ok(changed) => changed,
                        // A client that was too slow misses some, and gets those that follow.
                        Err(RecvError::Lagged(_)) => continue,
                        Err(RecvError::Closed) => return None,
                    };
                    if wanted.is_some_and(|wanted| wanted != Some(changed)) {
                        continue;
                    }
                    // What was found for the last event may be another now.
                    lookups.forget().await;
                    if let Some(found) = order(&ctx, Some(changed)).await.transpose() {
                        return Some((found, changes));
                    }
                }
            }
        }))
    }
}
