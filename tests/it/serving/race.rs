//! Two tenants that send the same query at the same time, with the cache on, and with identical queries and identical
//! requests to subgraphs made once: nobody ever gets what is another's.
//!
//! `cargo test` races for a moment; for thirty seconds and more than 6 000 answers:
//!
//! ```text
//! WEFT_RACE_SECONDS=30 cargo test --locked --test it -- serving::race --nocapture
//! ```

use super::gateway::Running;
use axum::Router;
use axum::http::HeaderMap;
use axum::routing::post;
use futures::future::join_all;
use serde_json::{Value, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use weft::config::Config;
use weft::diagnostic::Source;

/// What is private, what varies by a header that the reply names, and what is for all.
const SDL: &str = "type Query { mine: Mine common: String @cacheControl(maxAge: 1) } \
                   type Mine @cacheControl(maxAge: 1, scope: PRIVATE) { basket: String }";

const CONFIG: &str = "
traffic_shaping:
  router: { deduplicate_query: true }
headers:
  all:
    request:
      - propagate: { named: x-tenant }
      - propagate: { named: x-region }
response_cache:
  private_id: { header: x-tenant }
";

/// A service that says whose everything is.
async fn service(asked: Arc<AtomicUsize>) -> String {
    let answer = async move |headers: HeaderMap, body: String| {
        asked.fetch_add(1, Ordering::Relaxed);
        let of = |name: &str| headers[name].to_str().unwrap().to_owned();
        let mut data = json!({ "mine": { "basket": of("x-tenant") }, "common": of("x-region") });
        data.as_object_mut().unwrap().retain(|field, _| body.contains(field.as_str()));
        // Long enough for others to ask the same meanwhile.
        tokio::time::sleep(Duration::from_millis(2)).await;
        ([("vary", "x-region"), ("content-type", "application/json")], json!({ "data": data }).to_string())
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, Router::new().route("/", post(answer))).await.unwrap() });
    url
}

async fn ask(gateway: &Running, (tenant, region): (&str, &str), query: &str) -> Value {
    let body = json!({ "query": query }).to_string();
    let request = gateway.client.post(&gateway.url).header("content-type", "application/json");
    let answer = request.header("x-tenant", tenant).header("x-region", region).body(body).send().await.unwrap();
    serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn tenants_that_ask_the_same_never_get_each_others_answers() {
    let seconds = std::env::var("WEFT_RACE_SECONDS").map_or(1.0, |text| text.parse::<f64>().unwrap());
    let asked = Arc::new(AtomicUsize::new(0));
    let url = service(Arc::clone(&asked)).await;
    let config = Config::from_yaml(&Source::new("weft.yaml", CONFIG), &|_| None, Path::new("")).unwrap();
    let gateway = Running::over_url(|own| *own = config, ("shop", SDL, &url)).await;
    let (start, mut answers) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs_f64(seconds) || answers < 400 {
        let tenants = (0..40).map(|number| {
            let (tenant, region) = (["ann", "bob"][number % 2], ["north", "south", "east"][number % 3]);
            let gateway = &gateway;
            async move {
                let (query, own) = match number / 2 % 2 {
                    0 => ("{ mine { basket } common }", json!({ "mine": { "basket": tenant }, "common": region })),
                    _ => ("{ mine { basket } }", json!({ "mine": { "basket": tenant } })),
                };
                assert_eq!(ask(gateway, (tenant, region), query).await, json!({ "data": own }));
            }
        });
        answers += join_all(tenants).await.len();
    }
    let asked = asked.load(Ordering::Relaxed);
    assert!(asked < answers / 2, "nothing was shared: {asked} requests for {answers} answers");
    println!("{answers} answers, {asked} requests, none crossed");
}
