//! Connections of clients that do not play along.

use super::world::{Site, answer, products, put};
use http::Method;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use weft::registry::{Role, ServerOptions};

/// Longer than any connection here may be silent; only who fails waits for it.
const PATIENCE: Duration = Duration::from_secs(30);

async fn impatient() -> Site {
    Site::open_with(ServerOptions { head: Duration::from_millis(300), ..ServerOptions::default() }).await
}

#[tokio::test]
async fn who_asks_for_nothing_is_not_listened_to_for_ever() {
    let site = impatient().await;
    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0";
    let silences: [(&str, &[u8]); 5] = [
        ("nothing", b""),
        ("a beginning of HTTP/2", b"PRI"),
        ("HTTP/2 without a request", preface),
        ("a beginning of HTTP/1.1", b"GE"),
        ("half a head", b"GET /health HTTP/1.1\r\n"),
    ];
    for (what, bytes) in silences {
        let mut stream = TcpStream::connect(site.url.trim_start_matches("http://")).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        let mut answered = Vec::new();
        let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answered)).await;
        assert!(end.is_ok(), "{what}: it stays open");
        assert_eq!(!answered.is_empty(), bytes == preface, "{what}: HTTP/2 has settings to tell");
    }
}

#[tokio::test]
async fn who_has_asked_may_wait_for_the_answer() {
    let site = impatient().await;
    let token = site.token(Role::Gateway, &["shop"], &[]).await;
    site.world.publish("shop@prod", put("products", &products("name: String"))).await.unwrap();
    let path = "/v1/graphs/shop@prod/supergraph";
    let etag = site.get(path, &token).await.header("etag").to_owned();
    let start = Instant::now();
    let poll = site.request(Method::GET, path, &token).header("if-none-match", &etag).header("prefer", "wait=1");
    assert_eq!(answer(poll).await.status, 304);
    assert!(start.elapsed() > Duration::from_millis(900), "{:?}", start.elapsed());
}
