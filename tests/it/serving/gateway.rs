//! A gateway over one or more subgraphs of the test's making, on ports that the system chooses.

use http::{Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use std::convert::Infallible;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, Weak};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use weft::access::{Authenticator, Clock, Policies};
use weft::compose::compose;
use weft::config::{Config, Listen};
use weft::demand::{Demand, budget};
use weft::diagnostic::{Source, Style, render_all};
use weft::prepare::{Documents, Pool, Preparer};
use weft::server::{Gateway, GatewayOptions, Listeners, ServeOptions, serve};
use weft::snapshot::{Snapshot, Snapshots};
use weft::store::redis::Redis;
use weft::subgraph::Subgraph;
use weft::supergraph::{Supergraph, api_schema, parse};
use weft::telemetry::{Metrics, Spans};
use weft::upstream::Upstream;

const SUPERGRAPH: &str = include_str!("supergraph.graphql");

/// What the subgraph answers to a request body.
pub type Resolver = Arc<dyn Fn(Value) -> Pin<Box<dyn Future<Output = Value> + Send>> + Send + Sync>;

/// A resolver that answers at once, whatever is asked.
pub fn always(answer: Value) -> Resolver {
    Arc::new(move |_| Box::pin(std::future::ready(answer.clone())))
}

/// A running gateway.
pub struct Running {
    pub address: SocketAddr,
    pub health: SocketAddr,
    pub url: String,
    /// The bodies that reached the subgraph.
    pub asked: Arc<Mutex<Vec<Value>>>,
    pub client: reqwest::Client,
    stop: CancellationToken,
    served: JoinHandle<bool>,
    snapshots: Arc<Snapshots>,
    metrics: Arc<Metrics>,
}

impl Running {
    /// Starts with defaults over a subgraph that answers `{"data":{"__typename":"Query"}}`.
    pub async fn start() -> Self {
        Self::with(|_| {}, |_| {}, always(serde_json::json!({ "data": {} }))).await
    }

    pub async fn over(resolver: Resolver) -> Self {
        Self::with(|_| {}, |_| {}, resolver).await
    }

    pub async fn configured(configure: impl FnOnce(&mut Config)) -> Self {
        Self::with(configure, |_| {}, always(serde_json::json!({ "data": {} }))).await
    }

    pub async fn with(
        configure: impl FnOnce(&mut Config),
        adjust: impl FnOnce(&mut ServeOptions),
        resolver: Resolver,
    ) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let subgraph = start_subgraph(resolver, Arc::clone(&asked)).await;
        let sdl = SUPERGRAPH.replace("127.0.0.1:1/", &format!("{subgraph}/"));
        let supergraph = parse(&Source::new("supergraph.graphql", sdl)).unwrap();
        Self::serving(supergraph, asked, configure, adjust).await
    }

    /// Starts over subgraphs that are composed first: name, SDL, and what it answers.
    pub async fn composed(configure: impl FnOnce(&mut Config), subgraphs: &[(&str, &str, Resolver)]) -> Self {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let mut members = Vec::new();
        for (name, sdl, resolver) in subgraphs {
            let address = start_subgraph(Arc::clone(resolver), Arc::clone(&asked)).await;
            members.push((*name, *sdl, format!("http://{address}/")));
        }
        Self::serving(composed(&members), asked, configure, |_| {}).await
    }

    /// Starts over one subgraph that runs already: name, SDL, and where it is.
    pub async fn over_url(configure: impl FnOnce(&mut Config), (name, sdl, url): (&str, &str, &str)) -> Self {
        Self::over_urls(configure, &[(name, sdl, url.to_owned())]).await
    }

    /// Starts over subgraphs that run already.
    pub async fn over_urls(configure: impl FnOnce(&mut Config), subgraphs: &[(&str, &str, String)]) -> Self {
        Self::serving(composed(subgraphs), Arc::default(), configure, |_| {}).await
    }

    async fn serving(
        supergraph: Supergraph,
        asked: Arc<Mutex<Vec<Value>>>,
        configure: impl FnOnce(&mut Config),
        adjust: impl FnOnce(&mut ServeOptions),
    ) -> Self {
        let mut config = Config::default();
        configure(&mut config);
        let metrics = Arc::new(Metrics::new());
        let config = Arc::new(config);
        let snapshots = Arc::new(Snapshots::new(snapshot(&config, supergraph, &metrics)));
        let (kept, counted) = (Arc::clone(&snapshots), Arc::clone(&metrics));
        let any = Listen::chosen("127.0.0.1:0".parse().unwrap());
        let listeners = Listeners::open(any, Some(any)).await.unwrap();
        let (address, health) = (listeners.address().unwrap(), listeners.health_address().unwrap());
        // As with `weft dev`, unless the configuration says who may see how requests are answered.
        let insight = !config.insight.is_for_somebody();
        let options = GatewayOptions { insight, ..GatewayOptions::default() };
        let gateway = Arc::new(Gateway::new(snapshots, metrics, &config, options));
        let mut options = ServeOptions::of(&config);
        adjust(&mut options);
        let stop = CancellationToken::new();
        let served = tokio::spawn(serve(listeners, gateway, options, stop.clone().cancelled_owned()));
        let url = format!("http://{address}/graphql");
        let client = reqwest::Client::new();
        Self { address, health, url, asked, client, stop, served, snapshots: kept, metrics: counted }
    }

    /// Has the same served anew, as a supergraph that is called `schema_id`.
    pub fn reload(&self, schema_id: &str) {
        let old = self.snapshots.current().unwrap();
        let next = snapshot(&old.config, (*old.supergraph).clone(), &self.metrics);
        self.snapshots.swap(Arc::new(Snapshot { schema_id: schema_id.into(), ..next }));
    }

    /// What serves, without keeping it.
    pub fn snapshot(&self) -> Weak<Snapshot> {
        Arc::downgrade(&self.snapshots.current().unwrap())
    }

    /// What is measured, as text.
    pub fn metrics(&self) -> String {
        self.metrics.encode()
    }

    /// Posts a body as `application/json`.
    pub async fn post(&self, body: impl Into<reqwest::Body>) -> Answer {
        Answer::of(self.client.post(&self.url).header("content-type", "application/json").body(body)).await
    }

    /// Posts a query for a client that reads `application/graphql-response+json`.
    pub async fn query(&self, query: &str) -> Answer {
        self.ask(serde_json::json!({ "query": query })).await
    }

    /// Posts a request for a client that reads `application/graphql-response+json`.
    pub async fn ask(&self, body: Value) -> Answer {
        let request = self.client.post(&self.url).header("accept", "application/graphql-response+json");
        Answer::of(request.header("content-type", "application/json").body(body.to_string())).await
    }

    /// Gets a path, with headers.
    pub async fn get(&self, path: &str, headers: &[(&'static str, &str)]) -> Answer {
        let request = self.client.get(format!("http://{}{path}", self.address));
        Answer::of(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }

    /// Says that it is time to stop.
    pub fn stop(&self) {
        self.stop.cancel();
    }

    /// Stops, and whether all requests finished.
    pub async fn stopped(self) -> bool {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(10), self.served).await.unwrap().unwrap()
    }
}

/// A response, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: http::HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Self { status, headers, body: response.bytes().await.unwrap().to_vec() }
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("not JSON: {}", self.text()))
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The code of the first error.
    pub fn code(&self) -> String {
        self.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

fn composed(subgraphs: &[(&str, &str, String)]) -> Supergraph {
    let parse = |(name, sdl, url): &(&str, &str, String)| {
        Subgraph::parse(name, url, Source::of_subgraph(*name, *name, *sdl)).unwrap()
    };
    let members: Vec<Subgraph> = subgraphs.iter().map(parse).collect();
    let composed = compose(&members).unwrap_or_else(|errors| panic!("{}", render_all(&errors, Style::Plain)));
    composed.supergraph
}

fn snapshot(config: &Arc<Config>, supergraph: Supergraph, metrics: &Arc<Metrics>) -> Snapshot {
    let supergraph = Arc::new(supergraph);
    let api = Arc::new(api_schema(&supergraph).unwrap());
    let subgraphs = supergraph.subgraphs.iter().map(|subgraph| (subgraph.name.as_str(), subgraph.url.as_str()));
    let upstream = Arc::new(Upstream::new(config, subgraphs, metrics).unwrap_or_else(|errors| panic!("{errors:?}")));
    let pool = Arc::new(Pool::start(Some(1)).unwrap());
    let documents = config.persisted_documents.as_ref().map(|lists| {
        let manifests = weft::source::read_texts(&lists.manifests).unwrap();
        Arc::new(Documents::new(&manifests, &config.limits, lists.looks_at_texts()).unwrap())
    });
    let preparer = Preparer::new(Arc::clone(&supergraph), api, config, documents.clone(), pool, Arc::clone(metrics));
    let redis = config.redis.as_ref().map(|settings| Arc::new(Redis::start(settings, metrics).unwrap()));
    let demand =
        Demand::new(config, &supergraph, redis.as_ref(), budget::Clock::default(), None, metrics).map(Arc::new);
    let authenticator = Arc::new(Authenticator::new(&config.authentication, Clock::System, None).unwrap());
    let policies = Arc::new(Policies::new(&config.authorization.policies).unwrap());
    let tracing = config.telemetry.tracing.as_ref();
    let spans = tracing.map(|tracing| Arc::new(Spans::start(tracing, metrics).unwrap()));
    let (config, schema_id) = (Arc::clone(config), "test".into());
    Snapshot {
        preparer,
        upstream,
        authenticator,
        policies,
        config,
        supergraph,
        documents,
        demand,
        redis,
        usage: None,
        spans,
        schema_id,
        version: None,
    }
}

async fn start_subgraph(resolver: Resolver, asked: Arc<Mutex<Vec<Value>>>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (resolver, asked) = (Arc::clone(&resolver), Arc::clone(&asked));
            let service = service_fn(move |request: http::Request<Incoming>| {
                let (resolver, asked) = (Arc::clone(&resolver), Arc::clone(&asked));
                async move {
                    let body = request.into_body().collect().await.unwrap().to_bytes();
                    let body: Value = serde_json::from_slice(&body).unwrap();
                    asked.lock().unwrap().push(body.clone());
                    let answer = resolver(body).await.to_string();
                    let response =
                        Response::builder().status(StatusCode::OK).header("content-type", "application/json");
                    Ok::<_, Infallible>(response.body(Full::new(Bytes::from(answer))).unwrap())
                }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    });
    address
}
