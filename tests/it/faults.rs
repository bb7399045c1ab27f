//! A subgraph that fails over a real socket: its part of the answer is null, one error says so at the right
//! path, the other subgraph's part stays, and no address reaches the client.
//!
//! What replies that arrive whole may hold is shown by `execute/cases`; this is what comes before.

use crate::execute::plan_text;
use futures::StreamExt;
use http::HeaderMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use weft::config::Config;
use weft::diagnostic::Source;
use weft::execute::{ExecutionLimits, ExecutionRequest, ExecutionSettings, ResponsePart, SubgraphSettings, run};
use weft::operation::Variables;
use weft::plan::model::Liveness;
use weft::telemetry::Metrics;
use weft::upstream::Upstream;

const PLAN: &str = "
fetch products
  topProducts: [Product!]!
    id: ID!
    name: String
fetch reviews after products
  of topProducts by Product id
    reviews: [String]
answer
  topProducts: [Product!]!
    name: String
    reviews: [String]
";

const PRODUCTS: &str = r#"{"data":{"topProducts":[{"id":"1","name":"A"},{"id":"2","name":"B"}]}}"#;

const CONFIG: &str =
    "traffic_shaping: { all: { max_response_bytes: 1MB }, subgraphs: { reviews: { timeout: 150ms } } }";

/// What a server does once it has read a request.
#[derive(Debug, Clone)]
enum Behaviour {
    /// Says this and closes.
    Says(Vec<u8>),
    /// Sends so many bytes of a body, as long as anybody listens.
    Floods(usize),
    /// Says this and keeps the connection.
    Stops(&'static str),
}

fn http(status: &str, body: &str) -> Behaviour {
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n");
    Behaviour::Says(format!("{head}connection: close\r\n\r\n{body}").into_bytes())
}

async fn serve(behaviour: Behaviour) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(behave(stream, behaviour.clone()));
        }
    });
    url
}

async fn behave(mut stream: TcpStream, behaviour: Behaviour) {
    read_request(&mut stream).await;
    // Whoever asked may have hung up.
    match behaviour {
        Behaviour::Says(text) => drop(stream.write_all(&text).await),
        Behaviour::Stops(text) => {
            let _ = stream.write_all(text.as_bytes()).await;
            std::future::pending().await
        }
        Behaviour::Floods(bytes) => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{\"data\":\"").await;
            let chunk = vec![b'x'; 1 << 16];
            for _ in 0..bytes / chunk.len() {
                if stream.write_all(&chunk).await.is_err() {
                    return;
                }
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream) {
    let mut text = Vec::new();
    let mut buffer = [0; 4096];
    while !text.ends_with(b"}}") {
        match stream.read(&mut buffer).await {
            Ok(read) if read > 0 => text.extend_from_slice(&buffer[..read]),
            _ => return,
        }
    }
}

/// The answer when the reviews are served so.
async fn answer(reviews_url: &str, show_errors: bool) -> ResponsePart {
    let products_url = serve(http("200 OK", PRODUCTS)).await;
    let config = Config::from_yaml(&Source::new("weft.yaml", CONFIG), &|_| None, Path::new("/")).unwrap();
    let subgraphs = [("products", &*products_url), ("reviews", reviews_url)];
    let upstream = Upstream::new(&config, subgraphs, &Metrics::new()).map_err(|errors| errors.len()).unwrap();
    let names = subgraphs.iter().map(|(name, _)| SubgraphSettings { name: (*name).into(), show_errors });
    let request = ExecutionRequest {
        trace: None,
        plan: Arc::new(plan_text::parse(PLAN).plan),
        liveness: Liveness::ALL,
        variables: Variables::default(),
        introspection: Vec::new(),
        counts_objects: false,
        headers: |_| HeaderMap::new(),
        deadline: Instant::now() + Duration::from_secs(20),
        settings: Arc::new(ExecutionSettings { subgraphs: names.collect(), limits: ExecutionLimits::default() }),
        cache: None,
    };
    let mut parts = std::pin::pin!(run(request, &upstream));
    timeout(Duration::from_secs(20), parts.next()).await.expect("an answer in time").unwrap()
}

#[tokio::test]
async fn a_failing_subgraph_costs_its_part_of_the_answer() {
    let cases = [
        ("a page for people", http("200 OK", "<html>down</html>"), "SUBREQUEST_MALFORMED_RESPONSE"),
        ("nothing", http("200 OK", ""), "SUBREQUEST_MALFORMED_RESPONSE"),
        ("a status", http("500 Internal Server Error", "at http://127.0.0.1"), "SUBREQUEST_HTTP_ERROR"),
        ("a redirect", http("302 Found", ""), "SUBREQUEST_HTTP_ERROR"),
        ("no HTTP", Behaviour::Says(b"220 smtp.example\r\n".to_vec()), "SUBREQUEST_HTTP_ERROR"),
        ("a closed door", Behaviour::Says(Vec::new()), "SUBREQUEST_HTTP_ERROR"),
        (
            "half a body",
            Behaviour::Says(b"HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"da".to_vec()),
            "SUBREQUEST_HTTP_ERROR",
        ),
        ("100 MB", Behaviour::Floods(100 << 20), "SUBREQUEST_HTTP_ERROR"),
        ("silence", Behaviour::Stops(""), "GATEWAY_TIMEOUT"),
        (
            "silence in the middle",
            Behaviour::Stops("HTTP/1.1 200 OK\r\ncontent-length: 50\r\n\r\n{\"da"),
            "GATEWAY_TIMEOUT",
        ),
    ];
    for (name, behaviour, code) in cases {
        let url = serve(behaviour).await;
        for show_errors in [true, false] {
            let part = answer(&url, show_errors).await;
            assert_eq!(
                std::str::from_utf8(part.data()).unwrap(),
                r#"{"topProducts":[{"name":"A","reviews":null},{"name":"B","reviews":null}]}"#,
                "{name}"
            );
            assert_eq!(part.errors.len(), 1, "{name}");
            let error = &part.errors[0];
            assert_eq!(error.code(), Some(code), "{name}");
            assert_eq!(error.extensions["service"], "reviews", "{name}");
            assert_eq!(serde_json::to_string(&error.path).unwrap(), r#"["topProducts",0]"#, "{name}");
            assert_eq!(error.message == "Subgraph errors redacted", !show_errors, "{name}");
            let body = part.finish(&[]);
            assert!(!String::from_utf8_lossy(&body).contains("127.0.0.1"), "{name} shows an address");
        }
    }
}

#[tokio::test]
async fn a_subgraph_that_nobody_serves_costs_its_part_of_the_answer() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let part = answer(&url, true).await;
    assert_eq!(part.errors[0].code(), Some("SUBREQUEST_HTTP_ERROR"));
    assert!(part.data().ends_with(br#"{"name":"B","reviews":null}]}"#));
}
