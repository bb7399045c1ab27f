//! One subscription over WebSocket: the handshake, the conversation, and its end.

use super::FetchError;
use super::connection::{self, Connector, meaning_of_connect};
use super::error::Failure;
use super::messages::{Dialect, Said};
use crate::config::SubgraphSettings;
use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use http::{HeaderMap, HeaderValue, Request, Uri, header};
use hyper_util::rt::TokioIo;
use std::io::ErrorKind;
use std::time::Duration;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Message, Utf8Bytes};
use tower::Service;

/// What a connection reads at once: most events are small, and there may be many connections.
const READ_BUFFER: usize = 8 * 1024;

/// See the module.
pub(super) struct WebSocket {
    socket: WebSocketStream<TokioIo<connection::Stream>>,
    dialect: Dialect,
    heartbeat: Option<Heartbeat>,
    limit: usize,
    /// Whether the subgraph has said its last word.
    over: bool,
}

/// Asks now and then whether the subgraph is still there.
struct Heartbeat {
    due: Interval,
    /// Whether it has said nothing since it was asked.
    asked: bool,
}

impl WebSocket {
    /// Connects, and subscribes once the subgraph has taken the connection.
    pub(super) async fn open(
        mut connector: Connector,
        uri: &Uri,
        headers: &HeaderMap,
        body: &[u8],
        settings: &SubgraphSettings,
    ) -> Result<Self, Failure> {
        let request = std::str::from_utf8(body).map_err(|_| FetchError::Unsendable)?;
        let dialect = Dialect::of(settings.subscription.protocol);
        let limit = settings.max_response_bytes;
        let connected = connector.call(uri.clone()).await;
        let stream = connected.map_err(|error| Failure::caused_by(meaning_of_connect(&*error), error))?;
        let upgrade = upgrade(uri, headers, dialect).ok_or(FetchError::Unsendable)?;
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            .max_message_size(Some(limit))
            .max_frame_size(Some(limit));
        let shaken = tokio_tungstenite::client_async_with_config(upgrade, TokioIo::new(stream), Some(config)).await;
        let (socket, _) = shaken.map_err(|error| failure(error, limit))?;
        let heartbeat = settings.subscription.heartbeat.map(Heartbeat::every);
        let mut socket = Self { socket, dialect, heartbeat, limit, over: false };
        socket.send(dialect.init(headers)).await?;
        while socket.said().await? != Said::Acknowledged {}
        socket.send(dialect.subscribe(request)).await?;
        Ok(socket)
    }

    /// The next event; see [`EventStream::next`](super::EventStream::next).
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Failure>> {
        while !self.over {
            let said = match self.said().await {
                Ok(said) => said,
                Err(failure) => {
                    self.over = true;
                    return Some(Err(failure));
                }
            };
            match said {
                Said::Event(event) => return Some(Ok(event)),
                Said::Refused(errors) => {
                    self.over = true;
                    return Some(Ok(errors));
                }
                Said::Completed => self.over = true,
                Said::Acknowledged | Said::Ping | Said::Sign => {}
            }
        }
        None
    }

    /// Says that there is no need for more, and closes.
    pub(super) async fn leave(mut self) {
        if !self.over {
            let _ = self.send(self.dialect.leave()).await;
        }
        let _ = self.socket.close(None).await;
    }

    /// What the subgraph says next. Whether it is still there is asked meanwhile, and answered.
    async fn said(&mut self) -> Result<Said, Failure> {
        loop {
            let text = self.text().await?;
            let said = self.dialect.read(&text).ok_or(FetchError::Protocol)?;
            match said {
                Said::Ping => self.send("{\"type\":\"pong\"}").await?,
                Said::Sign => {}
                said => return Ok(said),
            }
        }
    }

    /// The next text. Pings of WebSocket itself are answered on the way.
    async fn text(&mut self) -> Result<Bytes, Failure> {
        loop {
            let message = tokio::select! {
                message = self.socket.next() => message,
                () = Heartbeat::due(&mut self.heartbeat) => {
                    self.beat().await?;
                    continue;
                }
            };
            if let Some(heartbeat) = &mut self.heartbeat {
                heartbeat.asked = false;
            }
            match message {
                Some(Ok(Message::Text(text))) => return Ok(text.into()),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
                Some(Ok(Message::Binary(_))) => return Err(FetchError::Protocol.into()),
                Some(Ok(Message::Close(_))) | None => return Err(FetchError::Interrupted.into()),
                Some(Err(error)) => return Err(failure(error, self.limit)),
            }
        }
    }

    async fn beat(&mut self) -> Result<(), Failure> {
        let Some(heartbeat) = &mut self.heartbeat else { return Ok(()) };
        if heartbeat.asked {
            let silent = std::io::Error::new(ErrorKind::TimedOut, "it does not answer a ping");
            return Err(Failure::caused(FetchError::Interrupted, silent));
        }
        match self.dialect.ping() {
            Some(ping) => self.send(ping).await?,
            // Every WebSocket answers this.
            None => self.put(Message::Ping(Bytes::new())).await?,
        }
        // Only now: whoever waits for the next event may have stopped before it was sent.
        self.heartbeat.iter_mut().for_each(|heartbeat| heartbeat.asked = true);
        Ok(())
    }

    async fn send(&mut self, text: impl Into<Utf8Bytes>) -> Result<(), Failure> {
        self.put(Message::Text(text.into())).await
    }

    async fn put(&mut self, message: Message) -> Result<(), Failure> {
        self.socket.send(message).await.map_err(|error| failure(error, self.limit))
    }
}

impl Heartbeat {
    fn every(period: Duration) -> Self {
        let mut due = interval(period);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        // The first one is due at once.
        due.reset();
        Self { due, asked: false }
    }

    /// When the next one is due; never where there is none.
    async fn due(heartbeat: &mut Option<Self>) {
        match heartbeat {
            Some(heartbeat) => {
                heartbeat.due.tick().await;
            }
            None => std::future::pending().await,
        }
    }
}

/// The request that asks for the upgrade.
fn upgrade(uri: &Uri, headers: &HeaderMap, dialect: Dialect) -> Option<Request<()>> {
    let scheme = if uri.scheme_str() == Some("https") { "wss" } else { "ws" };
    let mut parts = uri.clone().into_parts();
    parts.scheme = scheme.parse().ok();
    let mut request = Request::new(());
    let own = request.headers_mut();
    own.extend(headers.clone());
    own.insert(header::HOST, HeaderValue::from_str(uri.authority()?.as_str()).ok()?);
    own.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
    own.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    own.insert(header::SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"));
    own.insert(header::SEC_WEBSOCKET_KEY, HeaderValue::from_str(&generate_key()).ok()?);
    own.insert(header::SEC_WEBSOCKET_PROTOCOL, dialect.name());
    *request.uri_mut() = Uri::from_parts(parts).ok()?;
    Some(request)
}

/// What an error of the library means.
fn failure(error: tungstenite::Error, limit: usize) -> Failure {
    use tungstenite::Error;
    let meaning = match &error {
        Error::Capacity(_) => FetchError::TooLarge { limit },
        Error::Http(_) | Error::HttpFormat(_) | Error::Protocol(_) | Error::Utf8(_) | Error::Url(_) => {
            FetchError::Protocol
        }
        _ => FetchError::Interrupted,
    };
    Failure::caused(meaning, error)
}
