//! One operation of a connection, on the path of a request by POST.

use super::client::Client;
use crate::server::gateway::Gateway;
use crate::server::rejection::Rejection;
use crate::server::request::{self, Answer};
use crate::server::subscription::{Sent, Subscription};
use bytes::Bytes;
use futures::Stream;
use futures::stream;
use std::sync::Arc;

/// How far it is.
enum State {
    Asked(Arc<Gateway>, Arc<Client>, Bytes),
    /// Its only answer is given.
    Answered,
    Listening(Subscription),
    Over,
}

/// What is sent in answer to a GraphQL request; dropped, the operation ends.
pub(super) fn answers(
    gateway: Arc<Gateway>,
    client: Arc<Client>,
    request: Bytes,
) -> impl Stream<Item = Sent> + Send + 'static {
    stream::unfold(State::Asked(gateway, client, request), |state| async move {
        match state {
            State::Asked(gateway, client, request) => Some(begin(&gateway, &client, request).await),
            State::Answered => Some((Sent::Completed, State::Over)),
            State::Listening(mut subscription) => {
                let sent = subscription.next().await?;
                Some((sent, State::Listening(subscription)))
            }
            State::Over => None,
        }
    })
}

async fn begin(gateway: &Gateway, client: &Client, request: Bytes) -> (Sent, State) {
    match request::answer_message(gateway, client.headers.clone(), client.peer, request).await {
        Ok(Answer::Whole(executed)) => (Sent::Next(executed.body), State::Answered),
        Ok(Answer::Stream((), mut subscription)) => match subscription.next().await {
            Some(sent) => (sent, State::Listening(subscription)),
            None => (Sent::Completed, State::Over),
        },
        Err(rejection) => (refused(gateway, &rejection), State::Over),
    }
}

fn refused(gateway: &Gateway, rejection: &Rejection) -> Sent {
    let errors = rejection.errors();
    errors.iter().for_each(|error| gateway.metrics().error(error.code));
    Sent::Failed(serde_json::to_vec(errors).unwrap_or_default().into())
}
