//! What clients, traces and panels are told of retries, breakers and addresses.

use super::gateway::Running;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use weft::config::{CircuitBreaker, Retry};

const SDL: &str = "type Query { news: Int } type Mutation { write: Int }";

/// A subgraph that answers each request on a connection of its own: the first ones with these statuses, then well.
/// And how many requests it has had.
pub async fn flaky(statuses: &'static [&'static str], answer: &'static str) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&asked);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut text = Vec::new();
            while !text.ends_with(b"}") {
                let mut buffer = [0; 4096];
                match stream.read(&mut buffer).await {
                    Ok(read) if read > 0 => text.extend_from_slice(&buffer[..read]),
                    _ => break,
                }
            }
            let status = statuses.get(counter.fetch_add(1, Ordering::SeqCst)).unwrap_or(&"200 OK");
            let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n", answer.len());
            let _ = stream.write_all(&[head.as_bytes(), answer.as_bytes()].concat()).await;
        }
    });
    (url, asked)
}

/// An address at which nobody is.
async fn nowhere() -> url::Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap()
}

fn quick() -> Option<Retry> {
    Some(Retry { interval: Duration::from_millis(1), ..Retry::default() })
}

async fn subgraph(gateway: &Running) -> Value {
    gateway.get("/playground-data/subgraphs", &[]).await.json()["subgraphs"][0].clone()
}

#[tokio::test]
async fn a_trace_tells_why_a_fetch_was_sent_again_and_a_panel_how_often() {
    let (url, _) = flaky(&["503 Service Unavailable", "502 Bad Gateway"], r#"{"data":{"news":1}}"#).await;
    let retry = |config: &mut weft::config::Config| config.subgraphs.change_all(|settings| settings.retry = quick());
    let gateway = Running::over_url(retry, ("news", SDL, &url)).await;
    let request = gateway.client.post(&gateway.url).header("weft-trace", "true").json(&json!({ "query": "{ news }" }));
    let answer = super::gateway::Answer::of(request).await.json();
    assert_eq!(answer["data"], json!({ "news": 1 }));
    let fetch = &answer["extensions"]["trace"]["fetches"][0];
    assert_eq!((&fetch["status"], &fetch["attempts"], &fetch["address"]), (&json!(200), &json!(3), &Value::Null));
    let [one, two] = fetch["retries"].as_array().unwrap().as_slice() else { panic!("{fetch}") };
    assert_eq!((&one["reason"], &two["reason"]), (&json!("http_503"), &json!("http_502")));
    let micros = |value: &Value| value.as_u64().unwrap();
    assert!(micros(&two["after"]) >= micros(&one["after"]) + micros(&one["wait"]), "{fetch}");
    assert!(micros(&two["after"]) + micros(&two["wait"]) <= micros(&fetch["duration"]), "{fetch}");
    let seen = subgraph(&gateway).await;
    assert_eq!(seen["retries"], json!([{ "reason": "http_502", "count": 1 }, { "reason": "http_503", "count": 1 }]));
    assert_eq!(seen["addresses"], json!([{ "url": url, "breaker": null, "inFlight": null }]));
    assert_eq!(seen["ended"].as_array().unwrap().len(), 1, "what the client was answered counts: {seen}");
}

#[tokio::test]
async fn a_mutation_that_a_subgraph_has_seen_reaches_it_once() {
    let (url, asked) = flaky(&["503 Service Unavailable"], r#"{"data":{"write":1}}"#).await;
    let retry = |config: &mut weft::config::Config| config.subgraphs.change_all(|settings| settings.retry = quick());
    let gateway = Running::over_url(retry, ("news", SDL, &url)).await;
    let answer = gateway.query("mutation { write }").await;
    assert_eq!(answer.code(), "SUBREQUEST_HTTP_ERROR");
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_subgraph_that_is_left_alone_is_told_to_clients_and_shown_to_others() {
    let gone = nowhere().await;
    let breaker = |config: &mut weft::config::Config| {
        config.subgraphs.change_all(|settings| {
            settings.circuit_breaker = Some(CircuitBreaker { volume_threshold: 2, ..CircuitBreaker::default() });
        });
    };
    let gateway = Running::over_url(breaker, ("news", SDL, gone.as_str())).await;
    let mut codes = Vec::new();
    for _ in 0..4 {
        codes.push(gateway.query("{ news }").await.code());
    }
    let (failed, rejected) = ("SUBREQUEST_HTTP_ERROR", "SUBGRAPH_CIRCUIT_BREAKER_REJECTED");
    assert_eq!(codes, [failed, failed, rejected, rejected]);
    let answer = gateway.query("{ news }").await.json();
    assert_eq!(answer["data"], json!({ "news": null }));
    assert_eq!(answer["errors"][0]["extensions"]["service"], "news");
    let seen = subgraph(&gateway).await;
    assert_eq!(seen["addresses"], json!([{ "url": gone.as_str(), "breaker": "open", "inFlight": null }]));
    let outcomes: Vec<&Value> = seen["ended"].as_array().unwrap().iter().map(|ended| &ended["outcome"]).collect();
    assert_eq!(outcomes, ["circuit_open", "connect"]);
    let metrics = gateway.client.get(format!("http://{}/metrics", gateway.health)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    assert!(metrics.contains("weft_circuit_breaker_rejections_total{subgraph_name=\"news\"} 3"), "{metrics}");
}

#[tokio::test]
async fn one_of_two_addresses_is_enough() {
    let (url, _) = flaky(&[], r#"{"data":{"news":1}}"#).await;
    let addresses = vec![nowhere().await, url.parse().unwrap()];
    let both = |config: &mut weft::config::Config| {
        config.subgraphs.change("news", |settings| (settings.urls, settings.retry) = (addresses.clone(), quick()));
    };
    let gateway = Running::over_url(both, ("news", SDL, "http://127.0.0.1:1/")).await;
    for _ in 0..20 {
        let request = gateway.client.post(&gateway.url).header("weft-trace", "true");
        let answer = super::gateway::Answer::of(request.json(&json!({ "query": "{ news }" }))).await.json();
        assert_eq!(answer["data"], json!({ "news": 1 }));
        assert_eq!(answer["extensions"]["trace"]["fetches"][0]["address"], 2);
    }
    let seen = subgraph(&gateway).await;
    let urls: Vec<&Value> = seen["addresses"].as_array().unwrap().iter().map(|address| &address["url"]).collect();
    assert_eq!(urls, [addresses[0].as_str(), addresses[1].as_str()]);
}
