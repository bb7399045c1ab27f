//! Connections: header limits, slow clients, clients that leave, draining.

use super::gateway::{Answer, Resolver, Running, always};
use bytes::Bytes;
use http_body_util::Full;
use hyper_util::rt::{TokioExecutor, TokioIo};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

const QUERY: &str = r#"{"query":"{ me { id } }"}"#;

fn request(body: &str) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// A subgraph that answers when it is told to, and knows when its client left.
fn held() -> (Resolver, Arc<Notify>, Arc<Notify>, Arc<AtomicBool>) {
    struct Left(Arc<AtomicBool>);
    impl Drop for Left {
        fn drop(&mut self) {
            self.0.store(true, Ordering::SeqCst);
        }
    }
    let (asked, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let left = Arc::new(AtomicBool::new(false));
    let (asked_too, release_too, left_too) = (Arc::clone(&asked), Arc::clone(&release), Arc::clone(&left));
    let resolver: Resolver = Arc::new(move |_: Value| {
        let (asked, release, left) = (Arc::clone(&asked_too), Arc::clone(&release_too), Left(Arc::clone(&left_too)));
        Box::pin(async move {
            let _left = left;
            asked.notify_one();
            release.notified().await;
            json!({ "data": { "me": { "id": "1" } } })
        })
    });
    (resolver, asked, release, left)
}

#[tokio::test]
async fn too_many_headers_are_431() {
    let gateway = Running::start().await;
    let with = |headers: String| {
        let address = gateway.address;
        async move {
            let mut stream = TcpStream::connect(address).await.unwrap();
            let head = format!("GET / HTTP/1.1\r\nhost: x\r\n{headers}\r\n");
            let _ = stream.write_all(head.as_bytes()).await;
            let mut start = vec![0; 12];
            stream.read_exact(&mut start).await.unwrap();
            String::from_utf8(start).unwrap()
        }
    };
    assert_eq!(with("a: b\r\n".repeat(50)).await, "HTTP/1.1 200");
    assert_eq!(with("a: b\r\n".repeat(200)).await, "HTTP/1.1 431");
    assert_eq!(with(format!("a: {}\r\n", "b".repeat(70_000))).await, "HTTP/1.1 431");
    assert_eq!(gateway.query("{ __typename }").await.status, 200);
}

#[tokio::test]
async fn a_connection_that_never_asks_is_closed() {
    let adjust = |options: &mut weft::server::ServeOptions| {
        options.connections.first_request = Duration::from_millis(200);
        options.connections.idle = Duration::from_millis(400);
    };
    let gateway = Running::with(|_| {}, adjust, always(json!({ "data": {} }))).await;
    for start in ["", "P", "PRI", "POST /graphql HTTP/1.1\r\nhost:", "PRI * HTTP/2.0\r\n\r\n"] {
        let mut stream = TcpStream::connect(gateway.address).await.unwrap();
        stream.write_all(start.as_bytes()).await.unwrap();
        let started = Instant::now();
        let mut rest = Vec::new();
        let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut rest)).await.unwrap();
        assert!(started.elapsed() < Duration::from_secs(2), "{start:?}");
    }
    // One that has asked may be idle for longer, but not for ever.
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(request(r#"{"query":"{ __typename }"}"#).as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let _ = timeout(Duration::from_secs(5), stream.read_to_end(&mut answer)).await.unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

#[tokio::test]
async fn http2_is_understood_without_tls() {
    let gateway = Running::start().await;
    let stream = TcpStream::connect(gateway.address).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await;
    let (mut sender, connection) = handshake.unwrap();
    tokio::spawn(connection);
    let post = http::Request::post(&gateway.url).header("content-type", "application/json");
    let body = Full::new(Bytes::from_static(br#"{"query":"{ __typename }"}"#));
    let response = sender.send_request(post.body(body).unwrap()).await.unwrap();
    assert_eq!((response.status().as_u16(), response.version()), (200, http::Version::HTTP_2));
}

#[tokio::test]
async fn a_client_that_leaves_cancels_its_fetches() {
    let (resolver, asked, _release, left) = held();
    let gateway = Running::over(resolver).await;
    let mut stream = TcpStream::connect(gateway.address).await.unwrap();
    stream.write_all(request(QUERY).as_bytes()).await.unwrap();
    asked.notified().await;
    drop(stream);
    let started = Instant::now();
    while !left.load(Ordering::SeqCst) {
        assert!(started.elapsed() < Duration::from_secs(5), "the fetch was not cancelled");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn draining_lets_requests_finish_and_closes_idle_connections() {
    let (resolver, asked, release, _left) = held();
    let gateway = Running::over(resolver).await;
    let mut idle = TcpStream::connect(gateway.address).await.unwrap();
    idle.write_all(request(r#"{"query":"{ __typename }"}"#).as_bytes()).await.unwrap();
    let mut buffer = [0; 1024];
    assert!(idle.read(&mut buffer).await.unwrap() > 0);
    let mut busy = TcpStream::connect(gateway.address).await.unwrap();
    busy.write_all(request(QUERY).as_bytes()).await.unwrap();
    asked.notified().await;
    gateway.stop();
    let closed = timeout(Duration::from_secs(2), idle.read(&mut buffer)).await;
    assert_eq!(closed.unwrap().unwrap(), 0, "the idle connection was not closed");
    let ready = Answer::of(gateway.client.get(format!("http://{}/health?ready", gateway.health))).await;
    assert_eq!((ready.status, ready.text().as_str()), (503, r#"{"status":"DOWN"}"#));
    assert!(TcpStream::connect(gateway.address).await.is_err(), "new connections are still taken");
    release.notify_one();
    let mut answer = Vec::new();
    busy.read_to_end(&mut answer).await.unwrap();
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.ends_with(r#"{"data":{"me":{"id":"1"}}}"#), "{answer}");
    assert!(gateway.stopped().await, "all requests finished");
}

#[tokio::test]
async fn draining_ends_with_the_grace() {
    let (resolver, asked, _release, _left) = held();
    let gateway = Running::with(|_| {}, |options| options.grace = Duration::from_millis(200), resolver).await;
    let mut busy = TcpStream::connect(gateway.address).await.unwrap();
    busy.write_all(request(QUERY).as_bytes()).await.unwrap();
    asked.notified().await;
    let started = Instant::now();
    assert!(!gateway.stopped().await);
    assert!(started.elapsed() < Duration::from_secs(3));
}
