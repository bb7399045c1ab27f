//! Switching under load: nothing fails, every answer is wholly of one version, and memory stays flat.

use super::fake::FakeRegistry;
use crate::process::Folder;
use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use weft::config::{Config, Listen};
use weft::diagnostic::{Source, Style, render_all};
use weft::server::{Gateway, GatewayOptions, Listeners, ServeOptions, serve};
use weft::snapshot::{Builder, Snapshots};
use weft::source::{SubgraphSdl, compose_all};
use weft::supergraph::{Supergraph, render};
use weft::telemetry::Metrics;

const SWAPS: usize = 10_000;
const FLIPS: usize = 500;
/// Clients that ask all the time.
const CLIENTS: usize = 4;
/// Two requests, one after the other; each value says of which version it is.
const QUERY: &str = "{ product { name rating } }";

/// Two services whose values are the version that their URL names.
async fn services() -> String {
    async fn answer(Path((version, service)): Path<(String, String)>, State(()): State<()>) -> Json<Value> {
        Json(match service.as_str() {
            "products" => json!({ "data": { "product": { "__typename": "Product", "id": "1", "name": version } } }),
            _ => json!({ "data": { "_entities": [{ "__typename": "Product", "rating": version }] } }),
        })
    }
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let routes = Router::new().route("/{version}/{service}", post(answer)).with_state(());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    format!("http://{address}")
}

/// The graph of one version.
fn graph(services: &str, version: &str) -> Supergraph {
    let link = "extend schema @link(url: \"https://specs.apollo.dev/federation/v2.3\", import: [\"@key\"])\n";
    let subgraph = |name: &str, sdl: &str| SubgraphSdl {
        name: name.to_owned(),
        url: format!("{services}/{version}/{name}"),
        sdl: Source::of_subgraph(name, name, format!("{link}{sdl}")),
    };
    let subgraphs = [
        subgraph(
            "products",
            "type Query { product: Product }\ntype Product @key(fields: \"id\") { id: ID! name: String }",
        ),
        subgraph("reviews", "type Product @key(fields: \"id\") { id: ID! rating: String }"),
    ];
    let composed = compose_all(&subgraphs);
    composed
        .map(|composed| composed.supergraph)
        .unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)))
}

/// Clients that ask until they are told to stop, and look at every answer.
struct Load {
    stop: Arc<AtomicBool>,
    answers: Arc<[AtomicUsize; 2]>,
    clients: Vec<tokio::task::JoinHandle<()>>,
}

impl Load {
    fn start(url: &str) -> Self {
        let (stop, answers) = (Arc::new(AtomicBool::new(false)), Arc::<[AtomicUsize; 2]>::default());
        let clients = (0..CLIENTS).map(|_| {
            let (url, stop, answers) = (url.to_owned(), Arc::clone(&stop), Arc::clone(&answers));
            tokio::spawn(async move {
                let client = reqwest::Client::new();
                while !stop.load(Ordering::Relaxed) {
                    let response = client.post(&url).json(&json!({ "query": QUERY })).send().await.unwrap();
                    assert_eq!(response.status(), 200);
                    let answer = response.text().await.unwrap();
                    let version = match answer.as_str() {
                        r#"{"data":{"product":{"name":"old","rating":"old"}}}"# => 0,
                        r#"{"data":{"product":{"name":"new","rating":"new"}}}"# => 1,
                        other => panic!("neither old nor new: {other}"),
                    };
                    answers[version].fetch_add(1, Ordering::Relaxed);
                }
            })
        });
        Self { clients: clients.collect(), stop, answers }
    }

    fn count(&self) -> [usize; 2] {
        [self.answers[0].load(Ordering::Relaxed), self.answers[1].load(Ordering::Relaxed)]
    }

    /// Stops, and panics if a client did; how many answers were old and how many new.
    async fn stop(self) -> [usize; 2] {
        self.stop.store(true, Ordering::Relaxed);
        let count = self.count();
        for client in self.clients {
            client.await.unwrap();
        }
        count
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_swaps_fail_no_request() {
    let services = services().await;
    let config = Arc::new(Config::default());
    let builder = Builder::new(Some(1), Arc::new(Metrics::new())).unwrap();
    let build = |version: &str| {
        let built = builder.build(Arc::clone(&config), Arc::new(graph(&services, version)), None);
        Arc::new(built.unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain))))
    };
    let (old, new) = (build("old"), build("new"));
    let snapshots = Arc::new(Snapshots::default());
    snapshots.swap(Arc::clone(&old));
    let listeners = Listeners::open(Listen::chosen("127.0.0.1:0".parse().unwrap()), None).await.unwrap();
    let url = format!("http://{}/graphql", listeners.address().unwrap());
    let gateway =
        Gateway::new(Arc::clone(&snapshots), Arc::clone(builder.metrics()), &config, GatewayOptions::default());
    let stop = CancellationToken::new();
    let served =
        tokio::spawn(serve(listeners, Arc::new(gateway), ServeOptions::of(&config), stop.clone().cancelled_owned()));

    let load = Load::start(&url);
    for swap in 0..SWAPS {
        snapshots.swap(Arc::clone(if swap % 2 == 0 { &new } else { &old }));
        // Often in the middle of a request, and sometimes with room for many between two swaps.
        tokio::time::sleep(Duration::from_micros(if swap % 100 == 0 { 5_000 } else { 100 })).await;
    }
    let [olds, news] = load.stop().await;
    assert!(olds > 100 && news > 100, "both were seen: {olds} old, {news} new");
    stop.cancel();
    assert!(served.await.unwrap(), "no request was cut off");
    drop(snapshots);
    // Whoever asked for one has let go of it: the one here is the last.
    assert_eq!((Arc::strong_count(&old), Arc::strong_count(&new)), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_published_flips_fail_no_request_and_leave_memory_flat() {
    let services = services().await;
    let versions = [render(&graph(&services, "old")), render(&graph(&services, "new"))];
    let registry = tokio::task::block_in_place(|| FakeRegistry::start(&versions[0]));
    let folder = Folder::new();
    let arguments = ["--registry", registry.url.as_str(), "--graph", "shop@prod"];
    let (weft, endpoint) = tokio::task::block_in_place(|| folder.serve(&arguments));

    let load = Load::start(&endpoint.graphql);
    let mut resident = Vec::new();
    tokio::task::block_in_place(|| {
        for flip in 1..=FLIPS {
            let number = registry.publish(&versions[flip % 2]);
            registry.wait_until_served(number);
            registry.forget();
            if flip % 100 == 0 {
                resident.push(weft.resident_bytes());
            }
        }
    });
    let [olds, news] = load.stop().await;
    assert!(olds > 100 && news > 100, "both were seen: {olds} old, {news} new");
    // The first hundred warm up the allocator; after that there is nothing to grow.
    let (first, last) = (resident[0], resident[resident.len() - 1]);
    assert!(last < first + 16 * 1024 * 1024, "resident bytes after every hundred flips: {resident:?}");
    tokio::task::block_in_place(|| drop((weft, registry)));
}
