//! Subscriptions of a mock, over WebSocket: the same answer every [`PAUSE`].

use super::answer::Mock;
use async_graphql::{Data, Executor, Request, Response, ServerError, Value};
use futures::stream::{self, BoxStream, StreamExt};
use std::sync::Arc;
use std::time::Duration;

/// How long nothing happens.
const PAUSE: Duration = Duration::from_secs(2);

/// Answers what comes over WebSocket.
#[derive(Clone)]
pub(super) struct Events(pub(super) Arc<Mock>);

impl Executor for Events {
    async fn execute(&self, request: Request) -> Response {
        self.answer(&request)
    }

    fn execute_stream(&self, request: Request, _: Option<Arc<Data>>) -> BoxStream<'static, Response> {
        let events = stream::unfold((self.clone(), request, true), |(events, request, first)| async move {
            if !first {
                tokio::time::sleep(PAUSE).await;
            }
            Some((events.answer(&request), (events, request, false)))
        });
        events.boxed()
    }
}

impl Events {
    fn answer(&self, request: &Request) -> Response {
        let mut answer = self.0.answer(&serde_json::to_vec(request).unwrap_or_default());
        let message = answer.pointer("/errors/0/message").and_then(serde_json::Value::as_str);
        match message {
            Some(message) => Response::from_errors(vec![ServerError::new(message, None)]),
            None => Response::new(Value::from_json(answer["data"].take()).unwrap_or_default()),
        }
    }
}
