//! Budgets that gateways share: two of them on one real Redis, which stops, hangs and forgets.

use super::config;
use crate::redis::server::RedisServer;
use crate::serving::gateway::{Answer, Running, always};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;
use weft::config::Config;

async fn gateway(redis: &RedisServer, budget: &str, timeout: &str) -> Running {
    let yaml = format!(
        "redis: {{ url: \"{}\", timeout: {timeout}, connect_timeout: 500ms }}
demand_control:
  mode: enforce
  budget: {{ store: redis, refill_per_second: 1, {budget} }}
",
        redis.url()
    );
    let configured = config(&yaml);
    let answer = json!({ "data": { "me": { "id": "1" } } });
    let gateway = Running::with(move |config: &mut Config| *config = configured, |_| {}, always(answer)).await;
    until_up(&gateway, true).await;
    gateway
}

async fn until_up(gateway: &Running, up: bool) {
    let line = format!("weft_redis_up {}", u8::from(up));
    let start = Instant::now();
    loop {
        let metrics = gateway.client.get(format!("http://{}/metrics", gateway.health)).send().await.unwrap();
        if metrics.text().await.unwrap().contains(&line) {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "{line} is not so");
        sleep(Duration::from_millis(10)).await;
    }
}

async fn ask(gateway: &Running) -> Answer {
    gateway.query("{ me { id } }").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_gateways_share_one_budget() {
    let Some(redis) = RedisServer::start() else { return };
    let one = gateway(&redis, "points: 20", "10s").await;
    let other = gateway(&redis, "points: 20", "10s").await;
    let mut statuses = Vec::new();
    let start = Instant::now();
    for _ in 0..15 {
        statuses.push(ask(&one).await.status);
        statuses.push(ask(&other).await.status);
    }
    let answered = statuses.iter().filter(|status| **status == 200).count();
    // One refills each second.
    let refilled = usize::try_from(start.elapsed().as_secs()).unwrap() + 1;
    assert!((20..=20 + refilled).contains(&answered), "{answered} of {statuses:?}");
    let refused = ask(&one).await;
    if refused.status == 429 {
        assert_eq!(refused.header("retry-after"), "1");
        sleep(Duration::from_millis(1_100)).await;
        assert_eq!(ask(&other).await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_used_comes_back_through_redis() {
    let Some(redis) = RedisServer::start() else { return };
    let gateway = gateway(&redis, "points: 50", "10s").await;
    for _ in 0..4 {
        // By estimate it costs 11, by answer 1; what comes back comes behind the answer.
        assert_eq!(gateway.query("{ me { id friends { id } } }").await.status, 200);
        sleep(Duration::from_millis(50)).await;
    }
    let last = ask(&gateway).await;
    let remaining: u64 = last.header("ratelimit").split([';', '=']).nth(2).unwrap().parse().unwrap();
    assert!(remaining >= 40, "{remaining}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_redis_it_is_as_configured() {
    let Some(mut redis) = RedisServer::start() else { return };
    let local = gateway(&redis, "points: 3", "10s").await;
    let open = gateway(&redis, "points: 3, without_redis: open", "10s").await;
    let closed = gateway(&redis, "points: 3, without_redis: closed", "10s").await;
    redis.kill();
    // Whoever asks first finds the connection broken, and goes on without it.
    let mut statuses = Vec::new();
    for _ in 0..6 {
        statuses.push((ask(&local).await.status, ask(&open).await.status, ask(&closed).await.status));
    }
    let answered = statuses.iter().filter(|(local, _, _)| *local == 200).count();
    assert!((3..=4).contains(&answered), "{statuses:?}");
    assert!(statuses.iter().any(|(local, _, _)| *local == 429), "{statuses:?}");
    assert!(statuses.iter().all(|(_, open, closed)| *open == 200 && *closed == 503), "{statuses:?}");
}

/// What one request may take while Redis is in trouble: 20 ms, and what a busy machine adds.
const AT_MOST: Duration = Duration::from_millis(500);

/// Asks from several sides until told to stop; gives how many were answered, and the slowest.
async fn load(gateway: Arc<Running>, stop: Arc<AtomicBool>, errors: Arc<AtomicUsize>) -> (usize, Duration) {
    let (mut answers, mut slowest) = (0, Duration::ZERO);
    while !stop.load(Ordering::Relaxed) {
        let start = Instant::now();
        let answer = ask(&gateway).await;
        slowest = slowest.max(start.elapsed());
        answers += 1;
        if answer.status != 200 {
            errors.fetch_add(1, Ordering::Relaxed);
        }
    }
    (answers, slowest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trouble_under_load_is_no_error() {
    let Some(mut redis) = RedisServer::start() else { return };
    let gateway = Arc::new(gateway(&redis, "points: 1000000", "20ms").await);
    let (stop, errors) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients: Vec<_> =
        (0..4).map(|_| tokio::spawn(load(Arc::clone(&gateway), Arc::clone(&stop), Arc::clone(&errors)))).collect();
    let pause = || sleep(Duration::from_millis(300));
    pause().await;
    redis.flush();
    pause().await;
    redis.freeze();
    until_up(&gateway, false).await;
    pause().await;
    redis.thaw();
    until_up(&gateway, true).await;
    redis.kill();
    until_up(&gateway, false).await;
    pause().await;
    redis.restart();
    until_up(&gateway, true).await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        let (answers, slowest) = client.await.unwrap();
        assert!(answers > 10, "{answers}");
        assert!(slowest < AT_MOST, "{slowest:?}");
    }
    assert_eq!(errors.load(Ordering::Relaxed), 0);
}
