//! One connection, from its handshake to its end.
//!
//! All of it runs in the connection's own task. Operations are streams side by side, at most [`MOST_OPERATIONS`]; what
//! subscriptions have to say waits in their own bounded queues while a client reads slowly, and a client that
//! takes nothing for [`PATIENCE`] is left.

use super::client::Client;
use super::messages::{self, ACKNOWLEDGED, PONG, Said};
use super::operation;
use crate::access::Unauthenticated;
use crate::prepare::ClientError;
use crate::server::gateway::Gateway;
use crate::server::subscription::Sent;
use bytes::Bytes;
use futures::future::{AbortHandle, Abortable};
use futures::stream::{BoxStream, SelectAll};
use futures::{SinkExt, StreamExt};
use http::HeaderMap;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{Error, Message};

/// Operations that one connection may have under way.
const MOST_OPERATIONS: usize = 256;
/// How long the first message may take.
const FIRST_MESSAGE: Duration = Duration::from_secs(10);
/// How often a client is asked whether it is still there; who has said nothing since the last time is gone.
const PING: Duration = Duration::from_secs(30);
/// How long a client may take nothing of what is sent.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it may take to say goodbye.
const FAREWELL: Duration = Duration::from_secs(1);
/// What a connection reads at once.
const READ_BUFFER: usize = 4 * 1024;

/// See the module.
pub(super) struct Conversation {
    gateway: Arc<Gateway>,
    socket: WebSocketStream<TokioIo<Upgraded>>,
    /// Of the handshake.
    headers: HeaderMap,
    peer: IpAddr,
    /// Who asks, once the first message has said so.
    client: Option<Arc<Client>>,
    operations: SelectAll<BoxStream<'static, (Arc<str>, Sent)>>,
    /// The operations under way, by id.
    running: HashMap<Arc<str>, AbortHandle>,
    /// Whether the client has said anything since it was asked last.
    alive: bool,
}

/// Why a connection ends.
enum Leave {
    /// With a code and a reason.
    Close(u16, &'static str),
    /// There is nobody to be told.
    Gone,
}

impl Conversation {
    /// A connection that begins; one message of it may have `limit` bytes.
    pub(super) async fn new(
        gateway: Arc<Gateway>,
        socket: Upgraded,
        headers: HeaderMap,
        peer: IpAddr,
        limit: usize,
    ) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let socket = WebSocketStream::from_raw_socket(TokioIo::new(socket), Role::Server, Some(config)).await;
        let (operations, running) = (SelectAll::new(), HashMap::new());
        Self { gateway, socket, headers, peer, client: None, operations, running, alive: true }
    }

    /// Runs to the end, which ends its operations.
    pub(super) async fn run(mut self, speaks: bool) {
        let leave = match speaks {
            true => self.converse().await,
            false => Leave::Close(4406, "Subprotocol not acceptable"),
        };
        self.operations.clear();
        if let Leave::Close(code, reason) = leave {
            tracing::debug!(code, reason, "a WebSocket is closed");
            let frame = CloseFrame { code: CloseCode::from(code), reason: reason.into() };
            let _ = timeout(FAREWELL, self.socket.close(Some(frame))).await;
        }
    }

    async fn converse(&mut self) -> Leave {
        let gateway = Arc::clone(&self.gateway);
        let mut late = std::pin::pin!(sleep(FIRST_MESSAGE));
        let mut ping = interval_at(Instant::now() + PING, PING);
        ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let step = tokio::select! {
                () = gateway.subscriptions.shutdown() => return self.say_last_words().await,
                () = &mut late, if self.client.is_none() => {
                    Err(Leave::Close(4408, "Connection initialisation timeout"))
                }
                message = self.socket.next() => self.hear(message).await,
                Some((id, sent)) = self.operations.next(), if !self.operations.is_empty() => self.tell(&id, &sent).await,
                _ = ping.tick() => self.ask_for_a_sign().await,
            };
            if let Err(leave) = step {
                return leave;
            }
        }
    }

    async fn hear(&mut self, message: Option<Result<Message, Error>>) -> Result<(), Leave> {
        self.alive = true;
        match message {
            Some(Ok(Message::Text(text))) => {
                let said = messages::read(&text.into());
                self.take(said.ok_or(Leave::Close(4400, "Invalid message received"))?).await
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(()),
            Some(Ok(Message::Binary(_))) => Err(Leave::Close(4400, "Invalid message received")),
            Some(Err(Error::Capacity(_))) => Err(Leave::Close(CloseCode::Size.into(), "Message too big")),
            Some(Err(Error::Utf8(_))) => Err(Leave::Close(CloseCode::Invalid.into(), "Message is not UTF-8")),
            Some(Err(Error::Protocol(_))) => Err(Leave::Close(CloseCode::Protocol.into(), "Protocol error")),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(Leave::Gone),
        }
    }

    async fn take(&mut self, said: Said) -> Result<(), Leave> {
        match (said, self.client.clone()) {
            (Said::Ping, _) => self.send(PONG).await,
            (Said::Pong, _) => Ok(()),
            (Said::Init(payload), None) => {
                self.client = Some(self.meet(payload).await?);
                self.send(ACKNOWLEDGED).await
            }
            (Said::Init(_), Some(_)) => Err(Leave::Close(4429, "Too many initialisation requests")),
            (Said::Subscribe(id, request), Some(client)) => self.begin(id, client, request).await,
            (Said::Complete(id), Some(_)) => {
                self.running.remove(&id).inspect(AbortHandle::abort);
                Ok(())
            }
            (Said::Subscribe(..) | Said::Complete(_), None) => Err(Leave::Close(4401, "Unauthorized")),
        }
    }

    /// Who the first message says it is, if that may ask anything.
    async fn meet(&mut self, payload: Option<Bytes>) -> Result<Arc<Client>, Leave> {
        let served = self.gateway.serve().map_err(|_| Leave::Close(CloseCode::Restart.into(), "No schema yet"))?;
        let config = &served.snapshot.config;
        let client = Client::new(config, self.headers.clone(), self.peer, payload.as_ref());
        let client = client.ok_or(Leave::Close(4400, "Invalid payload of connection_init"))?;
        let known = timeout(config.router.timeout, served.snapshot.authenticator.authenticate(&client.headers)).await;
        match known {
            Ok(Ok(claims)) if claims.is_authenticated() || !config.authorization.require_authentication => {
                Ok(Arc::new(client))
            }
            Ok(Ok(_) | Err(Unauthenticated)) | Err(_) => Err(Leave::Close(4403, "Forbidden")),
        }
    }

    async fn begin(&mut self, id: Arc<str>, client: Arc<Client>, request: Bytes) -> Result<(), Leave> {
        if self.running.contains_key(&id) {
            return Err(Leave::Close(4409, "Subscriber for this id already exists"));
        }
        if self.running.len() >= MOST_OPERATIONS {
            let error =
                ClientError::new("SUBSCRIPTION_LIMIT_EXCEEDED", "too many operations are open on this connection");
            return self.tell(&id, &Sent::Failed(serde_json::to_vec(&[error]).unwrap_or_default().into())).await;
        }
        let (abort, aborted) = AbortHandle::new_pair();
        let answers = operation::answers(Arc::clone(&self.gateway), client, request);
        let named = Arc::clone(&id);
        self.operations.push(Abortable::new(answers.map(move |sent| (Arc::clone(&named), sent)), aborted).boxed());
        self.running.insert(id, abort);
        Ok(())
    }

    /// Tells an operation what is sent to it; with its last word its id is free again.
    async fn tell(&mut self, id: &str, sent: &Sent) -> Result<(), Leave> {
        if !matches!(sent, Sent::Next(_)) {
            self.running.remove(id);
        }
        match messages::write(id, sent) {
            Some(message) => self.send(message).await,
            None => Err(Leave::Close(CloseCode::Error.into(), "Internal error")),
        }
    }

    async fn ask_for_a_sign(&mut self) -> Result<(), Leave> {
        match std::mem::replace(&mut self.alive, false) {
            true => self.send(Message::Ping(Bytes::new())).await,
            false => Err(Leave::Gone),
        }
    }

    async fn send(&mut self, message: Message) -> Result<(), Leave> {
        match timeout(PATIENCE, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) | Err(_) => Err(Leave::Gone),
        }
    }

    /// The gateway ends: subscriptions end by themselves, and what is under way is brought to its end.
    async fn say_last_words(&mut self) -> Leave {
        while let Some((id, sent)) = self.operations.next().await {
            if self.tell(&id, &sent).await.is_err() {
                return Leave::Gone;
            }
        }
        Leave::Close(CloseCode::Away.into(), "Going away")
    }
}
