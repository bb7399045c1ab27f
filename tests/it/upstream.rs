//! One request to one subgraph, against real servers on loopback: pools, timeouts, limits, TLS,
//! HTTP/2, cancellation and headers.

mod resilience;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use std::future::Future;
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, oneshot};
use tokio::time::{Instant, timeout};
use tokio_rustls::TlsAcceptor;
use weft::config::Config;
use weft::diagnostic::{Source, Style, render_all};
use weft::telemetry::{Metrics, TraceContext};
use weft::upstream::{Fetch, FetchError, FetchReply, FetchRequest, Nobody, Upstream};

const PATIENCE: Duration = Duration::from_secs(20);

fn config(text: &str) -> Config {
    Config::from_yaml(&Source::new("weft.yaml", text), &|_| None, Path::new("/"))
        .unwrap_or_else(|problems| panic!("{}", render_all(&problems, Style::Plain)))
}

/// An upstream with one subgraph, `products`.
fn upstream(url: &str, config_text: &str) -> Upstream {
    measured(url, config_text, &Metrics::new())
}

fn measured(url: &str, config_text: &str, metrics: &Metrics) -> Upstream {
    Upstream::new(&config(config_text), [("products", url)], metrics).map_err(|errors| errors[0].to_string()).unwrap()
}

fn request(body: &'static str) -> FetchRequest {
    FetchRequest {
        witness: None,
        subgraph: 0,
        body: Bytes::from_static(body.as_bytes()),
        headers: HeaderMap::new(),
        deadline: Instant::now() + PATIENCE,
        shareable: false,
        writes: false,
        epoch: 0,
    }
}

async fn fetch(upstream: &Upstream) -> Result<FetchReply, FetchError> {
    timeout(PATIENCE, upstream.fetch(request("{\"query\":\"{a}\"}"))).await.expect("the fetch ends")
}

/// What a server was asked.
#[derive(Default)]
struct Seen {
    connections: AtomicUsize,
    requests: Mutex<Vec<(Request<()>, Bytes)>>,
}

impl Seen {
    fn request(&self, index: usize) -> (Request<()>, Bytes) {
        self.requests.lock().unwrap()[index].clone()
    }
}

/// An HTTP server that answers each request with what `answer` makes of its index.
async fn serve(
    tls: Option<TlsAcceptor>,
    answer: impl Fn(usize) -> Response<Full<Bytes>> + Clone + Send + Sync + 'static,
) -> (String, Arc<Seen>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let url = if tls.is_some() {
        format!("https://localhost:{port}/graphql")
    } else {
        format!("http://127.0.0.1:{port}/graphql")
    };
    let seen = Arc::new(Seen::default());
    let shared = Arc::clone(&seen);
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            shared.connections.fetch_add(1, Ordering::SeqCst);
            let (seen, answer, tls) = (Arc::clone(&shared), answer.clone(), tls.clone());
            let service = service_fn(move |request: Request<Incoming>| {
                let (seen, answer) = (Arc::clone(&seen), answer.clone());
                async move {
                    let (head, body) = request.into_parts();
                    let body = body.collect().await?.to_bytes();
                    let index = {
                        let mut requests = seen.requests.lock().unwrap();
                        requests.push((Request::from_parts(head, ()), body));
                        requests.len() - 1
                    };
                    Ok::<_, hyper::Error>(answer(index))
                }
            });
            tokio::spawn(async move {
                let server = auto::Builder::new(TokioExecutor::new());
                match tls {
                    Some(tls) => {
                        if let Ok(stream) = tls.accept(stream).await {
                            let _ = server.serve_connection(TokioIo::new(stream), service).await;
                        }
                    }
                    None => drop(server.serve_connection(TokioIo::new(stream), service).await),
                }
            });
        }
    });
    (url, seen)
}

fn ok(body: impl Into<Bytes>) -> Response<Full<Bytes>> {
    Response::builder().header("content-type", "application/json").body(Full::new(body.into())).unwrap()
}

/// A server that speaks for itself on every connection, once it has read a request.
async fn script<F, R>(speak: F) -> String
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            read_request(&mut stream).await;
            tokio::spawn(speak(stream));
        }
    });
    url
}

/// Keeps the connection and says nothing.
async fn silence(stream: TcpStream) {
    let _open = stream;
    std::future::pending().await
}

async fn read_request(stream: &mut TcpStream) {
    let mut text = Vec::new();
    while !text.ends_with(b"{\"query\":\"{a}\"}") {
        let mut buffer = [0; 1024];
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => text.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
}

#[tokio::test]
async fn sends_graphql_and_reuses_the_connection() {
    let (url, seen) = serve(None, |index| ok(format!("{{\"data\":{index}}}"))).await;
    let upstream = upstream(&url, "");
    for index in 0..10 {
        let reply = fetch(&upstream).await.unwrap();
        assert_eq!((reply.status, &*reply.body), (StatusCode::OK, format!("{{\"data\":{index}}}").as_bytes()));
        assert_eq!(reply.headers["content-type"], "application/json");
    }
    assert_eq!(seen.connections.load(Ordering::SeqCst), 1);
    let (head, body) = seen.request(0);
    assert_eq!((head.method().as_str(), head.uri().path()), ("POST", "/graphql"));
    assert_eq!(head.headers()["content-type"], "application/json");
    assert_eq!(head.headers()["accept"], "application/graphql-response+json, application/json;q=0.9");
    assert_eq!(head.headers().len(), 4, "and host and content-length: {:?}", head.headers());
    assert_eq!(&body[..], b"{\"query\":\"{a}\"}");
}

#[tokio::test]
async fn a_connection_that_the_subgraph_closed_is_not_used_again() {
    // The reply promises keep-alive, and the connection closes behind it.
    let url = script(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
    })
    .await;
    let upstream = upstream(&url, "");
    for _ in 0..5 {
        assert_eq!(&*fetch(&upstream).await.unwrap().body, b"{}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn a_subgraph_has_its_own_timeout() {
    let url = script(silence).await;
    let upstream = upstream(&url, "traffic_shaping: { subgraphs: { products: { timeout: 80ms } } }");
    let start = Instant::now();
    assert_eq!(fetch(&upstream).await.unwrap_err(), FetchError::Timeout);
    assert!(start.elapsed() >= Duration::from_millis(80) && start.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn the_requests_deadline_ends_a_fetch_sooner() {
    let url = script(silence).await;
    let upstream = upstream(&url, "");
    let late = FetchRequest { deadline: Instant::now() + Duration::from_millis(80), ..request("{\"query\":\"{a}\"}") };
    assert_eq!(timeout(PATIENCE, upstream.fetch(late)).await.unwrap().unwrap_err(), FetchError::Timeout);
}

#[tokio::test]
async fn a_hang_in_the_middle_of_the_body_is_a_timeout() {
    let url = script(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"data\"").await.unwrap();
        std::future::pending().await
    })
    .await;
    let upstream = upstream(&url, "traffic_shaping: { all: { timeout: 80ms } }");
    assert_eq!(fetch(&upstream).await.unwrap_err(), FetchError::Timeout);
}

#[tokio::test]
async fn an_announced_length_past_the_limit_is_refused_unread() {
    let url = script(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000000\r\n\r\n{").await.unwrap();
        std::future::pending().await
    })
    .await;
    let upstream = upstream(&url, "traffic_shaping: { all: { max_response_bytes: 1MB } }");
    assert_eq!(fetch(&upstream).await.unwrap_err(), FetchError::TooLarge { limit: 1_000_000 });
}

#[tokio::test]
async fn an_endless_answer_is_cut_off_at_the_limit() {
    let (sent, written) = (Arc::new(AtomicUsize::new(0)), Arc::new(Notify::new()));
    let (counter, closed) = (Arc::clone(&sent), Arc::clone(&written));
    let url = script(move |mut stream| {
        let (counter, closed) = (Arc::clone(&counter), Arc::clone(&closed));
        async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            let chunk = [b"10000\r\n".to_vec(), vec![b' '; 0x10000], b"\r\n".to_vec()].concat();
            while stream.write_all(&chunk).await.is_ok() {
                counter.fetch_add(0x10000, Ordering::SeqCst);
            }
            closed.notify_one();
        }
    })
    .await;
    let upstream = upstream(&url, "traffic_shaping: { all: { max_response_bytes: 1MB } }");
    assert_eq!(fetch(&upstream).await.unwrap_err(), FetchError::TooLarge { limit: 1_000_000 });
    timeout(PATIENCE, written.notified()).await.expect("the connection is closed");
    assert!(sent.load(Ordering::SeqCst) < 50_000_000, "only the sockets' buffers were filled");
}

#[tokio::test]
async fn an_answer_as_large_as_the_limit_arrives_whole() {
    let body: Bytes = (0..1_000_000_u32).map(|i| b'a' + (i % 26) as u8).collect();
    let answer = body.clone();
    let (url, _) = serve(None, move |_| ok(answer.clone())).await;
    let upstream = upstream(&url, "traffic_shaping: { all: { max_response_bytes: 1MB } }");
    assert_eq!(fetch(&upstream).await.unwrap().body, body);
}

/// What a fetch gives when the server writes these pieces one after the other, and then closes or keeps silent.
async fn spoken(pieces: &'static [&'static str], closes: bool) -> Result<FetchReply, FetchError> {
    let url = script(move |mut stream| async move {
        for piece in pieces {
            stream.write_all(piece.as_bytes()).await.unwrap();
            stream.flush().await.unwrap();
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        if !closes {
            silence(stream).await;
        }
    })
    .await;
    fetch(&upstream(&url, "traffic_shaping: { all: { timeout: 5s } }")).await
}

#[tokio::test]
async fn a_reply_ends_as_its_head_says() {
    let chunked: &[&str] = &[
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"dat",
        "\r",
        "\n6;last\r\na\":1}\n\r\n0\r\nx-trailer: 1\r\n",
        "\r\n",
    ];
    assert_eq!(spoken(chunked, false).await.unwrap().body, "{\"data\":1}\n");
    let counted: &[&str] = &["HTTP/1.1 200 O", "K\r\ncontent-length: 10\r", "\n\r\n{\"dat", "a\":1}"];
    assert_eq!(spoken(counted, false).await.unwrap().body, "{\"data\":1}");
    let endless: &[&str] = &["HTTP/1.1 200 OK\r\n\r\n{\"dat", "a\":1}"];
    assert_eq!(spoken(endless, true).await.unwrap().body, "{\"data\":1}");
    let empty: &[&str] = &["HTTP/1.1 204 No Content\r\n\r\n"];
    assert_eq!(spoken(empty, false).await.unwrap().body, "");
    let announced: &[&str] =
        &["HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"];
    let reply = spoken(announced, false).await.unwrap();
    assert_eq!((reply.status, &*reply.body), (StatusCode::OK, &b"{}"[..]));
}

#[tokio::test]
async fn a_reply_that_is_not_http_is_an_interruption() {
    let cases: [&[&str]; 8] = [
        &["HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{} "],
        &["HTTP/1.1 200 OK\r\ncontent-length: +2\r\n\r\n{}"],
        &["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\n{}\n0\n\n"],
        &["HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n"],
        &["HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\n\r\n"],
        &["HTTP/1.1 200 OK\r\na b: c\r\n\r\n"],
        &["220 mail.example ESMTP\r\n"],
        &["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
           HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n\
           HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"],
    ];
    for case in cases {
        assert_eq!(spoken(case, false).await.unwrap_err(), FetchError::Interrupted, "{case:?}");
    }
}

#[tokio::test]
async fn a_connection_is_left_when_it_may_hold_more_than_the_reply() {
    for reply in [
        // Bytes that nobody asked for would answer the next request.
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwrong",
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}",
        "HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\n{}",
    ] {
        let connections = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&connections);
        let url = script(move |mut stream| {
            counter.fetch_add(1, Ordering::SeqCst);
            async move {
                stream.write_all(reply.as_bytes()).await.unwrap();
                silence(stream).await;
            }
        })
        .await;
        let upstream = upstream(&url, "");
        for fetched in 1..=3 {
            assert_eq!(fetch(&upstream).await.unwrap().body, "{}", "{reply}");
            assert_eq!(connections.load(Ordering::SeqCst), fetched, "{reply}");
        }
    }
}

#[tokio::test]
async fn a_reply_counts_though_the_request_was_not_read_to_its_end() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut some = [0; 100];
        stream.read_exact(&mut some).await.unwrap();
        stream.write_all(b"HTTP/1.1 413 Too Large\r\ncontent-length: 2\r\n\r\n{}").await.unwrap();
        silence(stream).await;
    });
    let large = FetchRequest { body: Bytes::from(vec![b' '; 64 << 20]), ..request("") };
    let upstream = upstream(&url, "");
    let reply = timeout(PATIENCE, upstream.fetch(large)).await.expect("the fetch ends").unwrap();
    assert_eq!(reply.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn a_closed_port_is_a_connect_error() {
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let error = fetch(&upstream(&format!("http://{free}/"), "")).await.unwrap_err();
    assert_eq!(error, FetchError::Connect);
    assert!(error.retry_is_safe());
    assert!(!error.to_string().contains("127.0.0.1"));
}

#[tokio::test]
async fn a_connection_that_breaks_is_an_interruption() {
    let cut = script(|mut stream| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await.unwrap();
    })
    .await;
    let mute = script(|_stream| async {}).await;
    let foreign =
        script(|mut stream| async move { stream.write_all(b"220 mail.example ESMTP\r\n").await.unwrap() }).await;
    for url in [cut, mute, foreign] {
        let error = fetch(&upstream(&url, "")).await.unwrap_err();
        assert_eq!(error, FetchError::Interrupted);
        assert!(!error.retry_is_safe());
    }
}

#[tokio::test]
async fn any_status_is_a_reply_and_redirects_are_not_followed() {
    let (url, seen) = serve(None, |index| {
        let mut response = ok("nothing");
        *response.status_mut() = if index == 0 { StatusCode::INTERNAL_SERVER_ERROR } else { StatusCode::FOUND };
        response.headers_mut().insert("location", HeaderValue::from_static("/elsewhere"));
        response
    })
    .await;
    let upstream = upstream(&url, "");
    assert_eq!(fetch(&upstream).await.unwrap().status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(fetch(&upstream).await.unwrap().status, StatusCode::FOUND);
    assert_eq!(seen.requests.lock().unwrap().len(), 2);
}

#[tokio::test]
async fn an_encoding_that_was_not_asked_for_is_refused() {
    let (url, _) = serve(None, |_| {
        let mut response = ok("\u{1f}");
        response.headers_mut().insert("content-encoding", HeaderValue::from_static("gzip"));
        response
    })
    .await;
    assert_eq!(fetch(&upstream(&url, "")).await.unwrap_err(), FetchError::Encoding);
}

#[tokio::test]
async fn dropping_the_fetch_closes_the_connection() {
    let (closed, wait) = oneshot::channel();
    let closed = Arc::new(Mutex::new(Some(closed)));
    let url = script(move |mut stream| {
        let closed = Arc::clone(&closed);
        async move {
            let mut buffer = [0; 16];
            let read = stream.read(&mut buffer).await;
            assert!(matches!(read, Ok(0) | Err(_)));
            let _ = closed.lock().unwrap().take().unwrap().send(());
        }
    })
    .await;
    let upstream = upstream(&url, "");
    let fetching = fetch(&upstream);
    assert!(timeout(Duration::from_millis(100), fetching).await.is_err(), "nobody answers");
    timeout(PATIENCE, wait).await.expect("the subgraph sees the end").unwrap();
}

#[tokio::test]
async fn requests_beyond_the_concurrency_limit_wait_their_turn() {
    let (under_way, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, peak) = (Arc::clone(&under_way), Arc::clone(&most));
    let url = script(move |mut stream| {
        let (count, peak) = (Arc::clone(&count), Arc::clone(&peak));
        async move {
            peak.fetch_max(count.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(30)).await;
            count.fetch_sub(1, Ordering::SeqCst);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}").await;
        }
    })
    .await;
    let limited = upstream(&url, "traffic_shaping: { all: { concurrency_limit: 2 } }");
    let all = futures::future::join_all((0..8).map(|_| fetch(&limited))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(most.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_request_whose_turn_never_comes_was_not_sent() {
    let url = script(silence).await;
    let upstream = upstream(&url, "traffic_shaping: { all: { concurrency_limit: 1 } }");
    let soon = FetchRequest { deadline: Instant::now() + Duration::from_millis(80), ..request("{\"query\":\"{a}\"}") };
    tokio::select! {
        biased;
        _ = fetch(&upstream) => panic!("nobody answers the first"),
        second = upstream.fetch(soon) => assert_eq!(second.unwrap_err(), FetchError::Overloaded),
    }
}

/// A server certificate for `localhost`, its issuer as PEM, and the acceptor.
fn certificate() -> (String, TlsAcceptor) {
    use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
    let issuer_key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = params.self_signed(&issuer_key).unwrap();
    let issuer = Issuer::new(params, issuer_key);
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().signed_by(&key, &issuer).unwrap();

    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut server = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key.serialize_der().try_into().unwrap())
        .unwrap();
    server.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    (authority.pem(), TlsAcceptor::from(Arc::new(server)))
}

fn trusting(pem: &str, http2: &str) -> String {
    let indented: String = pem.lines().map(|line| format!("          {line}\n")).collect();
    format!(
        "traffic_shaping: {{ all: {{ http2: {http2} }} }}\ntls:\n  subgraph:\n    subgraphs:\n      products:\n        certificate_authorities: |\n{indented}"
    )
}

#[tokio::test]
async fn https_with_a_configured_authority_speaks_http2() {
    let (authority, tls) = certificate();
    let (url, seen) = serve(Some(tls), |_| ok("{}")).await;
    let upstream = upstream(&url, &trusting(&authority, "enable"));
    fetch(&upstream).await.unwrap();
    let all = futures::future::join_all((0..20).map(|_| fetch(&upstream))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(seen.request(0).0.version(), Version::HTTP_2);
    assert_eq!(seen.connections.load(Ordering::SeqCst), 1, "HTTP/2 needs one connection");
}

#[tokio::test]
async fn http2_can_be_turned_off() {
    let (authority, tls) = certificate();
    let (url, seen) = serve(Some(tls), |_| ok("{}")).await;
    fetch(&upstream(&url, &trusting(&authority, "disable"))).await.unwrap();
    assert_eq!(seen.request(0).0.version(), Version::HTTP_11);
}

#[tokio::test]
async fn http2_can_be_spoken_without_tls() {
    let (url, seen) = serve(None, |_| ok("{}")).await;
    fetch(&upstream(&url, "traffic_shaping: { all: { http2: http2only } }")).await.unwrap();
    assert_eq!(seen.request(0).0.version(), Version::HTTP_2);
}

#[tokio::test]
async fn an_unknown_authority_is_not_trusted() {
    let (_, tls) = certificate();
    let (other, _) = certificate();
    let (url, seen) = serve(Some(tls), |_| ok("{}")).await;
    for config in [String::new(), trusting(&other, "enable")] {
        let error = fetch(&upstream(&url, &config)).await.unwrap_err();
        assert_eq!(error, FetchError::Tls);
    }
    assert!(seen.requests.lock().unwrap().is_empty());
}

#[tokio::test]
async fn the_log_tells_address_and_cause_but_no_key() {
    let written = Arc::new(Mutex::new(Vec::new()));
    let sink = Arc::clone(&written);
    let log = tracing_subscriber::fmt().with_ansi(false).with_writer(move || Sink(Arc::clone(&sink))).finish();
    let (_, tls) = certificate();
    let (url, _) = serve(Some(tls), |_| ok("{}")).await;
    let (other, _) = certificate();
    let upstream = upstream(&format!("{url}?key=s3cret"), &trusting(&other, "enable"));
    let guard = tracing::subscriber::set_default(log);
    let error = fetch(&upstream).await.unwrap_err();
    drop(guard);
    let log = String::from_utf8(written.lock().unwrap().clone()).unwrap();
    assert!(log.contains(&format!("url=\"{url}\"")) && log.contains("invalid peer certificate"), "{log}");
    assert!(log.contains("WARN") && log.contains("subgraph=\"products\""), "{log}");
    assert!(!log.contains("s3cret") && !error.to_string().contains("localhost"), "{log}");
}

struct Sink(Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_trusted() {
    let (authority, tls) = certificate();
    let (url, _) = serve(Some(tls), |_| ok("{}")).await;
    let url = url.replace("localhost", "127.0.0.1");
    assert_eq!(fetch(&upstream(&url, &trusting(&authority, "enable"))).await.unwrap_err(), FetchError::Tls);
}

const RULES: &str = r#"
headers:
  all:
    request:
      - propagate: { matching: "x-.*|host|connection|content-.*|te" }
      - propagate: { named: accept-language, rename: x-language, default: en }
      - propagate: { named: missing, default: here }
      - insert: { name: authorization, value: Bearer gateway }
      - remove: { matching: x-secret-.* }
  subgraphs:
    orders:
      request:
        - remove: { named: x-one }
"#;

fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for &(name, value) in pairs {
        headers.append(name, HeaderValue::from_static(value));
    }
    headers
}

/// As `name: value` lines, sorted, without the trace.
fn lines(headers: &HeaderMap) -> Vec<String> {
    let mut lines: Vec<String> =
        headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
    lines.sort();
    lines
}

#[test]
fn headers_follow_the_rules_in_order() {
    let subgraphs = [("orders", "http://localhost/"), ("products", "http://localhost/")];
    let upstream = Upstream::new(&config(RULES), subgraphs, &Metrics::new()).map_err(|_| ()).unwrap();
    let client = headers(&[
        ("x-one", "1"),
        ("x-one", "2"),
        ("x-secret-token", "s"),
        ("x-hop", "not passed"),
        ("connection", "close, X-Hop"),
        ("accept-language", "de"),
        ("authorization", "Bearer client"),
        ("cookie", "c"),
        ("host", "client.example"),
        ("content-length", "5"),
        ("te", "trailers"),
    ]);
    let outbound = upstream.outbound_headers(&client, Nobody, None);
    assert_eq!(
        lines(&outbound.of(1)),
        ["authorization: Bearer gateway", "missing: here", "x-language: de", "x-one: 1", "x-one: 2"]
    );
    assert_eq!(lines(&outbound.of(0)), ["authorization: Bearer gateway", "missing: here", "x-language: de"]);
    let bare = upstream.outbound_headers(&HeaderMap::new(), Nobody, None);
    assert_eq!(lines(&bare.of(0)), ["authorization: Bearer gateway", "missing: here", "x-language: en"]);
}

#[test]
fn without_rules_only_the_trace_goes_on() {
    let upstream = upstream("http://localhost/", "");
    let client = headers(&[
        ("authorization", "Bearer client"),
        ("x-one", "1"),
        ("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"),
        ("tracestate", "vendor=1"),
    ]);
    let outbound = upstream.outbound_headers(&client, Nobody, Some(TraceContext::from_headers(&client)));
    let (one, two) = (outbound.of(0), outbound.of(0));
    assert_eq!(one.len(), 2);
    assert_eq!(one["tracestate"], "vendor=1");
    assert!(one["traceparent"].to_str().unwrap().starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
    assert_ne!(one["traceparent"], two["traceparent"], "each request is a span of its own");
}

#[tokio::test]
async fn the_gateways_own_headers_win() {
    let (url, seen) = serve(None, |_| ok("{}")).await;
    let upstream = upstream(&url, "");
    let headers = headers(&[("content-type", "text/plain"), ("accept", "text/html"), ("x-one", "1")]);
    upstream.fetch(FetchRequest { headers, ..request("{}") }).await.unwrap();
    let (head, _) = seen.request(0);
    assert_eq!(head.headers()["content-type"], "application/json");
    assert_eq!(head.headers()["x-one"], "1");
    assert_eq!(head.headers().get_all("accept").iter().count(), 1);
}

#[tokio::test]
async fn what_happened_is_counted_per_subgraph() {
    let (url, _) = serve(None, |index| {
        let mut response = ok("{}");
        if index == 1 {
            *response.status_mut() = StatusCode::BAD_GATEWAY;
        }
        response
    })
    .await;
    let metrics = Metrics::new();
    let answering = measured(&url, "", &metrics);
    let _ = fetch(&answering).await;
    let _ = fetch(&answering).await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let _ = fetch(&measured(&format!("http://{free}/"), "", &metrics)).await;
    let text = metrics.encode();
    for outcome in ["success", "http_error", "connect"] {
        let line =
            format!("http_client_request_duration_seconds_count{{subgraph_name=\"products\",outcome=\"{outcome}\"}} 1");
        assert!(text.contains(&line), "{line}\n{text}");
    }
    assert!(text.contains("http_client_active_requests{subgraph_name=\"products\"} 0"), "{text}");
}

#[test]
fn addresses_that_can_not_be_asked_are_all_named() {
    let subgraphs = [("a", ""), ("b", "http://b/graphql"), ("c", "ftp://c/"), ("d", "http://user:pass@d/")];
    let errors = Upstream::new(&Config::default(), subgraphs, &Metrics::new()).err().unwrap();
    let text: Vec<String> = errors.iter().map(ToString::to_string).collect();
    assert_eq!(text.len(), 3);
    assert!(text[0].contains("\"a\"") && text[1].contains("\"c\"") && text[2].contains("\"d\""), "{text:?}");
    let overridden = config("override_subgraph_url: { a: http://127.0.0.1:1/ }");
    assert!(Upstream::new(&overridden, [("a", "")], &Metrics::new()).is_ok());
}

#[tokio::test]
async fn a_subgraph_that_is_none_is_not_asked() {
    let upstream = upstream("http://localhost/", "");
    let nowhere = FetchRequest { subgraph: 7, ..request("{}") };
    assert_eq!(upstream.fetch(nowhere).await.unwrap_err(), FetchError::Unsendable);
}
