//! Two real gateways that follow one registry: both switch within a second, and both are seen.

use super::world::{Site, admin, graph, put};
use crate::process::{Endpoint, Folder};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use weft::registry::Role;

/// A subgraph whose query type has this field.
fn schema(field: &str) -> String {
    format!("type Query {{ {field}: Int }}")
}

/// How long it takes until the gateway's clients see another field.
fn switched(gateway: &Endpoint, field: &str, since: Instant) -> Duration {
    while gateway.query_fields() != [field] {
        assert!(since.elapsed() < Duration::from_secs(20), "no {field}");
        std::thread::sleep(Duration::from_millis(5));
    }
    since.elapsed()
}

/// Asks again and again until it is told to stop; how many answers were none.
fn load(gateway: &Endpoint, stop: &Arc<AtomicBool>) -> std::thread::JoinHandle<(usize, usize)> {
    let (url, stop) = (gateway.graphql.clone(), Arc::clone(stop));
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (client, asked, failed) = (reqwest::Client::new(), AtomicUsize::new(0), AtomicUsize::new(0));
        runtime.block_on(async {
            while !stop.load(Ordering::Relaxed) {
                let query = serde_json::json!({ "query": "{ __schema { queryType { fields { name } } } }" });
                let answer = client.post(&url).json(&query).send().await;
                let is_good = match answer {
                    Ok(answer) => answer.text().await.is_ok_and(|text| text.contains("\"fields\":[{\"name\":\"v")),
                    Err(_) => false,
                };
                asked.fetch_add(1, Ordering::Relaxed);
                failed.fetch_add(usize::from(!is_good), Ordering::Relaxed);
            }
        });
        (asked.into_inner(), failed.into_inner())
    })
}

#[test]
fn two_gateways_follow_one_registry_under_load() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (site, token, reader) = runtime.block_on(async {
        let site = Site::open().await;
        site.world.publish("shop@prod", put("a", &schema("v1"))).await.unwrap();
        let token = site.token(Role::Gateway, &["shop@prod"], &[]).await;
        let reader = site.token(Role::Reader, &["shop@prod"], &[]).await;
        (site, token, reader)
    });
    let folders = [Folder::new(), Folder::new()];
    let arguments = ["--registry", site.url.as_str(), "--graph", "shop@prod"];
    let gateways = folders.each_ref().map(|folder| folder.serve_with(&arguments, &[("WEFT_TOKEN", &token)]));
    let stop = Arc::new(AtomicBool::new(false));
    let loads: Vec<_> = gateways.iter().map(|(_, gateway)| load(gateway, &stop)).collect();
    let mut times = Vec::new();
    for version in 2..=6 {
        let field = format!("v{version}");
        runtime.block_on(site.world.publish("shop@prod", put("a", &schema(&field)))).unwrap();
        let published = Instant::now();
        times.extend(gateways.iter().map(|(_, gateway)| switched(gateway, &field, published)));
    }
    let (publisher, name) = (admin(), graph("shop@prod"));
    runtime.block_on(site.world.registry.rollback(&publisher, &name, Some(1), None)).unwrap();
    let rolled_back = Instant::now();
    times.extend(gateways.iter().map(|(_, gateway)| switched(gateway, "v1", rolled_back)));
    stop.store(true, Ordering::Relaxed);
    for load in loads {
        let (asked, failed) = load.join().unwrap();
        assert!(asked > 0 && failed == 0, "{failed} of {asked} answers were none");
    }
    times.sort_unstable();
    eprintln!("switched after {times:?}");
    assert!(times[times.len() / 2] < Duration::from_secs(1), "{times:?}");

    // Both say what they serve with the next question.
    let seen = loop {
        let seen = runtime.block_on(site.get("/v1/graphs/shop@prod/gateways", &reader)).json();
        let seen = seen.as_array().unwrap().clone();
        if seen.len() == 2 && seen.iter().all(|gateway| gateway["serving"] == 7) {
            break seen;
        }
        assert!(rolled_back.elapsed() < Duration::from_secs(20), "{seen:?}");
        std::thread::sleep(Duration::from_millis(50));
    };
    assert!(seen.iter().all(|gateway| gateway["current"] == true && gateway["release"] == env!("CARGO_PKG_VERSION")));
}

#[test]
fn what_clients_ask_a_gateway_is_known_to_a_check() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (site, token, reader) = runtime.block_on(async {
        let site = Site::open().await;
        site.world.publish("shop@prod", put("a", "type Query { old: Int new: Int }")).await.unwrap();
        let token = site.token(Role::Gateway, &["shop@prod"], &[]).await;
        let reader = site.token(Role::Reader, &["shop@prod"], &[]).await;
        (site, token, reader)
    });
    let config = format!(
        "supergraph: {{ registry: {{ url: {}, graph: shop@prod, token: {token}, usage: {{ interval: 100ms }} }} }}\n",
        site.url
    );
    let folder = Folder::new().with("weft.yaml", &config);
    let (_gateway, endpoint) = folder.serve(&["--config", "weft.yaml"]);
    // Its subgraph does not run; that the client has asked counts all the same.
    runtime.block_on(async {
        let query = serde_json::json!({ "query": "query Board { old }", "operationName": "Board" });
        let request = site.client.post(&endpoint.graphql).json(&query).header("apollographql-client-name", "kiosk");
        assert_eq!(request.header("apollographql-client-version", "7").send().await.unwrap().status(), 200);
    });
    let since = Instant::now();
    let checked = loop {
        let body = serde_json::json!({ "subgraphs": [{ "name": "a", "sdl": "type Query { new: Int }" }] });
        let path = "/v1/graphs/shop@prod/check";
        let checked = runtime.block_on(site.send(http::Method::POST, path, &reader, &body)).json();
        if checked["hasUsage"] == true {
            break checked;
        }
        assert!(since.elapsed() < Duration::from_secs(20), "{checked}");
        std::thread::sleep(Duration::from_millis(50));
    };
    let change = &checked["changes"][0];
    assert_eq!((change["coordinate"].as_str(), checked["verdict"].as_str()), (Some("Query.old"), Some("failed")));
    let client = &change["clients"][0];
    assert_eq!((client["name"].as_str(), client["version"].as_str()), (Some("kiosk"), Some("7")), "{checked}");
    assert_eq!(client["operations"][0]["name"], "Board");
}
