//! Gateways that share their cache through Redis, also when it stops, hangs and forgets.
//!
//! How long requests take then is shown by `--nocapture`; on a quiet machine the bounds can be narrow:
//!
//! ```text
//! WEFT_QUIET=1 cargo test --locked --test it -- cache::gateways::a_server --nocapture
//! ```

use super::World;
use crate::redis::server::RedisServer;
use futures::future::{join, join_all};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};
use tokio::time::{sleep, timeout};
use weft::cache::{Cache, Clock, Invalidation};
use weft::config::RedisSettings;
use weft::store::redis::{Redis, cmd};
use weft::telemetry::Metrics;

const GRAPH: &str = r#"=== subgraph products
type Query { products: [Product!] }
type Product @key(fields: "id") { id: ID! }
=== subgraph stock
type Product @key(fields: "id") { id: ID! left: Int place: String }
type Mutation { restock(id: ID!): Int }
=== cache
products * 600
stock Product 600
tag stock Product p-{$key.id}
stale stock restock p-{$args.id}
=== data products
{"Query": {"products": [{"__typename":"Product","id":"1"},{"__typename":"Product","id":"2"}]}, "entities": []}
=== data stock
{"Query": {"restock": 5}, "entities": [{"__typename":"Product","id":"1","left":1,"place":"A"},{"__typename":"Product","id":"2","left":2,"place":"B"}]}
"#;

const ANSWER: &str = r#"{"products":[{"left":1},{"left":2}]}"#;

fn runtime() -> Runtime {
    Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap()
}

/// A gateway with a cache of its own over a shared one, which answers.
fn gateway<'r>(server: &RedisServer, patience: Duration, runtime: &'r Runtime) -> (World<'r>, Arc<Redis>) {
    let settings = RedisSettings {
        url: server.url(),
        timeout: patience,
        connect_timeout: Duration::from_millis(500),
        ..RedisSettings::default()
    };
    let redis = {
        let _inside = runtime.enter();
        Arc::new(Redis::start(&settings, &Metrics::new()).unwrap())
    };
    runtime.block_on(up(&redis));
    let mut world = World::begun(GRAPH, runtime);
    let _inside = runtime.enter();
    world.access.cache = Arc::new(Cache::new(1 << 20, Clock::default()).sharing(Arc::clone(&redis)));
    (world, redis)
}

async fn up(redis: &Redis) {
    let waiting = async {
        while !redis.is_up() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(Duration::from_secs(20), waiting).await.expect("Redis answers");
}

/// Asks until nothing has to be fetched for it.
fn until_shared(world: &World<'_>, query: &str, answer: &str) {
    let plan = world.planned(query);
    let start = Instant::now();
    loop {
        assert_eq!(world.runtime.block_on(world.ask(&plan, &[])), answer);
        if world.asked("").is_empty() {
            return;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "nothing is shared");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const PATIENT: Duration = Duration::from_secs(10);

#[test]
fn what_one_gateway_fetched_another_serves_and_an_invalidation_reaches_both() {
    let Some(server) = RedisServer::start() else { return };
    let runtime = runtime();
    let (first, redis) = gateway(&server, PATIENT, &runtime);
    let (second, _) = gateway(&server, PATIENT, &runtime);
    let plan = first.planned("{ products { left } }");
    assert_eq!(runtime.block_on(first.ask(&plan, &[])), ANSWER);
    // Writes are in the background.
    let written = async {
        while redis.command::<u64>(&cmd("DBSIZE")).await.unwrap_or(0) < 3 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    runtime.block_on(async { timeout(Duration::from_secs(20), written).await.expect("it is written") });
    until_shared(&second, "{ products { left } }", ANSWER);
    let invalidation = Invalidation::parse(br#"[{"kind":"type","type":"Product"}]"#).unwrap();
    first.access.cache.invalidate(&invalidation[0].slots(&["products", "stock"]));
    let start = Instant::now();
    loop {
        assert_eq!(runtime.block_on(second.ask(&plan, &[])), ANSWER);
        if second.asked("").contains("stock") {
            break;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "the invalidation is not heard");
        std::thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn a_mutation_at_one_gateway_makes_another_forget_its_tags_only() {
    let Some(server) = RedisServer::start() else { return };
    let runtime = runtime();
    let (first, _) = gateway(&server, PATIENT, &runtime);
    let (second, _) = gateway(&server, PATIENT, &runtime);
    let query = second.planned("{ products { left } }");
    assert_eq!(runtime.block_on(second.ask(&query, &[])), ANSWER);
    second.asked("");
    let mutation = first.planned("mutation { restock(id: 2) }");
    assert_eq!(runtime.block_on(first.ask(&mutation, &[])), r#"{"restock":5}"#);
    let start = Instant::now();
    let asked = loop {
        assert_eq!(runtime.block_on(second.ask(&query, &[])), ANSWER);
        let asked = second.asked("");
        if !asked.is_empty() {
            break asked;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "the mutation is not heard of");
        std::thread::sleep(Duration::from_millis(10));
    };
    assert!(asked.starts_with("stock") && asked.contains(r#""id":"2""#) && !asked.contains(r#""id":"1""#), "{asked}");
}

#[test]
fn a_gateway_that_comes_later_hears_of_earlier_invalidations() {
    let Some(server) = RedisServer::start() else { return };
    let runtime = runtime();
    let (first, redis) = gateway(&server, PATIENT, &runtime);
    let plan = first.planned("{ products { left } }");
    assert_eq!(runtime.block_on(first.ask(&plan, &[])), ANSWER);
    let invalidation = Invalidation::parse(br#"[{"kind":"subgraph"}]"#).unwrap();
    first.access.cache.invalidate(&invalidation[0].slots(&["products", "stock"]));
    let told = async {
        while !first.access.cache.has_told() || redis.command::<u64>(&cmd("DBSIZE")).await.unwrap_or(0) < 5 {
            sleep(Duration::from_millis(10)).await;
        }
    };
    runtime.block_on(async { timeout(Duration::from_secs(20), told).await.expect("it is told") });
    let (late, _) = gateway(&server, PATIENT, &runtime);
    assert_eq!(runtime.block_on(late.ask(&plan, &[])), ANSWER);
    assert!(late.asked("").contains("stock"), "what was invalidated before is served");
}

/// What happens to the server while it is asked.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    None,
    Freezes,
    IsFlushed,
    Stops,
}

/// How long each request took of eight clients that ask all the time, with the trouble in the middle. Everything is
/// invalidated again and again, so that the server is asked for nearly each of them.
fn under_load(world: &World<'_>, server: &mut RedisServer, trouble: Trouble) -> Vec<Duration> {
    let plan = world.planned("{ products { left place } }");
    let answer = r#"{"products":[{"left":1,"place":"A"},{"left":2,"place":"B"}]}"#;
    let subgraph = Invalidation::parse(br#"[{"kind":"subgraph"}]"#).unwrap()[0].slots(&["products", "stock"]);
    let client = async || {
        let mut took = Vec::with_capacity(EACH);
        for _ in 0..EACH {
            world.access.cache.invalidate(&subgraph);
            let start = Instant::now();
            assert_eq!(world.ask(&plan, &[]).await, answer, "{trouble:?}");
            took.push(start.elapsed());
            sleep(Duration::from_millis(1)).await;
        }
        took
    };
    let happening = async {
        sleep(Duration::from_millis(30)).await;
        match trouble {
            Trouble::None => {}
            Trouble::Freezes => server.freeze(),
            Trouble::IsFlushed => server.flush(),
            Trouble::Stops => server.kill(),
        }
    };
    let (took, ()) = world.runtime.block_on(async { join(join_all((0..CLIENTS).map(|_| client())), happening).await });
    took.into_iter().flatten().collect()
}

const CLIENTS: usize = 8;
const EACH: usize = 100;

#[test]
fn a_server_in_trouble_costs_one_timeout_once_and_never_an_answer() {
    let Some(mut server) = RedisServer::start() else { return };
    let runtime = runtime();
    // With the timeout that is the default.
    let patience = RedisSettings::default().timeout;
    let quiet = std::env::var_os("WEFT_QUIET").is_some();
    let (world, redis) = gateway(&server, patience, &runtime);
    for trouble in [Trouble::None, Trouble::Freezes, Trouble::IsFlushed, Trouble::Stops] {
        // A machine that is busy makes many of them late, now and then: then it is asked again.
        for attempt in 1.. {
            let mut took = under_load(&world, &mut server, trouble);
            match trouble {
                Trouble::Freezes => server.thaw(),
                Trouble::Stops => server.restart(),
                Trouble::None | Trouble::IsFlushed => {}
            }
            runtime.block_on(up(&redis));
            took.sort_unstable();
            let late = took.iter().filter(|took| **took >= patience).count();
            let at = |share: f64| took[(took.len() as f64 * share) as usize];
            let (half, most, slowest) = (at(0.5), at(0.99), took[took.len() - 1]);
            println!(
                "{trouble:?}: of {} the half took {half:?}, 99 % {most:?}, all {slowest:?}; {late} over {patience:?}",
                took.len()
            );
            // Without the breaker all would be late from then on. On a quiet machine each client waits once, or twice,
            // as two fetches follow each other.
            let (most, longest) = if quiet { (2 * CLIENTS, 4 * patience) } else { (took.len() / 4, 100 * patience) };
            if late <= most && slowest < longest {
                break;
            }
            assert!(!quiet && attempt < ATTEMPTS, "{trouble:?}: {late} were late, the latest {slowest:?}");
        }
    }
}

/// How often a busy machine is asked.
const ATTEMPTS: usize = 8;
