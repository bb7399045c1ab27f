//! Retries, circuit breakers and several addresses, against real servers on loopback. The policies themselves are tested
//! beside them, in `src/upstream/`.

use super::{PATIENCE, Seen, config, fetch, ok, request, serve, upstream};
use crate::execute::allocations;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::Full;
use hyper::Response;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep, timeout};
use weft::telemetry::{BreakerState, Metrics};
use weft::upstream::{Fetch, FetchError, FetchRequest, Upstream};

/// Retries at once, as good as.
const RETRY: &str = "traffic_shaping: { all: { retry: { interval: 1ms } } }";
/// Opens after two failures, rests half a second, wants one trial.
const BREAKER: &str = "traffic_shaping: { all: { circuit_breaker: { volume_threshold: 2, reset_timeout: 500ms, half_open_attempts: 1 } } }";

fn status(status: StatusCode) -> Response<Full<Bytes>> {
    let mut response = ok("{}");
    *response.status_mut() = status;
    response
}

/// A server that reads each request and breaks off the first `broken` of them; the others it answers. And how many it read.
async fn breaking_off(broken: usize) -> (String, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            super::read_request(&mut stream).await;
            if counter.fetch_add(1, Ordering::SeqCst) >= broken {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}").await;
                let _ = stream.read(&mut [0; 1]).await;
            }
        }
    });
    (url, read)
}

#[tokio::test]
async fn a_query_is_sent_again_after_an_interruption_and_a_mutation_is_not() {
    let (url, read) = breaking_off(2).await;
    assert_eq!(fetch(&upstream(&url, RETRY)).await.unwrap().status, StatusCode::OK);
    assert_eq!(read.load(Ordering::SeqCst), 3);
    let (url, read) = breaking_off(2).await;
    let mutation = FetchRequest { writes: true, ..request("{\"query\":\"{a}\"}") };
    let result = timeout(PATIENCE, upstream(&url, RETRY).fetch(mutation)).await.unwrap();
    assert_eq!(result.unwrap_err(), FetchError::Interrupted);
    assert_eq!(read.load(Ordering::SeqCst), 1);
    let (url, read) = breaking_off(2).await;
    assert_eq!(fetch(&upstream(&url, "")).await.unwrap_err(), FetchError::Interrupted);
    assert_eq!(read.load(Ordering::SeqCst), 1, "nothing is sent twice unless that is configured");
}

#[tokio::test]
async fn those_who_share_a_request_share_its_retries() {
    let (url, seen) = serve(None, |index| if index < 2 { status(StatusCode::BAD_GATEWAY) } else { ok("{}") }).await;
    let retry = "traffic_shaping: { all: { retry: { interval: 200ms } } }";
    let upstream = upstream(&url, retry);
    let shared = || upstream.fetch(FetchRequest { shareable: true, ..request("{\"query\":\"{a}\"}") });
    let all = timeout(PATIENCE, futures::future::join_all((0..20).map(|_| shared()))).await.unwrap();
    assert!(all.iter().all(|reply| reply.as_ref().is_ok_and(|reply| reply.status == StatusCode::OK)));
    assert_eq!(seen.requests.lock().unwrap().len(), 3);
}

#[tokio::test]
async fn a_breaker_opens_answers_at_once_and_closes_after_recovery() {
    let well = Arc::new(AtomicBool::new(false));
    let says = Arc::clone(&well);
    let answer =
        move |_| status(if says.load(Ordering::SeqCst) { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE });
    let (url, seen) = serve(None, answer).await;
    let upstream = upstream(&url, BREAKER);
    for _ in 0..2 {
        assert_eq!(fetch(&upstream).await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    }
    let asked = |seen: &Seen| seen.requests.lock().unwrap().len();
    let mut times = Vec::new();
    for _ in 0..101 {
        let start = Instant::now();
        assert_eq!(fetch(&upstream).await.unwrap_err(), FetchError::CircuitOpen);
        times.push(start.elapsed());
    }
    times.sort();
    assert!(times[50] < Duration::from_millis(1), "half of them take {:?}", times[50]);
    assert_eq!(asked(&seen), 2);
    assert_eq!(FetchError::CircuitOpen.code(), "SUBGRAPH_CIRCUIT_BREAKER_REJECTED");
    // It is tried once, in vain, and then rests again.
    sleep(Duration::from_millis(550)).await;
    assert_eq!(fetch(&upstream).await.unwrap().status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(fetch(&upstream).await.unwrap_err(), FetchError::CircuitOpen);
    well.store(true, Ordering::SeqCst);
    sleep(Duration::from_millis(550)).await;
    for _ in 0..10 {
        assert_eq!(fetch(&upstream).await.unwrap().status, StatusCode::OK);
    }
    assert_eq!(asked(&seen), 13);
    assert_eq!(upstream.addresses(0)[0].breaker, Some(BreakerState::Closed));
}

/// A copy of a service, which takes its time, and can be killed.
struct Copy {
    url: String,
    served: Arc<AtomicUsize>,
    server: JoinHandle<()>,
    connections: Arc<Mutex<Vec<JoinHandle<()>>>>,
}

impl Copy {
    async fn start(time: Duration) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (served, connections) = (Arc::new(AtomicUsize::new(0)), Arc::<Mutex<Vec<_>>>::default());
        let (counter, kept) = (Arc::clone(&served), Arc::clone(&connections));
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = Arc::clone(&counter);
                let service = service_fn(move |_| {
                    let counter = Arc::clone(&counter);
                    async move {
                        sleep(time).await;
                        counter.fetch_add(1, Ordering::SeqCst);
                        Ok::<_, Infallible>(ok("{}"))
                    }
                });
                let serving =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                kept.lock().unwrap().push(tokio::spawn(async move { drop(serving.await) }));
            }
        });
        Self { url, served, server, connections }
    }

    /// Closes the door, and breaks off whatever is under way.
    async fn kill(self) {
        self.server.abort();
        let _ = self.server.await;
        self.connections.lock().unwrap().drain(..).for_each(|connection| connection.abort());
    }

    fn served(&self) -> usize {
        self.served.load(Ordering::SeqCst)
    }
}

fn at(urls: &[&str], traffic: &str) -> String {
    format!("override_subgraph_url: {{ products: [{}] }}\n{traffic}", urls.join(", "))
}

#[tokio::test]
async fn an_address_that_dies_under_load_costs_no_client_an_error() {
    let (dying, living) = (Copy::start(Duration::from_millis(2)).await, Copy::start(Duration::from_millis(2)).await);
    let config = at(&[&dying.url, &living.url], RETRY);
    let upstream = Arc::new(upstream("http://127.0.0.1:1/", &config));
    let clients: Vec<_> = (0..16)
        .map(|_| {
            let upstream = Arc::clone(&upstream);
            tokio::spawn(async move {
                let mut failed = 0;
                for _ in 0..60 {
                    failed += usize::from(!fetch(&upstream).await.is_ok_and(|reply| reply.status == StatusCode::OK));
                }
                failed
            })
        })
        .collect();
    let busy = async {
        while dying.served() < 100 {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(PATIENCE, busy).await.expect("it gets its part");
    dying.kill().await;
    let failed: usize = futures::future::join_all(clients).await.into_iter().map(Result::unwrap).sum();
    assert_eq!(failed, 0);
    assert!(living.served() > 400);
}

#[tokio::test]
async fn a_fast_address_gets_more_than_a_slow_one_and_both_get_some() {
    let (fast, slow) = (Copy::start(Duration::from_millis(2)).await, Copy::start(Duration::from_millis(400)).await);
    let upstream = upstream("http://127.0.0.1:1/", &at(&[&slow.url, &fast.url], ""));
    let client = async || {
        for _ in 0..40 {
            fetch(&upstream).await.unwrap();
        }
    };
    futures::future::join_all((0..10).map(|_| client())).await;
    assert_eq!(fast.served() + slow.served(), 400);
    assert!(fast.served() > 300, "{} of 400", fast.served());
    assert!(slow.served() > 0);
}

#[tokio::test]
async fn equal_addresses_get_about_the_same() {
    let copies = [Copy::start(Duration::from_millis(5)).await, Copy::start(Duration::from_millis(5)).await];
    let upstream = upstream("http://127.0.0.1:1/", &at(&[&copies[0].url, &copies[1].url], ""));
    let client = async || {
        for _ in 0..20 {
            fetch(&upstream).await.unwrap();
        }
    };
    futures::future::join_all((0..20).map(|_| client())).await;
    let [one, two] = copies.map(|copy| copy.served());
    assert_eq!(one + two, 400);
    assert!(one.min(two) > 100, "{one} and {two}");
    let states = upstream.addresses(0);
    assert!(states.iter().all(|state| state.in_flight == Some(0)), "{states:?}");
}

#[tokio::test]
async fn a_reload_keeps_breakers_where_address_and_settings_stay() {
    let (url, _) = serve(None, |_| status(StatusCode::SERVICE_UNAVAILABLE)).await;
    let metrics = Metrics::new();
    let subgraphs = [("products", &*url), ("orders", "http://127.0.0.1:1/")];
    let first = Upstream::new(&config(BREAKER), subgraphs, &metrics).map_err(|_| ()).unwrap();
    for _ in 0..2 {
        let _ = fetch(&first).await;
    }
    let state = |upstream: &Upstream, subgraph| upstream.addresses(subgraph)[0].breaker;
    assert_eq!(state(&first, 0), Some(BreakerState::Open));
    // Another subgraph comes before it, and the settings of a third change.
    let grown = [("users", "http://127.0.0.1:1/"), subgraphs[0], subgraphs[1]];
    let settings = format!("{BREAKER}\nheaders: {{ all: {{ request: [{{ propagate: {{ named: x-one }} }}] }} }}");
    let second = Upstream::after(Some(&first), &config(&settings), grown, &metrics).map_err(|_| ()).unwrap();
    assert_eq!((state(&second, 0), state(&second, 1)), (Some(BreakerState::Closed), Some(BreakerState::Open)));
    let asked = FetchRequest { subgraph: 1, ..request("{\"query\":\"{a}\"}") };
    assert_eq!(second.fetch(asked).await.unwrap_err(), FetchError::CircuitOpen);
    // Its own settings change, and then its address.
    let changed = BREAKER.replace("volume_threshold: 2", "volume_threshold: 3");
    let third = Upstream::after(Some(&second), &config(&changed), grown, &metrics).map_err(|_| ()).unwrap();
    assert_eq!(state(&third, 1), Some(BreakerState::Closed));
    let moved = [("products", "http://127.0.0.1:2/")];
    let fourth = Upstream::after(Some(&first), &config(BREAKER), moved, &metrics).map_err(|_| ()).unwrap();
    assert_eq!(state(&fourth, 0), Some(BreakerState::Closed));
    // A breaker that is gone is not shown as open for ever.
    let gauge = format!("weft_circuit_breaker_state{{subgraph_name=\"products\",address=\"{url}\"}}");
    assert!(metrics.encode().contains(&format!("{gauge} 2")));
    drop((first, second));
    assert!(metrics.encode().contains(&format!("{gauge} 0")));
    drop((third, fourth));
    assert!(metrics.encode().contains(&format!("{gauge} 0")));
}

/// The allocations of one fetch, on this thread, when a connection is there; the server has a thread of its own.
fn allocations_of_a_fetch(config_text: &str) -> usize {
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (url, _) = serve(None, |_| ok("{}")).await;
            tell.send(url).unwrap();
            std::future::pending::<()>().await;
        });
    });
    let url = told.recv().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let upstream = upstream(&url, config_text);
    let fetch = || {
        let request = request("{\"query\":\"{a}\"}");
        allocations::counted(|| assert!(runtime.block_on(upstream.fetch(request)).is_ok()))
    };
    // The first ones open the connection, learn the size of replies and make the series.
    for _ in 0..5 {
        fetch();
    }
    (0..5).map(|_| fetch()).min().unwrap()
}

#[test]
fn a_subgraph_without_any_of_it_pays_nothing_for_it() {
    let (plain, guarded) = (allocations_of_a_fetch(""), allocations_of_a_fetch(RETRY));
    assert!(plain < guarded, "{plain} and {guarded}");
    // As many as before there was any of it.
    assert!(plain <= 6, "{plain} allocations");
}
