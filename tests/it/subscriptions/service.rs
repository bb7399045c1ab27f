//! Services whose every word the test says: one with events, and one with entities.

use super::patiently;
use futures::channel::mpsc;
use futures::{SinkExt, StreamExt, stream};
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Bytes, Frame, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use std::convert::Infallible;
use std::io;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, oneshot};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server;

/// What a service speaks to those who subscribe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speech {
    WebSocket,
    OldWebSocket,
    ServerSent,
    Multipart,
}

/// A service with events.
pub struct Service {
    pub url: String,
    opened: mpsc::UnboundedReceiver<Opened>,
    /// How often somebody has connected.
    pub connections: Arc<AtomicUsize>,
}

/// Somebody has subscribed.
pub struct Opened {
    /// What was asked.
    pub request: Value,
    pub headers: HeaderMap,
    /// The payload of the first message over WebSocket.
    pub init: Value,
    steps: mpsc::UnboundedSender<Step>,
    /// The messages that came afterwards, once nobody listens any more.
    left: oneshot::Receiver<Vec<Value>>,
    /// The same while somebody does.
    pub said: Arc<Mutex<Vec<Value>>>,
}

/// What the service does.
pub enum Step {
    /// An event, or whatever its response is.
    Event(Value),
    /// Refuses the operation.
    Refuse(Value),
    Complete,
    /// Something of the protocol's frame.
    Frame(Message),
    /// Breaks off without a word.
    Break,
}

impl Service {
    pub async fn start(speech: Speech) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/graphql", listener.local_addr().unwrap());
        let (tell, opened) = mpsc::unbounded();
        let connections = Arc::<AtomicUsize>::default();
        let counted = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                let tell = tell.clone();
                match speech {
                    Speech::WebSocket | Speech::OldWebSocket => {
                        tokio::spawn(converse(stream, speech, tell));
                    }
                    _ => {
                        let service = service_fn(move |request| respond(request, speech, tell.clone()));
                        let serving = hyper::server::conn::http1::Builder::new();
                        tokio::spawn(serving.serve_connection(TokioIo::new(stream), service));
                    }
                }
            }
        });
        Self { url, opened, connections }
    }

    /// The next who subscribes.
    pub async fn opened(&mut self) -> Opened {
        patiently(self.opened.next()).await.unwrap()
    }
}

impl Opened {
    pub fn does(&self, step: Step) {
        self.steps.unbounded_send(step).unwrap();
    }

    pub fn sends(&self, event: Value) {
        self.does(Step::Event(event));
    }

    /// Waits until nobody listens any more; what was said in the meantime.
    pub async fn left(self) -> Vec<Value> {
        patiently(self.left).await.unwrap_or_default()
    }
}

#[expect(clippy::result_large_err, reason = "the library's callback has it so")]
async fn converse(stream: TcpStream, speech: Speech, tell: mpsc::UnboundedSender<Opened>) {
    let (name, acknowledged) = match speech {
        Speech::WebSocket => ("graphql-transport-ws", "subscribe"),
        _ => ("graphql-ws", "start"),
    };
    let mut headers = HeaderMap::new();
    let shake = |request: &server::Request, mut response: server::Response| {
        headers = request.headers().clone();
        assert_eq!(request.uri().path(), "/events");
        response.headers_mut().insert("sec-websocket-protocol", HeaderValue::from_static(name));
        Ok(response)
    };
    let Ok(mut socket) = tokio_tungstenite::accept_hdr_async(stream, shake).await else { return };
    let mut said = Vec::new();
    while said.len() < 2 {
        let Some(Ok(Message::Text(text))) = socket.next().await else { return };
        said.push(serde_json::from_str::<Value>(&text).unwrap());
        if said.len() == 1 {
            assert_eq!(said[0]["type"], "connection_init");
            socket.send(Message::text(r#"{"type":"connection_ack"}"#)).await.unwrap();
        }
    }
    assert_eq!(said[1]["type"], acknowledged);
    let (id, request, init) = (said[1]["id"].clone(), said[1]["payload"].clone(), said[0]["payload"].clone());
    let (steps, mut script) = mpsc::unbounded();
    let (leave, left) = oneshot::channel();
    let heard = Arc::<Mutex<Vec<Value>>>::default();
    let opened = Opened { request, headers, init, steps, left, said: Arc::clone(&heard) };
    tell.unbounded_send(opened).unwrap();
    loop {
        let step = tokio::select! {
            Some(step) = script.next() => step,
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => {
                    heard.lock().unwrap().push(serde_json::from_str(&text).unwrap());
                    continue;
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => continue,
                _ => break,
            },
        };
        let kind = if speech == Speech::WebSocket { "next" } else { "data" };
        let message = match step {
            Step::Event(payload) => Message::text(json!({ "id": id, "type": kind, "payload": payload }).to_string()),
            Step::Refuse(payload) => {
                Message::text(json!({ "id": id, "type": "error", "payload": payload }).to_string())
            }
            Step::Complete => Message::text(json!({ "id": id, "type": "complete" }).to_string()),
            Step::Frame(message) => message,
            Step::Break => break,
        };
        if socket.send(message).await.is_err() {
            break;
        }
    }
    let said = heard.lock().unwrap().clone();
    let _ = leave.send(said);
}

type Body = http_body_util::combinators::UnsyncBoxBody<Bytes, io::Error>;

async fn respond(
    request: Request<Incoming>,
    speech: Speech,
    tell: mpsc::UnboundedSender<Opened>,
) -> Result<Response<Body>, Infallible> {
    let (head, body) = request.into_parts();
    assert_eq!(head.uri.path(), "/events");
    let request = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
    let (steps, script) = mpsc::unbounded();
    let (leave, left) = oneshot::channel();
    let (headers, said) = (head.headers, Arc::default());
    tell.unbounded_send(Opened { request, headers, init: Value::Null, steps, left, said }).unwrap();
    // Dropped with the body, it says that nobody listens any more.
    let frames = stream::unfold((script, leave, false), move |(mut script, leave, over)| async move {
        if over {
            return None;
        }
        let step = script.next().await?;
        let over = matches!(step, Step::Complete);
        let text = match step {
            Step::Break => return Some((Err(io::Error::other("broken")), (script, leave, true))),
            step if speech == Speech::ServerSent => match step {
                Step::Event(payload) => format!("event: next\ndata: {payload}\n\n"),
                Step::Refuse(errors) => format!("event: next\ndata: {}\n\n", json!({ "errors": errors })),
                Step::Frame(message) => message.into_text().unwrap().to_string(),
                _ => "event: complete\ndata:\n\n".to_owned(),
            },
            Step::Event(payload) => part(&json!({ "payload": payload }).to_string()),
            Step::Refuse(errors) => part(&json!({ "payload": null, "errors": errors }).to_string()),
            Step::Frame(message) => part(&message.into_text().unwrap()),
            _ => "--".to_owned(),
        };
        Some((Ok(Frame::data(Bytes::from(text))), (script, leave, over)))
    });
    let kind = match speech {
        Speech::ServerSent => "text/event-stream",
        _ => "multipart/mixed; boundary=\"graphql\"; subscriptionSpec=1.0",
    };
    let opening = if speech == Speech::ServerSent { ":\n\n" } else { "--graphql" };
    let frames = stream::iter([Ok(Frame::data(Bytes::from(opening)))]).chain(frames);
    let body = BodyExt::boxed_unsync(StreamBody::new(frames));
    Ok(Response::builder().header("content-type", kind).body(body).unwrap())
}

fn part(content: &str) -> String {
    format!("\r\ncontent-type: application/json\r\n\r\n{content}\r\n--graphql")
}

/// A service with users by id, each named after its id but for those that there are none of.
pub struct Entities {
    pub url: String,
    pub asked: Arc<Mutex<Vec<Value>>>,
    /// Lets go on what waits for the user called "late".
    pub late: Arc<Semaphore>,
}

impl Entities {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let asked = Arc::<Mutex<Vec<Value>>>::default();
        let late = Arc::new(Semaphore::new(0));
        let (seen, turn) = (Arc::clone(&asked), Arc::clone(&late));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, turn) = (Arc::clone(&seen), Arc::clone(&turn));
                let service = service_fn(move |request: Request<Incoming>| {
                    let (seen, turn) = (Arc::clone(&seen), Arc::clone(&turn));
                    async move {
                        let body = request.into_body().collect().await.unwrap().to_bytes();
                        let body: Value = serde_json::from_slice(&body).unwrap();
                        let answer = users(&body);
                        if answer.to_string().contains("LATE") {
                            turn.acquire().await.unwrap().forget();
                        }
                        seen.lock().unwrap().push(body);
                        Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(answer.to_string()))))
                    }
                });
                let serving = hyper::server::conn::http1::Builder::new();
                tokio::spawn(serving.serve_connection(TokioIo::new(stream), service));
            }
        });
        Self { url, asked, late }
    }
}

fn users(body: &Value) -> Value {
    let variables = body["variables"].as_object().unwrap();
    let Some(representations) = variables.values().find_map(Value::as_array) else { return json!({ "data": {} }) };
    let user = |representation: &Value| match representation["id"].as_str().unwrap() {
        "nobody" => Value::Null,
        id => json!({ "__typename": "User", "id": id, "name": id.to_uppercase() }),
    };
    json!({ "data": { "_entities": representations.iter().map(user).collect::<Vec<_>>() } })
}
